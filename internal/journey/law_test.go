package journey_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

const lawPolicy = `
zone: Europe/Berlin
country: DE
channels: [sms, email, push]
topics:
  service: {consent: assumed}
  offers: {consent: asked}
  urgent: {consent: assumed, urgent: yes}
caps: {any: [2 per day, 5 per week], sms: 1 per day}
quiet: daily 21:00-08:00
windows: {sms: daily 09:00-20:00, email: daily 08:00-20:00, push: daily 09:00-21:00}
legal:
  - {country: DE, hours: daily 06:00-22:00, source: "an example", read: 2026-11}
  - {country: DE, channels: [sms], hours: Mon-Sat 07:00-22:00, holidays: closed, source: "an example", read: 2026-11}
holidays: {DE: [2026-11-25, 2026-12-24]}
teams: {care: {email: care@example.com}}
`

// author writes random rules.
type author struct {
	t     *rapid.T
	steps int
}

func (a *author) one(label string, list ...string) string {
	return rapid.SampledFrom(list).Draw(a.t, label)
}

func (a *author) rule() string {
	var b strings.Builder
	b.WriteString("topic: " + a.one("topic", "service", "offers", "urgent") + "\npriority: " + a.one("priority", "10", "50", "90") + "\n")
	b.WriteString("when: {event: signed_up}\nfresh: any\n")
	b.WriteString(a.one("audience", "", "", "audience: plan != \"gold\"\n"))
	b.WriteString(a.one("goal", "", "goal: {event: plan_changed, within: 5d}\n", "goal: {if: plan == \"won\", within: 5d}\n"))
	b.WriteString(a.one("stop", "", "stop: account_closed\n", "stop: {if: score > 8}\n"))
	b.WriteString(a.one("until", "", "until: 3d\n", "until: contract_ends\n"))
	b.WriteString("steps: [" + a.list(0) + "]\n")
	return b.String()
}

func (a *author) list(depth int) string {
	var steps []string
	for range rapid.IntRange(1, 4).Draw(a.t, "steps") {
		steps = append(steps, a.step(depth))
	}
	return strings.Join(steps, ", ")
}

func (a *author) step(depth int) string {
	a.steps++
	id := fmt.Sprintf("s%d", a.steps)
	kinds := []string{"send", "send", "send", "wait", "wait_for", "if", "split", "set", "webhook", "handoff"}
	if depth > 1 {
		kinds = kinds[:4]
	}
	branches := ""
	kind := a.one("kind", kinds...)
	if kind == "wait_for" || kind == "if" {
		branches = ", then: [" + a.list(depth+1) + "], else: [" + a.list(depth+1) + "]"
	}
	switch kind {
	case "wait":
		return "{id: " + id + ", wait: " + a.one("wait", "90s", "5h", "1d", "3d", "Mon 20:30", "daily 02:30") + "}"
	case "wait_for":
		return "{id: " + id + ", wait_for: " + a.what() + ", within: " + a.one("within", "30min", "1d", "4d") + branches + "}"
	case "if":
		return "{id: " + id + ", if: " + a.one("if", `plan == "gold"`, "'happened(app_opened, 2d)'", "score > 3") + branches + "}"
	case "webhook":
		return "{id: " + id + ", webhook: \"https://api.example.com\"" + a.one("as", "", ", as: coupon") + a.one("tries", "", ", within: 1h") + "}"
	case "handoff":
		return "{id: " + id + ", handoff: care" + a.one("done", "", ", within: 2d", ", within: 6h") + "}"
	case "set":
		return "{id: " + id + ", set: {" + a.one("set", "plan: gold", "score: 9", "score: 4, contract_ends: now", "plan: won") + "}}"
	case "split":
		return "{id: " + id + ", split: [{name: a, if: score > 3, steps: [" + a.list(depth+1) + "]}, {name: b, share: " + a.one("share", "0%", "30%", "100%") +
			", steps: [" + a.list(depth+1) + "]}, {name: c" + a.one("rest", "", ", share: 0%") + ", steps: [" + a.list(depth+1) + "]}]}"
	}
	return a.send(id)
}

func (a *author) what() string {
	return a.one("what", "app_opened", "message_clicked", "[app_opened, plan_changed]", "{event: app_opened, since: today}", "{if: score > 3}")
}

func (a *author) send(id string) string {
	keys := []string{"id: " + id, "send: " + a.one("template", "hello", "short-sms", "long-email") + "-" + id + a.one("only", "", "-sms", "-email")}
	add := func(key string, values ...string) {
		if v := a.one(key, append(values, "")...); v != "" {
			keys = append(keys, key+": "+v)
		}
	}
	add("at", "now", "preferred", "Mon-Fri 17:00-19:00", "daily 12:00", "[Mon 09:30, Thu 19:00-22:30]")
	add("within", "1h", "20h", "2d", "9d")
	add("late", "send", "skip")
	add("unless", "app_opened", "{event: app_opened, since: today}", `{if: plan == "gold"}`)
	add("topic", "service", "offers", "urgent")
	add("fallback_after", "30min", "5h", "2d")
	return "{" + strings.Join(keys, ", ") + "}"
}

