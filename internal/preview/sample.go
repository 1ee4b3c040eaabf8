package preview

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// FirstSample asks for the first sample of a file, or for an invented person
// where there is no file.
const FirstSample = ""

// Sample gives the person of a template's sample.yaml of that name; what the
// file leaves open is invented. Without a file everything is. The error is a
// *source.InvalidError when the file has faults, or a *NotFoundError.
func Sample(b *bundle.Bundle, template, name string, now time.Time) (Person, error) {
	p := Invent(b, template, now)
	samples, err := readSamples(b, template)
	if err != nil {
		return Person{}, err
	}
	at := slices.IndexFunc(samples, func(s sample) bool { return s.name == name || name == FirstSample })
	if at < 0 && (name != FirstSample || len(b.Samples[template].Text) > 0) {
		return Person{}, &NotFoundError{"sample", name, sampleHint(template, name, samples)}
	}
	if at < 0 {
		return p, nil
	}
	samples[at].fill(&p)
	return p, nil
}

func sampleHint(template, name string, samples []sample) string {
	var names []string
	for _, s := range samples {
		if s.name != "" {
			names = append(names, s.name)
		}
	}
	if len(names) == 0 {
		return "write samples: " + name + ": ... in templates/" + template + "/sample.yaml"
	}
	return source.DidYouMean(name, names)
}

// SampleNames gives the names in a template's sample.yaml, in its order; none
// where it holds one sample, or cannot be read.
func SampleNames(b *bundle.Bundle, template string) []string {
	samples, _ := readSamples(b, template)
	var names []string
	for _, s := range samples {
		if s.name != "" {
			names = append(names, s.name)
		}
	}
	return names
}

func readSamples(b *bundle.Bundle, template string) ([]sample, error) {
	file := b.Samples[template]
	if len(file.Text) == 0 {
		return nil, nil
	}
	var ps source.Problems
	samples := readSample(file, b.Dictionary, &ps)
	return samples, ps.Err()
}

// CheckSamples reports what is wrong with every sample.yaml: unknown keys,
// traits, events and properties, and values that are not of their declared
// type.
func CheckSamples(b *bundle.Bundle, ps *source.Problems) {
	for _, template := range slices.Sorted(maps.Keys(b.Samples)) {
		readSample(b.Samples[template], b.Dictionary, ps)
	}
}

// sample is one person of a sample.yaml.
type sample struct {
	name    string // "" when the file holds one
	traits  map[string]customer.Value
	without []string
	match   map[string]customer.Value
	events  map[string]map[string]customer.Value
	fields  map[string]string // the profile's own
	zone    *time.Location    // nil: the policy's
	now     customer.Value    // read in the zone; zero: the present
}

// fill puts a sample's values over invented ones.
func (s sample) fill(p *Person) {
	v := &p.Vars
	for name, value := range s.traits {
		v.Customer.Traits[name] = value
	}
	for name, value := range s.fields {
		*fieldOf(&v.Customer, name) = value
	}
	for _, name := range s.without {
		delete(v.Customer.Traits, name)
		if field := fieldOf(&v.Customer, name); field != nil {
			*field = ""
		}
	}
	for name, value := range s.match {
		v.Match[name] = value
	}
	for event, properties := range s.events {
		if v.Events[event] == nil {
			v.Events[event] = map[string]customer.Value{}
		}
		for name, value := range properties {
			v.Events[event][name] = value
		}
	}
	if s.zone != nil {
		v.Zone = s.zone
	}
	if at, ok := s.now.Time(v.Zone); ok {
		v.Now = at
	}
	p.Name = "a sample customer"
	if s.name != "" {
		p.Name = "the sample " + s.name
	}
}

// Keys of a sample.yaml beside events' names and the profile's own fields.
const (
	samplesKey = "samples"
	traitsKey  = "traits"
	withoutKey = "without"
	matchKey   = "match"
	nowKey     = "now"
	zoneKey    = "zone"
)

// sampleReader reads one file.
type sampleReader struct {
	data  *dictionary.Dictionary
	zones *sendtime.Zones
}

// readSample reads a sample.yaml: one sample, or several by name below
// samples.
func readSample(file bundle.Sample, data *dictionary.Dictionary, ps *source.Problems) []sample {
	n, ok := source.Read(file.File, file.Text, ps)
	if !ok {
		return nil
	}
	r := sampleReader{data: data, zones: sendtime.NewZones()}
	if n.Kind() == source.Mapping {
		for _, e := range n.Entries() {
			if e.Name == samplesKey {
				return r.several(n)
			}
		}
	}
	return []sample{r.one("", n)}
}

