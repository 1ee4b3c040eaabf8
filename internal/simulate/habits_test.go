package simulate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// habitual gives the files of one rule that goes out each Monday, in the hours
// that the customer likes; step is what its send says besides, and learning the
// policy's.
func habitual(step, learning string) bundle.Files {
	return bundle.Files{
		Rules: map[string][]byte{
			"data.yaml":   []byte("traits: {}\nevents:\n  app_opened: {}\n  ordered: {}\n"),
			"policy.yaml": []byte("zone: UTC\nchannels: [push, email]\ntopics:\n  tips: {consent: assumed}\nwindows: {push: daily 09:00-21:00, email: daily 09:00-21:00}\n" + learning),
			"monday.yaml": []byte("description: Say hello on Mondays.\nowner: a@example.com\ntopic: tips\nwhen: {schedule: Mon 00:00}\nagain: always\n" +
				"steps:\n  - send: hello\n    at: preferred\n" + step),
		},
		Templates: map[string][]byte{
			"hello/push.txt":   []byte("---\ntitle: Hello\n---\nHello"),
			"hello/email.html": []byte("---\nsubject: Hello\nlayout: none\n---\n<p>Hello</p>\n"),
		},
	}
}

// unlessOn is a send that gives way to the customer's own log-on of the day.
const unlessOn = "    channel: push\n    unless: {event: app_opened, since: today}\n"

// opened gives an opening of the app by the app, at an instant on a clock.
func opened(user string, at time.Time) simulate.Act {
	return simulate.Act{At: at.UTC(), Incoming: observe.Incoming{User: user, Event: customer.Event{Name: "app_opened", Via: customer.ViaApp}}}
}

// appears gives the first word of a customer: a zone and addresses.
func appears(user, zone string, at time.Time) simulate.Act {
	email := user + "@example.com"
	return simulate.Act{At: at.UTC(), Incoming: observe.Incoming{
		User: user, Event: customer.Event{Name: customer.Identified, Via: customer.ViaServer},
		Change: observe.Change{Zone: &zone, Email: &email, PushToken: "token-of-" + user},
	}}
}

// lines gives the lines of one kind of a customer.
func lines(p *simulate.Play, who string, kind ledger.Kind) (list []simulate.Line) {
	for _, l := range p.Lines {
		if l.External == who && l.Kind == kind {
			list = append(list, l)
		}
	}
	return list
}

// mondays gives openings of the app on Mondays between 19:00 and 21:00, at
// another minute each week.
func mondays(user string, first time.Time, weeks int) (acts []simulate.Act) {
	minutes := []int{10, 65, 35, 95, 20, 80}
	for week := range weeks {
		day := first.AddDate(0, 0, 7*week)
		acts = append(acts, opened(user, time.Date(day.Year(), day.Month(), day.Day(), 19, minutes[week%len(minutes)], 0, 0, first.Location())))
	}
	return acts
}

