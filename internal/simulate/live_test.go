package simulate_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/simulate"
	"github.com/outreach-engine/outreach/internal/store/memory"
)

// tester is a test, or one try of a law.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
	Fatal(...any)
	Output() io.Writer
}

// live is the engine that customers meet, with everything real but Temporal
// and the providers: it plays the workflows' loops on a clock that the test
// moves.
type live struct {
	t        tester
	engine   *activities.Engine
	observer *observe.Observer
	store    ledger.Store
	now      time.Time
	rules    []string // by priority
	waiting  map[ledger.Ref]waiting
	answers  map[string]map[string]customer.Value // of webhooks
	silent   []customer.Channel                   // no word comes back of what was taken
	starts   sync.Mutex                           // several are started at once
}

type waiting struct {
	activities.Answer
	at       time.Time // when it goes on
	priority int
}

// Start implements activities.Starter.
func (l *live) Start(_ context.Context, s activities.Start) error {
	l.starts.Lock()
	defer l.starts.Unlock()
	l.rest(s.Ref, s.First)
	return nil
}

// Hint implements activities.Starter.
func (l *live) Hint(_ context.Context, ref ledger.Ref) (bool, error) {
	w, ok := l.waiting[ref]
	if ok {
		w.at, w.Deliver = l.now, ""
		l.waiting[ref] = w
	}
	return ok, nil
}

// Name implements channel.Sender.
func (l *live) Name() string { return simulate.Provider }

// Send implements channel.Sender.
func (l *live) Send(_ context.Context, m channel.Message) (channel.Receipt, error) {
	if answer := l.answers[m.Template]; m.Channel == customer.Webhook && len(answer) > 0 {
		text, err := json.Marshal(answer)
		return channel.Receipt{Answer: string(text)}, err
	}
	return channel.Receipt{Delivered: !slices.Contains(l.silent, m.Channel)}, nil
}

func (l *live) rest(ref ledger.Ref, answer activities.Answer) {
	if answer.Done {
		delete(l.waiting, ref)
		return
	}
	m, _ := l.engine.Desk.Library.Current().Matcher(ref.Rule)
	l.waiting[ref] = waiting{Answer: answer, at: l.now.Add(answer.Sleep), priority: m.Priority}
}

