package activities_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// calendarRules are rules that time gives a reason for; each is loaded over
// customers who were there before.
var calendarRules = map[string]string{
	"weekly":  plainRule("when: {schedule: Mon 09:00}\naudience: plan == \"surf\""),
	"renewal": plainRule("when: {date: {of: renewal_at, before: [7d, 3d, 1d]}}"),
	"drop":    plainRule("when: {drop: {event: app_opened, by: 50%, per: day}}"),
	"gold":    plainRule("when:\n  becomes: plan == \"surf\" and happened(app_opened, 2d)"),
	"quiet":   plainRule("when: {silent: {event: app_opened, for: unusual}}"),
}

// entered gives of each rule whose reasons were entered, and of which key.
func (b *bench) entered(rule string) (list []string) {
	b.t.Helper()
	for _, user := range []string{"anna", "ben", "carl"} {
		for _, line := range b.story(user) {
			if strings.Contains(line, " "+rule+" enter") {
				list = append(list, user)
			}
		}
	}
	return list
}

// free gives files of rules with a policy in which no message waits for
// another, so that no outreach is still open when its rule's next reason comes.
func free(rules map[string]string) bundle.Files {
	f := files(rules)
	f.Rules["policy.yaml"] = []byte(strings.Replace(housePolicy, "caps: {any: [2 per day, 5 per week]}", "", 1))
	return f
}

func (b *bench) customers() {
	b.t.Helper()
	for user, plan := range map[string]string{"anna": "surf", "ben": "basic", "carl": "surf"} {
		b.identify(user, observe.Change{Zone: text("UTC"), Email: text("anna@example.com"), Phone: text("+4915112345678"), Traits: map[string]customer.Value{"plan": customer.Text(plan)}})
	}
}

// TestWhoIsReachedByANewRule: of what was before it came only what is fresh,
// and everything from then on.
func TestWhoIsReachedByANewRule(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-09T12:00:00Z", free(nil))
	b.customers()
	for day := range 14 { // anna opens each day, twice; carl stopped two days ago; ben an hour ago once
		at := b.now.AddDate(0, 0, day)
		for i := range 2 {
			b.happenAt(at.Add(time.Duration(i)*time.Hour), "anna", "app_opened")
			if day < 12 {
				b.happenAt(at.Add(time.Duration(i)*time.Hour), "carl", "app_opened")
			}
		}
	}
	b.until("2026-11-23T12:00:00Z") // a Monday
	set := func(user, day string) {
		b.identify(user, observe.Change{Traits: map[string]customer.Value{"renewal_at": customer.Text(day)}})
	}
	set("anna", "2026-11-26") // its third day before is today, its seventh long gone
	set("ben", "2026-11-25")  // its third day before was yesterday
	set("carl", "2026-12-01") // nothing yet
	b.load(free(calendarRules))
	require.Equal(t, []string{"anna", "carl"}, b.entered("weekly"), "today at nine is fresh")
	require.Equal(t, []string{"anna"}, b.entered("renewal"))
	require.Equal(t, []string{"carl"}, b.entered("drop"), "of yesterday, which ended at midnight")
	require.Empty(t, b.entered("gold"), "it turned before the rule came")
	require.Empty(t, b.entered("quiet"))
	before := b.matches("")

	b.load(free(withPriority(calendarRules)))
	require.Equal(t, before, b.matches(""), "an edit gives nothing twice")

	b.until("2026-11-24T12:00:00Z")
	require.Equal(t, []string{"anna", "ben", "carl"}, slices.Compact(b.entered("renewal")))
	b.identify("ben", observe.Change{Traits: map[string]customer.Value{"plan": customer.Text("surf")}})
	b.happen("ben", "app_opened")
	require.Equal(t, []string{"ben"}, b.entered("gold"))
	b.until("2026-11-30T12:00:00Z")
	require.Equal(t, []string{"anna", "anna", "ben", "carl", "carl"}, b.entered("weekly"))
	require.Contains(t, b.entered("quiet"), "anna")
	for _, rule := range b.matches("") {
		require.NotContains(t, rule, "merged")
	}
	require.Len(t, slices.Compact(b.matches("")), len(b.matches("")))
}

func withPriority(rules map[string]string) map[string]string {
	edited := map[string]string{}
	for name, text := range rules {
		edited[name] = strings.Replace(text, "\nsteps:", "\npriority: 60\nsteps:", 1)
	}
	return edited
}

// TestLoadedInTheMiddle: rules that are loaded in the middle of a life give
// from the next day on what rules give that always were.
func TestLoadedInTheMiddle(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long: make test runs it")
	}
	if raced {
		t.Skip("one goroutine does all of it: make test runs it without the race detector")
	}
	keys := map[bool][]string{}
	for _, always := range []bool{true, false} {
		b := newBench(t, "2026-11-01T00:00:00Z", free(nil))
		if always {
			b.load(free(calendarRules))
		}
		b.customers()
		for day := range 24 {
			b.until(time.Date(2026, 11, 2+day, 10, 0, 0, 0, time.UTC).Format(time.RFC3339))
			if day == 14 && !always {
				b.load(free(calendarRules))
			}
			for i, user := range []string{"anna", "ben", "carl"} {
				if (day+i)%3 > 0 || day%5 == i {
					b.happen(user, "app_opened")
				}
				if day%6 == i {
					b.identify(user, observe.Change{Traits: map[string]customer.Value{"renewal_at": customer.Text(b.now.AddDate(0, 0, day%8).Format(time.DateOnly))}})
				}
			}
		}
		b.until("2026-12-05T00:00:00Z")
		for _, rule := range []string{"weekly", "renewal", "drop", "quiet"} {
			keys[always] = append(keys[always], b.since(rule, "2026-11-17")...)
		}
	}
	require.Equal(t, keys[true], keys[false])
	require.Greater(t, len(keys[true]), 10)
}

// since gives a rule's matches whose reason is of a day or later.
func (b *bench) since(rule, day string) (list []string) {
	b.t.Helper()
	for _, user := range []string{"anna", "ben", "carl"} {
		for _, o := range b.outreaches(user) {
			if o.Rule == rule && o.At.Format(time.DateOnly) >= day {
				list = append(list, fmt.Sprint(user, " ", rule, " ", o.Key, " ", o.At.UTC()))
			}
		}
	}
	slices.Sort(list)
	return list
}

// outreaches gives all of a customer.
func (b *bench) outreaches(user string) (list []ledger.Outreach) {
	b.t.Helper()
	require.NoError(b.t, b.store.Read(b.t.Context(), func(tx ledger.Tx) error {
		id, _, err := tx.Resolve(user)
		require.NoError(b.t, err)
		list, err = tx.OutreachesOf(id, 0)
		return err
	}))
	return list
}
