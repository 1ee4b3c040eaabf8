package bench_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/intake"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store"
)

// line takes events by HTTP into a store, as the product does.
type line struct {
	store   ledger.Store
	library *library.Library
	handler http.Handler
	sent    int
}

func newLine(b *testing.B, at store.Place, files bundle.Files) *line {
	b.Helper()
	store := open(b, at)
	l := &line{store: store, library: library.New(store)}
	_, err := l.library.Load(b.Context(), files, time.Now())
	require.NoError(b, err)
	l.warm(b)
	observer := &observe.Observer{Store: store, Now: time.Now, Desk: dossier.Desk{Library: l.library, Zones: sendtime.NewZones()}}
	l.handler = intake.New(intake.Options{
		Taker: observer, Keeper: observer, Now: time.Now,
		Data: func() *dictionary.Dictionary { return l.library.Current().Dictionary },
	})
	return l
}

// warm says that every rule's history was read: there is none.
func (l *line) warm(b *testing.B) {
	b.Helper()
	require.NoError(b, l.store.Write(b.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		active, err := tx.Active()
		require.NoError(b, err)
		for _, a := range active {
			a.Warm = true
			require.NoError(b, tx.Activate(a))
		}
		return library.Bump(tx)
	}))
	_, err := l.library.Follow(b.Context())
	require.NoError(b, err)
}

// batchSize and perCustomer shape a batch: each customer gives two events.
const (
	batchSize   = 100
	perCustomer = 2
)

// body gives a batch of events of customers from first on.
func (l *line) body(first, customers int, event string) []byte {
	return l.bodyOf(first, customers, perCustomer, event)
}

// bodyOf is body with so many events of each customer.
func (l *line) bodyOf(first, customers, each int, event string) []byte {
	type call struct {
		Type       string         `json:"type"`
		UserID     string         `json:"userId"`
		Event      string         `json:"event"`
		MessageID  string         `json:"messageId"`
		Timestamp  time.Time      `json:"timestamp"`
		Properties map[string]any `json:"properties"`
	}
	calls := make([]call, 0, batchSize)
	for i := range batchSize {
		l.sent++
		calls = append(calls, call{
			Type: "track", UserID: fmt.Sprint("user-", (first+i/each)%customers), Event: event,
			MessageID: fmt.Sprint("m", l.sent), Timestamp: time.Now(), Properties: map[string]any{"mb": 12.5, "source": "app"},
		})
	}
	text, err := json.Marshal(map[string]any{"batch": calls})
	if err != nil {
		panic(err)
	}
	return text
}

func (l *line) post(b *testing.B, body []byte) {
	request := httptest.NewRequest(http.MethodPost, "/v1/batch", bytes.NewReader(body))
	response := httptest.NewRecorder()
	l.handler.ServeHTTP(response, request)
	if response.Code != http.StatusOK {
		b.Fatalf("batch: %d %s", response.Code, response.Body)
	}
}

// race times batches of both in turn and gives events per second.
func race(batches int, ours, theirs func(i int)) (our, their float64) {
	var a, z time.Duration
	for i := range batches {
		began := time.Now()
		ours(i)
		a += time.Since(began)
		began = time.Now()
		theirs(i)
		z += time.Since(began)
	}
	events := float64(batches * batchSize)
	return events / a.Seconds(), events / z.Seconds()
}

// shipped reads the rules and templates of the repository.
func shipped(b *testing.B) bundle.Files {
	b.Helper()
	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(b, err)
	return files
}

// sample gives one customer's stored profile and state, to weigh the plain
// insert with.
func (l *line) sample(b *testing.B) (profile string, state []byte) {
	b.Helper()
	require.NoError(b, l.store.Read(b.Context(), func(tx ledger.Tx) error {
		records, err := tx.CustomersAfter("", 1)
		require.NoError(b, err)
		text, err := json.Marshal(records[0].Profile)
		profile, state = string(text), records[0].State
		return err
	}))
	return profile, state
}

// BenchmarkIntake takes events by /v1/batch with the shipped rules, against a
// plain batched insert of the same rows.
func BenchmarkIntake(b *testing.B) {
	onBoth(b, func(b *testing.B, place func() store.Place) {
		const customers, batches = 2000, 200
		at := place()
		l, p := newLine(b, place(), shipped(b)), newPlain(b, at)
		l.race(b, p, customers, batches)
	})
}

