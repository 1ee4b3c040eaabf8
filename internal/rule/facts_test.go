package rule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
)

// audienceOf reads a rule with an audience; its trigger gives nothing.
func audienceOf(t testing.TB, audience, about string) *rule.Matcher {
	t.Helper()
	text := "when: {event: ordered}\naudience: '" + audience + "'"
	if about != "" {
		text += "\nabout: " + about
	}
	return matcherOf(t, text)
}

// TestFactsAtTheirInstants asks expressions at instants after, between and
// before what happened.
func TestFactsAtTheirInstants(t *testing.T) {
	t.Parallel()
	for audience, want := range map[string]string{
		"happened(bought)":              "02 yes, 05 yes, 20 yes",
		"happened(bought, 5d)":          "01 no, 02 yes, 07 yes, 08 no, 20 no",
		"not happened(bought, 5d)":      "01 yes, 02 no, 05 no, 20 yes",
		"count(bought, 3d) >= 2":        "02 no, 03 yes, 05 yes, 06 no",
		"sum(bought.total, 3d) > 25":    "02 no, 03 yes, 04 yes, 05 no",
		"sum(bought.total) == 35":       "20 yes",
		"latest(bought.total) == 20":    "20 yes",
		"since(bought) > 5d":            "06 no, 10 yes",
		"since(opened) > 1d":            "20 no",
		"known(plan)":                   "20 no",
		"plan == \"surf\"":              "20 no",
		"not (plan == \"surf\")":        "20 no",
		"count(opened) == 0":            "20 yes",
		"sum(used.mb, 7d) / seats < 10": "20 no",
	} {
		m := audienceOf(t, audience, "")
		p := newPerson(t, m, "seats", 0)
		for at, total := range map[string]int{"02 12:00": 10, "03 12:00": 20} {
			p.take(p.event(at, "bought", "total", total))
		}
		p.take(p.event("02 18:00", "bought", "total", 5))
		for _, expected := range splitList(want) {
			var day, answer string
			_, err := fmt.Sscan(expected, &day, &answer)
			require.NoError(t, err)
			require.Equal(t, answer == "yes", m.Fits(p.s, instant(t, day+" 13:00"), "", nil), "%s on %s", audience, day)
		}
	}
}

func splitList(text string) (list []string) {
	for len(text) > 0 {
		n := 0
		for n < len(text) && text[n] != ',' {
			n++
		}
		list = append(list, text[:n])
		text = text[min(n+1, len(text)):]
	}
	return list
}

func TestFactsByAbout(t *testing.T) {
	t.Parallel()
	m := audienceOf(t, "count(arrived) == 0 and count(bought) == 1", "order")
	p := newPerson(t, m)
	p.take(p.event("02 10:00", "arrived", "order", "a"))
	p.take(p.event("02 11:00", "bought"))
	require.False(t, m.Fits(p.s, instant(t, "03 10:00"), "a", nil))
	require.True(t, m.Fits(p.s, instant(t, "03 10:00"), "b", nil), "what arrived is another order; what has no order is everybody's")
}

func TestFactsOfTheStory(t *testing.T) {
	t.Parallel()
	m := audienceOf(t, "ordered.day > \"2026-11-01\" and not sent(\"welcome\")", "order")
	require.True(t, m.FollowsStory())
	require.False(t, audienceOf(t, "happened(bought)", "").FollowsStory())
	p := newPerson(t, m)
	story := &rule.Story{Events: []customer.Event{
		p.event("02 10:00", "ordered", "order", "a", "day", "2026-11-05"), p.event("02 11:00", "ordered", "order", "b", "day", "2026-10-05"),
	}}
	now := instant(t, "03 10:00")
	require.True(t, m.Fits(p.s, now, "a", story))
	require.False(t, m.Fits(p.s, now, "b", story))
	require.False(t, m.Fits(p.s, now, "a", nil), "nothing is known of it")
	story.Sent = map[string]bool{"welcome": true}
	require.False(t, m.Fits(p.s, now, "a", story))
}

func TestFactsOfChannels(t *testing.T) {
	t.Parallel()
	reachable, uses := audienceOf(t, "reachable(\"email\")", ""), audienceOf(t, "uses(\"email\")", "")
	p := newPerson(t, reachable)
	p.s.State.Used = map[customer.Channel]time.Time{customer.Email: instant(t, "01 10:00")}
	now := instant(t, "02 10:00")
	require.False(t, reachable.Fits(p.s, now, "", nil))
	require.False(t, uses.Fits(p.s, now, "", nil), "there is no address")
	p.s.Profile.Email = "anna@example.com"
	require.True(t, reachable.Fits(p.s, now, "", nil))
	require.True(t, uses.Fits(p.s, now, "", nil))
	require.True(t, uses.Fits(p.s, instant(t, "01 09:59").AddDate(0, 0, 90), "", nil))
	require.False(t, uses.Fits(p.s, instant(t, "01 10:00").AddDate(0, 0, 90), "", nil), "90 days ago")
	p.s.Reach = func(customer.Channel) bool { return false }
	require.False(t, reachable.Fits(p.s, now, "", nil), "suppressed")
	require.False(t, uses.Fits(p.s, now, "", nil))
}

func TestFactsOfHabits(t *testing.T) {
	t.Parallel()
	m := audienceOf(t, "mostly(\"Mon-Fri 18:00-22:00\")", "")
	p := newPerson(t, m)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	p.s.Zone = berlin
	for day := 2; day <= 4; day++ { // Monday to Wednesday, 20:30 on the wall
		p.take(p.event(fmt.Sprintf("%02d 19:30", day), "opened"))
	}
	require.False(t, m.Fits(p.s, instant(t, "05 10:00"), "", nil), "three are too few to tell")
	p.take(p.event("05 19:30", "opened"))
	require.True(t, m.Fits(p.s, instant(t, "06 10:00"), "", nil))
	p.take(p.event("06 21:30", "opened"))
	require.True(t, m.Fits(p.s, instant(t, "07 10:00"), "", nil), "four of five")
	p.take(p.event("07 19:30", "opened"))
	require.False(t, m.Fits(p.s, instant(t, "08 10:00"), "", nil), "four of six")
}

func TestFactsOfTheProfile(t *testing.T) {
	t.Parallel()
	p := newPerson(t, audienceOf(t, "role == \"admin\"", ""))
	require.False(t, p.m.Fits(p.s, instant(t, "02 10:00"), "", nil))
	p.s.Profile.Traits["role"] = customer.Text("admin")
	require.True(t, p.m.Fits(p.s, instant(t, "02 10:00"), "", nil))
	require.True(t, matcherOf(t, "when: {event: bought}").Fits(p.s, instant(t, "02 10:00"), "", nil), "everyone")
}
