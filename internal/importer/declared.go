package importer

import (
	"slices"

	"github.com/outreach-engine/outreach/internal/source"
)

// Dictionary tells what data.yaml declares: *dictionary.Dictionary is one.
type Dictionary interface {
	TraitNames() []string
	EventNames() []string
	PropertyNames(event string) []string
}

// checkNames warns of the names of a map that data.yaml does not declare. They
// are taken as they stand, and no rule can use them.
func (r *reading) checkNames() {
	if r.declared == nil {
		return
	}
	if n, ok := r.fields.Get("traits"); ok {
		known := r.declared.TraitNames()
		for _, e := range n.Entries() {
			if !slices.Contains(addressNames(), e.Name) {
				warnUndeclared(e.Key, "a trait", e.Name, known)
			}
		}
	}
	if n, ok := r.fields.Get("event"); ok && r.event != "" {
		warnUndeclared(n, "an event", r.event, r.declared.EventNames())
	}
	n, ok := r.fields.Get("properties")
	known, sure := r.declaredProperties()
	if !ok || !sure {
		return
	}
	for _, e := range n.Entries() {
		warnUndeclared(e.Key, "a property", e.Name, known)
	}
}

// declaredProperties gives those that the map's event may have: of all events when a
// column names it. sure is false when the event itself is not declared.
func (r *reading) declaredProperties() (known []string, sure bool) {
	events := r.declared.EventNames()
	if r.event != "" {
		return r.declared.PropertyNames(r.event), slices.Contains(events, r.event)
	}
	for _, event := range events {
		known = append(known, r.declared.PropertyNames(event)...)
	}
	slices.Sort(known)
	return slices.Compact(known), true
}

// addressNames are the names that observe.ReadTraits reads as more than traits,
// wherever they stand.
func addressNames() []string {
	return append(addressKeys(), "consent", "prefers", "timezone", "time_zone", "device_token")
}

func warnUndeclared(n source.Node, what, name string, known []string) {
	if slices.Contains(known, name) {
		return
	}
	hint := "declare it there, so that rules can use it"
	if near := source.Nearest(name, known); near != "" {
		hint = "did you mean " + near + "?"
	}
	n.Warn("", "is not "+what+" of data.yaml", hint)
}
