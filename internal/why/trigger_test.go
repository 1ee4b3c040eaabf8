package why_test

import (
	"fmt"
	"strings"
	"testing"
)

const (
	anna = "2026-11-01T08:00 anna identified zone=Europe/Berlin phone=+4915112345678 plan=surf plan_mb=15000\n"
	ben  = "2026-11-01T08:00 ben identified zone=America/New_York phone=+12125550101 plan=basic plan_mb=15000\n"
)

// TestTriggersAreToldWithTheirNumbers plays a rule of each trigger for
// somebody whom it matches and somebody whom it does not.
func TestTriggersAreToldWithTheirNumbers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ rule, script string }{
		"event": {"when: {event: paid, where: total > 50}", `
2026-11-23T10:00:05 anna paid total=60
2026-11-23T10:00:07 ben paid total=20.5
2026-11-23T13:00 until`},
		"usage": {"when: {usage: {sum: used.mb, per: month, limit: plan_mb + sum(topped_up.mb), reaches: 80%}}", `
2026-11-10T10:00 anna used mb=6000
2026-11-10T10:00 ben used mb=11940
2026-11-23T13:20 anna used mb=6400
2026-11-23T13:30 until`},
		"silent": {"when: {silent: {event: opened, for: 14d}}", `
2026-11-09T09:12 anna opened
2026-11-16T09:12 ben opened
2026-11-23T13:30 until`},
		"missing": {"about: order_id\nwhen: {missing: {event: delivered, after: ordered, by: promised_at}}", `
2026-11-20T09:12 anna ordered order_id=7781 promised_at=2026-11-22
2026-11-20T09:12 ben ordered order_id=7782 promised_at=2026-11-24
2026-11-20T09:12 ben ordered order_id=7783 promised_at=2026-11-22
2026-11-21T09:12 ben delivered order_id=7783
2026-11-23T13:30 until`},
		"missing within": {"when: {missing: {event: opened, after: signed_up, within: 2d}}", `
2026-11-20T09:12 anna signed_up
2026-11-20T09:12 ben opened
2026-11-23T13:30 until`},
		"count": {"when: {count: {event: pay_failed, times: 3, within: 10min}}", `
2026-11-23T13:12 anna pay_failed
2026-11-23T13:14 anna pay_failed
2026-11-23T13:17 anna pay_failed
2026-11-23T13:12 ben pay_failed
2026-11-23T13:14 ben pay_failed
2026-11-23T13:18 until`},
		"date": {"when: {date: {of: trial_ends_at, before: [7d, 3d]}}\nsteps: [{send: hello, at: now}, {wait: 7d}]", `
2026-11-02T08:00 anna identified trial_ends_at=2026-12-04
2026-11-02T08:00 ben identified city=York
2026-11-28T13:30 until`},
		"schedule": {"when: {schedule: \"Mon 00:00\"}\naudience: plan in [\"surf\", \"ultimate\"]", `
2026-11-24T13:30 until`},
		"becomes": {"when: {becomes: \"count(opened, 14d) == 0 and plan != 'basic'\"}", `
2026-11-02T09:12 anna opened
2026-11-23T13:30 ben opened
2026-11-23T13:30 until`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := strings.ReplaceAll(strings.ReplaceAll(c.script, ":05 ", " "), ":07 ", " ")
			w := newWorld(t, files(map[string]string{"rule": c.rule}), anna+ben+script)
			w.golden(strings.ReplaceAll(name, " ", "-"), w.everybody("anna", "ben")...)
		})
	}
}

// TestWhatIsUsualIsToldWithTheGapsItComesFrom plays those triggers that learn
// from a customer: with much to go by, and with little.
func TestWhatIsUsualIsToldWithTheGapsItComesFrom(t *testing.T) {
	t.Parallel()
	var script strings.Builder
	for day := 1; day <= 15; day += 2 {
		fmt.Fprintf(&script, "2026-11-%02dT09:12 anna opened\n", day)
	}
	script.WriteString("2026-11-12T09:12 ben opened\n2026-11-14T09:12 ben opened\n2026-11-23T13:30 until\n")
	w := newWorld(t, files(map[string]string{"rule": "when: {silent: {event: opened, for: unusual}}"}), anna+ben+script.String())
	w.golden("silent-unusual", w.everybody("anna", "ben")...)

	script.Reset()
	for week := range 7 {
		for n := range 12 - 7*(week/6) {
			fmt.Fprintf(&script, "2026-%02d-%02dT%02d:00 anna opened\n", 10+(week*7+4)/31, 1+(week*7+4)%31, 8+n)
		}
	}
	script.WriteString("2026-11-20T09:12 ben opened\n2026-11-23T13:30 until\n")
	early := strings.NewReplacer("2026-11-01", "2026-10-01").Replace(anna + ben)
	w = newWorld(t, files(map[string]string{"rule": "when: {drop: {event: opened, by: 50%, per: week}}"}), early+script.String())
	w.golden("drop", w.everybody("anna", "ben")...)

	w = newWorld(t, files(map[string]string{"rule": "when: {drop: {event: opened, by: 50%, per: week}}"}), early+"2026-11-23T13:30 until\n")
	w.golden("drop-never", w.everybody("anna")...)
}
