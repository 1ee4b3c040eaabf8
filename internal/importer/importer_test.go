package importer_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/observe"
)

func monday() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// recorder takes each message id once and keeps everything in order.
type recorder struct {
	taken   []observe.Incoming
	kept    []observe.Rejection
	seen    map[string]bool
	zones   map[string]string
	largest int
	after   int // rows after which Take fails; 0: never
}

func newRecorder() *recorder { return &recorder{seen: map[string]bool{}, zones: map[string]string{}} }

func (r *recorder) Take(_ context.Context, batch []observe.Incoming) ([]observe.Outcome, error) {
	if r.after > 0 && len(r.taken) >= r.after {
		return nil, errors.New("store: is closed")
	}
	r.largest = max(r.largest, len(batch))
	outcomes := make([]observe.Outcome, len(batch))
	for i, in := range batch {
		switch {
		case r.seen[in.Event.MessageID]:
			outcomes[i].Status = observe.Duplicate
			continue
		case in.User == "late":
			outcomes[i].Status = observe.TooLate
		case in.User == "refused":
			outcomes[i] = observe.Outcome{Status: observe.Refused, Reason: "is older than 30 days"}
		case in.User == "abroad":
			outcomes[i] = observe.Outcome{Status: observe.Taken, Refusals: []observe.Refusal{{Field: "phone", Reason: "is not there"}}}
		case in.User == "":
			outcomes[i] = observe.Outcome{Status: observe.Refused, Reason: "names no customer"}
		default:
			outcomes[i].Status = observe.Taken
		}
		r.seen[in.Event.MessageID] = true
		r.taken = append(r.taken, in)
	}
	return outcomes, nil
}

func (r *recorder) Reject(_ context.Context, rejections []observe.Rejection) error {
	r.kept = append(r.kept, rejections...)
	return nil
}

func (r *recorder) ZoneOf(_ context.Context, externalID string) (string, error) {
	return r.zones[externalID], nil
}

// importing writes a file and its map to disk.
func importing(t testing.TB, r *recorder, kind importer.Kind, rules, name, text string) importer.Options {
	t.Helper()
	dir := t.TempDir()
	path, rulesPath := filepath.Join(dir, name), filepath.Join(dir, "map.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.WriteFile(rulesPath, []byte(rules), 0o600))
	return importer.Options{Taker: r, Keeper: r, Zones: r, Kind: kind, Path: path, Map: rulesPath, Now: monday()}
}

func pointer(s string) *string { return &s }

const customersMap = `id: user_id
zone: {from: state, first: " ", lookup: {GA: America/New_York, WA: America/Los_Angeles}}
email: {text: "user{user_id}@example.com"}
phone: phone
country: {text: US}
consent: [service, offers]
prefers: {sms: hours}
traits:
  plan: plan_name
  plan_mb: {from: plan_name, lookup: {surf: 15360}, else: 0}
  left_at: {from: churn_date, none: [0000-00-00, never]}
`

func TestCustomers(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	report, err := importer.Run(t.Context(), importing(t, r, importer.Customers, customersMap, "users.csv",
		"\xef\xbb\xbfuser_id;state;plan_name;churn_date;phone;hours\r\n"+
			"1000;GA AL;surf;0000-00-00;212 555 0123;Mon-Fri 18:00-21:00\r\n"+
			"1001;XX;\"ultimate; plus\";2018-10-03;;\r\n"))
	require.NoError(t, err)
	require.Equal(t, importer.Report{Rows: 2, Taken: 2, Fields: 1,
		Trouble: []importer.Trouble{{Line: 3, Reason: "zone: is not in the map's lookup, add it there or give else"}}}, report)
	require.Equal(t, observe.Change{
		Zone: pointer("America/New_York"), Email: pointer("user1000@example.com"), Phone: pointer("+12125550123"), Country: pointer("US"),
		Consents:    map[customer.Topic]bool{"service": true, "offers": true},
		Preferences: &customer.Preferences{Hours: map[customer.Channel]string{customer.SMS: "Mon-Fri 18:00-21:00"}},
		Traits:      map[string]customer.Value{"plan": customer.Text("surf"), "plan_mb": customer.Text("15360")},
	}, r.taken[0].Change)
	require.Equal(t, observe.Change{
		Email: pointer("user1001@example.com"), Country: pointer("US"),
		Consents: map[customer.Topic]bool{"service": true, "offers": true},
		Traits: map[string]customer.Value{"plan": customer.Text("ultimate; plus"), "plan_mb": customer.Text("0"),
			"left_at": customer.Text("2018-10-03")},
	}, r.taken[1].Change)
	require.Equal(t, "1000", r.taken[0].User)
	require.Equal(t, customer.Identified, r.taken[0].Event.Name)
	require.Equal(t, monday(), r.taken[0].Event.At)
	require.Equal(t, []observe.Rejection{{At: monday(), Source: "import",
		Reason: "users.csv: line 3: zone: is not in the map's lookup, add it there or give else",
		Body:   []byte("1001;XX;\"ultimate; plus\";2018-10-03;;\r\n")}}, r.kept)
}

func TestACustomersFileWrittenAgainHoldsAgain(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	o := importing(t, r, importer.Customers, "id: id\ntraits: {plan: plan}\n", "c.csv", "id,plan\n1,a\n")
	for i, want := range []importer.Report{{Rows: 1, Taken: 1}, {Rows: 1, Duplicates: 1}, {Rows: 1, Taken: 1}} {
		if i == 2 {
			require.NoError(t, os.Chtimes(o.Path, monday(), monday()))
		}
		report, err := importer.Run(t.Context(), o)
		require.NoError(t, err)
		require.Equal(t, want, report)
	}
}

const eventsMap = `id: user
event: {from: what}
message_id: id
at: {from: day, format: DD.MM.YYYY hh:mm, zone: customer}
properties: {mb: used}
skip: {used: ["0", none]}
`

func TestEventsComeByTheirTime(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	r.zones = map[string]string{"a": "Asia/Tokyo", "b": "America/New_York"}
	report, err := importer.Run(t.Context(), importing(t, r, importer.Events, eventsMap, "e.csv", `id,user,what,day,used
m1,b,Data Session,03.05.2026 10:00,12.5
m2,a,data_session,03.05.2026 10:00,7
m3,a,data_session,02.05.2026 10:00,0
m4,b,data_session,01.05.2026 9:30,
`))
	require.NoError(t, err)
	require.Equal(t, importer.Report{Rows: 4, Taken: 3, Skipped: 1,
		Oldest: time.Date(2026, 5, 1, 13, 30, 0, 0, time.UTC), Newest: time.Date(2026, 5, 3, 14, 0, 0, 0, time.UTC)}, report)
	event := func(user, id string, at time.Time, properties map[string]customer.Value) observe.Incoming {
		return observe.Incoming{User: user, Event: customer.Event{MessageID: id, Name: "data_session", At: at,
			ReceivedAt: monday(), Via: customer.ViaServer, Properties: properties}}
	}
	require.Equal(t, []observe.Incoming{
		event("b", "m4", time.Date(2026, 5, 1, 13, 30, 0, 0, time.UTC), map[string]customer.Value{}),
		event("a", "m2", time.Date(2026, 5, 3, 1, 0, 0, 0, time.UTC), map[string]customer.Value{"mb": customer.Text("7")}),
		event("b", "m1", time.Date(2026, 5, 3, 14, 0, 0, 0, time.UTC), map[string]customer.Value{"mb": customer.Text("12.5")}),
	}, r.taken)
}

func TestShiftToNow(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	o := importing(t, r, importer.Events, "id: u\nevent: a\nat: t\n", "e.csv",
		"u,t\n1,2018-12-31T10:00:00Z\n1,2018-12-30T10:00:00Z\n")
	o.ShiftToNow = true
	report, err := importer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, monday().Sub(time.Date(2018, 12, 31, 10, 0, 0, 0, time.UTC)), report.Shift)
	require.Equal(t, monday().Add(-24*time.Hour), r.taken[0].Event.At)
	require.Equal(t, monday(), r.taken[1].Event.At)
}

