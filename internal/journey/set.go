package journey

import (
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
)

// set changes traits. The steps that follow see the customer with them: when
// that takes the outreach's reason or audience away, it ends there.
func (r *run) set(step *rule.Step, next string) bool {
	profile := r.f.Subject.Profile.Clone()
	if profile.Traits == nil {
		profile.Traits = map[string]customer.Value{}
	}
	if r.out.Set == nil {
		r.out.Set = map[string]customer.Value{}
	}
	for _, a := range step.Set {
		value := a.At(r.f.Now, r.f.Subject.Zone)
		profile.Traits[a.Trait], r.out.Set[a.Trait] = value, value
	}
	r.f.Subject.Profile = &profile
	r.goTo(next, r.pos.Began)
	if next == "" {
		return true
	}
	if reason := r.ended(); reason != "" {
		r.end(reason)
		return false
	}
	return true
}
