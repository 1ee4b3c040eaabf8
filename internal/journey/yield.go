package journey

import (
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
)

// Disturbed names the customer's other outreaches whose planned message has to
// look for another instant, since an outcome changed the claims: its place is
// taken, or it waits behind a full cap and one may have become free.
func Disturbed(f Facts, parts []ledger.Part) []ledger.Ref {
	before := claimsOf(f.Slots, f.Policy)
	after := claimsOf(replaced(f.Slots, parts), f.Policy)
	if len(f.Policy.Caps) == 0 || slices.Equal(before, after) {
		return nil
	}
	var list []ledger.Ref
	for _, p := range f.Slots {
		own := slices.ContainsFunc(parts, func(q ledger.Part) bool { return q.Ref == p.Ref })
		if own || p.Status != ledger.Planned || !p.TakesSlot() || slices.Contains(list, p.Ref) {
			continue
		}
		mine := claimOf(p, f.Policy)
		had := f.Policy.Free(mine, mine.At, before, f.Subject.Zone).OK
		has := f.Policy.Free(mine, mine.At, after, f.Subject.Zone).OK
		if had && !has || p.Reason == customer.Capped {
			list = append(list, p.Ref)
		}
	}
	return list
}

func claimsOf(parts []ledger.Part, terms *policy.Policy) []policy.Claim {
	claims := make([]policy.Claim, 0, len(parts))
	for _, p := range parts {
		if p.TakesSlot() {
			claims = append(claims, claimOf(p, terms))
		}
	}
	return claims
}

// replaced gives parts with some of them as they are now.
func replaced(parts, now []ledger.Part) []ledger.Part {
	list := slices.Clone(parts)
	for _, p := range now {
		i := slices.IndexFunc(list, func(q ledger.Part) bool { return q.Ref == p.Ref && q.Step == p.Step && q.Channel == p.Channel })
		if i >= 0 {
			list[i] = p
		} else {
			list = append(list, p)
		}
	}
	return list
}
