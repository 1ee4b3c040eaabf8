package lint_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/lint"
)

const (
	worldData = `traits: {plan: [basic, surf], score: number, trial_ends_on: date}
events:
  signed_up: {}
  app_opened: {}
  order_placed: {order_id: id, total: number}
  order_delivered: {by: us, order_id: id}
  data_session: {by: us, mb: number}
`
	worldPolicy = `topics: {service: {consent: assumed}, offers: {consent: asked}, urgent: {consent: assumed, urgent: yes}}
quiet: daily 21:00-08:00
caps: {any: 2 per day}
legal:
  - {country: FR, channels: sms, hours: Mon-Sat 08:00-20:00, source: "the networks", read: 2026-11}
  - {country: US, region: FL, channels: sms, topics: offers, hours: daily 09:00-17:00, source: "the law", read: 2026-11}
`
	worldRule = "description: A rule.\nowner: care@example.com\ntopic: service\n"
)

// codesOf gives the codes and lines of what is said of one rule, as code:line
// of its text below the three lines that every rule has.
func codesOf(t *testing.T, rules map[string]string) []string {
	t.Helper()
	files := bundle.Files{
		Rules:     map[string][]byte{"data.yaml": []byte(worldData), "policy.yaml": []byte(worldPolicy)},
		Templates: map[string][]byte{},
	}
	for name, text := range rules {
		files.Rules[name+".yaml"] = []byte(worldRule + text)
		for _, m := range sent.FindAllStringSubmatch(text, -1) {
			files.Templates[m[1]+"/sms.txt"] = []byte("Hello.\n")
			files.Templates[m[1]+"/push.txt"] = []byte("---\ntitle: Hello\n---\nHello.\n")
		}
	}
	in := lint.Input{Files: files}
	in.Bundle, in.Found = bundle.Check(files)
	var list []string
	for _, p := range lint.Look(in) {
		require.NotEmpty(t, p.Code, p.String())
		require.NotEmpty(t, p.Hint, p.String())
		line := strings.Split(string(files.Rules[strings.TrimPrefix(p.File, "rules/")]), "\n")[p.Line-1]
		list = append(list, p.Code+" | "+strings.TrimSpace(line))
	}
	return list
}