func (l *line) race(b *testing.B, p plain, customers, batches int) {
	b.Helper()
	for i := range customers * perCustomer / batchSize {
		l.post(b, l.body(i*batchSize/perCustomer, customers, "data_session"))
	}
	profile, state := l.sample(b)
	for b.Loop() {
		var bodies [][]byte
		for i := range batches {
			bodies = append(bodies, l.body(i*batchSize/perCustomer, customers, "data_session"))
		}
		ours, theirs := race(batches,
			func(i int) { l.post(b, bodies[i]) },
			func(i int) { p.insert(b, i*batchSize/perCustomer, customers, profile, state) })
		b.ReportMetric(ours, "events/s")
		b.ReportMetric(theirs, "plain/s")
		b.ReportMetric(ours/theirs, "ratio")
	}
}

// BenchmarkRules takes events that no rule mentions, with 10 and with 1,000
// rules.
func BenchmarkRules(b *testing.B) { onBoth(b, manyRules) }

func manyRules(b *testing.B, place func() store.Place) {
	const customers, batches = 2000, 100
	few, many := newLine(b, place(), strangers(10)), newLine(b, place(), strangers(1000))
	for _, l := range []*line{few, many} {
		for i := range customers * perCustomer / batchSize {
			l.post(b, l.body(i*batchSize/perCustomer, customers, "other"))
		}
	}
	for b.Loop() {
		withMany, withFew := race(batches,
			func(i int) { many.post(b, many.body(i*50, customers, "other")) },
			func(i int) { few.post(b, few.body(i*50, customers, "other")) })
		b.ReportMetric(withFew/withMany, "cost-1000-to-10-rules")
	}
}

// strangers gives rules that mention no event that comes.
func strangers(n int) bundle.Files {
	files := bundle.Files{Rules: map[string][]byte{}, Templates: map[string][]byte{"hello/sms.txt": []byte("Hello")}}
	events := "events:\n  other: {mb: number}\n"
	for i := range n {
		events += fmt.Sprintf("  never_%d: {}\n", i)
		files.Rules[fmt.Sprintf("rule-%d.yaml", i)] = fmt.Appendf(nil,
			"description: Stranger.\nowner: a@example.com\ntopic: service\nwhen: {event: never_%d}\nsteps: [{send: hello}]\n", i)
	}
	files.Rules[bundle.DataFile] = []byte(events)
	return files
}

// BenchmarkCustomers takes events of a tenth of 10,000 and of 1,000,000
// customers, whose rows are warm.
func BenchmarkCustomers(b *testing.B) { onBoth(b, manyCustomers) }

func manyCustomers(b *testing.B, place func() store.Place) {
	const batches = 400
	few, many := newLine(b, place(), shipped(b)), newLine(b, place(), shipped(b))
	fill(b, few, 10_000)
	fill(b, many, 1_000_000)
	warm := func(l *line, customers int) {
		for i := range customers / 10 * perCustomer / batchSize {
			l.post(b, l.body(i*batchSize/perCustomer, customers/10, "data_session"))
		}
	}
	warm(few, 10_000)
	warm(many, 1_000_000)
	for b.Loop() {
		ofMany, ofFew := race(batches,
			func(i int) { many.post(b, many.body(i*7919, 100_000, "data_session")) },
			func(i int) { few.post(b, few.body(i*7919, 1_000, "data_session")) })
		b.ReportMetric(ofFew/ofMany, "cost-1M-to-10k-customers")
		b.ReportMetric(ofMany, "events/s-of-1M")
	}
}

// fill writes customers as an import would leave them.
func fill(b *testing.B, l *line, customers int) {
	b.Helper()
	state := (&behaviour.State{LastAct: time.Now()}).Encode()
	for first := 0; first < customers; first += 5000 {
		require.NoError(b, l.store.Write(b.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
			for i := first; i < first+5000; i++ {
				id := customer.ID(fmt.Sprintf("c%08d", i))
				if err := tx.Join(fmt.Sprint("user-", i), id); err != nil {
					return err
				}
				if err := tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: id, Zone: "America/New_York", Phone: "+12125550100"}, State: state}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}
