package activities_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// The rules of the model: a message with a second channel behind it and another
// one later, and an item that rides in emails.
func modelFiles(v variant) bundle.Files {
	const head = "owner: care@example.com\ntopic: service\nwhen: {event: order_placed}\nabout: order_id\nstop: order_cancelled\nsteps:\n"
	f := files(map[string]string{
		"hello": "description: Say hello.\n" + head +
			"  - {send: greeting, channel: [sms, email], at: now, within: 2h, fallback_after: 30min}\n" +
			"  - {wait: 5min}\n  - {send: later, channel: email, at: now, within: 2h}\n",
		"tip": "description: A tip.\n" + head + "  - {attach: tip, to: email, within: 5h}\n",
	})
	policy := "zone: UTC\nchannels: [sms, email]\ntopics: {service: {consent: assumed}}\nunknown: {ask: 10min%s}\n"
	again := ""
	if v.again {
		again = ", sms: again, email: again"
	}
	f.Rules["policy.yaml"] = fmt.Appendf(nil, policy, again)
	f.Templates = map[string][]byte{
		"greeting/sms.txt":    []byte("Hello {{ order_placed.order_id }}"),
		"greeting/email.html": letter("Hello {{ order_placed.order_id }}"),
		"later/email.html":    letter("Later {{ order_placed.order_id }}"),
		"tip/email.html":      mail("A tip"),
	}
	return f
}

func letter(text string) []byte {
	return []byte("---\nsubject: Hello\nlayout: none\n---\n<p>" + text + "</p>{% if items %}{{ items }}{% endif %}\n")
}

// flow is an outreach's workflow as Temporal runs it: one question at a time,
// asked again when it was lost.
type flow struct {
	ref    ledger.Ref
	answer activities.Answer
	wake   time.Time
	asking bool
	hinted bool // while a question was out
}

// model is everything that there is: two processes, their store, the vendor and
// the workflows.
type model struct {
	store  ledger.Store
	desk   dossier.Desk
	vendor *vendor
	procs  [2]*process

	mu        sync.Mutex
	began     time.Time
	flows     map[ledger.Ref]*flow
	all       sync.WaitGroup
	orders    int
	events    int
	cancelled map[string]bool               // orders
	blocked   map[string]bool               // addresses
	told      map[string]channel.ReportKind // the reports that were answered as taken: by their id
	arrived   map[string]bool               // the keys of which the vendor reported that they arrived, and was heard
	failed    map[string]bool               // the same, of those that will not
	log       []string
	faults    []string
	ends      map[ledger.PartStatus]int
}

func newModel(t *testing.T, v variant, store ledger.Store) *model {
	t.Helper()
	time.Sleep(58 * time.Hour) // to ten o'clock on a Monday: messages may go
	books := library.New(store)
	w := &model{
		store: store, desk: dossier.Desk{Library: books, Zones: sendtime.NewZones()}, began: time.Now(),
		flows: map[ledger.Ref]*flow{}, cancelled: map[string]bool{}, blocked: map[string]bool{},
		told: map[string]channel.ReportKind{}, arrived: map[string]bool{}, failed: map[string]bool{}, ends: map[ledger.PartStatus]int{},
	}
	w.vendor = &vendor{v: v, lied: map[string]bool{}, faulted: w.fault}
	_, err := books.Load(t.Context(), modelFiles(v), time.Now())
	require.NoError(t, err)
	w.procs = [2]*process{w.newProcess(), w.newProcess()}
	w.work(w.procs[0]) // the rules become warm
	for i := range 3 {
		w.order(i)
	}
	w.settle()
	return w
}

// close lets go of whatever still waits.
func (w *model) close() {
	for _, p := range w.procs {
		p.kill()
	}
	time.Sleep(24 * time.Hour)
	w.all.Wait()
	_ = w.store.Close()
}

// fault notes that a law was broken.
func (w *model) fault(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
	w.log = append(w.log, fmt.Sprintf("%8v FAULT %s", time.Since(w.began), w.faults[len(w.faults)-1]))
}

func (w *model) faulty() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.faults) > 0
}

func (w *model) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, fmt.Sprintf("%8v ", time.Since(w.began).Truncate(time.Millisecond))+fmt.Sprintf(format, args...))
}

// story tells the first fault, and everything that happened.
func (w *model) story() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.faults, "\n") + "\nwhat happened:\n" + strings.Join(w.log, "\n")
}

