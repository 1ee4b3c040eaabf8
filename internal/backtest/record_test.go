package backtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
)

func drawValue(t *rapid.T) customer.Value {
	if rapid.Bool().Draw(t, "number") {
		return customer.Number(rapid.Float64Range(-1e9, 1e9).Draw(t, "n"))
	}
	return customer.Text(rapid.SampledFrom([]string{"", "7", "1e3", "a \"b\"", "größe\n", "[1]"}).Draw(t, "text"))
}

func drawRecord(t *rapid.T) record {
	text := rapid.StringN(0, 8, -1)
	r := record{number: rapid.Uint64().Draw(t, "number")}
	r.ID, r.User, r.Anonymous, r.Previous = customer.ID(text.Draw(t, "id")), text.Draw(t, "user"), text.Draw(t, "device"), text.Draw(t, "previous")
	r.Undated = rapid.Bool().Draw(t, "undated")
	r.Event = customer.Event{
		MessageID: text.Draw(t, "message"), Name: text.Draw(t, "name"), Via: customer.ViaServer,
		At: time.UnixMicro(rapid.Int64Range(-1e15, 1e17).Draw(t, "at")).UTC(),
	}
	for range rapid.IntRange(0, 3).Draw(t, "properties") {
		if r.Event.Properties == nil {
			r.Event.Properties = map[string]customer.Value{}
		}
		r.Event.Properties[text.Draw(t, "property")] = drawValue(t)
	}
	if rapid.Bool().Draw(t, "change") {
		zone := "Europe/Berlin"
		r.Change = observe.Change{
			Zone: &zone, Traits: map[string]customer.Value{"plan": drawValue(t)}, Consents: map[customer.Topic]bool{"tips": true},
			Preferences: &customer.Preferences{Channels: []customer.Channel{customer.SMS}},
		}
	}
	return r
}

// TestRecordsComeBackAsTheyWere, also when they lie among others in pieces.
func TestRecordsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawRecord(t)
		b, err := want.append(nil)
		require.NoError(t, err)
		var d decoder
		got, err := d.read(b)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func FuzzRecord(f *testing.F) {
	b, err := (&record{Fact: Fact{Incoming: observe.Incoming{User: "u", Event: customer.Event{Properties: map[string]customer.Value{"a": customer.Number(1)}}}}}).append(nil)
	require.NoError(f, err)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var d decoder
		_, _ = d.read(b) // it must not panic, nor take more memory than the bytes call for
	})
}

func TestGroupsJoin(t *testing.T) {
	t.Parallel()
	g := groups{nodes: map[uint64]uint32{}}
	anna, bo := g.join(idsOf(Fact{Incoming: observe.Incoming{User: "anna"}})...), g.join(idsOf(Fact{Incoming: observe.Incoming{User: "bo"}})...)
	phone := g.join(idsOf(Fact{Incoming: observe.Incoming{Anonymous: "anna"}})...)
	require.Len(t, []uint32{anna, bo, phone}, len(slices.Compact(slices.Sorted(slices.Values([]uint32{g.find(anna), g.find(bo), g.find(phone)})))))
	g.join(idsOf(Fact{Incoming: observe.Incoming{User: "bo", Anonymous: "anna"}})...)
	require.Equal(t, g.find(bo), g.find(phone))
	require.NotEqual(t, g.find(bo), g.find(anna))
	g.join(idsOf(Fact{Incoming: observe.Incoming{User: "anna", Previous: "bo"}})...)
	require.Equal(t, g.find(anna), g.find(phone))
	require.Empty(t, idsOf(Fact{}))
}

func TestSeen(t *testing.T) {
	t.Parallel()
	var s seen
	for round := range 2 {
		for i := range 10_000 {
			require.Equal(t, round == 0, s.add(fmt.Sprint("message-", i)))
		}
	}
}

func TestExtentsKeepPartsApart(t *testing.T) {
	t.Parallel()
	e, err := newExtents(filepath.Join(t.TempDir(), "parts"), 3)
	require.NoError(t, err)
	want := make([][]byte, 3)
	for i := range 5_000 {
		text := fmt.Appendf(nil, "record %d of a part, ", i)
		want[i%2] = append(want[i%2], text...)
		require.NoError(t, e.add(i%2, text))
	}
	require.NoError(t, e.flush())
	for part := range want {
		got, err := e.read(part)
		require.NoError(t, err)
		require.Equal(t, string(want[part]), string(got))
	}
	require.NoError(t, e.close())
	require.NoError(t, e.close())
}

// TestRunsMerge: lists that were written in any order come out as one.
func TestRunsMerge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "runs")
		require.NoError(t, err)
		defer os.RemoveAll(dir)
		r, err := newRuns(dir)
		require.NoError(t, err)
		defer r.close()
		var all []entry
		for range rapid.IntRange(0, 5).Draw(t, "lists") {
			var list []entry
			for range rapid.IntRange(0, 8).Draw(t, "entries") {
				e := entry{
					at: rapid.Int64Range(-3, 3).Draw(t, "at"), customer: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "who"),
					rule: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "rule"), n: rapid.IntRange(1, 3).Draw(t, "n"), sequence: rapid.IntRange(0, 300).Draw(t, "sequence"),
				}
				e.text = fmt.Appendf(nil, "%d %s %s %d %d\n", e.at, e.customer, e.rule, e.n, e.sequence)
				list = append(list, e)
			}
			all = append(all, list...)
			require.NoError(t, r.add(list))
		}
		slices.SortFunc(all, entry.compare)
		var want, got []byte
		for _, e := range all {
			want = append(want, e.text...)
		}
		out := writer(func(b []byte) { got = append(got, b...) })
		require.NoError(t, r.merge(out))
		require.Equal(t, string(want), string(got))
	})
}

type writer func(b []byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}