func (r sampleReader) several(n source.Node) []sample {
	list, ok := n.Fields(samplesKey).Get(samplesKey)
	if !ok {
		return nil
	}
	var samples []sample
	for _, e := range list.Entries() {
		samples = append(samples, r.one(e.Name, e.Value))
	}
	return samples
}

// one reads one sample.
func (r sampleReader) one(name string, n source.Node) sample {
	s := sample{name: name, events: map[string]map[string]customer.Value{}, fields: map[string]string{}}
	known := append(append([]string{traitsKey, withoutKey, matchKey, nowKey}, profileFields()...), r.data.EventNames()...)
	known = append(known, r.data.WebhookNames()...)
	for _, e := range n.Entries() {
		switch {
		case e.Name == traitsKey:
			s.traits = r.values(e.Value, r.data.Traits, r.data.TraitNames(), "a trait")
		case e.Name == withoutKey:
			s.without = r.without(e.Value)
		case e.Name == matchKey:
			s.match = figures(e.Value)
		case e.Name == nowKey:
			s.now = instant(e.Value)
		case slices.Contains(profileFields(), e.Name):
			r.field(&s, e)
		case slices.Contains(r.data.EventNames(), e.Name):
			event, _ := r.data.Event(e.Name)
			s.events[e.Name] = r.values(e.Value, event.Properties, r.data.PropertyNames(e.Name), "a property of "+e.Name)
		case slices.Contains(r.data.WebhookNames(), e.Name):
			answer := r.data.Webhooks[e.Name]
			s.events[e.Name] = r.values(e.Value, answer, slices.Sorted(maps.Keys(answer)), "a field of "+e.Name)
		default:
			e.Key.Fail("is neither a key of a sample nor an event that data.yaml declares", source.DidYouMean(e.Name, known))
		}
	}
	return s
}

// values reads declared values.
func (r sampleReader) values(n source.Node, declared map[string]dictionary.Field, names []string, what string) map[string]customer.Value {
	values := map[string]customer.Value{}
	for _, e := range n.Entries() {
		f, ok := declared[e.Name]
		if !ok {
			e.Key.Fail("is not "+what+" that data.yaml declares", source.DidYouMean(e.Name, names))
			continue
		}
		if value, ok := scalar(e.Value); ok && f.Reads(value) {
			values[e.Name] = value
		} else if ok {
			e.Value.Fail("is not what data.yaml says that "+e.Name+" is", "write "+wanted(f))
		}
	}
	return values
}

// wanted says what a field may hold.
func wanted(f dictionary.Field) string {
	switch {
	case len(f.Allowed) > 0:
		return "one of " + strings.Join(f.Allowed, ", ")
	case f.Kind == customer.KindDate:
		return "a day: 2026-11-23"
	case f.Kind == customer.KindTime:
		return "a time: 2026-11-23 18:30"
	}
	return "a " + string(f.Kind)
}

func scalar(n source.Node) (customer.Value, bool) {
	text, ok := n.Text()
	return customer.Text(text), ok && text != ""
}

// figures reads what stands behind match: numbers as such, unless they are
// quoted.
func figures(n source.Node) map[string]customer.Value {
	values := map[string]customer.Value{}
	for _, e := range n.Entries() {
		value, ok := scalar(e.Value)
		if !ok {
			continue
		}
		if number, is := value.Float(); is && !e.Value.Quoted() {
			value = customer.Number(number)
		}
		values[e.Name] = value
	}
	return values
}

func instant(n source.Node) customer.Value {
	value, ok := scalar(n)
	if _, is := value.Time(nil); ok && !is {
		n.Fail("is not a time", "write it on the customer's clock: 2026-11-23 18:30")
	}
	return value
}

// without reads traits that the person does not have.
func (r sampleReader) without(n source.Node) []string {
	known := append(r.data.TraitNames(), profileFields()...)
	var names []string
	for _, item := range n.Items() {
		name, ok := item.Text()
		switch {
		case !ok:
		case !slices.Contains(known, name):
			item.Fail("is not a trait that data.yaml declares", source.DidYouMean(name, known))
		default:
			names = append(names, name)
		}
	}
	return names
}

func (r sampleReader) field(s *sample, e source.Entry) {
	value, ok := scalar(e.Value)
	if !ok {
		return
	}
	s.fields[e.Name] = value.String()
	if e.Name != zoneKey {
		return
	}
	zone, err := r.zones.Load(value.String())
	if err != nil {
		e.Value.Fail("is not a time zone", "write it as in Europe/Berlin")
		return
	}
	s.zone = zone
}
