package activities_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/tracing"
)

// BenchmarkDeliver measures what a message costs from its question at the gate
// to its recorded outcome, on SQLite, by a provider that takes it at once: one
// message after the other, and as many at a time as a provider is given.
func BenchmarkDeliver(b *testing.B) {
	for _, atOnce := range []int{1, 32} {
		benchmarkDeliver(b, fmt.Sprint("at once ", atOnce), atOnce, nil)
	}
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	b.Cleanup(sink.Close)
	tracer, err := tracing.Open(b.Context(), tracing.Options{Endpoint: sink.URL, Share: "1", Logger: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	benchmarkDeliver(b, "traced", 1, tracer)
}

func benchmarkDeliver(b *testing.B, name string, atOnce int, tracer *tracing.Tracer) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		const messages = 4000
		spent := time.Duration(0)
		for b.Loop() {
			b.StopTimer()
			d, questions := planned(b, messages)
			d.engine.Tracer = tracer
			before := processorTime(b)
			b.StartTimer()
			deliverAll(b, d, questions, atOnce)
			b.StopTimer()
			spent += processorTime(b) - before
			require.Len(b, d.sent, messages)
			b.StartTimer()
		}
		sent := float64(messages * b.N)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(b.Elapsed().Microseconds())/sent, "µs/message")
		b.ReportMetric(float64(spent.Microseconds())/sent, "processor-µs/message")
	})
}

// planned gives a desk whose customers each have a message to be sent now, and
// the questions that deliver them.
func planned(b *testing.B, customers int) (*desk, []activities.Question) {
	b.Helper()
	d := deskOf(newBench(b, "2026-11-23T17:00:00Z", greetings(openPolicy, "Hello, your order is on its way.")))
	d.engine.Senders = map[customer.Channel]channel.Sender{customer.SMS: d.bench}
	var batch []observe.Incoming
	for i := range customers {
		batch = append(batch, observe.Incoming{
			User:   fmt.Sprintf("u%05d", i),
			Change: observe.Change{Phone: text(fmt.Sprintf("+12122%06d", i))},
			Event:  customer.Event{MessageID: fmt.Sprint("o", i), Name: "order_placed", At: d.now},
		})
		if len(batch) == 500 || i == customers-1 {
			_, err := d.observer.Take(b.Context(), batch)
			require.NoError(b, err)
			batch = batch[:0]
		}
	}
	for more := true; more; {
		page, err := d.engine.Work(b.Context(), "greeting")
		require.NoError(b, err)
		more = page.More
	}
	var questions []activities.Question
	for ref, first := range d.waiting {
		questions = append(questions, activities.Question{Ref: ref, Seq: first.Seq + 1, Deliver: first.Deliver})
	}
	require.Len(b, questions, customers)
	return d, questions
}

func deliverAll(b *testing.B, d *desk, questions []activities.Question, atOnce int) {
	next := make(chan activities.Question)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for q := range next {
				answer, err := d.engine.Deliver(b.Context(), q)
				if err != nil || !answer.Done {
					b.Errorf("%s: %+v, %v", q.Deliver, answer, err)
				}
			}
		})
	}
	for _, q := range questions {
		next <- q
	}
	close(next)
	workers.Wait()
}

// processorTime gives how long this process kept processors busy so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