// perform plays a script as the live engine does, and gives its store.
func perform(t tester, files bundle.Files, store ledger.Store, script simulate.Script, newID func(string) customer.ID) *live {
	t.Helper()
	b, _ := bundle.Check(files)
	b.Policy.Rates = nil // they pace by the machine's clock
	desk := dossier.Desk{Library: library.Fixed(b), Zones: sendtime.NewZones()}
	l := &live{t: t, store: store, now: script.From, waiting: map[ledger.Ref]waiting{}, answers: script.Answers, silent: script.Unconfirmed}
	l.engine = &activities.Engine{
		Store: store, Desk: desk, Clock: activities.SetTime(func() time.Time { return l.now }), Starter: l, Patience: time.Hour,
		Senders: map[customer.Channel]channel.Sender{customer.SMS: l, customer.Email: l, customer.Push: l, customer.Webhook: l},
		Logger:  slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	l.observer = &observe.Observer{Store: store, Desk: desk, Now: l.engine.Clock.Now, NewID: newID}
	matchers := desk.Library.Current().Matchers()
	slices.SortStableFunc(matchers, func(a, b *rule.Matcher) int { return cmp.Compare(b.Priority, a.Priority) })
	for _, m := range matchers {
		l.rules = append(l.rules, m.Name)
	}
	acts := slices.SortedStableFunc(slices.Values(script.Acts), func(a, b simulate.Act) int { return a.At.Compare(b.At) })
	for {
		next := script.To.Add(time.Hour)
		if len(acts) > 0 {
			next = acts[0].At
		}
		next = l.earliest(next)
		if next.After(script.To) {
			return l
		}
		l.now = next
		for len(acts) > 0 && acts[0].At.Equal(l.now) {
			l.happen(acts[0])
			acts = acts[1:]
		}
		l.work()
	}
}

// earliest gives the first instant at which something is due, not after limit.
func (l *live) earliest(limit time.Time) time.Time {
	l.t.Helper()
	for _, w := range l.waiting {
		if w.at.Before(limit) {
			limit = w.at
		}
	}
	require.NoError(l.t, l.store.Read(l.t.Context(), func(tx ledger.Tx) error {
		for _, rule := range l.rules {
			dues, err := tx.Dues(rule, limit, 1)
			if err != nil {
				return err
			}
			if len(dues) > 0 && dues[0].At.Before(limit) {
				limit = dues[0].At
			}
		}
		return nil
	}))
	return limit
}

func (l *live) happen(act simulate.Act) {
	l.t.Helper()
	in := act.Incoming
	if in.Event.At.IsZero() {
		in.Event.At = act.At
	}
	_, err := l.observer.Take(l.t.Context(), []observe.Incoming{in})
	require.NoError(l.t, err)
}

// work does what watches and outreaches do until nothing is left to do now.
func (l *live) work() {
	l.t.Helper()
	for worked := true; worked; {
		worked = false
		for _, rule := range l.rules {
			for more := true; more; {
				w, err := l.engine.Work(l.t.Context(), rule)
				require.NoError(l.t, err)
				more, worked = w.More, worked || w.More
			}
		}
		everybody := map[customer.ID]bool{}
		steps := l.ask(func(_ ledger.Ref, w waiting) bool { return w.Deliver == "" })
		if worked = worked || steps; worked {
			continue
		}
		worked = l.ask(func(ref ledger.Ref, w waiting) bool {
			first := w.Deliver != "" && !everybody[ref.Customer]
			everybody[ref.Customer] = everybody[ref.Customer] || first
			return first
		})
	}
}

// ask lets every outreach go on whose time has come and whose turn it is: at
// one instant all look at the facts before one of a customer's delivers.
func (l *live) ask(turn func(ledger.Ref, waiting) bool) (worked bool) {
	l.t.Helper()
	refs := slices.SortedFunc(maps.Keys(l.waiting), func(a, b ledger.Ref) int {
		return cmp.Or(cmp.Compare(l.waiting[b].priority, l.waiting[a].priority), cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.N, b.N))
	})
	for _, ref := range refs {
		w := l.waiting[ref]
		if w.at.After(l.now) || !turn(ref, w) {
			continue
		}
		ask := l.engine.Advance
		if w.Deliver != "" {
			ask = l.engine.Deliver
		}
		answer, err := ask(l.t.Context(), activities.Question{Ref: ref, Seq: w.Seq + 1, Deliver: w.Deliver})
		require.NoError(l.t, err)
		l.rest(ref, answer)
		worked = true
	}
	return worked
}

// told gives everything that a store holds of a customer as text: stories,
// rows and parts, by outreach. The numbers of answers are left out: who is
// hinted twice answers twice.
func told(t tester, store ledger.Store, external string) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, store.Read(t.Context(), func(tx ledger.Tx) error {
		id, _, err := tx.Resolve(external)
		require.NoError(t, err)
		decisions, err := tx.Decisions(id, 0)
		require.NoError(t, err)
		outreaches, err := tx.OutreachesOf(id, 0)
		for _, o := range outreaches {
			position, answer := string(o.Position), string(o.Answer)
			o.Seq, o.Position, o.Answer = 0, nil, nil
			b.WriteString(written(t, o) + position + answer + "\n")
			parts, err := tx.PartsOf(o.Ref)
			require.NoError(t, err)
			for _, p := range parts {
				p.Print = "" // of a text that a play does not write
				b.WriteString("  " + written(t, p) + "\n")
			}
			for _, d := range decisions {
				if d.Ref == o.Ref {
					b.WriteString("  " + written(t, d) + "\n")
				}
			}
		}
		return err
	}))
	return winner.ReplaceAllString(b.String(), "$1")
}

// winner is what a line says of who has a place in a full cap. Of several who
// are before it at one instant it may name either.
var winner = regexp.MustCompile(`(, after the cap of [^:"]*): [^"\\;)]* has the place, [^"\\;)]*`)

func written(t tester, row any) string {
	text, err := json.Marshal(row)
	require.NoError(t, err)
	return string(text)
}

// alike plays a script, lets the live engine live through what happened in it,
// and compares everything that was decided.
func alike(t tester, files bundle.Files, script simulate.Script) {
	t.Helper()
	compared(t, files, script, func(string) bool { return true })
}

// onTheWay is a line of what a message was planned for. Where several look at
// one instant's facts, the first may plan what it has to give up at once when
// the next has looked; that order is not the same live.
var onTheWay = regexp.MustCompile(`"Kind":"(plan|defer)"|"Status":"withdrawn","Reason":"[a-z_]*","Attempt":0`)

