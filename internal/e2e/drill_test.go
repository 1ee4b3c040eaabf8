package e2e_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// hourly is how many times as fast as the machine's clock a drill's may run:
// an hour that is jumped over is a second of a timer in Temporal.
const hourly = 3600

// jumping is an engine clock that runs as the machine's and jumps when told.
type jumping struct {
	mu    sync.Mutex
	at    time.Time // by the engine
	since time.Time // by the machine
}

func (j *jumping) read() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.at.Add(time.Since(j.since))
}

// to goes on from an hour of the drill's day.
func (j *jumping) to(hour string) {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-23 "+hour)
	if err != nil {
		panic(err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.at, j.since = at, time.Now()
}

// clocked is a provider that keeps when it was called, by the machine's clock.
type clocked struct {
	mu    sync.Mutex
	calls []time.Time
	keys  []string
}

func (p *clocked) Name() string { return "clocked" }

func (p *clocked) Send(_ context.Context, m channel.Message) (channel.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls, p.keys = append(p.calls, time.Now()), append(p.keys, m.Key)
	return channel.Receipt{}, nil
}

// busiest gives the most calls in any one second.
func (p *clocked) busiest() (most int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	slices.SortFunc(p.calls, time.Time.Compare)
	for i, first := 0, 0; i < len(p.calls); i++ {
		for p.calls[i].Sub(p.calls[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

func (p *clocked) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.calls)
}

// drillRate is how many messages a second the drill's provider may be handed.
const drillRate = 20

var drillPolicy = fmt.Sprintf(`
zone: UTC
channels: [sms]
topics: {service: {consent: assumed}}
quiet: daily 21:00-08:00
rates: {sms: %d per second}
`, drillRate)

const drillData = `
traits: {plan: text}
events:
  began: {}
  answered: {}
  finished: {}
`

// drillCase is one rule and a crowd of customers for whom it alone works. It
// begins for them at ten; the engine is down from then until sixteen.
type drillCase struct {
	rule    string
	prefers string     // hours said by the customer
	down    []drillAct // what customers do while it is down
	back    []drillAct // what they do, or what arrives, when it is back
	want    string     // what became of each, in order
	many    int        // how many times the usual crowd; 0 is 1
}

type drillAct struct{ at, event string }

const whenBegan = "when: {event: began}\n"

// drillCases are named by what they are about. What is wanted is sent or
// dropped with its reason, at the hour by the customer's clock, and the end.
var drillCases = map[string]drillCase{
	"its-time-ran-out": {
		rule: whenBegan + "steps: [{send: hello, at: daily 12:00, within: 4h}]",
		want: "16 drop hello late, 16 end completed",
	},
	"its-time-ran-out-unplanned": {
		rule: whenBegan + "steps: [{wait: 1h}, {send: hello, at: now, within: 2h}]",
		want: "16 drop hello late, 16 end completed",
	},
	"the-next-step-goes-on": {
		rule: whenBegan + "steps: [{send: hello, at: daily 12:00, within: 3h}, {send: second, at: now, within: 3h}]",
		want: "16 drop hello late, 16 send second, 16 end completed",
	},
	"better-late": {
		rule: whenBegan + "steps: [{wait: 1h}, {send: hello, at: now, within: 2h, late: send}]",
		want: "16 send hello, 16 end completed", many: 5,
	},
	"better-late-at-its-hours": {
		rule: whenBegan + "steps: [{send: hello, at: [daily 12:00, daily 18:00], within: 3h, late: send}]",
		want: "18 send hello, 18 end completed",
	},
	"within-its-time": {
		rule: whenBegan + "steps: [{wait: 1h}, {send: hello, at: now, within: 12h}]",
		want: "16 send hello, 16 end completed",
	},
	"hours-said-are-over": {
		rule: whenBegan + "steps: [{send: hello, within: 12h}]", prefers: "daily 12:00; daily 18:00",
		want: "18 send hello, 18 end completed",
	},
	"hours-said-are-over-for-good": {
		rule: whenBegan + "steps: [{send: hello, within: 12h}]", prefers: "daily 12:00",
		want: "16 drop hello no_allowed_time, 16 end completed",
	},
	"not-yet-due": {
		rule: whenBegan + "steps: [{send: hello, at: daily 18:00}]",
		want: "18 send hello, 18 end completed",
	},
	"answered-meanwhile": {
		rule: whenBegan + "stop: answered\nsteps: [{wait: 1h}, {send: hello, at: now, within: 12h}]",
		down: []drillAct{{"13:00", "answered"}},
		want: "13 end stop",
	},
	"left-the-audience": {
		rule: whenBegan + "audience: not happened(answered)\nsteps: [{wait: 1h}, {send: hello, at: now, within: 12h}]",
		down: []drillAct{{"13:00", "answered"}},
		want: "13 end audience_gone",
	},
	"answered-and-heard-of-late": {
		rule: whenBegan + "stop: answered\nsteps: [{send: hello, at: [daily 12:00, daily 18:00], within: 12h}]",
		back: []drillAct{{"13:00", "answered"}},
		want: "16 drop hello stop, 16 end stop",
	},
	"over-in-time": {
		rule: "when: {missing: {event: finished, after: began, within: 2h}}\nsteps: [{send: hello, at: now, within: 12h}]",
		down: []drillAct{{"11:00", "finished"}},
		want: "",
	},
	"not-over-in-time": {
		rule: "when: {missing: {event: finished, after: began, within: 2h}}\nsteps: [{send: hello, at: now, within: 12h}]",
		want: "16 send hello, 16 end completed",
	},
	"no-longer-fresh": {
		rule: "when: {missing: {event: finished, after: began, within: 2h}}\nfresh: 3h\nsteps: [{send: hello, at: now, within: 12h}]",
		want: "16 drop not_fresh",
	},
	"heard-of-when-no-longer-fresh": {
		rule: "when: {event: finished}\nfresh: 2h\nsteps: [{send: hello, at: now, within: 12h}]",
		back: []drillAct{{"13:00", "finished"}},
		want: "16 drop not_fresh",
	},
	"heard-of-when-fresh": {
		rule: "when: {event: finished}\nfresh: 4h\nsteps: [{send: hello, at: now, within: 2h}]",
		back: []drillAct{{"13:00", "finished"}},
		want: "16 send hello, 16 end completed",
	},
	"by-the-clock": {
		rule: "when: {schedule: daily 13:00}\nsteps: [{send: hello, at: now, within: 2h}]",
		want: "16 send hello, 16 end completed",
	},
	"by-the-clock-and-no-longer-fresh": {
		rule: "when: {schedule: daily 13:00}\nfresh: 2h\nsteps: [{send: hello, at: now, within: 2h}]",
		want: "16 drop not_fresh",
	},
	"waited-long-enough": {
		rule: whenBegan + "steps:\n  - {wait_for: answered, within: 2h, then: [{send: second, at: now}], else: [{send: hello, at: now, within: 12h}]}",
		want: "16 send hello, 16 end completed",
	},
	"waited-too-long": {
		rule: whenBegan + "steps:\n  - {wait_for: answered, within: 2h, then: [{send: second, at: now}], else: [{send: hello, at: now, within: 2h}]}",
		want: "16 drop hello late, 16 end completed",
	},
	"what-was-waited-for-came": {
		rule: whenBegan + "steps:\n  - {wait_for: answered, within: 4h, then: [{send: second, at: now, within: 12h}], else: [{send: hello, at: now, within: 12h}]}",
		down: []drillAct{{"13:00", "answered"}},
		want: "16 send second, 16 end completed",
	},
	"until-its-end": {
		rule: whenBegan + "until: 3h\nsteps: [{wait: 1h}, {send: hello, at: now, late: send}]",
		want: "16 end expired",
	},
}

// drill is a house with a crowd for each case.
type drill struct {
	*house
	jumps *jumping
	seen  *clocked
	users map[string][]string // by case
	acted int
}

// crowd is how many customers a case has.
const crowd = 6

func newDrill(t *testing.T, cases map[string]drillCase) *drill {
	t.Helper()
	d := &drill{jumps: &jumping{}, seen: &clocked{}, users: map[string][]string{}}
	d.jumps.to("10:00")
	d.house = &house{t: t, dir: t.TempDir(), logged: &logged{}, clock: activities.PacedTime(d.jumps.read, hourly)}
	d.sender = d.seen
	files := map[string]string{"rules/data.yaml": drillData, "rules/policy.yaml": drillPolicy, "templates/hello/sms.txt": "Hello", "templates/second/sms.txt": "Still there?"}
	for name, c := range cases {
		rule := c.rule
		who := fmt.Sprintf("plan == %q", name)
		if strings.Contains(rule, "audience: ") {
			rule = strings.Replace(rule, "audience: ", "audience: "+who+" and ", 1)
		} else {
			rule = strings.Replace(rule, "steps:", "audience: "+who+"\nsteps:", 1)
		}
		files["rules/"+name+".yaml"] = "description: A rule.\nowner: a@example.com\ntopic: service\n" + rule + "\n"
	}
	for name, text := range files {
		d.overwrite(name, text)
	}
	d.startTemporal()
	d.start()
	d.patiently(func() bool { return !d.running.Library.Current().Warming() }, "the rules know the history, of which there is none")
	d.arrive(cases)
	return d
}

// arrive lets everybody come and begin, and waits until their outreaches run.
func (d *drill) arrive(cases map[string]drillCase) {
	d.t.Helper()
	zone, n, open := "Atlantic/Reykjavik", 0, 0
	var batch []observe.Incoming
	for name, c := range cases {
		for range crowd * max(c.many, 1) {
			n++
			user, phone := fmt.Sprint(name, "/", n), fmt.Sprintf("+49151%08d", n)
			change := observe.Change{Zone: &zone, Phone: &phone, Traits: map[string]customer.Value{"plan": customer.Text(name)}}
			if c.prefers != "" {
				change.Preferences = &customer.Preferences{Hours: map[customer.Channel]string{customer.SMS: c.prefers}}
			}
			batch = append(batch, d.act(user, "began", d.jumps.read(), change))
			d.users[name] = append(d.users[name], user)
		}
		if strings.Contains(c.rule, whenBegan) {
			open += crowd * max(c.many, 1)
		}
	}
	d.take(d.running.Observer, batch)
	d.patiently(func() bool { return d.tally(ledger.Open) == open && d.tally(ledger.Matched) == 0 }, "all outreaches run")
}

func (d *drill) act(user, event string, at time.Time, change observe.Change) observe.Incoming {
	d.acted++
	return observe.Incoming{User: user, Change: change, Event: customer.Event{MessageID: fmt.Sprint("drill-", d.acted), Name: event, At: at}}
}

func (d *drill) take(o *observe.Observer, batch []observe.Incoming) {
	d.t.Helper()
	outcomes, err := o.Take(d.t.Context(), batch)
	require.NoError(d.t, err)
	for _, out := range outcomes {
		require.Equal(d.t, observe.Taken, out.Status, out.Reason)
	}
}

// all lets everybody of all cases do something at its own hour.
func (d *drill) all(o *observe.Observer, acts map[string][]drillAct) {
	d.t.Helper()
	var batch []observe.Incoming
	for name, list := range acts {
		for _, a := range list {
			at, err := time.Parse("2006-01-02 15:04", "2026-11-23 "+a.at)
			require.NoError(d.t, err)
			for _, user := range d.users[name] {
				batch = append(batch, d.act(user, a.event, at, observe.Change{}))
			}
		}
	}
	d.take(o, batch)
}

// tally counts the outreaches of a status that entered.
func (d *drill) tally(status ledger.Status) (n int) {
	d.t.Helper()
	require.NoError(d.t, d.running.Store.Read(context.Background(), func(tx ledger.Tx) error {
		tallies, err := tx.Tallies()
		for _, t := range tallies {
			if t.Status == status {
				n += int(t.Count)
			}
		}
		return err
	}))
	return n
}

// idle reports whether nothing is left to do within the hour. Whose message
// waits for a turn has a row for later.
func (d *drill) idle() (is bool) {
	d.t.Helper()
	require.NoError(d.t, d.running.Store.Read(context.Background(), func(tx ledger.Tx) error {
		now := d.jumps.read()
		rules, err := tx.RulesWithWork(now, now.Add(time.Hour))
		if err != nil {
			return err
		}
		sending, err := tx.PartsBy(ledger.Sending, 1)
		if err != nil {
			return err
		}
		parts, err := tx.PartsBy(ledger.Planned, 0)
		is = len(rules)+len(sending) == 0 && !slices.ContainsFunc(parts, func(p ledger.Part) bool { return !p.Planned.After(now) })
		return err
	}))
	return is
}

// became tells what became of a customer's messages, in order: sent, dropped
// and ended, each at its hour.
func (d *drill) became(user string) string {
	d.t.Helper()
	var lines []string
	require.NoError(d.t, d.running.Store.Read(context.Background(), func(tx ledger.Tx) error {
		id, _, err := tx.Resolve(user)
		require.NoError(d.t, err)
		decisions, err := tx.Decisions(id, 0)
		name, _, _ := strings.Cut(user, "/")
		for _, x := range decisions {
			if x.Rule != name || x.Kind != ledger.KindSend && x.Kind != ledger.KindDrop && x.Kind != ledger.KindEnd {
				continue
			}
			words := []string{x.At.Format("15"), string(x.Kind)}
			for _, word := range []string{x.Template, string(x.Reason)} {
				if word != "" {
					words = append(words, word)
				}
			}
			lines = append(lines, strings.Join(words, " "))
		}
		return err
	}))
	return strings.Join(lines, ", ")
}

// judge compares what became of everybody with what was wanted.
func (d *drill) judge(cases map[string]drillCase) {
	d.t.Helper()
	want, got := map[string]string{}, map[string]string{}
	customers, messages := 0, 0
	for name, c := range cases {
		for _, user := range d.users[name] {
			if became := d.became(user); became != c.want {
				want[user], got[user] = c.want, became
			}
			customers++
			messages += strings.Count(c.want, "send ")
		}
	}
	require.Equal(d.t, want, got)
	require.Equal(d.t, messages, d.seen.count(), "the provider saw what the story tells")
	keys := slices.Clone(d.seen.keys)
	slices.Sort(keys)
	require.Len(d.t, slices.Compact(keys), messages, "each message once")
	most := d.seen.busiest()
	d.t.Logf("%d customers, %d messages, at most %d in a second", customers, messages, most)
	require.LessOrEqual(d.t, most, drillRate)
}