// life is a random life of a customer, and what may never be seen in it.
type life struct {
	*world
	rt        *rapid.T
	sends     int
	fallbacks int // sends that took another's place
}

// check is called with what goes out.
func (l *life) check(out journey.Outcome, p ledger.Part) {
	now, profile := l.now, l.subject.Profile
	topic := l.policy.Topics[p.Topic]
	require.Equal(l.rt, ledger.Open, out.Outreach.Status)
	if !p.Channel.Reaches() {
		require.False(l.rt, journey.Held(l.holds, p), "held")
		return
	}
	require.True(l.rt, l.policy.Consents(profile, p.Topic), "no consent")
	require.NotEmpty(l.rt, profile.Address(p.Channel), "no address")
	require.False(l.rt, l.closed[p.Channel], "suppressed")
	require.False(l.rt, journey.Held(l.holds, p), "held")
	if end := journey.Until(l.matcher, l.subject, l.outreach); !end.IsZero() {
		require.True(l.rt, now.Before(end), "after until")
	}
	law := l.policy.Legal[0].Hours
	if p.Channel == customer.SMS {
		law = l.policy.Legal[1].Hours
		day := now.In(l.zone).Format("01-02")
		require.False(l.rt, day == "11-25" || day == "12-24", "the law's holiday")
	}
	require.True(l.rt, law.Contains(now, l.zone), "against the law at %v", now.In(l.zone))
	if !topic.Urgent {
		require.False(l.rt, l.policy.Quiet.Contains(now, l.zone), "in quiet hours at %v", now.In(l.zone))
		l.promise(p)
	}
	for _, e := range l.events {
		require.Empty(l.rt, journey.Ends(l.matcher, l.subject, l.outreach, e), "after goal or stop")
	}
	l.sends++
	l.twice(p)
	p.Sent = now
	l.caps(p)
}

// promise checks the hours that the customer said, up to the engine's lag.
func (l *life) promise(p ledger.Part) {
	text, said := l.subject.Profile.Preferences.HoursFor(p.Channel)
	if !said {
		return
	}
	when, err := sendtime.ParseWhen(text)
	require.NoError(l.rt, err)
	for lag := time.Duration(0); lag <= journey.Slack; lag += 10 * time.Second {
		if when.Contains(l.now.Add(-lag), l.zone) && (lag <= 2*time.Minute || when.HasPoints()) {
			return
		}
	}
	require.Fail(l.rt, "outside the hours that the customer said", "%s at %v", text, l.now.In(l.zone))
}

// caps counts what went out, or may have, with what is to go out.
func (l *life) caps(next ledger.Part) {
	gone := []ledger.Part{next}
	for _, p := range l.parts {
		if p.TakesSlot() && p.Status != ledger.Planned {
			gone = append(gone, p)
		}
	}
	span := func(c policy.Cap, p ledger.Part) string {
		if c.Per == policy.PerDay {
			return p.Sent.In(l.zone).Format(time.DateOnly)
		}
		year, week := p.Sent.In(l.zone).ISOWeek()
		return fmt.Sprint(year, week)
	}
	for _, c := range l.policy.Caps {
		count := 0
		for _, p := range gone {
			if (c.Channel == "" || c.Channel == p.Channel && c.Channel == next.Channel) && span(c, p) == span(c, next) {
				count++
			}
		}
		require.LessOrEqual(l.rt, count, c.Most, "%s on %s", c, span(c, next))
	}
}

// twice holds that a step's message goes out by a second channel only when the
// first was refused, did not arrive, or when its rule waits for word and none
// came in time: never while it is not known whether the first was taken.
func (l *life) twice(next ledger.Part) {
	for _, p := range l.parts {
		if p.Step != next.Step || p.Channel == next.Channel || p.Item || p.Sent.IsZero() || p.Status == ledger.Failed || !p.Status.TakesSlot() {
			continue
		}
		step, _, ok := l.matcher.Find(next.Step)
		require.True(l.rt, ok)
		require.False(l.rt, step.Send.FallbackAfter.IsZero(), "nobody asked for a second message")
		require.Equal(l.rt, ledger.Accepted, p.Status)
		require.True(l.rt, p.Beside, "two places for one message")
		require.False(l.rt, l.now.Before(step.Send.FallbackAfter.After(p.Sent, l.zone)), "before the time for word was over")
		l.fallbacks++
	}
}