// TestMondayEvenings is the pattern of the brief: who only ever uses the app on
// Mondays 19:00-21:00 is contacted by push at about 20:30 on Mondays, on their
// own clock and across its changes, and only if they have not logged on yet.
func TestMondayEvenings(t *testing.T) {
	t.Parallel()
	s := stage(t, habitual(unlessOn, ""))
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Auckland"} {
		for _, season := range []time.Month{time.March, time.October} {
			t.Run(zone+" "+season.String(), func(t *testing.T) {
				t.Parallel()
				clock, err := time.LoadLocation(zone)
				require.NoError(t, err)
				first := time.Date(2026, season, 2, 0, 0, 0, 0, clock)
				for first.Weekday() != time.Monday {
					first = first.AddDate(0, 0, 1)
				}
				script := simulate.Script{From: first.AddDate(0, 0, -1), To: first.AddDate(0, 0, 7*9)}
				for _, user := range []string{"mia", "ben"} { // ben comes by himself on the seventh Monday
					script.Acts = append(script.Acts, appears(user, zone, script.From))
					script.Acts = append(script.Acts, mondays(user, first, 6)...)
				}
				script.Acts = append(script.Acts, appears("new", zone, script.From))
				seventh := first.AddDate(0, 0, 7*6)
				script.Acts = append(script.Acts, opened("ben", time.Date(seventh.Year(), seventh.Month(), seventh.Day(), 19, 20, 0, 0, clock)))
				p := play(t, s, script)

				var sent []string
				for _, l := range lines(p, "mia", ledger.KindSend) {
					at := l.At.In(clock)
					if at.Before(seventh) {
						continue
					}
					minute := at.Hour()*60 + at.Minute()
					require.True(t, at.Weekday() == time.Monday && minute >= 20*60+25 && minute < 20*60+40, "sent %s", at)
					require.Equal(t, customer.Push, l.Channel)
					sent = append(sent, at.Format("2006-01-02"))
				}
				require.Equal(t, []string{seventh.Format("2006-01-02"), seventh.AddDate(0, 0, 7).Format("2006-01-02"), seventh.AddDate(0, 0, 14).Format("2006-01-02")}, sent)
				plans := lines(p, "mia", ledger.KindPlan)
				require.Regexp(t, `^three quarters through the time in which they usually do it themselves \(Mon 19:00-21:00, from [3-6]\.\d engagements by push, 100 % of them then\)$`, plans[len(plans)-1].Note)

				var kept []string
				for _, l := range lines(p, "ben", ledger.KindDrop) {
					if l.At.In(clock).Format(time.DateOnly) == seventh.Format(time.DateOnly) {
						kept = append(kept, string(l.Reason))
					}
				}
				require.Equal(t, []string{string(customer.Unless)}, kept, "who is on by themselves is left alone that day")
				for _, l := range lines(p, "ben", ledger.KindSend) {
					require.NotEqual(t, seventh.Format(time.DateOnly), l.At.In(clock).Format(time.DateOnly))
				}
				news := lines(p, "new", ledger.KindPlan)
				require.NotEmpty(t, news)
				for _, l := range news {
					require.Contains(t, l.Note, "the usual window for push")
				}
			})
		}
	}
}

// TestWhichWordDecides holds the order: said for this channel, said for any,
// learned, window; and that a deadline overrides what was learned, never what
// was said.
func TestWhichWordDecides(t *testing.T) {
	t.Parallel()
	first := time.Date(2026, time.September, 7, 0, 0, 0, 0, time.UTC) // a Monday
	wednesday := first.AddDate(0, 0, 2)
	for name, c := range map[string]struct {
		step, learning string
		hours          map[customer.Channel]string
		weeks          int
		at, note       string
	}{
		"nothing known":        {at: "Mon", note: "the usual window for push, spread evenly over it"},
		"learned":              {weeks: 6, at: "Wed 20", note: "preferred time, learned (Wed 19:00-21:00, "},
		"learning is off":      {weeks: 6, learning: "learning: {hours: no}\n", at: "Mon", note: "the usual window for push, spread evenly over it"},
		"said for any":         {weeks: 6, hours: map[customer.Channel]string{customer.AnyChannel: "Tue 10:00-11:00"}, at: "Tue 10", note: "preferred time, said by the customer for any channel"},
		"said for the channel": {weeks: 6, hours: map[customer.Channel]string{customer.AnyChannel: "Tue 10:00-11:00", customer.Push: "Thu 10:00-11:00"}, at: "Thu 10", note: "preferred time, said by the customer"},
		"a deadline":           {weeks: 6, step: "    within: 1d\n", at: "Mon", note: "the usual window for push, spread evenly over it"},
		"a deadline and a word": {
			weeks: 6, step: "    within: 1d\n", hours: map[customer.Channel]string{customer.Push: "Thu 10:00-11:00"}, at: "", note: "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := c.step
			if step == "" {
				step = "    within: 6d\n"
			}
			s := stage(t, habitual("    channel: push\n"+step, "learning: {explore: 0%}\n"))
			if c.learning != "" {
				s = stage(t, habitual("    channel: push\n"+step, c.learning))
			}
			script := simulate.Script{From: first.Add(-time.Hour), To: first.AddDate(0, 0, 7*7)}
			who := appears("mia", "UTC", script.From)
			who.Change.Preferences = &customer.Preferences{Hours: c.hours}
			script.Acts = append([]simulate.Act{who}, mondays("mia", wednesday, c.weeks)...)
			p := play(t, s, script)
			last := first.AddDate(0, 0, 7*6)
			var plans []string
			for _, l := range lines(p, "mia", ledger.KindPlan) {
				if !l.At.Before(last) && l.At.Before(last.AddDate(0, 0, 6)) {
					plans = append(plans, l.Planned.Format("Mon 15:04")+" "+l.Note)
				}
			}
			if c.at == "" {
				require.Empty(t, plans, "a deadline never overrides what was said")
				return
			}
			require.Len(t, plans, 1)
			require.True(t, strings.HasPrefix(plans[0], c.at), plans[0])
			require.Contains(t, plans[0], c.note)
		})
	}
}

