package journey_test

import (
	"cmp"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

var update = flag.Bool("update", false, "write the timelines that the engine gives")

// TestTimelines lives through testdata/*.txt. Each has a rule, perhaps a
// policy, a script, the timeline that comes of it, and perhaps the path: the
// steps gone through with the branches taken. A line of the script is
// a time - the next such weekday and hour on the customer's clock - and a word:
//
//	event NAME [property=value ...] [ago=30h]; task=this is the newest task
//	set NAME=VALUE ...      a trait; or phone, email, push, zone, consent.TOPIC,
//	                        prefers.CHANNEL, prefers.channel; "" forgets
//	suppress sms, free sms
//	provider ANSWER, ...    the next answers: ok, arrived, rejected, bad_address,
//	                        throttled 30s, unavailable 1h, unknown, crash; of
//	                        a webhook also answer {"code":"A1"}
//	asked WORD, ...         what providers say of what became of a message, ten
//	                        minutes after its lease ended; nothing: it is unknown
//	report STEP CHANNEL WORD   a provider tells: taken, arrived, not_arrived
//	hold KIND [NAME], release; lift send|shift|drop KIND [NAME]
//	slot RULE CHANNEL PRIORITY WHEN [gone]   another rule's message
//	slots none              other rules' messages give their places up
//	carry CHANNEL|DIGEST [accepted, rejected, unknown]   a message that items
//	                        ride on goes
//	hint                    look at the facts again
//	migrate [OLD=NEW ...]   move to the section next, another version of the
//	                        rule; there again, back
//	down, up                the engine stops, starts
//	end
func TestTimelines(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			w := live(t, archive)
			got := map[string]string{"timeline": joined(w.lines)}
			if section(archive, "path") != "" {
				got["path"] = joined(w.path)
			}
			for name, text := range got {
				if *update {
					setSection(archive, name, text)
					require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o600))
				}
				require.Equal(t, section(archive, name), text)
			}
		})
	}
}

func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func setSection(a *txtar.Archive, name, text string) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = []byte(text)
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
}

func joined(lines []string) string { return strings.Join(lines, "\n") + "\n" }

// live plays a file's script and gives what it left.
func live(t *testing.T, a *txtar.Archive) *world {
	t.Helper()
	house := section(a, "policy")
	if house == "" {
		house = housePolicy
	}
	w := newWorld(t, section(a, "rule"), house, "2026-11-23 08:00")
	if next := section(a, "next"); next != "" {
		w.learn(next, house)
	}
	for line := range strings.Lines(section(a, "do")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		require.GreaterOrEqual(t, len(f), 3, line)
		w.until(w.next(f[0], f[1]))
		w.word(f[2], f[3:])
	}
	return w
}

// next gives the next instant, not before now, whose wall clock reads a weekday
// and a time of day; "+2" are days from today.
func (w *world) next(day, clock string) time.Time {
	if len(clock) == len("15:04") {
		clock += ":00"
	}
	local := w.now.In(w.zone)
	at, err := time.ParseInLocation("2006-01-02 15:04:05", local.Format("2006-01-02 ")+clock, w.zone)
	require.NoError(w.t, err)
	if days, err := strconv.Atoi(day); err == nil {
		return at.AddDate(0, 0, days).UTC()
	}
	for range 8 {
		if at.Format("Mon") == day && !at.Before(w.now) {
			return at.UTC()
		}
		at = at.AddDate(0, 0, 1)
	}
	require.Fail(w.t, "no such weekday", day)
	return w.now
}