// move lets one random thing happen.
func (l *life) move() {
	one := func(label string, list ...string) string { return rapid.SampledFrom(list).Draw(l.rt, label) }
	switch one("move", "pass", "pass", "pass", "event", "set", "suppress", "free", "hold", "release", "slot", "down", "up", "hint", "provider", "report") {
	case "pass":
		l.until(l.now.Add(time.Duration(rapid.IntRange(1, 30*3600).Draw(l.rt, "seconds")) * time.Second))
	case "event":
		name := one("event", "app_opened", "app_opened", "message_clicked", "plan_changed", "account_closed")
		if !customer.OfMessage(name) || len(l.parts) > 0 {
			l.happen(name, nil)
		}
	case "set":
		l.set(one("plan", "plan surf", "plan gold", "plan won", "score 2", "score 5", "score 9", "contract_ends 2026-11-26", "contract_ends 2026-12-05",
			"consent.offers yes", "consent.offers no", "consent.service no", "consent.urgent no", "phone ", "phone +4915112345678", "email ", "email anna@example.com",
			"prefers.channel email,sms", "prefers.sms Mon-Fri 18:00-19:30", "prefers.sms ", "prefers.any daily 07:00-12:00", "prefers.any Mon 20:30"))
	case "suppress", "free":
		l.word(one("close", "suppress", "free"), []string{one("channel", "sms", "email")})
	case "hold":
		l.word("hold", strings.Fields(one("hold", "all", "rule mine", "channel sms", "template hello-s1", "rule other")))
	case "slot":
		l.slot([]string{"other", one("channel", "sms", "email", "push"), one("priority", "5", "50", "95"), "0", one("clock", "10:00", "12:00", "18:00")})
	case "provider":
		l.answers = []string{one("answer", "", "rejected", "bad_address", "throttled 30s", "unavailable 1h", "unavailable 11h", "unknown", "crash", "arrived", "template_error")}
		l.asked = []string{one("asked", "absent", "taken", "refused", "arrived", "not_arrived")}
	case "report":
		for _, p := range l.parts {
			if p.Status == ledger.Accepted && p.Channel.Reaches() && !p.Item {
				l.report(p.Step, p.Channel, ledger.Word(one("word", "arrived", "not_arrived")))
				return
			}
		}
	default:
		l.word(one("other", "release", "down", "up", "hint"), nil)
	}
}

func (l *life) set(pair string) {
	name, value, _ := strings.Cut(pair, " ")
	l.world.set(name, value)
	l.locate()
	l.happen(customer.Identified, nil)
}

// TestNothingGoesOutThatMayNot lives random lives through random rules. That
// answers are the same twice, that a repeat changes nothing, and that an
// outreach comes to rest, is checked at every step by world.
func TestNothingGoesOutThatMayNot(t *testing.T) {
	t.Parallel()
	sends, fallbacks, ends := 0, 0, map[customer.Reason]int{}
	rapid.Check(t, func(rt *rapid.T) {
		a := &author{t: rt}
		text := a.rule()
		rt.Log(text)
		l := &life{rt: rt, world: newWorld(rt, text, lawPolicy, "2026-11-23 12:00")}
		l.sent = l.check
		for _, topic := range []string{"offers", "service", "urgent"} {
			l.world.set("consent."+topic, "yes")
		}
		at := l.now.Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 5, 100}).Draw(rt, "ago")) * time.Hour)
		l.happenAt(at, "signed_up", nil)
		for range rapid.IntRange(0, 40).Draw(rt, "moves") {
			l.move()
		}
		l.finish()
		sends, fallbacks = sends+l.sends, fallbacks+l.fallbacks
		ends[l.outreach.Reason]++
	})
	t.Log("sends:", sends, "fallbacks:", fallbacks, "ends:", ends)
	require.NotZero(t, sends)
	require.True(t, testing.Short() || fallbacks > 0, "few draws may need no second channel")
	require.NotZero(t, ends[customer.Completed])
}

// finish lets the outreach come to its end, whatever holds there are.
func (l *life) finish() {
	l.word("release", nil)
	l.word("up", nil)
	l.until(l.now.AddDate(0, 6, 0))
	require.Equal(l.rt, ledger.Ended, l.outreach.Status, "it ends one day; waiting for %v", l.outreach.NextAt)
	require.False(l.rt, slices.ContainsFunc(l.parts, func(p ledger.Part) bool { return p.Status == ledger.Planned }), "nothing stays planned")
	for _, p := range l.parts {
		require.LessOrEqual(l.rt, l.places(p.Step), 1, "one message, two places in the caps")
		if p.Status == ledger.Accepted && !p.Item && p.Channel.Reaches() {
			require.Equal(l.rt, 1, l.places(p.Step), "a message went out, and no place is taken")
		}
	}
}

// places counts the places that a step's message has in the caps.
func (l *life) places(step string) (n int) {
	for _, p := range l.parts {
		if p.Step == step && p.TakesSlot() {
			n++
		}
	}
	return n
}
