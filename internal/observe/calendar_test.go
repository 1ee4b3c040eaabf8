package observe_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

const calendarData = `
traits: {ends: time, plan: [basic, surf], account: id}
events:
  opened: {}
  seats_changed: {by: us, account: id}
`

func newCalendar(t testing.TB, rules map[string]string) *world {
	t.Helper()
	w := newWorld(t, nil)
	files := worldFiles(rules)
	files.Rules[bundle.DataFile] = []byte(calendarData)
	_, err := w.desk.Library.Load(t.Context(), files, w.now)
	require.NoError(t, err)
	w.warm()
	return w
}

// watch judges what is due by now, as activities do.
func (w *world) watch(rule string) {
	w.t.Helper()
	m, ok := w.desk.Library.Current().Matcher(rule)
	require.True(w.t, ok)
	w.write(func(tx ledger.Tx) error {
		dues, err := tx.Dues(rule, w.now, 1000)
		for _, due := range dues {
			require.NoError(w.t, w.desk.Expire(tx, m, due, w.now))
		}
		return err
	})
}

func ends(text string) observe.Change { return reachable("ends", text) }

// TestAPointThatHasJustPassedLeavesTheNext: each of a list's points comes,
// also when the day was heard of shortly after the first.
func TestAPointThatHasJustPassedLeavesTheNext(t *testing.T) {
	t.Parallel()
	w := newCalendar(t, map[string]string{"trial": "when: {date: {of: ends, before: [3d, 1d]}}"})
	w.now = moment(t, "24 00:30")
	w.identify("anna", ends("2026-11-27"))
	require.Equal(t, []string{"trial 1 matched"}, w.fates("anna"))
	require.Equal(t, []string{"11-26 00:00 "}, w.dues("trial"))
	w.now = moment(t, "26 00:00")
	w.watch("trial")
	require.Equal(t, []string{"trial 1 superseded", "trial 2 matched"}, w.fates("anna"))
	require.Empty(t, w.dues("trial"))
}

// TestATurnThatHasJustPassedLeavesTheNext: of an event that came a little late.
func TestATurnThatHasJustPassedLeavesTheNext(t *testing.T) {
	t.Parallel()
	w := newCalendar(t, map[string]string{"idle": "when:\n  becomes: not happened(opened, 10min) and happened(opened, 30min) or not happened(opened, 50min) and happened(opened)"})
	w.identify("anna", reachable())
	w.now = moment(t, "23 12:20")
	w.happen("anna", "23 12:05", "opened")
	require.Equal(t, []string{"idle 1 matched"}, w.fates("anna"))
	require.Equal(t, []string{"11-23 12:35 "}, w.dues("idle"))
	w.now = moment(t, "23 12:35")
	w.watch("idle")
	require.Equal(t, []string{"11-23 12:55 "}, w.dues("idle"))
}

// TestWhatTurnsByAChangeTurnsThen: not when time would have turned it, had the
// customer been then who they are now.
func TestWhatTurnsByAChangeTurnsThen(t *testing.T) {
	t.Parallel()
	w := newCalendar(t, map[string]string{"idle": "when:\n  becomes: plan == \"surf\" and not happened(opened, 7d)"})
	w.identify("anna", reachable("plan", "basic"))
	w.happen("anna", "", "opened")
	w.now = w.now.AddDate(0, 0, 20)
	w.identify("anna", reachable("plan", "surf"))
	require.Equal(t, []string{"idle 1 matched"}, w.fates("anna"))
	require.Equal(t, w.now, w.outreaches("anna")[0].At.UTC())
}

// TestATravellersOutreachGoesOn: another zone is no newer point.
func TestATravellersOutreachGoesOn(t *testing.T) {
	t.Parallel()
	for _, day := range []string{"2026-11-27", "2026-11-26T23:00:00Z", "2026-11-27T12:00:00Z"} {
		w := newCalendar(t, map[string]string{"trial": "when: {date: {of: ends, before: [3d, 1d]}}"})
		c := ends(day)
		c.Zone = pointer("Europe/Berlin")
		w.now = moment(t, "23 22:00")
		w.identify("anna", c)
		w.now = moment(t, "23 23:00")
		w.watch("trial")
		require.Equal(t, []string{"trial 1 matched"}, w.fates("anna"), day)
		for i, zone := range []string{"Europe/London", "America/New_York", "Asia/Tokyo", "Europe/Berlin"} {
			w.now = moment(t, "24 07:00").Add(time.Duration(i) * time.Minute)
			w.identify("anna", observe.Change{Zone: &zone})
			w.now = w.now.Add(15 * time.Second)
			w.watch("trial")
			require.Equal(t, []string{"trial 1 matched"}, w.fates("anna"), "%s in %s", day, zone)
		}
		w.now = moment(t, "24 09:00")
		w.watch("trial")
		require.Equal(t, []string{"trial 1 matched"}, w.fates("anna"), day)
		w.now = moment(t, "26 09:00")
		w.watch("trial")
		require.Equal(t, []string{"trial 1 superseded", "trial 2 matched"}, w.fates("anna"), day)
	}
}

