package policy

import (
	"strings"

	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// countries are the codes of ISO 3166-1 alpha-2.
const countries = `
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT
MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`

// The parts of countries whose laws name hours most often, by the codes of
// ISO 3166-2 without the country. Other countries' codes are checked by shape.
const (
	regionsUS = `AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH
OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR UM VI`
	regionsCA = `AB BC MB NB NL NS NT NU ON PE QC SK YT`
)

// checkCountry reports whether a text is a country's code.
func checkCountry(n source.Node, code string) bool {
	if code == "" || contains(countries, code) {
		return code != ""
	}
	hint := "write the two letters of ISO 3166, such as US, GB or DE"
	if meant := meantCountry(code); meant != "" {
		hint = "write " + meant
	}
	n.Fail("is not the code of a country", hint)
	return false
}

// meantCountry gives the code that a text most likely means, "" when none.
func meantCountry(text string) string {
	switch upper := strings.ToUpper(strings.TrimSpace(text)); {
	case upper == "UK":
		return "GB"
	case upper == "USA":
		return "US"
	case contains(countries, upper):
		return upper
	}
	return ""
}

// checkRegion reports whether a text is the code of a state or province.
func checkRegion(n source.Node, country, code string) bool {
	known := map[string]string{"US": regionsUS, "CA": regionsCA}[country]
	bare, prefixed := strings.CutPrefix(code, country+"-")
	switch {
	case prefixed:
		n.Fail("names the country twice", "write "+bare)
	case known != "" && contains(known, code):
		return true
	case known != "" && contains(known, strings.ToUpper(code)):
		n.Fail("is not in capital letters", "write "+strings.ToUpper(code))
	case known != "":
		n.Fail("is not the code of a state or province of "+country, "write its two letters, such as "+known[:2])
	case len(code) > 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "":
		n.Fail("is not the code of a region", "write the letters or digits that ISO 3166-2 has after the country, such as BY for DE-BY")
	default:
		return true
	}
	return false
}

// checkZone reports whether a text is the name of a zone.
func checkZone(n source.Node, name string) bool {
	_, err := sendtime.NewZones().Load(name)
	if err != nil {
		n.Fail(without(err, "zone", name), "")
	}
	return err == nil
}