// TestMachinesTeachNothing lets a mail program open and scan each message in the
// second that it comes.
func TestMachinesTeachNothing(t *testing.T) {
	t.Parallel()
	first := time.Date(2026, time.September, 7, 0, 0, 0, 0, time.UTC)
	s := stage(t, habitual("    channel: email\n", ""))
	read := func(machine string) string {
		script := simulate.Script{From: first.Add(-time.Hour), To: first.AddDate(0, 0, 7*7)}
		script.Acts = append(script.Acts, appears("mia", "UTC", script.From))
		for week := range 6 {
			for _, event := range []string{customer.MessageOpened, customer.MessageClicked} {
				script.Acts = append(script.Acts, simulate.Act{
					At: first.AddDate(0, 0, 7*week+4).Add(20*time.Hour + time.Minute), Incoming: observe.Incoming{User: "mia", Event: customer.Event{
						Name: event, Via: customer.ViaServer, Properties: map[string]customer.Value{customer.MachineProperty: customer.Text(machine)},
					}},
				})
			}
		}
		plans := lines(play(t, s, script), "mia", ledger.KindPlan)
		return plans[len(plans)-1].Note
	}
	require.Equal(t, "the usual window for email, spread evenly over it", read("yes"))
	require.Contains(t, read("no"), "preferred time, learned (Fri 20:00-21:00, ")
}

// TestUnansweredChannelsGoBehind holds that four messages in a row without an
// answer put a channel behind one that the customer used of late, with the
// reason.
func TestUnansweredChannelsGoBehind(t *testing.T) {
	t.Parallel()
	first := time.Date(2026, time.September, 7, 0, 0, 0, 0, time.UTC)
	read := func(learning string) (channels []string, note string) {
		s := stage(t, habitual("", learning))
		script := simulate.Script{From: first.Add(-time.Hour), To: first.AddDate(0, 0, 7*5)}
		script.Acts = append(script.Acts, appears("mia", "UTC", script.From), simulate.Act{
			At: first.AddDate(0, 0, 7*3), Incoming: observe.Incoming{User: "mia", Event: customer.Event{
				Name: customer.MessageOpened, Via: customer.ViaUs, Properties: map[string]customer.Value{
					customer.ChannelProperty: customer.Text("email"), customer.MessageProperty: customer.Text("another"), customer.TemplateProp: customer.Text("hello"),
				},
			}},
		})
		p := play(t, s, script)
		for _, l := range lines(p, "mia", ledger.KindSend) {
			channels = append(channels, string(l.Channel))
		}
		plans := lines(p, "mia", ledger.KindPlan)
		return channels, plans[len(plans)-1].Note
	}
	channels, note := read("")
	require.Equal(t, []string{"push", "push", "push", "push", "email"}, channels)
	require.Contains(t, note, "4 messages in a row by push brought no answer")
	channels, _ = read("learning: {channels: no}\n")
	require.Equal(t, []string{"push", "push", "push", "push", "push"}, channels)
}

// TestOneInTwentyExplores draws 10,000 customers of a clear habit, twice.
func TestOneInTwentyExplores(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("plays 10,000 customers")
	}
	first := time.Date(2026, time.September, 7, 0, 0, 0, 0, time.UTC)
	s := stage(t, habitual("    channel: push\n", ""))
	const people = 10_000
	explores := func(i int) bool {
		user := fmt.Sprintf("u-%05d", i)
		script := simulate.Script{From: first.Add(-time.Hour), To: first.AddDate(0, 0, 7*4+1)}
		script.Acts = []simulate.Act{appears(user, "UTC", first.AddDate(0, 0, 7*4).Add(-time.Hour))}
		for week := range 4 {
			script.Acts = append(script.Acts, opened(user, first.AddDate(0, 0, 7*week+1).Add(19*time.Hour)))
		}
		plans := lines(play(t, s, script), user, ledger.KindPlan)
		note := plans[len(plans)-1].Note
		if strings.HasPrefix(note, "the usual window for push, to see whether other hours suit too, ") {
			return true
		}
		require.True(t, strings.HasPrefix(note, "preferred time, learned"), note)
		return false
	}
	exploring := 0
	for i := range people {
		if explores(i) {
			exploring++
			require.True(t, explores(i), "the same each time")
		}
	}
	t.Logf("%d of %d explore", exploring, people)
	require.InDelta(t, 0.05*people, exploring, 0.01*people)
}
