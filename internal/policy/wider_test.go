package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAStateThatIsWiderThanItsCountry(t *testing.T) {
	t.Parallel()
	const (
		tail    = ", source: x, read: 2026-11}"
		country = "  - {country: US, hours: daily 08:00-21:00" + tail + "\n"
		hint    = "; write the hours that both leave open, unless the law of CA goes before its country's"
	)
	for name, c := range map[string]struct {
		laws string
		want []string
	}{
		"both sides":            {country + "  - {country: US, region: CA, hours: daily 06:00-22:00" + tail, []string{`policy.yaml:3:38: warning [wider-law]: legal[1].hours: "daily 06:00-22:00": leaves more open than the hours of US (daily 08:00-21:00), and of the two these alone hold in US-CA` + hint}},
		"one day":               {country + "  - {country: US, region: CA, hours: [Mon-Sat 09:00-20:00, Sun 07:00-08:00]" + tail, []string{`policy.yaml:3:38: warning [wider-law]: legal[1].hours: leaves more open than the hours of US (daily 08:00-21:00), and of the two these alone hold in US-CA` + hint}},
		"another channel too":   {"  - {country: US, channels: sms, hours: daily 08:00-21:00" + tail + "\n  - {country: US, region: CA, hours: daily 07:00-20:00" + tail, []string{`policy.yaml:3:38: warning [wider-law]: legal[1].hours: "daily 07:00-20:00": leaves more open than the hours of US (daily 08:00-21:00), and of the two these alone hold in US-CA` + hint}},
		"the same":              {country + "  - {country: US, region: CA, hours: daily 08:00-21:00" + tail, nil},
		"narrower":              {country + "  - {country: US, region: CA, hours: Mon-Fri 09:00-20:00" + tail, nil},
		"another country":       {country + "  - {country: CA, region: QC, hours: daily 06:00-22:00" + tail, nil},
		"another channel":       {"  - {country: US, channels: sms, hours: daily 08:00-21:00" + tail + "\n  - {country: US, region: CA, channels: email, hours: daily 07:00-20:00" + tail, nil},
		"another topic":         {"  - {country: US, topics: offers, hours: daily 08:00-21:00" + tail + "\n  - {country: US, region: CA, topics: service, hours: daily 07:00-20:00" + tail, nil},
		"any time":              {"  - {country: US, hours: any time" + tail + "\n  - {country: US, region: CA, hours: daily 07:00-20:00" + tail, nil},
		"a province of a state": {"  - {country: CA, region: NY, hours: daily 09:00-20:00" + tail, []string{`policy.yaml:2:27: legal[0].region: "NY": is not the code of a state or province of CA; write its two letters, such as AB`}},
		"a state of a province": {"  - {country: US, region: ON, hours: daily 09:00-20:00" + tail, []string{`policy.yaml:2:27: legal[0].region: "ON": is not the code of a state or province of US; write its two letters, such as AL`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got := read("legal:\n" + c.laws + "\n")
			require.Equal(t, c.want, got)
		})
	}
}
