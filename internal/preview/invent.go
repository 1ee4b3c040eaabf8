package preview

import (
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Invent makes up somebody who could receive a template: a value for every
// trait that data.yaml declares, for every event and webhook that a rule which
// sends the template names, and the figures that such a rule gives. The same files and
// instant give the same person.
func Invent(b *bundle.Bundle, template string, now time.Time) Person {
	i := inventor{now: now, data: b.Dictionary}
	p := customer.Profile{
		External: "sample", Country: b.Policy.Country, Zone: b.Policy.Zone, Phone: "+12025550123", Email: "ana@example.com",
		Traits: i.fields(b.Dictionary.Traits),
	}
	v := message.Vars{
		Customer: p, Match: map[string]customer.Value{}, Events: map[string]map[string]customer.Value{},
		Now: now, Zone: b.Policy.ZoneOf(sendtime.NewZones(), &p),
	}
	for _, s := range sendsOf(b, template) {
		for _, event := range s.rule.Events() {
			declared, _ := b.Dictionary.Event(event)
			v.Events[event] = i.fields(declared.Properties)
		}
		for _, answer := range s.rule.Answers() {
			v.Events[answer] = i.fields(b.Dictionary.Webhooks[answer])
		}
		for name, value := range i.match(s.rule, v) {
			if _, given := v.Match[name]; !given {
				v.Match[name] = value
			}
		}
	}
	return Person{Name: "a sample customer", Vars: v}
}

// inventor makes up values.
type inventor struct {
	now  time.Time
	data *dictionary.Dictionary
}

func (i inventor) fields(declared map[string]dictionary.Field) map[string]customer.Value {
	values := map[string]customer.Value{}
	for name, f := range declared {
		values[name] = i.value(name, f)
	}
	return values
}

// value makes up what a field may hold, by its kind and name.
func (i inventor) value(name string, f dictionary.Field) customer.Value {
	switch {
	case len(f.Allowed) > 0:
		return customer.Text(f.Allowed[0])
	case f.Kind == customer.KindNumber:
		return customer.Number(numberFor(name))
	case f.Kind == customer.KindID:
		return customer.Text("A10482")
	case f.Kind == customer.KindDate:
		return customer.Text(i.instantFor(name).Format(time.DateOnly))
	case f.Kind == customer.KindTime:
		return customer.Text(i.instantFor(name).UTC().Format(time.RFC3339))
	}
	return customer.Text(textFor(name))
}

// instantFor gives a day or an instant: some days ahead where the name speaks
// of what is to come.
func (i inventor) instantFor(name string) time.Time {
	for _, word := range []string{"due", "end", "expire", "promise", "renew", "until", "deliver", "arrive", "next"} {
		if strings.Contains(name, word) {
			return i.now.Add(3 * 24 * time.Hour).Truncate(30 * time.Minute)
		}
	}
	return i.now.AddDate(-1, 0, 0).Truncate(30 * time.Minute)
}

// hint is a value for names that hold a word.
type hint[T any] struct {
	word  string
	value T
}

func hinted[T any](name string, hints []hint[T], other T) T {
	for _, h := range hints {
		if strings.Contains(name, h.word) {
			return h.value
		}
	}
	return other
}

func numberFor(name string) float64 {
	return hinted(name, []hint[float64]{
		{"mb", 15_000}, {"gb", 15}, {"kb", 15_000_000}, {"byte", 15e9}, {"share", 0.8}, {"percent", 80}, {"rate", 4.5}, {"score", 9}, {"day", 12},
		{"month", 6}, {"year", 2}, {"minute", 45}, {"total", 29}, {"amount", 29}, {"price", 29}, {"fee", 29}, {"cost", 29}, {"count", 3}, {"seat", 3}, {"item", 3},
	}, 12)
}

func textFor(name string) string {
	return hinted(name, []hint[string]{
		{"first_name", "Ana"}, {"last_name", "Silva"}, {"company", "Acme"}, {"product", "Fjord speaker"}, {"item", "Fjord speaker"}, {"name", "Ana Silva"},
		{"city", "Lisbon"}, {"currency", "EUR"}, {"country", "PT"}, {"email", "ana@example.com"}, {"phone", "+12025550123"}, {"locale", "en"}, {"language", "en"},
		{"url", "https://www.example.com/here"}, {"link", "https://www.example.com/here"},
	}, strings.ReplaceAll(name, "_", " "))
}

// profileField gives a field that every profile has, by its name in templates.
func profileField(p customer.Profile, name string) string {
	if f := fieldOf(&p, name); f != nil {
		return *f
	}
	return ""
}

// fieldOf finds a profile's own field; nil when it has none of that name.
func fieldOf(p *customer.Profile, name string) *string {
	switch name {
	case "country":
		return &p.Country
	case "email":
		return &p.Email
	case "locale":
		return &p.Locale
	case "phone":
		return &p.Phone
	case "region":
		return &p.Region
	case "zone":
		return &p.Zone
	}
	return nil
}

// profileFields names them.
func profileFields() []string {
	return []string{"country", "email", "locale", "phone", "region", "zone"}
}
