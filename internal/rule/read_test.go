package rule_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

var update = flag.Bool("update", false, "rewrite the expected texts under testdata")

// env declares what the rules under testdata name.
func env(t testing.TB) rule.Env {
	t.Helper()
	text, err := os.ReadFile("testdata/data.yaml")
	require.NoError(t, err)
	var ps source.Problems
	data := dictionary.Read("data.yaml", text, &ps)
	require.NoError(t, ps.Err())
	quiet, err := sendtime.ParseWhen("daily 21:00-08:00")
	require.NoError(t, err)
	written := map[string][]customer.Channel{"app-tips": {customer.Push}, "welcome": customer.Channels()}
	for _, name := range []string{"api-start", "get-app", "order-late", "outage", "outage-over", "payment-failed", "payment-failed-2",
		"price-drop", "seat-limit", "usage-plan-advice", "usage-warning", "usage-warning-followup", "we-miss-you"} {
		written[name] = customer.Channels()
	}
	var names []string
	for name := range written {
		names = append(names, name)
	}
	return rule.Env{
		Data:   data,
		Topics: map[customer.Topic]bool{"service": false, "offers": false, "tips": false, "urgent": true},
		Template: func(name string) ([]customer.Channel, bool) {
			list, ok := written[name]
			return list, ok
		},
		Templates: names,
		Digests:   map[string]customer.Channel{"weekly": customer.Email},
		Carries:   func(template string, _ customer.Channel) bool { return template != "usage-warning" },
		Quiet:     quiet,
		Teams:     []string{"care-calls", "shop"},
	}
}

// read reads a rule and gives its problems as their author sees them.
func read(t testing.TB, file, text string) (*rule.Rule, []string) {
	t.Helper()
	var ps source.Problems
	r := rule.Read(file, []byte(text), env(t), &ps)
	var lines []string
	for _, p := range ps.List() {
		lines = append(lines, p.String())
	}
	return r, lines
}

// golden compares a text with a file, or rewrites the file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func files(t testing.TB, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	return list
}

func TestFaults(t *testing.T) {
	t.Parallel()
	list := files(t, "testdata/bad/*.yaml")
	require.GreaterOrEqual(t, len(list), 45)
	for _, file := range list {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			_, problems := read(t, filepath.Base(file), string(text))
			require.NotEmpty(t, problems)
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", strings.Join(problems, "\n")+"\n")
		})
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "testdata/good/*.yaml") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			r, problems := read(t, file, string(text))
			require.Empty(t, problems)
			golden(t, strings.TrimSuffix(file, ".yaml")+".canonical", "# version "+r.Version+"\n"+r.Canonical())
			again, problems := read(t, file, r.Canonical())
			require.Empty(t, problems, "the canonical form reads back")
			require.Equal(t, r, again)
		})
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/good/usage-limit.yaml")
	require.NoError(t, err)
	r, problems := read(t, "rules/usage-limit.yaml", string(text))
	require.Empty(t, problems)
	days := func(n int) sendtime.Duration { return sendtime.Duration{Days: n} }

	require.Equal(t, "usage-limit", r.Name)
	require.Regexp(t, "^[0-9a-f]{12}$", r.Version)
	require.Equal(t, 70, r.Priority)
	require.Equal(t, expr.Sum, r.When.Usage.Op)
	require.Equal(t, "data_session", r.When.Usage.Event)
	require.Equal(t, "mb", r.When.Usage.Property)
	require.Equal(t, rule.Period{Kind: rule.PerMonthFrom, Of: "billing_day"}, r.When.Usage.Per)
	require.InDelta(t, 0.8, r.When.Usage.Reaches, 0)
	require.Equal(t, rule.Fresh{Within: sendtime.Duration{Elapsed: 24 * time.Hour}}, r.Fresh)
	require.Equal(t, rule.Again{Kind: rule.Always}, r.Again)
	require.Equal(t, &rule.Goal{What: rule.What{{Event: "plan_changed"}}, Within: days(14)}, r.Goal)
	require.Equal(t, rule.What{{Event: "account_closed"}}, r.Stop)
	require.Equal(t, rule.Until{Kind: rule.UntilPeriod}, r.Until)
	require.Equal(t, []rule.Step{
		{ID: "usage-warning", Send: &rule.Send{Template: "usage-warning", At: rule.At{Preferred: true},
			Within: sendtime.Duration{Elapsed: 24 * time.Hour}, Late: rule.LateSkip, Topic: "service"}},
		{ID: "wait_for-2", WaitFor: &rule.WaitFor{
			What: rule.What{{Event: "message_clicked"}}, Within: days(2),
			Then: []rule.Step{
				{ID: "wait-2.then-1", Wait: &rule.Wait{For: days(3)}},
				{ID: "usage-plan-advice", Send: &rule.Send{Template: "usage-plan-advice", Channels: []customer.Channel{customer.Email},
					At: rule.At{Preferred: true}, Within: days(7), Late: rule.LateSkip, Topic: "offers"}},
			},
			Else: []rule.Step{
				{ID: "usage-warning-followup", Send: &rule.Send{Template: "usage-warning-followup",
					Channels: []customer.Channel{customer.SMS, customer.Email},
					At:       rule.At{Preferred: true}, Within: days(7), Late: rule.LateSkip, Topic: "service"}},
			},
		}},
	}, r.Steps)
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	r, problems := read(t, "a.yaml", small)
	require.Empty(t, problems)
	day := sendtime.Duration{Elapsed: 24 * time.Hour}
	require.Equal(t, &rule.Rule{
		Name: "a", Version: r.Version, Description: "Small.", Owner: "a@example.com", Topic: "urgent", Urgent: true, Priority: 50,
		When:  rule.Trigger{Event: &rule.EventTrigger{Event: "signed_up"}},
		Fresh: rule.Fresh{Within: day}, Again: rule.Again{Kind: rule.Always},
		Steps: []rule.Step{{ID: "welcome", Send: &rule.Send{Template: "welcome", At: rule.At{Now: true},
			Within: day, Late: rule.LateSkip, Topic: "urgent", Urgent: true}}},
	}, r)
}

