package intake

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/observe"
)

// source names this way in, in what is kept aside.
const source = "segment"

// retryAfter is how many seconds a client should wait when nothing could be
// stored.
const retryAfter = "5"

// delivery is one body on its way into the store.
type delivery struct {
	*server
	body     []byte
	received time.Time
	refused  []rejected
	kept     []observe.Rejection
}

// refuse notes a call, or one of its fields, as refused.
func (d *delivery) refuse(c *call, r rejected) {
	d.refused = append(d.refused, r)
	d.keep(r.String(), d.body[c.from:c.to])
}

func (d *delivery) keep(reason string, body []byte) {
	d.kept = append(d.kept, observe.Rejection{
		At: d.received, Source: source, Reason: reason, Body: bytes.Clone(body[:min(len(body), maxCall)]),
	})
}

// take stores what a body says and answers.
func (d *delivery) take(ctx context.Context, w http.ResponseWriter, e *envelope, kind string) {
	incoming, calls := d.sort(e)
	if len(incoming) > 0 {
		outcomes, err := d.Taker.Take(ctx, incoming)
		if err != nil || len(outcomes) != len(incoming) {
			d.unstored(w, "events not stored", err)
			return
		}
		for i, outcome := range outcomes {
			d.learn(&e.calls[calls[i]], calls[i], outcome)
		}
	}
	if len(d.kept) > 0 {
		if err := d.Keeper.Reject(ctx, d.kept); err != nil {
			d.unstored(w, "refused calls not kept", err)
			return
		}
		d.Logger.Warn("calls or fields refused", "refused", len(d.refused), "calls", len(e.calls))
	}
	slices.SortStableFunc(d.refused, func(a, b rejected) int { return cmp.Compare(a.Index, b.Index) })
	if kind != batch && len(d.refused) == 1 && d.refused[0].Field == "" {
		write(w, http.StatusBadRequest, reply{Code: codeOf(http.StatusBadRequest), Message: d.refused[0].Reason})
		return
	}
	write(w, http.StatusOK, reply{Success: true, Rejected: d.refused})
}

// learn notes what the store refused of a call.
func (d *delivery) learn(c *call, index int, outcome observe.Outcome) {
	if outcome.Status == observe.Refused {
		d.refuse(c, rejected{Index: index, Reason: outcome.Reason})
	}
	for _, r := range outcome.Refusals {
		d.refuse(c, rejected{Index: index, Field: r.Field, Reason: r.Reason})
	}
}

// sort gives what can be taken, with the index of the call of each.
func (d *delivery) sort(e *envelope) (incoming []observe.Incoming, calls []int) {
	s := sorter{body: d.body, words: d.Data(), zones: d.zones, topics: d.Topics, received: d.received}
	incoming, calls = make([]observe.Incoming, 0, len(e.calls)), make([]int, 0, len(e.calls))
	for i := range e.calls {
		c := &e.calls[i]
		in, refusals, trouble := s.incoming(e, c)
		for _, r := range refusals {
			d.refuse(c, rejected{Index: i, Field: r.Field, Reason: r.Reason})
		}
		if trouble != "" {
			d.refuse(c, rejected{Index: i, Reason: trouble})
			continue
		}
		incoming, calls = append(incoming, in), append(calls, i)
	}
	return incoming, calls
}

// unreadable keeps a body that is not JSON and says where it stops being so.
func (d *delivery) unreadable(ctx context.Context, w http.ResponseWriter, trouble error) {
	d.keep(trouble.Error(), d.body)
	if err := d.Keeper.Reject(ctx, d.kept); err != nil {
		d.unstored(w, "refused body not kept", err)
		return
	}
	d.answer(w, http.StatusBadRequest, trouble.Error())
}

// unstored answers that nothing is acknowledged.
func (d *delivery) unstored(w http.ResponseWriter, what string, err error) {
	d.Logger.Error(what, "error", err)
	w.Header().Set("Retry-After", retryAfter)
	write(w, http.StatusServiceUnavailable, reply{
		Code: codeOf(http.StatusServiceUnavailable), Message: "store: takes nothing in now, send it all again later; the engine's log says why",
	})
}
