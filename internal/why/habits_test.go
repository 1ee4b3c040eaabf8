package why_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/insight"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/why"
)

// liked gives the files of a rule that goes out on Mondays in the hours that
// the customer likes; step is what its send says besides.
func liked(step, policy string) bundle.Files {
	f := files(map[string]string{"rule": "when: {schedule: Mon 00:00}\nagain: always\nsteps: [{send: hello" + step + "}]"})
	f.Templates["hello/push.txt"] = []byte("---\ntitle: Hello\n---\nHello")
	f.Templates["hello/email.html"] = []byte("---\nsubject: Hello\nlayout: none\n---\n<p>Hello</p>\n")
	delete(f.Templates, "hello/sms.txt")
	f.Rules["policy.yaml"] = []byte(policyText + "channels: [push, email]\nlearning: {explore: 0%" + policy + "}\n")
	return f
}

// wednesdays gives openings of the app on six Wednesday evenings in Berlin.
func wednesdays(who string) string {
	var b strings.Builder
	for week := range 6 {
		at := time.Date(2026, time.September, 9+7*week, 17, 10+8*week, 0, 0, time.UTC)
		fmt.Fprintf(&b, "%s %s came via=app\n", at.Format("2006-01-02T15:04"), who)
	}
	return b.String()
}

const (
	inBerlin = "2026-09-06T00:00 %s identified zone=Europe/Berlin push=token %s\n"
	tuesday  = "2026-10-20T12:00 until"
)

// sorted puts the lines of scripts in the order of their instants.
func sorted(scripts ...string) string {
	lines := strings.Split(strings.TrimSpace(strings.Join(scripts, "")), "\n")
	for i := range lines {
		for j := i; j > 0 && lines[j][:16] < lines[j-1][:16]; j-- {
			lines[j], lines[j-1] = lines[j-1], lines[j]
		}
	}
	return strings.Join(lines, "\n")
}

// TestWhatWasLearned tells of people of whom much, little and nothing is known,
// of one who said their hours for all channels, and of one who leaves the app's
// messages unread and opened a mail.
func TestWhatWasLearned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, liked("", ""), sorted(
		fmt.Sprintf(inBerlin, "mia", ""), wednesdays("mia"), fmt.Sprintf(inBerlin, "new", ""),
		fmt.Sprintf(inBerlin, "said", "any_hours=Thu_10:00-11:00"), wednesdays("said"),
		fmt.Sprintf(inBerlin, "mail", "email=a@example.com"), "2026-10-17T08:00 mail message_opened via=us channel=email message=m template=hello\n", tuesday))
	w.golden("learned", w.everybody("mia", "new", "said", "mail")...)
}

// TestWhenTheyUsuallyComeByThemselves tells of a message that gives way to the
// customer's own act.
func TestWhenTheyUsuallyComeByThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, liked(", channel: push, within: 6d, unless: {event: came, since: today}", ""), sorted(fmt.Sprintf(inBerlin, "mia", ""), wednesdays("mia"), tuesday))
	e := why.Explain(w.facts(w.bundle, "mia", ""))
	require.Regexp(t, `Wed 21 Oct 19:4\d: match 7: hello by push, three quarters through the time in which they usually do it themselves \(Wed 19:00-20:00, from \d\.\d engagements by push, 100 % of them then\)`, e.Text())
	require.Equal(t, []string{"any", "push"}, []string{string(e.Habits[0].Channel), string(e.Habits[1].Channel)})
	require.Equal(t, "Wed 19:00-20:00", e.Habits[1].Usual)
	require.Equal(t, 1.0, e.Habits[1].Inside)
}

// TestWhatThePolicyDoesNotGoBy tells what was learned though nothing goes by it.
func TestWhatThePolicyDoesNotGoBy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, liked(", channel: push, within: 6d", ", hours: no"), sorted(fmt.Sprintf(inBerlin, "mia", ""), wednesdays("mia"), tuesday))
	text := why.Explain(w.facts(w.bundle, "mia", "")).Text()
	require.Contains(t, text, "; the policy does not go by it\n")
	require.Contains(t, text, "the usual window for push")
}

// TestWhatIsKnownOfOthersSpeaks explains with what is known of everybody.
func TestWhatIsKnownOfOthersSpeaks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, liked(", channel: push", ""), sorted(fmt.Sprintf(inBerlin, "mia", ""), wednesdays("mia"), tuesday))
	var s insight.Sample
	for range 30 {
		s.Customer(w.facts(w.bundle, "mia", "").Subject.State.Habits)
	}
	known := s.Learn(w.now)
	desk := dossier.Desk{Library: library.Fixed(w.bundle).Knowing(known), Zones: w.zones}
	require.NoError(t, w.play.Store.Read(t.Context(), func(tx ledger.Tx) error {
		d, _, err := desk.Open(tx, "c-mia")
		require.NoError(t, err)
		f, err := d.Account("", w.now)
		require.Equal(t, known.Others(customer.Push), f.Others(customer.Push))
		require.True(t, why.Explain(f).Habits[0].Suffices)
		return err
	}))
}