// TestAPointLongPastSettlesFirst: more of a history may come.
func TestAPointLongPastSettlesFirst(t *testing.T) {
	t.Parallel()
	w := newCalendar(t, map[string]string{"trial": "when: {date: {of: ends, before: [7d, 3d]}}"})
	w.identify("anna", ends("2026-11-26"))
	require.Empty(t, w.fates("anna"))
	require.Equal(t, []string{"11-23 12:10 "}, w.dues("trial"))
	w.now = w.now.Add(5 * time.Minute)
	w.identify("anna", ends("2026-12-20"))
	w.now = w.now.Add(5 * time.Minute)
	w.watch("trial")
	require.Empty(t, w.fates("anna"), "the day was another one")
	w.identify("anna", ends("2026-11-26"))
	w.now = w.now.Add(10 * time.Minute)
	w.watch("trial")
	require.Equal(t, []string{"trial 1 not_fresh", "trial 2 matched"}, w.fates("anna"))
	w.identify("anna", ends("2026-12-20"))
	require.Equal(t, []string{"trial 1 not_fresh", "trial 2 reason_gone"}, w.fates("anna"))
	require.Equal(t, []string{"12-13 00:00 "}, w.dues("trial"))
}

// TestWhoIsHeardOfByAnyEventHasTheSchedule from then on.
func TestWhoIsHeardOfByAnyEventHasTheSchedule(t *testing.T) {
	t.Parallel()
	w := newCalendar(t, map[string]string{"weekly": "when: {schedule: Mon 18:00}"})
	w.happen("anna", "", "opened")
	require.Equal(t, []string{"11-23 18:00 "}, w.dues("weekly"))
	w.now = moment(t, "23 18:00")
	w.watch("weekly")
	w.watch("weekly")
	require.Len(t, w.fates("anna"), 1)
	require.Equal(t, []string{"11-30 18:00 "}, w.dues("weekly"))
}

// TestAMergeTakesNoTimeAway: not one that has come and was not judged yet.
func TestAMergeTakesNoTimeAway(t *testing.T) {
	t.Parallel()
	w := newCalendar(t, map[string]string{"weekly": "when: {schedule: Mon 18:00}"})
	w.identify("anna", reachable())
	w.identify("old", reachable())
	w.now = moment(t, "23 18:00").Add(time.Second)
	w.take(observe.Incoming{User: "anna", Previous: "old", Event: w.event("", customer.Identified)})
	w.watch("weekly")
	require.Equal(t, []string{"weekly 1 matched"}, w.fates("anna"))
}

// TestAMergeGivesNoTimeTwice.
func TestAMergeGivesNoTimeTwice(t *testing.T) {
	t.Parallel()
	w := newCalendar(t, map[string]string{"weekly": "when: {schedule: Mon 18:00}"})
	w.identify("anna", reachable())
	w.identify("old", reachable())
	w.now = moment(t, "23 18:00").Add(time.Second)
	w.watch("weekly")
	w.take(observe.Incoming{User: "anna", Previous: "old", Event: w.event("", customer.Identified)})
	w.watch("weekly")
	require.ElementsMatch(t, []string{"weekly 1 matched", "weekly 2 merged"}, w.fates("anna"))
}

// TestAnImportInAnyOrder: a history that is taken in as its file has it, or
// shuffled, gives the same reasons.
func TestAnImportInAnyOrder(t *testing.T) {
	t.Parallel()
	rules := map[string]string{
		"drop": "when: {drop: {event: opened, by: 50%, per: day}}\nfresh: any", "often": "when: {count: {event: opened, times: 3, within: 300d}}\nfresh: any",
		"quiet": "when: {silent: {event: opened, for: unusual}}\nfresh: any", "trial": "when: {date: {of: ends, before: [10d, 3d]}}\nfresh: any",
		"weekly": "when: {schedule: Mon 18:00}\nfresh: any",
	}
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 1))
		var file []observe.Incoming
		for i := range 5 + random.IntN(35) {
			at := moment(t, "23 12:00").Add(-time.Duration(random.IntN(20*24*60)) * time.Minute)
			file = append(file, observe.Incoming{User: "anna", Event: customer.Event{MessageID: fmt.Sprint("m", i), Name: "opened", At: at}})
		}
		file = append(file, observe.Incoming{User: "anna", Change: ends("2026-11-30"), Event: customer.Event{MessageID: "i", Name: customer.Identified, At: moment(t, "20 12:00")}})
		size := 1 + random.IntN(50)
		shuffled := slices.Clone(file)
		random.Shuffle(len(file), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		require.ElementsMatch(t, imported(t, rules, file, size), imported(t, rules, shuffled, size), "seed %d", seed)
	}
}

// imported gives what a history of anna's came to, taken in by batches.
func imported(t *testing.T, rules map[string]string, history []observe.Incoming, size int) (fates []string) {
	t.Helper()
	w := newCalendar(t, rules)
	for batch := range slices.Chunk(history, size) {
		w.take(batch...)
	}
	for range 8 {
		w.now = w.now.Add(11 * time.Minute)
		for rule := range rules {
			w.watch(rule)
		}
	}
	for _, o := range w.outreaches("anna") {
		if o.Rule == "often" { // at which instant it was the third depends on the order
			o.Key = ""
		}
		fates = append(fates, o.Rule+" "+o.Key)
	}
	return fates
}
