package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// scene is one outreach on its customer's file, in a transaction.
type scene struct {
	tx      *watchedTx
	dossier *dossier.Dossier
	row     ledger.Outreach
	key     string // of the message that it waits for
}

// write lets one outreach go on in a transaction of its own.
func (r *run) write(ctx context.Context, w *waiter, goOn func(scene) error) error {
	return r.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		noted, ok := tx.(*watchedTx)
		if !ok {
			return errors.New("simulate: a transaction that is not watched")
		}
		o, ok, err := tx.Outreach(w.ref)
		if err != nil || !ok || o.Status == ledger.Ended {
			return err
		}
		d, ok, err := r.desk.Open(tx, o.Customer)
		if err != nil || !ok {
			return err
		}
		return goOn(scene{tx: noted, dossier: d, row: o, key: w.deliver})
	})
}

// step takes an outreach as far as it goes now.
func (r *run) step(s scene) error {
	s.row.Status, s.row.Lease = ledger.Open, time.Time{}
	out, _, err := s.dossier.Step(s.row, r.now)
	if err != nil {
		return err
	}
	return s.keep(out, s.row.Seq+1)
}

// keep writes an answer.
func (s scene) keep(out journey.Outcome, seq int64) error {
	if _, err := s.dossier.Answer(out, seq); err != nil {
		return err
	}
	rows := s.tx.notes.rows // a digest that begins with this answer stands behind it
	for i := range rows {
		if rows[i].Ref == s.row.Ref {
			rows[i].deliver = out.Deliver
		}
	}
	s.pass(out)
	return nil
}

func (s scene) pass(out journey.Outcome) {
	if len(out.Path) > 0 {
		s.tx.notes.passed = append(s.tx.notes.passed, passed{rule: s.row.Rule, path: out.Path})
	}
}

// deliver asks the gate once more, lets the message be accepted, and takes the
// outreach further.
func (r *run) deliver(s scene) error {
	out, facts, err := s.dossier.Step(s.row, r.now)
	if err != nil {
		return err
	}
	seq := s.row.Seq + 1
	if !out.Due || out.Deliver != s.key {
		return s.keep(out, seq)
	}
	s.pass(out)
	s.row = out.Outreach
	if err := r.send(&s, out, facts); err != nil {
		return err
	}
	if out, _, err = s.dossier.Step(s.row, r.now); err != nil {
		return err
	}
	return s.keep(out, seq)
}

// send writes the part that is due as accepted, or as rejected when its text
// cannot be written.
func (r *run) send(s *scene, out journey.Outcome, facts journey.Facts) error {
	part, err := s.dossier.Lease(out, r.now, time.Time{})
	if err != nil {
		return err
	}
	part.Provider, part.Code, part.Reason = Provider, "", ""
	line := Line{Decision: ledger.Decision{
		Ref: part.Ref, At: r.now, Kind: ledger.KindSend, Step: part.Step, Channel: part.Channel, Template: part.Template, Planned: part.Planned,
	}}
	items, failed, err := r.hand(s, &part, &line, facts)
	if err != nil {
		return err
	}
	if line.Trouble == nil {
		part.Status = r.arrival(part)
	} else {
		part.Status, part.Reason, part.Sent = ledger.Rejected, customer.TemplateError, time.Time{}
		line.Kind, line.Reason, line.Note = ledger.KindDrop, part.Reason, line.Trouble.Error()
	}
	if line.Trouble == nil && part.Channel.Reaches() {
		if err := r.latest(s, part, &line, facts); err != nil {
			return err
		}
		s.row.Sent++
	}
	s.tx.notes.lines = append(s.tx.notes.lines, line)
	if err := errors.Join(s.tx.Tx.SavePart(part), s.tx.Tx.Decide(line.Decision)); err != nil {
		return err
	}
	if part.Status == ledger.Rejected || dossier.Crowded(facts.Slots, s.row.Ref) {
		was := part
		was.Status, was.Sent = ledger.Planned, time.Time{}
		if err := r.desk.Tried(s.tx, was, part, r.now); err != nil {
			return err
		}
	}
	if len(items) == 0 {
		return nil
	}
	told := len(s.tx.notes.lines)
	err = r.desk.Settle(s.tx, part, r.now, r.now, dossier.Unwritten(items, failed))
	r.rode(s, items, s.tx.notes.lines[told:])
	return err
}

// arrival gives what becomes of a message that is handed over: it arrives at
// once, unless the script says that no word of its channel comes back.
func (r *run) arrival(part ledger.Part) ledger.PartStatus {
	if part.Channel.Reaches() && !slices.Contains(r.script.Unconfirmed, part.Channel) {
		return ledger.Delivered
	}
	return ledger.Accepted
}

// rode marks the lines of what went out in another message, and gives each its
// own text when the script asks for texts.
func (r *run) rode(s *scene, items []dossier.Boarded, lines []Line) {
	for i := range lines {
		l := &lines[i]
		l.Rides = l.Kind == ledger.KindSend
		n := slices.IndexFunc(items, func(b dossier.Boarded) bool { return b.Part.Ref == l.Ref && b.Part.Step == l.Step })
		if n < 0 || !l.Rides || !r.script.Render {
			continue
		}
		content, err := s.dossier.Set.Templates.Render(l.Template, l.Channel, items[n].Item.Vars)
		if err == nil {
			l.Content = &content
		}
	}
}

// latest notes until when a message could go out, where its channel's rate may
// let it wait.
func (r *run) latest(s *scene, part ledger.Part, line *Line, facts journey.Facts) error {
	if !r.script.Latest || s.dossier.Set.Policy.Rates[part.Channel] == 0 {
		return nil
	}
	m, err := s.dossier.Matcher(s.row)
	if err == nil {
		line.Latest, line.Ends = journey.Latest(m, s.row, facts, part)
	}
	return err
}

// sampleLink stands for the links of messages, which are made when they go out.
const sampleLink = "https://outreach.example/link"

// hand writes a message's text with the items that ride on it, or gets a
// webhook's answer. A text is written though nobody asks for it: one that
// cannot be written changes what is decided.
func (r *run) hand(s *scene, part *ledger.Part, line *Line, facts journey.Facts) (items []dossier.Boarded, failed []error, err error) {
	switch part.Channel {
	case customer.Handoff:
		return nil, nil, nil
	case customer.Webhook:
		if answer := r.script.Answers[part.Template]; len(answer) > 0 {
			part.Answer, err = json.Marshal(answer)
		}
		return nil, nil, err
	}
	m, err := s.dossier.Matcher(s.row)
	if err != nil {
		return nil, nil, err
	}
	if items, err = s.dossier.Board(*part, facts.Slots, r.now); err != nil {
		return nil, nil, err
	}
	texts, vars := s.dossier.Set.Templates, s.dossier.Vars(m, s.row, facts)
	vars.Unsubscribe, vars.Preferences = sampleLink, sampleLink
	if !r.script.Render {
		failed, line.Trouble = texts.TryCompose(part.Template, part.Channel, vars, dossier.Items(items))
		return items, failed, nil
	}
	content, failed, trouble := texts.Compose(part.Template, part.Channel, vars, dossier.Items(items))
	line.Trouble = trouble
	if trouble == nil {
		line.Content = &content
	}
	return items, failed, nil
}