func TestBadRowsAreRefusedAlone(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	report, err := importer.Run(t.Context(), importing(t, r, importer.Events, "id: u\nevent: a\nat: t\nproperties: {x: x}\n", "e.csv",
		"u,t,x\n"+
			"1,2026-05-01T00:00:00Z,\"two\nlines\"\n"+ // 2 and 3
			"1,2026-05-02T00:00:00Z\n"+ // 4
			"1,yesterday,x\n"+ // 5
			"1,2026-05-03T00:00:00Z,5\" disk\n"+ // 6
			"1,2026-05-04,x\n"+ // 7
			"\n"+ // 8
			",2026-05-05T00:00:00Z,x\n"+ // 9
			"1,2026-05-06T00:00:00Z,"+strings.Repeat("x", 40_000)+"\n"+ // 10
			"1,2027-05-06T00:00:00Z,x\n"+ // 11
			"1,2026-05-07T00:00:00Z,a\"b\"\n"+ // 12
			"late,2026-05-08T00:00:00Z,x\n"+ // 13
			"refused,2026-05-08T00:00:00Z,x\n"+ // 14
			"1,2026-05-09T00:00:00Z,last")) // 15
	require.NoError(t, err)
	require.Equal(t, importer.Report{Rows: 12, Taken: 2, TooLate: 1, Refused: 9,
		Oldest: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), Newest: time.Date(2026, 5, 9, 0, 0, 0, 0, time.UTC),
		Trouble: []importer.Trouble{
			{Line: 4, Reason: "has 2 columns where the header has 3, put fields that hold the delimiter in quotes"},
			{Line: 5, Reason: "at: is not a time, write it as in RFC 3339 or give its format in the map"},
			{Line: 6, Reason: `opens a quote and does not close it, write a quote inside a field twice: ""`},
			{Line: 7, Reason: "at: has no offset from UTC, give zone in the map"},
			{Line: 9, Reason: "names no customer"},
			{Line: 10, Reason: "is longer than 32 kB, shorten it"},
			{Line: 11, Reason: "at: is before 1970 or more than 24 hours ahead, check its format"},
			{Line: 12, Reason: `has a quote inside a field, put the field in quotes and write the quote twice: ""`},
			{Line: 14, Reason: "is older than 30 days"},
		}}, report)
	require.Len(t, r.kept, report.Refused)
	require.Equal(t, "two\nlines", r.taken[0].Event.Properties["x"].String())
	require.Equal(t, "last", r.taken[len(r.taken)-1].Event.Properties["x"].String())
}