func TestRules(t *testing.T) {
	t.Parallel()
	const (
		signed = "when: {event: signed_up}\n"
		send   = "steps:\n  - send: a\n"
	)
	for name, c := range map[string]struct {
		rule string
		want []string
	}{
		// conditions
		"a where that never holds": {"when: {event: order_placed, where: total > 5 and total < 3}\n" + send,
			[]string{"never-true | when: {event: order_placed, where: total > 5 and total < 3}"}},
		"a where of a count": {"when: {count: {event: order_placed, where: total > 5 and total < 3, times: 2, within: 7d}}\n" + send,
			[]string{"never-true | when: {count: {event: order_placed, where: total > 5 and total < 3, times: 2, within: 7d}}"}},
		"becomes what the audience excludes": {"when: {becomes: plan == \"surf\"}\naudience: plan == \"basic\"\n" + send,
			[]string{"never-true | when: {becomes: plan == \"surf\"}"}},
		"becomes what always was": {"when: {becomes: count(app_opened) >= 0}\n" + send, []string{"always-true | when: {becomes: count(app_opened) >= 0}"}},
		"becomes, and the goal with it": {"when: {becomes: score > 9}\ngoal: {if: 'score > 5'}\n" + send,
			[]string{"ends-at-once | goal: {if: 'score > 5'}"}},
		"becomes, and its opposite for a goal":  {"when: {becomes: score > 9}\ngoal: {if: 'score < 5'}\n" + send, nil},
		"an empty audience is said once":        {signed + "audience: plan == \"surf\" and plan == \"basic\"\n" + send + "  - if: score > 3\n    then: [{send: b}]\n", []string{"never-true | audience: plan == \"surf\" and plan == \"basic\""}},
		"an if that the audience excludes":      {signed + "audience: plan == \"surf\"\n" + send + "  - if: plan == \"basic\"\n    then: [{send: b}]\n", []string{"never-true | - if: plan == \"basic\""}},
		"an if that the audience leaves open":   {signed + "audience: plan == \"surf\"\n" + send + "  - if: score > 3 and plan == \"surf\"\n    then: [{send: b}]\n", nil},
		"a stop in the list that never holds":   {signed + "stop: [order_placed, {event: app_opened}, {if: 'score > 3 and score < 3'}]\n" + send, []string{"never-true | stop: [order_placed, {event: app_opened}, {if: 'score > 3 and score < 3'}]"}},
		"an unless deep inside":                 {signed + send + "  - wait_for: app_opened\n    within: 2d\n    else:\n      - send: b\n        unless: {event: order_placed, where: total > 1 or total <= 1}\n", []string{"always-true | unless: {event: order_placed, where: total > 1 or total <= 1}"}},
		"known, or what follows from it":        {signed + "audience: known(score)\n" + send + "  - if: score < 7 or score >= 7\n    then: [{send: b}]\n", []string{"always-true | - if: score < 7 or score >= 7"}},
		"a goal that most of the audience lack": {signed + "audience: plan == \"basic\"\ngoal: {if: 'plan == \"surf\"'}\n" + send, nil},

		"a split that the audience excludes":   {signed + "audience: plan == \"surf\"\nsteps:\n  - split:\n      - name: n1\n        if: plan == \"basic\"\n        steps: [{send: a}]\n      - name: n2\n        steps: [{send: b}]\n", []string{"never-true | if: plan == \"basic\""}},
		"a split whose first branch takes all": {signed + "steps:\n  - split:\n      - name: n1\n        if: score > 3\n        steps: [{send: a}]\n      - name: n2\n        if: score > 5\n        steps: [{send: b}]\n", []string{"never-true | if: score > 5"}},
		"a split of parts that do not meet":    {signed + "steps:\n  - split:\n      - name: n1\n        if: score > 5\n        steps: [{send: a}]\n      - name: n2\n        if: score > 3\n        steps: [{send: b}]\n", nil},
		"a split in which all wait":            {signed + "until: 7d\nsteps:\n  - split:\n      - name: n1\n        if: score > 5\n        steps: [{wait: 6d}]\n      - name: n2\n        steps: [{wait: 5d}]\n  - wait: 2d\n  - send: a\n", []string{"past-until | - wait: 2d"}},
		"a split that some go past":            {signed + "until: 7d\nsteps:\n  - split:\n      - name: n1\n        if: score > 5\n        steps: [{wait: 6d}]\n      - name: n2\n        share: 50%\n        steps: [{wait: 5d}]\n  - wait: 2d\n  - send: a\n", nil},

		// ends
		"a goal with a where of its own":          {"when: {event: order_placed}\ngoal: {event: order_placed, where: total > 100}\n" + send, nil},
		"a goal that starts usage anew":           {"when: {usage: {sum: data_session.mb, limit: '100', reaches: 80%}}\ngoal: [app_opened, data_session]\n" + send, []string{"goal-is-trigger | goal: [app_opened, data_session]"}},
		"a goal that starts a count anew":         {"when: {count: {event: app_opened, times: 3, within: 7d}}\ngoal: app_opened\n" + send, []string{"goal-is-trigger | goal: app_opened"}},
		"a goal of the silent, which comes back":  {"when: {silent: {event: app_opened, for: 14d}}\ngoal: app_opened\n" + send, nil},
		"a goal of what was missing":              {"when: {missing: {event: order_delivered, after: order_placed, within: 3d}}\ngoal: order_delivered\n" + send, nil},
		"a stop that any act of the silent is":    {"when: {silent: {for: 14d}}\nstop: [app_opened, order_delivered]\n" + send, []string{"idle-stop | stop: [app_opened, order_delivered]"}},
		"a stop of the silent on one event":       {"when: {silent: {event: app_opened, for: 14d}}\nstop: order_placed\n" + send, nil},
		"a trigger that stops what it began":      {signed + "stop: signed_up\n" + send, nil},
		"a holdout with a goal":                   {signed + "holdout: 5%\ngoal: order_placed\n" + send, nil},
		"a send about offers in a service's rule": {signed + send + "    topic: offers\n", nil},

		// time
		"waits that add up to until":        {signed + "until: 14d\n" + send + "  - wait: 7d\n  - send: b\n  - wait: 7d\n  - send: c\n", []string{"past-until | - wait: 7d"}},
		"waits that end before until":       {signed + "until: 14d\n" + send + "  - wait: 7d\n  - send: b\n  - wait: 6d\n  - send: c\n", nil},
		"a month, which may be 28 days":     {signed + "until: 30d\n" + send + "  - wait: 1 month\n  - send: b\n", nil},
		"a month and a month":               {signed + "until: 1 month\n" + send + "  - wait: 1 month\n  - send: b\n", []string{"past-until | - wait: 1 month"}},
		"a day, and 24 hours":               {signed + "until: 24h\n" + send + "  - wait: 1d\n  - send: b\n", nil}, // a day may have 23 hours
		"past the end of its month":         {"when: {usage: {sum: data_session.mb, per: month, limit: '100', reaches: 80%}}\n" + send + "  - wait: 5w\n  - send: b\n", []string{"past-until | - wait: 5w"}},
		"an else that comes too late":       {signed + "until: 7d\n" + send + "  - wait_for: app_opened\n    within: 7d\n    then: [{send: b}]\n    else: [{send: c}]\n", []string{"past-until | within: 7d"}},
		"a then that may come in time":      {signed + "until: 7d\n" + send + "  - wait_for: app_opened\n    within: 8d\n  - send: b\n", nil},
		"the shorter of two branches":       {signed + "until: 7d\n" + send + "  - if: score > 3\n    then: [{wait: 6d}]\n    else: [{wait: 1d}]\n  - wait: 2d\n  - send: b\n", nil},
		"both branches too long":            {signed + "until: 7d\n" + send + "  - if: score > 3\n    then: [{wait: 6d}]\n    else: [{wait: 5d}]\n  - wait: 2d\n  - send: b\n", []string{"past-until | - wait: 2d"}},
		"a branch that stops":               {signed + "until: 7d\n" + send + "  - if: score > 3\n    then: [stop]\n    else: [{wait: 6d}]\n  - wait: 2d\n  - send: b\n", []string{"past-until | - wait: 2d"}},
		"a fallback within its time":        {signed + "until: 2d\n" + send + "    at: now\n    fallback_after: 30min\n", nil},
		"a fallback after its time":         {signed + send + "    within: 2h\n    fallback_after: 2h\n", []string{"late-fallback | fallback_after: 2h"}},
		"a fallback after a day, at once":   {signed + send + "    at: now\n    fallback_after: 24h\n", []string{"late-fallback | fallback_after: 24h"}},
		"a late fallback that goes anyway":  {signed + send + "    within: 2h\n    late: send\n    fallback_after: 2h\n", nil},
		"a fallback after until":            {signed + "until: 2d\n" + send + "  - wait: 1d\n  - send: b\n    fallback_after: 1d\n", []string{"late-fallback | fallback_after: 1d"}},
		"a fallback just before until":      {signed + "until: 2d\n" + send + "  - wait: 1d\n  - send: b\n    fallback_after: 23h\n", nil},
		"a wait behind a fallback":          {signed + "until: 2d\n" + send + "    fallback_after: 1d\n  - wait: 1d\n  - send: b\n", nil}, // word may come at once
		"a goal over before the message":    {signed + "goal: {event: order_placed, within: 2d}\nsteps:\n  - wait: 2d\n  - send: a\n", []string{"goal-before-send | goal: {event: order_placed, within: 2d}"}},
		"a goal that one branch can reach":  {signed + "goal: {event: order_placed, within: 2d}\nsteps:\n  - wait_for: app_opened\n    within: 5d\n  - send: a\n", nil},
		"a default goal":                    {signed + "goal: order_placed\nsteps:\n  - wait: 3w\n  - send: a\n", []string{"goal-before-send | goal: order_placed"}},
		"Sundays in France":                 {signed + send + "    at: Sun 10:00\n    channel: sms\n", []string{"outside-legal-hours | at: Sun 10:00"}},
		"Sundays by another channel too":    {signed + send + "    at: Sun 10:00\n    channel: [sms, push]\n", nil},
		"Sundays by the preferred channel":  {signed + send + "    at: Sun 10:00\n", nil},
		"evenings in Florida":               {signed + send + "    topic: offers\n    at: daily 18:00-19:00\n    channel: sms\n", []string{"outside-legal-hours | at: daily 18:00-19:00"}},
		"evenings, and not about offers":    {signed + send + "    at: daily 18:00-19:00\n    channel: sms\n", nil},
		"a wait for Friday, then Saturday":  {signed + "steps:\n  - wait: Fri 18:00\n  - send: a\n    at: Sat 10:00\n    within: 15h\n", []string{"never-in-time | within: 15h"}},
		"late messages go out all the same": {signed + "steps:\n  - wait: Fri 18:00\n  - send: a\n    at: Sat 10:00\n    within: 15h\n    late: send\n", nil},
		"a time that comes sometimes":       {signed + "steps:\n  - wait: [Fri 18:00, Sat 09:00]\n  - send: a\n    at: Sat 10:00\n    within: 15h\n", nil},
		"a wait for a window":               {signed + "steps:\n  - wait: Fri 18:00-20:00\n  - send: a\n    at: Fri 19:00\n    within: 15min\n", nil},
		"a short within after an event":     {signed + send + "    at: Mon 09:00\n    within: 15min\n", nil},
		"29 February":                       {"when: {schedule: 'cron 0 10 29 2 *'}\n" + send + "    within: 3h\n", nil},
		"29 February, by law":               {signed + send + "    topic: urgent\n    at: cron 0 10 29 2 *\n    channel: sms\n", nil},
		"midnight, at once, two hours":      {"when: {date: {of: trial_ends_on, before: 3d}}\n" + send + "    at: now\n    within: 2h\n", []string{"never-in-time | within: 2h"}},
		"midnight, at once, until noon":     {"when: {date: {of: trial_ends_on, before: 3d}}\n" + send + "    at: now\n    within: 12h\n", nil},
		"a schedule at night":               {"when: {schedule: 'Mon 22:00'}\n" + send + "    within: 3h\n", []string{"never-in-time | within: 3h"}},
		"a schedule at night, urgent":       {"when: {schedule: 'Mon 22:00'}\n" + send + "    topic: urgent\n    within: 3h\n", nil},
		"a schedule, and an if before":      {"when: {schedule: 'Mon 22:00'}\nsteps:\n  - if: score > 3\n    then:\n      - send: a\n        within: 3h\n", []string{"never-in-time | within: 3h"}},
		"a schedule, and a wait before":     {"when: {schedule: 'Mon 22:00'}\nsteps:\n  - wait_for: app_opened\n    within: 2d\n  - send: a\n    within: 3h\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, codesOf(t, map[string]string{"a": c.rule}))
		})
	}
}