// alikeInTheEnd is alike but for what was planned on the way.
func alikeInTheEnd(t tester, files bundle.Files, script simulate.Script) {
	t.Helper()
	compared(t, files, script, func(line string) bool { return !onTheWay.MatchString(line) })
}

func compared(t tester, files bundle.Files, script simulate.Script, counts func(line string) bool) {
	t.Helper()
	p := play(t, stage(t, files), script)
	var users []string
	script.Acts, users = lived(t, p, script)
	l := perform(t, files, memory.New(), script, idOf(t, p.Store))
	for _, user := range users {
		live, played := kept(told(t, l.store, user), counts), kept(told(t, p.Store, user), counts)
		if live != played {
			t.Fatal(difference(live, played))
		}
	}
}

func kept(text string, counts func(line string) bool) string {
	lines := strings.Split(text, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return !counts(line) }), "\n")
}

// difference gives the first line in which two texts differ, and its place.
func difference(live, played string) string {
	a, b := strings.Split(live, "\n"), strings.Split(played, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\nlive:   %s\nplayed: %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines live, %d lines played", len(a), len(b))
}

// idOf gives the ids that customers have in a store.
func idOf(t tester, store ledger.Store) func(external string) customer.ID {
	return func(external string) (id customer.ID) {
		require.NoError(t, store.Read(t.Context(), func(tx ledger.Tx) (err error) {
			id, _, err = tx.Resolve(external)
			return err
		}))
		return id
	}
}

// lived gives the acts of a play with the events as the play took them, and the
// customers.
func lived(t tester, p *simulate.Play, script simulate.Script) (acts []simulate.Act, users []string) {
	t.Helper()
	events := map[string]customer.Event{}
	for _, act := range script.Acts {
		if !slices.Contains(users, act.User) {
			users = append(users, act.User)
		}
	}
	for _, user := range users {
		require.NoError(t, p.Store.Read(t.Context(), func(tx ledger.Tx) error {
			id, _, err := tx.Resolve(user)
			require.NoError(t, err)
			list, err := tx.Events(ledger.EventQuery{Customer: id})
			for _, e := range list {
				events[e.MessageID] = e
			}
			return err
		}))
	}
	for i, act := range script.Acts {
		id := simulate.MessageID(i)
		if e, ok := events[id]; ok {
			act.Event.MessageID, act.Event.Properties = id, e.Properties
			act.Report = simulate.ReportOf(act.Event)
			acts = append(acts, act)
		}
	}
	return acts, users
}

// TestLiveDecidesAlike holds I5 on the golden scripts.
func TestLiveDecidesAlike(t *testing.T) {
	t.Parallel()
	shippedFiles, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			alike(t, shippedFiles, scriptOf(t, archive))
		})
	}
}

// TestLiveDecidesAlikeOnTroubles holds I5 where texts cannot be written, and
// on branches.
func TestLiveDecidesAlikeOnTroubles(t *testing.T) {
	t.Parallel()
	nameless := strings.ReplaceAll(greeting, "name=Anna", "")
	for name, c := range map[string]struct{ steps, script string }{
		"falls back":   {"  - send: hello\n    channel: [sms, email]\n    at: now\n", nameless},
		"no other way": {"  - send: hello\n    channel: sms\n    at: now\n  - send: again\n    at: now\n", nameless},
		"two in a row": {"  - send: hello\n    channel: sms\n    at: now\n  - send: again\n    at: now\n", greeting},
		"came in time": {"  - send: hello\n    at: now\n  - wait_for: bought\n    within: 1d\n    then:\n      - stop\n  - send: again\n",
			greeting + "2026-11-23T12:00 anna bought\n2026-11-24T10:00 anna came\n"},
		"late in the log":     {"  - wait: 1h\n  - send: hello\n    unless: bought\n", greeting + "2026-11-23T11:00 anna bought\n"},
		"asks and hands over": {errands, greeting + "2026-11-24T10:00 anna handoff_done result=reached\n"},
		"hands over in vain":  {errands, greeting},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := readScript(t, c.script+"until 2026-11-27T00:00\n")
			script.Answers = map[string]map[string]customer.Value{"coupon": {"code": customer.Text("A1"), "value": customer.Number(5)}}
			alike(t, house(c.steps), script)
		})
	}
}
