package intake

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/observe"
)

type nowhere struct{}

func (nowhere) Take(_ context.Context, batch []observe.Incoming) ([]observe.Outcome, error) {
	return make([]observe.Outcome, len(batch)), nil
}

func (nowhere) Reject(context.Context, []observe.Rejection) error { return nil }

// BenchmarkBatch takes batches of 100 events; us/event is the whole handler.
func BenchmarkBatch(b *testing.B) {
	words := &dictionary.Dictionary{}
	handler := New(Options{
		Taker: nowhere{}, Keeper: nowhere{},
		Data: func() *dictionary.Dictionary { return words },
		Now:  func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) },
	})
	const calls = 100
	body := library(calls)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/batch", strings.NewReader(body)))
		require.Equal(b, http.StatusOK, w.Code)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*calls), "us/event")
}

// collector keeps what it is given and refuses nothing.
type collector struct {
	nowhere
	mu    sync.Mutex
	taken []observe.Incoming
}

func (c *collector) Take(ctx context.Context, batch []observe.Incoming) ([]observe.Outcome, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = append(c.taken, batch...)
	return c.nowhere.Take(ctx, batch)
}

func TestBodiesAtTheSameTimeStayApart(t *testing.T) {
	t.Parallel()
	taker, words := new(collector), new(dictionary.Dictionary)
	handler := New(Options{
		Taker: taker, Keeper: taker, Now: time.Now,
		Data: func() *dictionary.Dictionary { return words },
	})
	const senders, bodies = 4, 50
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for range bodies {
				user := strings.Repeat(string(rune('a'+sender)), 9)
				body := strings.NewReader(`{"userId": "` + user + `", "event": "` + user + `", "properties": {"x": "` + user + `"}}`)
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/v1/track", body))
			}
		})
	}
	all.Wait()
	require.Len(t, taker.taken, senders*bodies)
	for _, in := range taker.taken {
		require.Equal(t, in.User, in.Event.Name)
		require.Equal(t, in.User, in.Event.Properties["x"].String())
	}
}