const small = `description: Small.
owner: a@example.com
topic: urgent
when: {event: signed_up}
steps:
  - send: welcome
    at: now
`

func TestUntilOfUsage(t *testing.T) {
	t.Parallel()
	for per, want := range map[string]rule.UntilKind{"": rule.UntilNone, ", per: week": rule.UntilPeriod} {
		text := strings.Replace(small, "{event: signed_up}", "{usage: {count: data_session, limit: 9, reaches: 50%"+per+"}}", 1)
		r, problems := read(t, "a.yaml", text)
		require.Empty(t, problems)
		require.Equal(t, rule.Until{Kind: want}, r.Until)
	}
}

func TestVersionIsOfTheMeaning(t *testing.T) {
	t.Parallel()
	base, _ := read(t, "a.yaml", small)
	for name, text := range map[string]string{
		"comments":       "# by growth\n" + strings.ReplaceAll(small, "\n", " # why\n"),
		"spacing":        strings.ReplaceAll(strings.ReplaceAll(small, "  - ", "      -   "), "    at", "          at"),
		"order of keys":  "topic: urgent\n" + strings.Replace(small, "topic: urgent\n", "", 1),
		"quotes":         strings.NewReplacer("Small.", `"Small."`, "now", "'now'").Replace(small),
		"spelt defaults": strings.Replace(small, "steps:", "priority: 050\nfresh: 1440min\nagain: always\nholdout: 0.0%\nsteps:", 1) + "    within: 24h\n    late: skip\n    channel: preferred\n    topic: urgent\n    id: welcome\n",
		"block style":    strings.Replace(small, "{event: signed_up}", "\n    event: signed_up", 1),
		"folded":         strings.Replace(small, "Small.", ">\n  Small.\n", 1),
	} {
		r, problems := read(t, "a.yaml", text)
		require.Empty(t, problems, name)
		require.Equal(t, base.Version, r.Version, name)
	}
	for name, text := range map[string]string{
		"description": strings.Replace(small, "Small.", "Smaller.", 1),
		"owner":       strings.Replace(small, "a@", "b@", 1),
		"topic":       strings.Replace(small, "topic: urgent", "topic: service", 1),
		"trigger":     strings.Replace(small, "signed_up", "app_installed", 1),
		"where":       strings.Replace(small, "{event: signed_up}", "{event: data_session, where: mb > 1}", 1),
		"priority":    small + "priority: 51\n",
		"audience":    small + "audience: plan == \"surf\"\n",
		"fresh":       small + "fresh: 25h\n",
		"a day":       small + "fresh: 1d\n",
		"again":       small + "again: never\n",
		"goal":        small + "goal: plan_changed\n",
		"stop":        small + "stop: plan_changed\n",
		"since":       small + "stop: {event: plan_changed, since: today}\n",
		"until":       small + "until: 3d\n",
		"template":    strings.Replace(small, "welcome", "get-app", 1),
		"channel":     small + "    channel: email\n",
		"at":          strings.Replace(small, "at: now", "at: daily 09:00", 1),
		"within":      small + "    within: 2h\n",
		"late":        small + "    late: send\n",
		"unless":      small + "    unless: app_opened\n",
		"id":          small + "    id: hello\n",
		"a step":      small + "  - stop\n",
	} {
		r, problems := read(t, "a.yaml", text)
		require.Empty(t, problems, name)
		require.NotEqual(t, base.Version, r.Version, name)
	}
	other, _ := read(t, "b.yaml", small)
	require.Equal(t, base.Version, other.Version, "a rule's name is not part of its version")
}

