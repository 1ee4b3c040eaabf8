package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/ar"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/bg"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/mw"
	"github.com/rickar/cal/v2/nc"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/ru"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/sk"
	"github.com/rickar/cal/v2/ua"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"

	"github.com/outreach-engine/outreach/internal/source"
)

// Holidays are the closed days of one country, as local calendar days. The
// zero value has none. It is immutable.
type Holidays struct{ days map[day]struct{} }

// day packs a calendar day: year, month and day of the month.
type day int32

func dayOf(year int, month time.Month, date int) day {
	return day(year*10000 + int(month)*100 + date)
}

// Days gives the days, sorted, in ISO 8601.
func (h Holidays) Days() []string {
	var list []string
	for d := range h.days {
		list = append(list, fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100))
	}
	slices.Sort(list)
	return list
}

// Closed reports whether the day is a holiday. It costs one look-up.
func (h Holidays) Closed(year int, month time.Month, date int) bool {
	_, ok := h.days[dayOf(year, month, date)]
	return ok
}

// The years for which public holidays are laid out; outside them only listed
// days are closed.
const (
	firstYear = 2000
	lastYear  = 2100
)

// publicWord stands for a country's own public holidays.
const publicWord = "public"

// addPublic closes the days of public and bank holidays, both the day itself
// and the one on which it is observed.
func (h Holidays) addPublic(set []*cal.Holiday) {
	for _, holiday := range set {
		if holiday.Type != cal.ObservancePublic && holiday.Type != cal.ObservanceBank {
			continue
		}
		for year := firstYear; year <= lastYear; year++ {
			actual, observed := holiday.Calc(year)
			h.add(actual)
			h.add(observed)
		}
	}
}

func (h Holidays) add(t time.Time) {
	if !t.IsZero() {
		h.days[dayOf(t.Date())] = struct{}{}
	}
}

// publicSet gives the nationwide holidays of a country that
// github.com/rickar/cal knows, nil for others. Regions' own days are not in
// it: a policy lists those.
func publicSet(country string) []*cal.Holiday {
	return map[string][]*cal.Holiday{
		"AR": ar.Holidays, "AT": at.Holidays, "BE": be.Holidays, "BG": bg.Holidays, "BR": br.Holidays,
		"CA": ca.Holidays, "CH": ch.Holidays, "CZ": cz.Holidays, "DE": de.Holidays, "DK": dk.Holidays,
		"ES": es.Holidays, "FR": fr.Holidays, "GB": gb.Holidays, "GR": gr.Holidays, "HR": hr.Holidays,
		"IE": ie.Holidays, "IT": it.Holidays, "JP": jp.Holidays, "LT": lt.Holidays, "LV": lv.Holidays,
		"MW": mw.Holidays, "NC": nc.Holidays, "NL": nl.Holidays, "NO": no.Holidays, "NZ": nz.Holidays,
		"PL": pl.Holidays, "RO": ro.Holidays, "RU": ru.Holidays, "SE": se.Holidays, "SI": si.Holidays,
		"SK": sk.Holidays, "UA": ua.Holidays, "US": us.Holidays, "ZA": za.Holidays,
	}[country]
}

func (r *reader) holidays(n source.Node) {
	if blank(n) {
		return
	}
	for _, e := range n.Entries() {
		if checkCountry(e.Key, e.Name) {
			r.policy.Holidays[e.Name] = readHolidays(e.Name, e.Value)
		}
	}
}

// readHolidays reads the word public, days such as 2026-12-25, or a list of
// both.
func readHolidays(country string, n source.Node) Holidays {
	h := Holidays{days: map[day]struct{}{}}
	for _, item := range n.Items() {
		text, ok := item.Text()
		if !ok || text == "" {
			continue
		}
		if strings.EqualFold(text, publicWord) {
			set := publicSet(country)
			if set == nil {
				item.Fail("the public holidays of "+country+" are not known here", "list the days, such as [2026-12-25, 2026-12-26]")
			}
			h.addPublic(set)
			continue
		}
		date, err := time.Parse(time.DateOnly, text)
		if err != nil {
			item.Fail("is not a day", "write year, month and day, such as 2026-12-25, or the word public")
			continue
		}
		h.add(date)
	}
	return h
}

// closedAnywhere reports whether any holidays are given for the country, or
// for any country when it is "".
func (p *Policy) closedAnywhere(country string) bool {
	if country == "" {
		return len(p.Holidays) > 0
	}
	_, ok := p.Holidays[country]
	return ok
}

// contains reports whether a space-separated list holds the word.
func contains(list, word string) bool { return slices.Contains(strings.Fields(list), word) }
