package activities

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/tracing"
)

// aboutOutreach gives a log line the ids by which outreach explain finds an
// outreach. event is the message id of what set it off, "" where that is not at
// hand, or time did.
func aboutOutreach(ref ledger.Ref, event string) slog.Attr {
	ids := []any{"outreach", ref.Name(), "rule", ref.Rule, "customer", string(ref.Customer)}
	if event != "" {
		ids = append(ids, tracing.About(event, ref)...)
	}
	return slog.Group("", ids...)
}

// about does so for a message.
func about(p ledger.Part, event string) slog.Attr {
	return slog.Group("", "message", p.Key(), aboutOutreach(p.Ref, event))
}

// pieceOf begins to tell of a piece of work; nil when nobody is told.
func (e *Engine) pieceOf(q Question, name string) *tracing.Span {
	if e.Tracer == nil {
		return nil
	}
	span := &tracing.Span{Name: name, Ref: q.Ref, Began: time.Now()}
	if _, step, by, err := ledger.ParseKey(q.Deliver); err == nil {
		span.Step, span.Channel = step, string(by)
	}
	return span
}

// saw tells whose message is asked for; until more is said it is one that was
// decided before.
func (w way) saw(o ledger.Outreach) {
	if w.span != nil {
		w.span.Event, w.span.Outcome = o.Trigger, "over"
	}
}

// note tells what the gate said of a message: send, or the reason why not.
func (w way) note(out journey.Outcome) {
	if w.span == nil {
		return
	}
	w.span.Outcome = "send"
	if !out.Due {
		w.span.Outcome = "wait"
		for _, line := range out.Decisions {
			if line.Reason != "" {
				w.span.Outcome = string(line.Reason)
			}
		}
	}
}

// say tells something else of a message.
func (w way) say(outcome string) {
	if w.span != nil {
		w.span.Outcome = outcome
	}
}

// tellOf tells of a message that was asked for at the gate.
func (e *Engine) tellOf(span *tracing.Span, try *attempt, err error) {
	if span == nil {
		return
	}
	if try != nil {
		span.Key, span.Provider = keyOf(try), try.sender.Name()
	}
	e.tell(span, err)
}

func (e *Engine) tellAdvance(span *tracing.Span, answer Answer, err error) {
	if span == nil {
		return
	}
	switch {
	case answer.Done:
		span.Outcome = "ended"
	case answer.Deliver != "":
		span.Outcome = "planned"
	default:
		span.Outcome = "waits"
	}
	e.tell(span, err)
}

func (e *Engine) tell(span *tracing.Span, err error) {
	if err != nil {
		span.Outcome, span.Failed = "not decided", true
	}
	e.Tracer.Tell(*span)
}

// tellCall tells of one call of a provider.
func (e *Engine) tellCall(try *attempt, began time.Time, outcome string, trouble error) {
	if e.Tracer == nil {
		return
	}
	e.Tracer.Tell(tracing.Span{
		Name: "provider call", Event: try.event, Ref: try.part.Ref, Under: keyOf(try), Began: began, Step: try.part.Step,
		Channel: string(try.part.Channel), Provider: try.sender.Name(), Outcome: outcome, Failed: trouble != nil,
	})
}

// keyOf names an attempt within its trace.
func keyOf(try *attempt) string { return try.part.Key() + " " + strconv.Itoa(try.part.Attempt) }
