//go:build unix

package cluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outreach-engine/outreach/internal/crowd"
)

// How long things are looked at.
const (
	idleFor    = 20 * time.Second
	warmFor    = 20 * time.Second // until PostgreSQL has touched every page: the first touch costs most
	intakeFor  = 40 * time.Second
	countEvery = 5 * time.Second // at how many are planned
	probes     = 2               // urgent events a second
	explained  = 10

	lastProbes = 5 * time.Second // for the last urgent messages to come
)

// million gives what a large crowd costs: idle, asked about, taking events, and
// while a tenth of it is to be reached at once.
func (c *cluster) million() error {
	store, err := c.store()
	if err != nil {
		return err
	}
	m := &million{cluster: c, store: store, client: &http.Client{Timeout: postTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
	c.say("idle for %s", idleFor)
	rest := c.usage()
	m.sleep(idleFor)
	m.idle = c.usage().since(rest)
	if err := m.explain(); err != nil {
		return err
	}
	if err := m.look(); err != nil {
		return err
	}
	if _, err := m.intake("warm", warmFor); err != nil {
		return err
	}
	before, began := c.usage(), time.Now()
	if err := m.calm(); err != nil {
		return err
	}
	m.cores = c.usage().since(before).all().Seconds() / time.Since(began).Seconds()
	if err := m.reach(); err != nil {
		return err
	}
	return m.print(c.Out)
}

// million is one look at a crowd.
type million struct {
	*cluster
	store  string
	client *http.Client

	idle          usage
	explains      []time.Duration
	pages         []time.Duration
	alone, beside float64 // events a second
	cores         float64 // that were busy with those alone
	want          int
	planned       time.Duration // 0: not within the time
	sent          int
	sending       time.Duration
	calmly        []time.Duration // that urgent messages take while events come
	urgent        []time.Duration // and while many are reached, too
	busy          usage
}

func (m *million) sleep(d time.Duration) {
	select {
	case <-m.ctx.Done():
	case <-time.After(d):
	}
}

// explain asks why customers got what they got.
func (m *million) explain() error {
	for i := range explained {
		cmd := exec.CommandContext(m.ctx, filepath.Join(m.Bin, "outreach"), "explain", crowd.External(i*7919%m.Crowd))
		cmd.Env = append(os.Environ(), "OUTREACH_STORE="+m.store)
		began := time.Now()
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("explain: %w: %s", err, text)
		}
		m.explains = append(m.explains, time.Since(began))
	}
	slices.Sort(m.explains)
	return nil
}

// look opens customers' pages on the first engine.
func (m *million) look() error {
	for i := range explained {
		began := time.Now()
		if err := m.page(m.engines[0].address, crowd.External(i*7919%m.Crowd)); err != nil {
			return err
		}
		m.pages = append(m.pages, time.Since(began))
	}
	slices.Sort(m.pages)
	return nil
}

// page reads the page of a customer, which has to name them.
func (m *million) page(address, who string) error {
	answer, err := m.client.Get("http://" + address + "/inbox/customers/" + who)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err == nil && (answer.StatusCode != http.StatusOK || !bytes.Contains(text, []byte(who))) {
		err = fmt.Errorf("the page of %s: %s answers %d: %s", who, address, answer.StatusCode, text)
	}
	return err
}

// intake posts events of the crowd as fast as they are taken for a while, and
// gives how many a second were.
func (m *million) intake(run string, span time.Duration) (float64, error) {
	m.say("taking events for %s", span)
	ctx, cancel := context.WithTimeout(m.ctx, span)
	defer cancel()
	var taken, number atomic.Int64
	var failed atomic.Pointer[error]
	var posts sync.WaitGroup
	began := time.Now()
	for i := range callers * len(m.engines) {
		posts.Go(func() {
			for ctx.Err() == nil {
				const size = 100
				var calls []map[string]any
				for range size {
					n := int(number.Add(1))
					calls = append(calls, track(crowd.External(n*7919%m.Crowd), fmt.Sprintf("%s-%d-%d", run, began.UnixNano(), n), "app_opened", nil))
				}
				if err := m.post(m.engines[i%len(m.engines)].address, calls); err != nil {
					failed.Store(&err)
					return
				}
				taken.Add(size)
			}
		})
	}
	posts.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(taken.Load()) / time.Since(began).Seconds(), nil
}

func track(user, id, event string, properties map[string]any) map[string]any {
	call := map[string]any{"type": "track", "messageId": id, "event": event}
	if user != "" {
		call["userId"] = user
	}
	if properties != nil {
		call["properties"] = properties
	}
	return call
}

// post sends one call of the events API. It ends by the client's own time: what
// was posted is to be taken also when the run of calls ends meanwhile.
func (m *million) post(address string, calls []map[string]any) error {
	return postBatch(context.WithoutCancel(m.ctx), m.client, address, calls)
}

// calm takes events while nobody but a few urgent messages is under way.
func (m *million) calm() (err error) {
	ctx, cancel := context.WithCancel(m.ctx)
	defer cancel()
	accepted := m.probe(ctx, "calm-"+strconv.FormatInt(time.Now().UnixNano(), 36))
	if m.alone, err = m.intake("alone", intakeFor); err != nil {
		return err
	}
	cancel()
	m.sleep(lastProbes)
	m.calmly = m.took(accepted())
	return nil
}

// reach tells a region that its network is down, and looks on: how fast that is
// planned and sent, what urgent messages and intake notice of it.
func (m *million) reach() error {
	run := strconv.FormatInt(time.Now().UnixNano(), 36)
	m.want = m.Crowd / regions
	already, err := m.outages()
	if err != nil {
		return err
	}
	before, began := m.usage(), time.Now()
	outage := track("", "outage-"+run, "outage_started", map[string]any{"region": region(int(began.Unix()))})
	if err := m.post(m.engines[0].address, []map[string]any{outage}); err != nil {
		return err
	}
	m.say("%d customers are to be reached at once", m.want)
	ctx, cancel := context.WithCancel(m.ctx)
	defer cancel()
	accepted := m.probe(ctx, run)
	intake := make(chan error, 1)
	go func() {
		m.sleep(10 * time.Second)
		var err error
		m.beside, err = m.intake("beside-"+run, intakeFor)
		intake <- err
	}()
	for m.sent < m.want && time.Since(began) < m.Drain && m.ctx.Err() == nil {
		m.sleep(countEvery)
		if m.planned == 0 {
			made, err := m.outages()
			if err != nil {
				return err
			}
			if made-already >= m.want {
				m.planned = time.Since(began)
				m.say("all are planned after %s", m.planned.Round(time.Second))
			}
		}
		m.count(began)
	}
	m.sending, m.busy = time.Since(began), m.usage().since(before)
	cancel()
	m.sleep(lastProbes)
	m.urgent = m.took(accepted())
	return <-intake
}

// outages counts the outreaches of the rule that reaches many.
func (m *million) outages() (n int, err error) {
	return n, m.ask(m.store, "SELECT count(*) FROM outreach.outreaches WHERE rule = 'outage'", &n)
}

// count counts the messages to the crowd.
func (m *million) count(since time.Time) {
	n := 0
	for _, t := range m.providers.box.Book().Taken() {
		if !t.At.Before(since) && t.To[:7] == crowd.Phone(0)[:7] {
			n++
		}
	}
	m.sent = n
}

// probe posts urgent events until the context ends, and gives when each was
// accepted, by telephone number.
func (m *million) probe(ctx context.Context, run string) (accepted func() map[string]time.Time) {
	at, done := map[string]time.Time{}, make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ctx.Err() == nil; i++ {
			user, to := fmt.Sprintf("probe-%s-%d", run, i), fmt.Sprintf("+12127%06d", (time.Now().Unix()*probes+int64(i))%numbers)
			err := m.post(m.engines[i%len(m.engines)].address, []map[string]any{
				{"type": "identify", "userId": user, "messageId": "who-" + user, "traits": map[string]string{"phone": to}},
				track(user, "alarm-"+user, "alarm_rang", nil),
			})
			if err == nil {
				at[to] = time.Now()
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second / probes):
			}
		}
	}()
	return func() map[string]time.Time { <-done; return at }
}

// took gives how long urgent messages took; one that did not come counts as long
// as it was waited for.
func (m *million) took(accepted map[string]time.Time) []time.Duration {
	took := map[string]time.Duration{}
	for to, at := range accepted {
		took[to] = time.Since(at)
	}
	for _, t := range m.providers.box.Book().Taken() {
		if at, ours := accepted[t.To]; ours {
			took[t.To] = max(0, t.At.Sub(at))
		}
	}
	return slices.Sorted(maps.Values(took))
}