func TestRivals(t *testing.T) {
	t.Parallel()
	now := func(when string) string { return when + "steps:\n  - send: a\n    at: now\n" }
	sms := func(when string) string { return when + "steps:\n  - send: a\n    channel: sms\n" }
	const signed = "when: {event: signed_up}\n"
	for name, c := range map[string]struct {
		a, b string
		want []string
	}{
		"both at once":                 {now(signed), now(signed), []string{"same-moment | when: {event: signed_up}"}},
		"both at once, priorities":     {now("priority: 9\n" + signed), now(signed), []string{"same-moment | when: {event: signed_up}"}},
		"one at once":                  {now(signed), sms(signed), nil},
		"the same channel":             {sms(signed), sms(signed), []string{"same-moment | when: {event: signed_up}"}},
		"the same channel, priorities": {sms("priority: 9\n" + signed), sms(signed), nil},
		"audiences apart":              {now(signed + "audience: plan == \"surf\"\n"), now(signed + "audience: plan == \"basic\"\n"), nil},
		"audiences that overlap":       {now(signed + "audience: plan == \"surf\"\n"), now(signed + "audience: score > 3\n"), []string{"same-moment | when: {event: signed_up}"}},
		"wheres apart":                 {now("when: {event: order_placed, where: total > 50}\n"), now("when: {event: order_placed, where: total <= 50}\n"), nil},
		"one where":                    {now("when: {event: order_placed, where: total > 50}\n"), now("when: {event: order_placed}\n"), []string{"same-moment | when: {event: order_placed}"}},
		"other events":                 {now(signed), now("when: {event: app_opened}\n"), nil},
		"one silence, two lengths":     {now("when: {silent: {event: app_opened, for: 5d}}\n"), now("when: {silent: {event: app_opened, for: 14d}}\n"), nil},
		"one silence, one length":      {now("when: {silent: {event: app_opened, for: 14d}}\n"), now("when:\n  silent:\n    for: 2w\n    event: app_opened\n"), []string{"same-moment | silent:"}},
		"two shares of a limit": {now("when: {usage: {sum: data_session.mb, limit: '100', reaches: 80%}}\n"),
			now("when: {usage: {sum: data_session.mb, limit: '100', reaches: 100%}}\n"), nil},
		"one order, and all orders": {now("about: order_id\nwhen: {event: order_placed}\n"), now("when: {event: order_placed}\n"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, codesOf(t, map[string]string{"a": c.a, "b": c.b}))
		})
	}
}

func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	one := "when: {event: signed_up}\npriority: 1\nsteps:\n  - send: a\n    at: now\n"
	two := "when: {event: signed_up}\npriority: 2\nsteps:\n  - send: b\n    at: now\n  - send: c\n    at: now\n"
	require.Empty(t, codesOf(t, map[string]string{"b": two}))
	require.Equal(t, []string{"over-cap | when: {event: signed_up}", "same-moment | when: {event: signed_up}"}, sorted(codesOf(t, map[string]string{"a": one, "b": two})))
	apart := strings.Replace(two, "priority", "audience: plan == \"surf\"\npriority", 1)
	require.Empty(t, codesOf(t, map[string]string{"a": strings.Replace(one, "priority", "audience: plan == \"basic\"\npriority", 1), "b": apart}))
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}