func (w *world) word(word string, rest []string) {
	switch word {
	case "event":
		properties := values(w.t, rest[1:])
		ago, err := time.ParseDuration(cmp.Or(properties["ago"].String(), "0s"))
		require.NoError(w.t, err)
		delete(properties, "ago")
		w.happenAt(w.now.Add(-ago), rest[0], properties)
	case "set":
		for name, v := range values(w.t, rest) {
			w.set(name, v.String())
		}
		w.locate()
		w.happen(customer.Identified, nil)
	case "suppress", "free":
		w.closed[customer.Channel(rest[0])] = word == "suppress"
		w.hint()
	case "provider":
		for answer := range strings.SplitSeq(strings.Join(rest, " "), ", ") {
			w.answers = append(w.answers, strings.TrimPrefix(strings.TrimSpace(answer), "ok"))
		}
	case "asked":
		w.asked = strings.Split(strings.Join(rest, ""), ",")
	case "report":
		w.report(rest[0], customer.Channel(rest[1]), ledger.Word(rest[2]))
	case "hold":
		w.holds = append(w.holds, ledger.Hold{Kind: ledger.HoldKind(rest[0]), Name: strings.Join(rest[1:], ""), At: w.now})
	case "lift":
		w.lift(ledger.Resumption(rest[0]), rest[1:])
		w.hint()
	case "release":
		w.holds = nil
		w.hint()
	case "slot":
		w.slot(rest)
	case "slots":
		w.others = nil
		w.hint()
	case "carry":
		w.carry(rest[0], ledger.PartStatus(cmp.Or(strings.Join(rest[1:], ""), "accepted")))
	case "hint":
		w.hint()
	case "migrate":
		w.migrate(rest)
	case "down", "up":
		w.down = word == "down"
		w.until(w.now)
	case "end":
	default:
		require.Fail(w.t, "unknown word", word)
	}
}

// lift lifts the hold in force of that kind and name; what goes at once is
// spread over an hour.
func (w *world) lift(then ledger.Resumption, rest []string) {
	for i := range w.holds {
		if h := &w.holds[i]; h.InForce() && h.Kind == ledger.HoldKind(rest[0]) && h.Name == strings.Join(rest[1:], "") {
			h.Lifted, h.Then, h.Over = w.now, then, time.Hour
		}
	}
}

func (w *world) hint() {
	if w.open() && !w.down {
		w.step()
	}
}

// values reads name=value; a _ stands for a space.
func values(t require.TestingT, list []string) map[string]customer.Value {
	got := map[string]customer.Value{}
	for _, item := range list {
		name, text, ok := strings.Cut(item, "=")
		require.True(t, ok, item)
		text = strings.ReplaceAll(text, "_", " ")
		got[name] = customer.Text(text)
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			got[name] = customer.Number(n)
		}
	}
	return got
}

func (w *world) set(name, text string) {
	p := w.subject.Profile
	kind, of, _ := strings.Cut(name, ".")
	switch {
	case name == "phone":
		p.Phone = text
	case name == "email":
		p.Email = text
	case name == "push":
		p.PushTokens = []string{text}
	case name == "zone":
		p.Zone = text
	case name == "country":
		p.Country = text
	case kind == "consent":
		if p.Consents == nil {
			p.Consents = map[customer.Topic]customer.Consent{}
		}
		p.Consents[customer.Topic(of)] = customer.Consent{Given: text == "yes", At: w.now}
	case name == "prefers.channel":
		p.Preferences.Channels = nil
		for c := range strings.SplitSeq(text, ",") {
			p.Preferences.Channels = append(p.Preferences.Channels, customer.Channel(c))
		}
	case kind == "prefers":
		if p.Preferences.Hours == nil {
			p.Preferences.Hours = map[customer.Channel]string{}
		}
		p.Preferences.Hours[customer.Channel(of)] = text
		if text == "" {
			delete(p.Preferences.Hours, customer.Channel(of))
		}
	default:
		p.Traits[name] = customer.Text(text)
	}
}

// slot adds another rule's message: RULE CHANNEL PRIORITY DAY CLOCK [gone].
func (w *world) slot(f []string) {
	require.GreaterOrEqual(w.t, len(f), 5)
	priority, err := strconv.Atoi(f[2])
	require.NoError(w.t, err)
	p := ledger.Part{
		Ref: ledger.Ref{Rule: f[0], Customer: "c1", N: len(w.others) + 1}, Step: "s", Channel: customer.Channel(f[1]), Priority: priority,
		Planned: w.next(f[3], f[4]), Status: ledger.Planned,
	}
	if len(f) > 5 {
		p.Status, p.Sent = ledger.Accepted, p.Planned
	}
	w.others = append(w.others, p)
}
