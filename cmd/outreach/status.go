package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
)

func statusCommand(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say how the engine stands: processes, rules, outreaches, holds, what was refused.",
		Long: "Say how the engine stands, out of the store alone: its processes that live, the rules in force and their\n" +
			"outreaches, holds, those that providers caused among them, what providers asked to wait with, messages that nobody\n" +
			"can say went out, events in the log, what was refused on the way in, and what came that data.yaml does not declare.",
		Args: cobra.NoArgs,
	}
	place, asJSON := storeFlag(cmd, now), jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return place.use(cmd, func(ctx context.Context, o *office) error {
			status, err := o.status(ctx)
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(o.out, status)
			}
			return status.print(o.out)
		})
	}
	return cmd
}

// status is how the engine stands at one moment.
type status struct {
	At        time.Time                   `json:"at"`
	Customers int64                       `json:"customers"`
	Events    int64                       `json:"events"`
	Forgotten time.Time                   `json:"events_forgotten_before,omitzero"` // zero: none were
	TooLate   int64                       `json:"too_late"`
	Rejected  int64                       `json:"rejected"`
	Backlog   int64                       `json:"backlog"` // matches that are not started
	Messages  map[ledger.PartStatus]int64 `json:"messages"`
	Rejects   map[customer.Reason]int64   `json:"messages_rejected"` // of the messages, by why
	Strays    strays                      `json:"strays"`
	Doubts    doubtCounts                 `json:"doubts"`
	Unknown   []unknownMessage            `json:"unknown"` // the oldest
	Scopes    []scopeStatus               `json:"waiting_scopes"`
	Rules     []ruleStatus                `json:"rules"`
	Holds     []holdStatus                `json:"holds"`
	Processes []processStatus             `json:"processes"`               // those that live
	Refused   string                      `json:"rules_refused,omitempty"` // why the newest edit of the rules is not in force
	RefusedAt time.Time                   `json:"rules_refused_at,omitzero"`
}

// ruleStatus is one rule that is in force, or that has outreaches left.
type ruleStatus struct {
	Name       string                    `json:"name"`
	Version    string                    `json:"version,omitempty"` // "" is not in force
	Since      time.Time                 `json:"since,omitzero"`
	Warm       bool                      `json:"warm"`
	Warmed     int                       `json:"warmed,omitempty"` // customers whose history was read, while it is not warm
	NotStarted int64                     `json:"not_started"`
	Open       int64                     `json:"open"`
	Paused     int64                     `json:"paused"` // of the open ones
	Ended      map[customer.Reason]int64 `json:"ended"`
}

type holdStatus struct {
	Kind ledger.HoldKind `json:"kind"`
	Name string          `json:"name,omitempty"`
	At   time.Time       `json:"at"`
	By   string          `json:"by"`
	Note string          `json:"note,omitempty"`
	Held int64           `json:"held"` // planned messages that it covers, among the first 100,000
}

type unknownMessage struct {
	Key      string           `json:"key"`
	Rule     string           `json:"rule"`
	Customer customer.ID      `json:"customer"`
	Template string           `json:"template"`
	Channel  customer.Channel `json:"channel"`
	At       time.Time        `json:"at"`
}

// shownUnknown bounds the messages that are listed one by one.
const shownUnknown = 20

func (o *office) status(ctx context.Context) (status, error) {
	v := status{At: o.instant(), Unknown: []unknownMessage{}, Scopes: []scopeStatus{}, Rules: []ruleStatus{}, Holds: []holdStatus{}, Processes: []processStatus{}}
	err := o.store.Read(ctx, func(tx ledger.Tx) error {
		for _, read := range []func(ledger.Tx) error{v.readCounts, v.readMessages, v.readDoubts, v.readScopes, v.readStrays, v.readRules, v.readHolds, v.readProcesses} {
			if err := read(tx); err != nil {
				return err
			}
		}
		return nil
	})
	return v, err
}

func (v *status) readCounts(tx ledger.Tx) (err error) {
	if v.Customers, err = tx.CountCustomers(); err != nil {
		return err
	}
	if v.Events, err = tx.CountEvents(); err != nil {
		return err
	}
	if v.Forgotten, err = library.Forgotten(tx); err != nil {
		return err
	}
	if _, v.Rejected, err = tx.Rejections(1); err != nil {
		return err
	}
	counts, err := tx.Counts()
	v.TooLate = counts["too_late"]
	return err
}

func (v *status) readMessages(tx ledger.Tx) (err error) {
	if v.Messages, err = tx.CountParts(); err != nil {
		return err
	}
	if v.Rejects, err = tx.CountReasons(ledger.Rejected); err != nil {
		return err
	}
	unknown, err := tx.PartsBy(ledger.Unknown, shownUnknown)
	for _, p := range unknown {
		v.Unknown = append(v.Unknown, unknownMessage{p.Key(), p.Rule, p.Customer, p.Template, p.Channel, p.Updated})
	}
	return err
}

// readRules lists the rules in force, by name, and behind them those that
// were removed and have had outreaches.
func (v *status) readRules(tx ledger.Tx) error {
	active, err := tx.Active()
	if err != nil {
		return err
	}
	rules := map[string]int{}
	for _, a := range active {
		if a.Kind == ledger.RuleDocument {
			rules[a.Name] = len(v.Rules)
			v.Rules = append(v.Rules, ruleStatus{Name: a.Name, Version: a.Hash, Since: a.At, Warm: a.Warm, Ended: map[customer.Reason]int64{}})
			if !a.Warm {
				v.Rules[len(v.Rules)-1].Warmed = a.Warmed
			}
		}
	}
	if v.RefusedAt, v.Refused, _, err = library.Refused(tx); err != nil {
		return err
	}
	tallies, err := tx.Tallies()
	for _, t := range tallies {
		if t.Status == ledger.Matched {
			v.Backlog += t.Count
		}
		i, ok := rules[t.Rule]
		if !ok {
			i = len(v.Rules)
			rules[t.Rule] = i
			v.Rules = append(v.Rules, ruleStatus{Name: t.Rule, Warm: true, Ended: map[customer.Reason]int64{}})
		}
		v.Rules[i].add(t)
	}
	return err
}

func (r *ruleStatus) add(t ledger.Tally) {
	switch t.Status {
	case ledger.Matched:
		r.NotStarted += t.Count
	case ledger.Open:
		r.Open += t.Count
		if t.Reason == customer.Paused {
			r.Paused += t.Count
		}
	case ledger.Ended:
		r.Ended[t.Reason] += t.Count
	}
}

func (v *status) readHolds(tx ledger.Tx) error {
	holds, err := inForce(tx)
	for _, h := range holds {
		held, err := heldBy(tx, h, countedParts)
		if err != nil {
			return err
		}
		v.Holds = append(v.Holds, holdStatus{h.Kind, h.Name, h.At, h.By, h.Note, int64(len(held.list))})
	}
	return err
}
