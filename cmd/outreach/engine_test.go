package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store"
)

// player is the engine with everything real but Temporal and the providers: it
// plays the workflows' loops itself, at one instant.
type player struct {
	engine *activities.Engine
	out    io.Writer

	mu      sync.Mutex
	waiting map[ledger.Ref]activities.Answer
}

func (p *player) Start(_ context.Context, s activities.Start) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting[s.Ref] = s.First
	return nil
}

func (p *player) Hint(_ context.Context, ref ledger.Ref) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := p.waiting[ref]
	answer.Sleep, answer.Deliver = 0, ""
	p.waiting[ref] = answer
	return true, nil
}

func (p *player) Name() string { return "player" }

// Send says what would go out. A text to a number that ends in 13 fails for
// good.
func (p *player) Send(_ context.Context, m channel.Message) (channel.Receipt, error) {
	if strings.HasSuffix(m.To, "13") {
		return channel.Receipt{}, &channel.Error{Kind: channel.BadAddress, Code: "21211", Detail: "no such number"}
	}
	_, err := fmt.Fprintf(p.out, "%s by %s\n", m.Template, m.Channel)
	return channel.Receipt{ProviderID: "p1"}, err
}

// playEngine does what a running engine would at an instant, until nothing is
// left to do then.
func playEngine(ctx context.Context, now time.Time, out io.Writer) (err error) {
	path := os.Getenv("OUTREACH_STORE")
	if path == "" {
		path = ".outreach/outreach.db"
	}
	store, err := store.Place(path).Open(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	rules := library.New(store)
	if _, err := rules.Follow(ctx); err != nil {
		return err
	}
	p := &player{out: out, waiting: map[ledger.Ref]activities.Answer{}}
	p.engine = &activities.Engine{
		Store: store, Desk: dossier.Desk{Library: rules, Zones: sendtime.NewZones()}, Starter: p, Patience: time.Hour,
		Clock:   activities.SetTime(func() time.Time { return now }),
		Senders: map[customer.Channel]channel.Sender{customer.SMS: p, customer.Email: p, customer.Push: p},
		Logger:  slog.New(slog.DiscardHandler),
	}
	if err := store.Read(ctx, p.resume); err != nil {
		return err
	}
	return p.play(ctx)
}

// resume takes up the open outreaches as their workflows stand.
func (p *player) resume(tx ledger.Tx) error {
	records, err := tx.CustomersAfter("", 0)
	for _, r := range records {
		open, err := tx.OpenOutreaches(r.Profile.ID)
		if err != nil {
			return err
		}
		for _, o := range open {
			if o.Status == ledger.Open {
				p.waiting[o.Ref] = activities.Answer{Seq: o.Seq, Sleep: p.engine.Clock.Until(o.NextAt)}
			}
		}
	}
	return err
}

func (p *player) play(ctx context.Context) error {
	for again := true; again; {
		again = false
		for _, m := range p.engine.Desk.Library.Current().Matchers() {
			for more := true; more; {
				w, err := p.engine.Work(ctx, m.Name)
				if err != nil {
					return err
				}
				more = w.More
				again = again || more
			}
		}
		for _, ref := range slices.SortedFunc(maps.Keys(p.waiting), func(a, b ledger.Ref) int { return strings.Compare(a.String(), b.String()) }) {
			asked, err := p.ask(ctx, ref)
			if err != nil {
				return err
			}
			again = again || asked
		}
	}
	return nil
}

// ask goes on with an outreach when it is time.
func (p *player) ask(ctx context.Context, ref ledger.Ref) (bool, error) {
	answer := p.waiting[ref]
	if answer.Sleep > 0 || answer.Done {
		return false, nil
	}
	ask := p.engine.Advance
	if answer.Deliver != "" {
		ask = p.engine.Deliver
	}
	next, err := ask(ctx, activities.Question{Ref: ref, Seq: answer.Seq + 1, Deliver: answer.Deliver})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting[ref] = next
	return true, err
}
