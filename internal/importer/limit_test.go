package importer_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
)

// nearLimit is the rule that the data's own README has the answer for.
const nearLimit = `description: Warn customers before they run out of data.
owner: growth@example.com
topic: service
fresh: any
when:
  usage:
    sum: data_session.mb
    per: month
    limit: plan_mb
    reaches: 80%
steps:
  - send: usage-warning
`

const phoneData = `traits: {plan_mb: number, plan: text, first_name: text, city: text, billing_day: number, customer_since: date, left_at: date}
events: {data_session: {by: us, mb: number}}
`

// intake is a way into a store of its own, as an engine has it.
type intake struct {
	*observe.Observer
	desk  dossier.Desk
	lived bool
}

// Take implements importer.Taker.
func (i *intake) Take(ctx context.Context, batch []observe.Incoming) ([]observe.Outcome, error) {
	if now := batch[len(batch)-1].Event.At; i.lived {
		i.Now = func() time.Time { return now }
	}
	return i.Observer.Take(ctx, batch)
}

// newIntake puts rules in force in a new store; they are warm at once, since
// nobody has a history.
func newIntake(t testing.TB, rules map[string]string) *intake {
	t.Helper()
	store := sqlitetest.Open(t, sqlite.Options{})
	files := bundle.Files{
		Rules:     map[string][]byte{"data.yaml": []byte(phoneData)},
		Templates: map[string][]byte{"usage-warning/email.html": []byte("---\nsubject: Data\nlayout: none\n---\n<p>Nearly used up</p>\n")},
	}
	for name, text := range rules {
		files.Rules[name+".yaml"] = []byte(text)
	}
	desk := dossier.Desk{Library: library.New(store), Zones: sendtime.NewZones()}
	_, err := desk.Library.Load(t.Context(), files, monday())
	require.NoError(t, err)
	require.NoError(t, store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		list, err := tx.Active()
		if err != nil {
			return err
		}
		for _, a := range list {
			a.Warm = true
			if err := tx.Activate(a); err != nil {
				return err
			}
		}
		return library.Bump(tx)
	}))
	_, err = desk.Library.Follow(t.Context())
	require.NoError(t, err)
	return &intake{desk: desk, Observer: &observe.Observer{Store: store, Desk: desk, Now: monday}}
}

// ZoneOf implements importer.ZoneLookup.
func (i *intake) ZoneOf(ctx context.Context, external string) (zone string, err error) {
	err = i.Store.Read(ctx, func(tx ledger.Tx) error {
		id, ok, err := tx.Resolve(external)
		if err != nil || !ok {
			return err
		}
		d, _, err := i.desk.Open(tx, id)
		zone = d.Zone.String()
		return err
	})
	return zone, err
}

func (i *intake) load(t testing.TB, kind importer.Kind, rules, path string) importer.Report {
	t.Helper()
	report, err := importer.Run(t.Context(), importer.Options{
		Taker: i, Keeper: i, Zones: i, Kind: kind, Now: monday(), Path: path, Map: filepath.Join("testdata", rules),
	})
	require.NoError(t, err)
	return report
}

// shuffledCopy writes a file's rows in another order.
func shuffledCopy(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	rows := bytes.SplitAfter(bytes.TrimRight(text, "\n"), []byte("\n"))
	last := len(rows) - 1
	rows[last] = append(bytes.Clone(rows[last]), '\n')
	random(7).Shuffle(last, func(i, j int) { rows[i+1], rows[j+1] = rows[j+1], rows[i+1] })
	shuffled := filepath.Join(t.TempDir(), filepath.Base(path))
	require.NoError(t, os.WriteFile(shuffled, bytes.Join(rows, nil), 0o600))
	return shuffled
}

// TestMegalineNearTheLimit counts the matches of a rule in the store: one for
// each of the 1,271 customer-months, of 329 customers, that reach 80 % of the
// plan, whatever the order of the file.
func TestMegalineNearTheLimit(t *testing.T) {
	t.Parallel()
	data := os.Getenv("OUTREACH_DATA")
	if data == "" {
		t.Skip("OUTREACH_DATA names no folder with megaline/*.csv")
	}
	internet := filepath.Join(data, "megaline", "megaline_internet.csv")
	for name, c := range map[string]struct {
		path  func() string
		lived bool // the clock is that of the events, so that outreaches are open meanwhile
	}{
		"as it is":       {path: func() string { return internet }},
		"shuffled":       {path: func() string { return shuffledCopy(t, internet) }},
		"as it happened": {path: func() string { return internet }, lived: true},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIntake(t, map[string]string{"near-limit": nearLimit})
			i.lived = c.lived
			require.Equal(t, 500, i.load(t, importer.Customers, "megaline-customers.yaml", filepath.Join(data, "megaline", "megaline_users.csv")).Taken)
			started := time.Now()
			report := i.load(t, importer.Events, "megaline-internet.yaml", c.path())
			t.Logf("%d rows in %s", report.Rows, time.Since(started))
			require.Equal(t, 104_825, report.Taken)
			matches, customers := i.matches(t)
			require.Equal(t, []int{1271, 329}, []int{matches, customers})
		})
	}
}

// matches counts the store's outreaches, of any fate, and whose they are.
func (i *intake) matches(t testing.TB) (matches, customers int) {
	t.Helper()
	require.NoError(t, i.Store.Read(t.Context(), func(tx ledger.Tx) error {
		records, err := tx.CustomersAfter("", 0)
		if err != nil {
			return err
		}
		for _, r := range records {
			list, err := tx.OutreachesOf(r.Profile.ID, 0)
			if err != nil {
				return err
			}
			matches += len(list)
			customers += min(len(list), 1)
		}
		return nil
	}))
	return matches, customers
}