// settle waits until everybody waits for something, and lets commits that wait
// for company go.
func (w *model) settle() {
	time.Sleep(20 * time.Millisecond)
	synctest.Wait()
}

// live gives a process, born again when it died.
func (w *model) live(nth int) *process {
	if i := nth % len(w.procs); w.procs[i].isDead() {
		w.procs[i] = w.newProcess()
	}
	return w.procs[nth%len(w.procs)]
}

// run lets a process do something on its own.
func (w *model) run(do func()) {
	w.all.Add(1)
	go func() {
		defer w.all.Done()
		do()
	}()
}

// work lets a process do what watches do.
func (w *model) work(p *process) {
	w.run(func() {
		for _, rule := range []string{"hello", "tip"} {
			for range 20 {
				worked, err := p.engine.Work(context.Background(), rule)
				if err != nil || !worked.More {
					break
				}
			}
		}
	})
}

// inquire lets a process take up what was lost.
func (w *model) inquire(p *process) {
	w.run(func() { _, _ = p.engine.Inquire(context.Background()) })
}

// ask asks a process the next question of a workflow. looked: it was hinted.
func (w *model) ask(f *flow, p *process, looked bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f.asking {
		return
	}
	q := activities.Question{Ref: f.ref, Seq: f.answer.Seq + 1, Deliver: f.answer.Deliver}
	ask := p.engine.Deliver
	if looked || q.Deliver == "" {
		q.Deliver, ask = "", p.engine.Advance
	}
	f.asking, f.hinted = true, false
	w.run(func() {
		answer, err := ask(context.Background(), q)
		w.mu.Lock()
		defer w.mu.Unlock()
		f.asking = false
		switch {
		case err != nil: // it is asked again
		case answer.Done:
			delete(w.flows, f.ref)
		default:
			f.answer, f.wake = answer, time.Now().Add(answer.Sleep)
			if f.hinted {
				f.answer.Deliver, f.wake = "", time.Now()
			}
		}
	})
}

// flow gives one workflow.
func (w *model) flow(nth int) *flow {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.flows) == 0 {
		return nil
	}
	refs := slices.SortedFunc(maps.Keys(w.flows), func(a, b ledger.Ref) int { return strings.Compare(a.String(), b.String()) })
	return w.flows[refs[nth%len(refs)]]
}

// take hands something to a process's observer, and gives whether it was taken.
func (w *model) take(p *process, in observe.Incoming) (out observe.Outcome, ok bool) {
	list, err := p.observer.Take(context.Background(), []observe.Incoming{in})
	if err != nil {
		return out, false
	}
	return list[0], true
}

// certain is take by whoever is alive, until it is taken.
func (w *model) certain(in observe.Incoming) {
	for i := range 10 {
		if _, ok := w.take(w.live(i), in); ok {
			return
		}
	}
	w.fault("an event is taken by nobody")
}

func (w *model) event(name string, order string) customer.Event {
	w.events++
	return customer.Event{MessageID: fmt.Sprint("e", w.events), Name: name, At: time.Now().UTC(),
		Properties: map[string]customer.Value{"order_id": customer.Text(order)}}
}

func (w *model) order(nth int) {
	if w.orders == 6 {
		return
	}
	w.orders++
	phone, email := address(nth, customer.SMS), address(nth, customer.Email)
	w.certain(observe.Incoming{
		User: user(nth), Change: observe.Change{Phone: &phone, Email: &email}, Event: w.event("order_placed", fmt.Sprint("o", w.orders)),
	})
}

func user(nth int) string { return fmt.Sprint("user", nth%3) }

func address(nth int, c customer.Channel) string {
	if c == customer.SMS {
		return fmt.Sprint("+1800555010", nth%3)
	}
	return fmt.Sprintf("user%d@example.com", nth%3)
}

// partOf reads a part by its key, wherever it went.
func (w *model) partOf(key string) (p ledger.Part) {
	ref, step, c, err := ledger.ParseKey(key)
	if err != nil {
		w.fault("key %q: %v", key, err)
	}
	w.read(func(tx ledger.Tx) error {
		if ref, err = tx.Moved(ref); err != nil {
			return err
		}
		p, _, err = tx.Part(ref, step, c)
		return err
	})
	return p
}

func (w *model) read(fn func(ledger.Tx) error) {
	if err := w.store.Read(context.Background(), fn); err != nil {
		w.fault("the store cannot be read: %v", err)
	}
}
