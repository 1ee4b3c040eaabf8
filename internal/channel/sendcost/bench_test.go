package sendcost_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
)

const (
	messages = 10_000
	rounds   = 3
	atOnce   = 64 // calls to one provider that the engine has under way
)

// spent is what a number of messages took.
type spent struct {
	messages    int
	elapsed     time.Duration
	processor   time.Duration // of this process, the far side's not counted
	connections int64
}

func (s spent) perSecond() float64 { return float64(s.messages) / s.elapsed.Seconds() }

// millis gives the processor's milliseconds per message.
func (s spent) millis() float64 {
	return float64(s.processor.Microseconds()) / 1000 / float64(s.messages)
}

// opened gives connections per 1,000 messages.
func (s spent) opened() float64 { return float64(s.connections) * 1000 / float64(s.messages) }

// BenchmarkSenders sends 10,000 messages, 64 at once, by each sender and by the
// vendor's bare library in turns, and prints the medians of three rounds. Run
// it with -benchtime 1x.
func BenchmarkSenders(b *testing.B) {
	for b.Loop() {
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
		_, _ = fmt.Fprint(table, "\t\t\tmessages/s\t\t\tCPU ms/message\t\tconnections/1,000\t\nprovider\tours\tbare\ttimes\tours\tbare\ttimes\tours\tbare\t\n")
		for _, w := range ways(b) {
			var ours, bare []spent
			for range rounds {
				ours, bare = append(ours, sendOurs(b, w, messages)), append(bare, sendBare(b, w, messages))
			}
			speed, plainSpeed := median(ours, spent.perSecond), median(bare, spent.perSecond)
			cost, plainCost := median(ours, spent.millis), median(bare, spent.millis)
			_, _ = fmt.Fprintf(table, "%s\t%.0f\t%.0f\t%.2f\t%.3f\t%.3f\t%.2f\t%.1f\t%.1f\t\n", w.name, speed, plainSpeed, speed/plainSpeed,
				cost, plainCost, cost/plainCost, median(ours, spent.opened), median(bare, spent.opened))
		}
		require.NoError(b, table.Flush())
	}
}

// median gives the one in the middle.
func median(list []spent, of func(spent) float64) float64 {
	list = slices.SortedFunc(slices.Values(list), func(a, b spent) int { return cmp.Compare(of(a), of(b)) })
	return of(list[len(list)/2])
}

func sendOurs(t testing.TB, w way, n int) spent {
	t.Helper()
	return sendBy(t, w, w.ours(t), n)
}

func sendBy(t testing.TB, w way, s channel.Sender, n int) spent {
	t.Helper()
	return measure(t, w.name, n, func(i int) error {
		m := w.message
		m.Key = fmt.Sprintf("late.c%d.1.late.sms", i)
		_, err := s.Send(context.Background(), m)
		return err
	})
}

func sendBare(t testing.TB, w way, n int) spent {
	t.Helper()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() // what the libraries share
	send := w.bare(t)
	return measure(t, w.name, n, func(int) error { return send() })
}

// measure sends messages at once and says what they took. All have to be taken.
func measure(t testing.TB, name string, n int, send func(i int) error) spent {
	t.Helper()
	opened, processor, started := there.opened(t, name), processorTime(t), time.Now()
	next := make(chan int)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for i := range next {
				if err := send(i); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
	return spent{n, time.Since(started), processorTime(t) - processor, there.opened(t, name) - opened}
}

// processorTime gives how long this process kept processors busy so far.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var used syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// TestConnectionsAreKept holds that messages share connections: a sender that
// has some opens hardly any more, with as many calls under way as there may be.
func TestConnectionsAreKept(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: make test runs it")
	}
	const few = 2000
	for _, w := range ways(t) {
		s := w.ours(t)
		cold, warm := sendBy(t, w, s, few), sendBy(t, w, s, few)
		t.Logf("%s: %d connections, then %d", w.name, cold.connections, warm.connections)
		require.Positive(t, cold.connections, w.name)
		require.LessOrEqual(t, warm.connections, int64(few/20), "connections of %d messages more by %s", few, w.name)
	}
}
