package activities_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// callTime is how long a call of the modelled provider may take.
const callTime = 30 * time.Second

// vendor is a provider that does to each call what the test says. It knows what
// it took, and tells the truth of it when it is asked; what it answers to a call
// may be lost or a lie.
type vendor struct {
	mu      sync.Mutex
	v       variant
	calls   []*call // that have no answer yet, or may still be taken
	takes   []*take
	lied    map[string]bool // the keys of which it once said that it took nothing, and had
	lag     time.Duration   // how long its list lags behind
	silent  bool            // its list cannot be read
	hid     bool            // it once could not
	easy    bool            // it takes everything at once, and says so
	faulted func(format string, args ...any)
}

// call is one message on its way.
type call struct {
	m      channel.Message
	by     *process
	began  time.Time
	over   bool // the engine waits no more
	clear  bool // it was answered yes or no: the vendor has done with it
	taken  *take
	answer chan error
}

// take is one message that the vendor has.
type take struct {
	id      string
	m       channel.Message
	at      time.Time
	visible time.Time // from when on it is listed
	fate    channel.ReportKind
}

// begin notes a call.
func (v *vendor) begin(m channel.Message, by *process) *call {
	v.mu.Lock()
	defer v.mu.Unlock()
	c := &call{m: m, by: by, began: time.Now(), answer: make(chan error, 1)}
	v.calls = append(v.calls, c)
	if v.easy {
		v.take(c)
		c.answer <- nil
	}
	return c
}

// take has a call's message taken. What a repeat takes the place of is one
// message.
func (v *vendor) take(c *call) {
	if c.taken != nil || c.clear || time.Since(c.began) > callTime {
		return
	}
	n := 0
	for _, t := range v.takes {
		if t.m.Key == c.m.Key {
			n++
			c.taken = t
		}
	}
	if v.v.repeats && n > 0 {
		return
	}
	most := 1
	if v.lied[c.m.Key] {
		most++
	}
	if n >= most && !v.v.again {
		v.faulted("I1: %s was taken %d times", c.m.Key, n+1)
	}
	visible := time.Now().Add(v.lag)
	if last := c.began.Add(2*callTime - time.Second); visible.After(last) {
		visible = last
	}
	c.taken = &take{id: fmt.Sprint("id", len(v.takes)+1), m: c.m, at: time.Now(), visible: visible, fate: channel.ReportTaken}
	v.takes = append(v.takes, c.taken)
}

// act does one thing to a call: it is taken or not, and answered or not. A no to
// what was taken is a lie, told once of each message.
func (v *vendor) act(nth, how int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.calls) == 0 {
		return
	}
	c := v.calls[nth%len(v.calls)]
	kinds := []channel.Kind{"", "", "", channel.Ambiguous, channel.Ambiguous, channel.Rejected, channel.Unavailable, channel.Throttled, channel.Misconfigured}
	kind := kinds[how/2%len(kinds)]
	if kind == "" || how%2 == 1 {
		v.take(c)
	}
	if no := kind != "" && kind != channel.Ambiguous; no && c.taken != nil {
		if v.lied[c.m.Key] {
			kind = channel.Ambiguous
		}
		v.lied[c.m.Key] = true
	}
	switch {
	case how%13 == 12: // taken or not, it goes on hanging
	case kind == "" && c.taken != nil:
		v.reply(c, nil)
	case kind == channel.Ambiguous && how%3 == 0:
		v.reply(c, errors.New("the connection broke"))
	case kind != "":
		c.clear = kind != channel.Ambiguous
		v.reply(c, &channel.Error{Kind: kind, Provider: "vendor", Code: "1", Detail: "a reason"})
	}
}

func (v *vendor) reply(c *call, err error) {
	select {
	case c.answer <- err:
	default:
	}
}

// end notes that the engine waits no more for a call.
func (v *vendor) end(c *call) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c.over = true
	kept := v.calls[:0]
	for _, other := range v.calls {
		if !other.over || !other.clear && other.taken == nil && time.Since(other.began) < callTime {
			kept = append(kept, other)
		}
	}
	v.calls = kept
}

// isCalled reports whether a living process waits for the answer to a call of a
// message.
func (v *vendor) isCalled(key string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.ContainsFunc(v.calls, func(c *call) bool { return c.m.Key == key && !c.over && !c.by.isDead() })
}

// took gives what the vendor has.
func (v *vendor) took() []*take {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]*take(nil), v.takes...)
}

// line is the vendor as one process and channel reach it.
type line struct {
	*vendor
	by      *process
	channel customer.Channel
}

func (l line) Name() string { return "vendor" }

func (l line) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	if !l.by.calling(m) {
		return channel.Receipt{}, errDead
	}
	c := l.begin(m, l.by)
	defer l.end(c)
	select {
	case err := <-c.answer:
		if err != nil {
			return channel.Receipt{}, err
		}
		return channel.Receipt{ProviderID: c.taken.id}, nil
	case <-ctx.Done():
		return channel.Receipt{}, &channel.Error{Kind: channel.Ambiguous, Provider: "vendor", Code: "timeout"}
	}
}

// finding is a line whose vendor lists what it took.
type finding struct{ line }

func (l finding) Find(_ context.Context, s channel.Search) (list []channel.Found, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.silent {
		return nil, errors.New("the list cannot be read")
	}
	for _, t := range l.takes {
		within := !t.at.Before(s.After.Add(-time.Second)) && !t.at.After(s.Before.Add(time.Second))
		if t.m.To == s.To && t.m.Channel == s.Channel && within && !time.Now().Before(t.visible) {
			list = append(list, channel.Found{ProviderID: t.id, Same: channel.Print(t.m.Content.Text) == s.Print, Fate: t.fate})
		}
	}
	return list, nil
}

// reporting is a line whose vendor calls back; the calls come to the observer.
type reporting struct{ line }

func (reporting) Reports(channel.Callback) ([]channel.Report, error) { return nil, nil }
func (reporting) Reply([]channel.Report) (string, string)            { return "", "" }

// both lists and calls back.
type both struct {
	finding
	reporting reporting
}

func (b both) Reports(c channel.Callback) ([]channel.Report, error) { return b.reporting.Reports(c) }
func (b both) Reply(r []channel.Report) (string, string)            { return b.reporting.Reply(r) }

// repeating is a line on which a repeat takes the place of the first.
type repeating struct{ line }

func (repeating) RepeatsSafely(string) bool { return true }

// sender gives a process's line to a vendor that can do what its variant says.
func (v *vendor) sender(by *process, c customer.Channel) channel.Sender {
	l := line{v, by, c}
	switch {
	case v.v.repeats:
		return repeating{l}
	case v.v.finds && v.v.reports:
		return both{finding{l}, reporting{l}}
	case v.v.finds:
		return finding{l}
	case v.v.reports:
		return reporting{l}
	}
	return l
}
