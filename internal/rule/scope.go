package rule

import (
	"maps"
	"slices"

	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/expr"
)

// matchObject is what the trigger's own figures stand under.
const matchObject = "match"

// scope says which names exist in one expression of a rule.
type scope struct {
	r       *reader
	of      string                                 // where: the event whose properties stand bare; "" elsewhere
	match   map[string]expr.Decl                   // names under match.
	outside bool                                   // no outreach to ask: event.property is not known
	answers map[string]map[string]dictionary.Field // of webhooks before it
	heard   *heard
}

// heard is what a compilation asked its scope for.
type heard struct {
	templates []string // of sent()
	stray     []string // names under match. that the trigger does not give
	early     []string // webhooks' answers that no step before gives
}

// scope is that of audience and if: traits, event.property and match.
func (r *reader) scope() scope { return scope{r: r, match: r.match, heard: &heard{}} }

// stepScope is that of a condition in a step: the answers of webhooks before
// it beside.
func (r *reader) stepScope() scope {
	s := r.scope()
	s.answers = maps.Clone(r.answers)
	return s
}

// whereScope is that of a where on an event: its properties, then traits.
func (r *reader) whereScope(event string) scope {
	return scope{r: r, of: event, outside: true, heard: &heard{}}
}

// limitScope is that of a usage trigger's limit: traits and totals.
func (r *reader) limitScope() scope { return scope{r: r, outside: true, heard: &heard{}} }

func declOf(f dictionary.Field) expr.Decl { return expr.Decl{Kind: f.Kind, Allowed: f.Allowed} }

// own gives a property of the event that the scope is a where of.
func (s scope) own(name string) (expr.Decl, bool) {
	if s.of == "" {
		return expr.Decl{}, false
	}
	e, _ := s.r.env.Data.Event(s.of)
	f, ok := e.Properties[name]
	return declOf(f), ok
}

// owns reports whether a bare name is a property rather than a trait.
func (s scope) owns(name string) bool {
	_, ok := s.own(name)
	return ok
}

// Name gives a bare name: a property of a where's event, else a trait.
func (s scope) Name(name string) (expr.Decl, bool) {
	if d, ok := s.own(name); ok {
		return d, true
	}
	f, ok := s.r.env.Data.Traits[name]
	return declOf(f), ok
}

// Property gives event.property or match.name.
func (s scope) Property(object, name string) (expr.Decl, bool) {
	if object == matchObject {
		d, ok := s.match[name]
		if !ok {
			s.heard.stray = append(s.heard.stray, name)
		}
		return d, ok
	}
	if answer, ok := s.answers[object]; ok {
		f, ok := answer[name]
		return declOf(f), ok
	}
	e, ok := s.r.env.Data.Event(object)
	if _, answer := s.r.env.Data.Webhooks[object]; answer {
		s.heard.early = append(s.heard.early, object)
	}
	if !ok {
		return expr.Decl{}, false
	}
	f, ok := e.Properties[name]
	return declOf(f), ok
}

// Event reports whether data.yaml or the engine declares an event.
func (s scope) Event(name string) bool {
	_, ok := s.r.env.Data.Event(name)
	return ok
}

// Template reports whether a template exists.
func (s scope) Template(name string) bool {
	s.heard.templates = append(s.heard.templates, name)
	if s.r.env.Template == nil {
		return true
	}
	_, ok := s.r.env.Template(name)
	return ok
}

// Known lists every name, for "did you mean".
func (s scope) Known() expr.Names {
	names := expr.Names{
		Traits:     s.r.env.Data.TraitNames(),
		Events:     s.r.env.Data.EventNames(),
		Templates:  s.r.env.Templates,
		Properties: s.properties,
	}
	if s.of != "" {
		names.Traits = append(s.r.env.Data.PropertyNames(s.of), names.Traits...)
		names.Word = "property of " + s.of + " or trait"
	}
	if len(s.match) > 0 {
		names.Objects = []string{matchObject}
	}
	names.Objects = slices.AppendSeq(names.Objects, maps.Keys(s.answers))
	return names
}

func (s scope) properties(object string) []string {
	if object == matchObject {
		return slices.Sorted(maps.Keys(s.match))
	}
	return s.r.env.Data.PropertyNames(object)
}
