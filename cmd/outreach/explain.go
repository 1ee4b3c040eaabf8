package main

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

func explainCommand(now func() time.Time) *cobra.Command {
	var ruleName string
	cmd := &cobra.Command{
		Use:   "explain CUSTOMER",
		Short: "Say what was decided about a customer, and why.",
		Long: "Say in words what was decided about a customer: when each rule matched and on what figures, what was planned for\n" +
			"when and why then, what went out, what did not and the one reason, and what each outreach waits for. Rules that\n" +
			"never matched say why not. CUSTOMER is your own id of the customer, or ours. Times are the customer's.",
		Example: "  outreach explain u-1001\n  outreach explain u-1001 --rule usage-limit --json",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&ruleName, "rule", "", "one rule only")
	place, asJSON := storeFlag(cmd, now), jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return place.useRules(cmd, func(ctx context.Context, o *office) error {
			e, err := o.explain(ctx, args[0], ruleName)
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(o.out, e)
			}
			return e.print(o.out)
		})
	}
	return cmd
}

// explanation is what was decided about one customer.
type explanation struct {
	Customer   customer.ID `json:"customer"`
	External   string      `json:"external,omitempty"`
	Zone       string      `json:"zone"`
	At         time.Time   `json:"at"`
	LocalTime  string      `json:"local_time"`
	Outreaches []told      `json:"outreaches"` // oldest first
	Older      int         `json:"older"`      // outreaches that are not shown
	NoMatch    []noMatch   `json:"no_match"`   // rules in force that never matched
}

// told is one outreach, or one match that was not entered.
type told struct {
	Rule      string                    `json:"rule"`
	N         int                       `json:"n"`
	Version   string                    `json:"version"`
	About     string                    `json:"about,omitempty"`
	At        time.Time                 `json:"at"`
	LocalTime string                    `json:"local_time"`
	Because   string                    `json:"because"` // the match in words
	Match     map[string]customer.Value `json:"match,omitempty"`
	Status    ledger.Status             `json:"status"`
	Entered   bool                      `json:"entered"`
	Reason    customer.Reason           `json:"reason,omitempty"`
	Stands    string                    `json:"stands"` // status and reason in words
	Story     []moment                  `json:"story"`
	WaitsFor  string                    `json:"waits_for,omitempty"`
	NextAt    time.Time                 `json:"next_at,omitzero"`
}

// moment is one line of a story.
type moment struct {
	At        time.Time        `json:"at"`
	LocalTime string           `json:"local_time"`
	Kind      ledger.Kind      `json:"kind"`
	Text      string           `json:"text"`
	Step      string           `json:"step,omitempty"`
	Channel   customer.Channel `json:"channel,omitempty"`
	Template  string           `json:"template,omitempty"`
	Planned   time.Time        `json:"planned_at,omitzero"`
	Reason    customer.Reason  `json:"reason,omitempty"`
	Note      string           `json:"note,omitempty"`
}

// noMatch is a rule in force that never matched the customer.
type noMatch struct {
	Rule string `json:"rule"`
	Why  string `json:"why"`
}

// shownOutreaches bounds the outreaches that are told.
const shownOutreaches = 50

// teller tells about one customer, in one transaction.
type teller struct {
	*office
	tx      ledger.Tx
	now     time.Time
	file    *dossier.Dossier
	holds   []ledger.Hold
	stories map[ledger.Ref][]ledger.Decision
}

// explain tells about a customer; only is one rule, or "".
func (o *office) explain(ctx context.Context, who, only string) (e explanation, err error) {
	err = o.store.Read(ctx, func(tx ledger.Tx) error {
		t := teller{office: o, tx: tx, now: o.instant()}
		if err := t.open(who, only); err != nil {
			return err
		}
		e, err = t.tell(only)
		return err
	})
	return e, err
}

// open reads what is to be told.
func (t *teller) open(who, only string) error {
	id, err := t.find(t.tx, who)
	if err != nil {
		return err
	}
	if only != "" {
		known, err := t.rulesOf(t.tx, id)
		if err != nil {
			return err
		}
		if err := mustKnow("rule", only, known); err != nil {
			return err
		}
	}
	var ok bool
	if t.file, ok, err = t.desk.Open(t.tx, id); err != nil || !ok {
		return errorsOr(err, "customer %q: has an id and no record; look into the log of the engine", who)
	}
	if t.holds, err = t.tx.Holds(); err != nil {
		return err
	}
	decisions, err := t.tx.Decisions(id, 0)
	t.stories = map[ledger.Ref][]ledger.Decision{}
	for _, d := range decisions {
		t.stories[d.Ref] = append(t.stories[d.Ref], d)
	}
	return err
}

func (t *teller) tell(only string) (explanation, error) {
	p := t.file.Profile
	e := explanation{
		Customer: p.ID, External: p.External, Zone: t.file.Zone.String(), At: t.now, LocalTime: t.local(t.now),
		Outreaches: []told{}, NoMatch: []noMatch{},
	}
	list, err := t.tx.OutreachesOf(p.ID, 0)
	if err != nil {
		return e, err
	}
	matched := map[string]bool{}
	list = slices.DeleteFunc(list, func(o ledger.Outreach) bool {
		matched[o.Rule] = true
		return only != "" && o.Rule != only
	})
	e.Older = max(len(list)-shownOutreaches, 0)
	for _, o := range slices.Backward(list[:len(list)-e.Older]) {
		story, err := t.outreach(o)
		if err != nil {
			return e, err
		}
		e.Outreaches = append(e.Outreaches, story)
	}
	for _, m := range t.library.Current().Matchers() {
		if matched[m.Name] || only != "" && m.Name != only {
			continue
		}
		why, err := t.whyNot(m)
		if err != nil {
			return e, err
		}
		e.NoMatch = append(e.NoMatch, noMatch{m.Name, why})
	}
	return e, nil
}

// outreach tells one outreach.
func (t *teller) outreach(o ledger.Outreach) (told, error) {
	v := told{
		Rule: o.Rule, N: o.N, Version: o.Version, About: o.About, At: o.At, LocalTime: t.local(o.At), Match: o.Match,
		Status: o.Status, Reason: o.Reason, NextAt: o.NextAt, Story: []moment{},
	}
	var m *rule.Matcher
	if known, err := t.file.Matcher(o); err == nil {
		m = known // a version that this program does not read is told without its words
	}
	v.Because = t.because(m, o)
	for _, d := range t.stories[o.Ref] {
		v.Entered = v.Entered || d.Kind == ledger.KindEnter
		v.Story = append(v.Story, moment{
			At: d.At, LocalTime: t.local(d.At), Kind: d.Kind, Text: t.sentence(d, v), Step: d.Step, Channel: d.Channel,
			Template: d.Template, Planned: d.Planned, Reason: d.Reason, Note: d.Note,
		})
	}
	v.Stands = t.stands(o, v.Entered)
	var err error
	v.WaitsFor, err = t.waits(o)
	return v, err
}