func TestWhatARuleMentions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/good/every-key.yaml")
	require.NoError(t, err)
	r, _ := read(t, "every-key.yaml", string(text))
	require.Equal(t, []string{"account_closed", "app_installed", "app_opened", "data_session", "message_clicked", "order_placed", "plan_changed"}, r.Events())
	require.True(t, r.Mentions("plan_changed"))
	require.False(t, r.Mentions("signed_up"))
	require.Equal(t, []string{"plan", "trial_ends_at"}, r.Traits())
	require.Equal(t, []expr.Aggregate{{Op: expr.Count, Event: "data_session", Window: sendtime.Duration{Days: 30}}}, r.Aggregates())
	require.Empty(t, r.MatchNames())
	var sends []string
	for _, s := range r.Sends() {
		sends = append(sends, s.Template)
	}
	require.Equal(t, []string{"welcome", "welcome"}, sends)
}

func TestWhatATriggerMentions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		when                  string
		events, traits, match []string
	}{
		"usage":   {"{usage: {sum: data_session.mb, per: month from billing_day, limit: plan_mb + sum(data_topped_up.mb), reaches: 80%}}", []string{"data_session", "data_topped_up"}, []string{"billing_day", "plan_mb"}, []string{"left", "limit", "share", "used"}},
		"since":   {"{usage: {count: data_session, per: since plan_changed, limit: 9, reaches: 80%}}", []string{"data_session", "plan_changed"}, nil, []string{"left", "limit", "share", "used"}},
		"missing": {"{missing: {event: order_delivered, after: order_placed, by: promised_at}}", []string{"order_delivered", "order_placed"}, nil, []string{"promised_at"}},
		"silent":  {"{silent: {for: 14d}}", nil, nil, nil},
		"where":   {"{event: plan_changed, where: plan == \"surf\" and role == \"admin\"}", []string{"plan_changed"}, []string{"role"}, nil},
	} {
		r, problems := read(t, "a.yaml", strings.Replace(small, "{event: signed_up}", c.when, 1))
		require.Empty(t, problems, name)
		require.ElementsMatch(t, c.events, r.Events(), name)
		require.Equal(t, c.traits, r.Traits(), name)
		require.Equal(t, c.match, r.MatchNames(), name)
	}
}

// TestNobodyAnsweredIsNotLow: a score that nobody gave is not below seven.
func TestNobodyAnsweredIsNotLow(t *testing.T) {
	t.Parallel()
	r, problems := read(t, "a.yaml", small+"audience: nps_answered.score < 7\n")
	require.Empty(t, problems)
	low, known := r.Audience.Truth(nothingKnown{})
	require.False(t, low)
	require.False(t, known)
}

// nothingKnown are the facts of a customer who has done nothing.
type nothingKnown struct{}

func (nothingKnown) Now() time.Time                                 { return time.Unix(0, 0) }
func (nothingKnown) Zone() *time.Location                           { return time.UTC }
func (nothingKnown) Name(string) (customer.Value, bool)             { return customer.Value{}, false }
func (nothingKnown) Property(_, _ string) (customer.Value, bool)    { return customer.Value{}, false }
func (nothingKnown) Aggregate(expr.Aggregate) (float64, bool)       { return 0, false }
func (nothingKnown) LatestValue(_, _ string) (customer.Value, bool) { return customer.Value{}, false }
func (nothingKnown) LastAt(string) (time.Time, bool)                { return time.Time{}, false }
func (nothingKnown) Leaves(expr.Aggregate) time.Time                { return time.Time{} }
func (nothingKnown) Sent(string) bool                               { return false }
func (nothingKnown) Reachable(customer.Channel) bool                { return false }
func (nothingKnown) Uses(customer.Channel) bool                     { return false }
func (nothingKnown) Mostly(string) (value, known bool)              { return false, false }

func TestReadWithoutTemplates(t *testing.T) {
	t.Parallel()
	var ps source.Problems
	bare := rule.Env{Topics: map[customer.Topic]bool{"urgent": true}}
	rule.Read("a.yaml", []byte(strings.Replace(small, "signed_up", "message_sent", 1)), bare, &ps)
	require.NoError(t, ps.Err())
}

func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml"} {
		for _, file := range files(f, pattern) {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(string(text))
		}
	}
	known := env(f)
	f.Fuzz(func(t *testing.T, text string) {
		var ps source.Problems
		r := rule.Read("a.yaml", []byte(text), known, &ps)
		for _, p := range ps.List() {
			require.NotEmpty(t, p.Message)
			unread := p.Path == "" && p.Line == 0 && slices.Contains(source.WholeFile(), p.Message)
			require.True(t, unread || p.Line > 0 && p.Column > 0, p.String())
		}
		if ps.Err() != nil {
			return
		}
		again := rule.Read("a.yaml", []byte(r.Canonical()), known, &ps)
		require.NoError(t, ps.Err(), "the canonical form of a sound rule is sound")
		require.Equal(t, r, again)
	})
}