// TestAFieldThatTheProfileRefuses: a number without its country is read with
// what is known of the customer.
func TestAFieldThatTheProfileRefuses(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	report, err := importer.Run(t.Context(), importing(t, r, importer.Customers, "id: u\nphone: p\n", "c.csv", "u,p\nabroad,0151 12345678\n1,+12125550123\n"))
	require.NoError(t, err)
	require.Equal(t, 2, report.Taken)
	require.Equal(t, 1, report.Fields)
	require.Equal(t, []importer.Trouble{{Line: 2, Reason: "phone: is not there"}}, report.Trouble)
	require.Len(t, r.kept, 1)
	require.Equal(t, pointer("0151 12345678"), r.taken[0].Change.Dialled)
}

func TestNDJSON(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	report, err := importer.Run(t.Context(), importing(t, r, importer.Events,
		"id: userId\nevent: data_session\nat: ts\nproperties: {mb: mb, cell: cell, more: more}\n", "e.ndjson",
		`{"userId": 12345678901234567890, "ts": 1777593600, "mb": 1.5, "cell": "c"}`+"\n"+
			`{"userId": "b", "ts": "2026-04-30T00:00:00Z", "mb": null, "more": ["x"]}`+"\n"+
			`["userId"]`+"\n"+`{"userId": `+"\n"))
	require.NoError(t, err)
	require.Equal(t, []importer.Trouble{
		{Line: 3, Reason: `is not a JSON object on one line, write {"column": "value"}`},
		{Line: 4, Reason: `is not a JSON object on one line, write {"column": "value"}`},
	}, report.Trouble)
	require.Equal(t, "b", r.taken[0].User)
	require.Equal(t, map[string]customer.Value{"more": customer.Text(`["x"]`)}, r.taken[0].Event.Properties)
	require.Equal(t, "12345678901234567890", r.taken[1].User)
	require.Equal(t, map[string]customer.Value{"mb": customer.Number(1.5), "cell": customer.Text("c")}, r.taken[1].Event.Properties)
}

// shuffled gives a file of n events with a header, in an order of its own.
func shuffled(n int, order *rand.Rand) string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("%d,%s,%d", i%7, monday().Add(-time.Duration(i/5)*time.Minute).Format(time.RFC3339), i)
	}
	order.Shuffle(n, func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return "u,t,n\n" + strings.Join(lines, "\n") + "\n"
}

func TestTheOrderOfTheFileDoesNotMatter(t *testing.T) {
	t.Parallel()
	var first []observe.Incoming
	for seed := range uint64(3) {
		r := newRecorder()
		report, err := importer.Run(t.Context(), importing(t, r, importer.Events,
			"id: u\nevent: a\nat: t\nmessage_id: n\nproperties: {n: n}\n", "e.csv", shuffled(2345, random(seed))))
		require.NoError(t, err)
		require.Equal(t, 2345, report.Taken)
		require.Equal(t, 500, r.largest)
		if seed == 0 {
			first = r.taken
		}
		require.Equal(t, first, r.taken)
	}
}

func TestAStoppedImportGoesOn(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	r.after = 1000
	o := importing(t, r, importer.Events, "id: u\nevent: a\nat: t\n", "e.csv", shuffled(2345, random(1)))
	var steps []int64
	o.Progress = func(done, total int64) {
		require.LessOrEqual(t, done, total)
		steps = append(steps, done)
	}
	report, err := importer.Run(t.Context(), o)
	require.EqualError(t, err, "import events: take 500 rows: store: is closed")
	require.Equal(t, 1000, report.Taken)
	r.after = 0
	report, err = importer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, 1345, report.Taken)
	require.Equal(t, 1000, report.Duplicates)
	require.IsIncreasing(t, steps[len(steps)-5:])

	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(int64, int64) { cancel() }
	_, err = importer.Run(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"empty":      {"", "is empty"},
		"blank":      {"\n\n", "is empty"},
		"twice":      {"u,t,u\n1,2,3\n", `header: column "u" stands twice, rename one of them`},
		"open quote": {"\"u,t\n1,2\n", `header opens a quote and does not close it`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder()
			_, err := importer.Run(t.Context(), importing(t, r, importer.Events, "id: u\nevent: a\nat: t\n", "e.csv", c.text))
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "e.csv")
		})
	}
	r := newRecorder()
	o := importing(t, r, importer.Events, "id: u\n", "e.csv", "u\n")
	o.Path = t.TempDir()
	_, err := importer.Run(t.Context(), o)
	require.ErrorContains(t, err, "is not a regular file")
	o.Path = filepath.Join(o.Path, "none")
	_, err = importer.Run(t.Context(), o)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }
