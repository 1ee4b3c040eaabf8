package transfer_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store"
	"github.com/outreach-engine/outreach/internal/store/storetest"
	"github.com/outreach-engine/outreach/internal/store/transfer"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// inFile and onServer give empty places.
func inFile(t *testing.T) store.Place {
	t.Helper()
	return store.Place(filepath.Join(t.TempDir(), "outreach #1?.db"))
}

func onServer(t *testing.T) store.Place {
	t.Helper()
	return store.Place(pgtest.Database(t))
}

// open opens a place that is closed with the test, unless the test closes it.
func open(t *testing.T, p store.Place) ledger.Store {
	t.Helper()
	s, err := p.Open(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// fill makes a place's tables and writes into them.
func fill(t *testing.T, p store.Place, scripts ...[]storetest.Step) {
	t.Helper()
	s := open(t, p)
	for _, steps := range scripts {
		require.NoError(t, storetest.Play(s, steps, nil))
	}
	require.NoError(t, s.Close())
}

func answers(t *testing.T, p store.Place) map[string]any {
	t.Helper()
	s := open(t, p)
	said := storetest.Answers(t, s)
	require.NoError(t, s.Close())
	return said
}

func copyTo(t *testing.T, from, to store.Place) []transfer.Count {
	t.Helper()
	counts, err := transfer.Copy(t.Context(), from, to, transfer.Options{Now: noon})
	require.NoError(t, err)
	return counts
}

// odd are rows whose values a careless copy would spoil: instants of all times,
// texts and bytes that a database does not take as they are, and what was moved,
// counted and heard of.
func odd() []storetest.Step {
	const text = "O'Brien \"%_\\ \x00 \n \uf8ff0 Zoë 你好 🎈 \t\\N"
	step := func(do func(ledger.Tx) error) storetest.Step { return storetest.Step{Name: "odd", Do: do} }
	steps := []storetest.Step{
		step(func(tx ledger.Tx) error {
			return tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: "c9", External: text, Email: text}, State: []byte("\x00\xff")})
		}),
		step(func(tx ledger.Tx) error { return tx.Join(text, "c9") }),
		step(func(tx ledger.Tx) error {
			return tx.SavePart(ledger.Part{Ref: ledger.Ref{Rule: "cart", Customer: "c9", N: 1}, Step: "s", Channel: customer.SMS, Value: -0.125, Item: true, Answer: []byte(`{"a":1}`)})
		}),
		step(func(tx ledger.Tx) error { return tx.SetSetting("red", text) }),
		step(func(tx ledger.Tx) error {
			return tx.Beat(ledger.Process{ID: "gone", Role: "all", Beat: noon.Add(-time.Minute)})
		}),
		step(func(tx ledger.Tx) error {
			return tx.SaveDocument(ledger.Document{Kind: ledger.RuleDocument, Name: "cart", Hash: "h", At: noon})
		}),
		step(func(tx ledger.Tx) error {
			return tx.SaveDocument(ledger.Document{Kind: ledger.RuleDocument, Name: "cart", Hash: "g", At: noon, Body: []byte(text)})
		}),
	}
	for i, at := range []time.Time{{}, time.UnixMicro(-1), time.UnixMicro(1), noon, noon.AddDate(0, -1, 0), time.Date(2025, 12, 31, 23, 59, 59, 999_999_000, time.UTC)} {
		steps = append(steps, step(func(tx ledger.Tx) error {
			_, err := tx.Append(customer.Event{MessageID: fmt.Sprint(text, i), Customer: "c1", Name: "seen", At: at})
			return err
		}))
	}
	return steps
}

// TestACopySaysTheSame holds that whatever was written, a copy answers as its
// source does, from each kind of store to each.
func TestACopySaysTheSame(t *testing.T) {
	t.Parallel()
	scripts := rapid.SliceOfN(rapid.Custom(storetest.DrawSteps), 8, 8)
	for seed := range 3 {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			places := []store.Place{inFile(t), onServer(t), onServer(t), inFile(t), inFile(t)}
			fill(t, places[0], append(scripts.Example(seed), odd())...)
			want := answers(t, places[0])
			for i, to := range places[1:] {
				counts := copyTo(t, places[i], to)
				require.Equal(t, want, answers(t, to), "copy %d", i+1)
				require.Equal(t, rowsOf(t, to), counts)
			}
		})
	}
}

// rowsOf counts a place's rows by the check.
func rowsOf(t *testing.T, p store.Place) []transfer.Count {
	t.Helper()
	found, err := transfer.Check(t.Context(), p, transfer.CheckOptions{})
	require.NoError(t, err)
	return found.Tables
}

// TestNumbersGoOn holds that a row that was dropped before the copy gives its
// number to no other after it.
func TestNumbersGoOn(t *testing.T) {
	t.Parallel()
	from, between, to := inFile(t), onServer(t), inFile(t)
	hint := storetest.Step{Name: "hint", Do: func(tx ledger.Tx) error {
		return tx.Hint(ledger.Ref{Rule: "cart", Customer: "c1", N: 1}, noon)
	}}
	drop := storetest.Step{Name: "drop", Do: func(tx ledger.Tx) error { return tx.DropHints([]int64{1, 2, 3}) }}
	fill(t, from, []storetest.Step{hint, hint, hint, drop})
	for i, p := range []store.Place{between, to} {
		copyTo(t, []store.Place{from, between}[i], p)
		fill(t, p, []storetest.Step{hint})
		var hints []ledger.Hint
		s := open(t, p)
		require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) (err error) {
			hints, err = tx.Hints("cart", 0)
			return err
		}))
		require.NoError(t, s.Close())
		require.EqualValues(t, 4+i, hints[len(hints)-1].ID)
	}
}

func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	full, empty := inFile(t), inFile(t)
	fill(t, full, odd())
	fill(t, empty)
	copied := func(t *testing.T, from, to store.Place) error {
		_, err := transfer.Copy(t.Context(), from, to, transfer.Options{Now: noon})
		return err
	}
	t.Run("a target that holds anything", func(t *testing.T) {
		require.ErrorContains(t, copied(t, empty, full), "is not empty (table settings has rows): name a place that holds nothing")
	})
	t.Run("itself", func(t *testing.T) {
		require.ErrorContains(t, copied(t, full, "sqlite:"+full), "is both the source and the target")
	})
	t.Run("a source that is not there", func(t *testing.T) {
		require.ErrorContains(t, copied(t, inFile(t), empty), "--from: store: ")
		require.ErrorContains(t, copied(t, inFile(t), empty), "is not there")
	})
	t.Run("a target that does not answer, though engines work on the source", func(t *testing.T) {
		from := inFile(t)
		fill(t, from, []storetest.Step{{Name: "beat", Do: func(tx ledger.Tx) error {
			return tx.Beat(ledger.Process{ID: "p", Role: "worker", Host: "box-1", Beat: noon})
		}}})
		err := copied(t, from, "postgres://me:secret@127.0.0.1:1/o")
		require.ErrorContains(t, err, "--to: store: postgres://me@127.0.0.1:1/o: ")
		require.NotContains(t, err.Error(), "box-1")
	})
	t.Run("a source on which engines work", func(t *testing.T) {
		for _, from := range []store.Place{inFile(t), onServer(t)} {
			fill(t, from, []storetest.Step{{Name: "beat", Do: func(tx ledger.Tx) error {
				return tx.Beat(ledger.Process{ID: "p", Role: "worker", Host: "box-1", Beat: noon.Add(-ledger.BeatGone)})
			}}})
			require.ErrorContains(t, copied(t, from, empty), "worker on box-1; stop them, wait 20 seconds and copy again")
			_, err := transfer.Copy(t.Context(), from, inFile(t), transfer.Options{Now: noon.Add(time.Microsecond)})
			require.NoError(t, err, "it says nothing any more")
		}
	})
	t.Run("a source that somebody is connected to", func(t *testing.T) {
		from := onServer(t)
		s := open(t, from)
		require.NoError(t, s.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error { return tx.Count("red", 1) }))
		require.ErrorContains(t, copied(t, from, empty), "a process on")
	})
}

// free says what an engine would that starts on a place.
func free(t *testing.T, p store.Place) error {
	t.Helper()
	s := open(t, p)
	err := transfer.Free(t.Context(), s)
	require.NoError(t, s.Close())
	return err
}

// TestAMovedStoreIsLeftAlone holds that no engine starts on the source of a copy,
// and that nobody copies it once more, until somebody says otherwise.
func TestAMovedStoreIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, from := range []store.Place{inFile(t), onServer(t)} {
		to := inFile(t)
		fill(t, from, odd())
		require.NoError(t, free(t, from))
		copyTo(t, from, to)
		require.ErrorContains(t, free(t, from), "it was moved to "+string(to)+" on 2026-03-01 12:00:00: start with that --store (outreach serve --store ...)")
		require.NoError(t, free(t, to))
		_, err := transfer.Copy(t.Context(), from, inFile(t), transfer.Options{Now: noon})
		require.ErrorContains(t, err, "copy from there")
		where, err := transfer.Reopen(t.Context(), from)
		require.NoError(t, err)
		require.Equal(t, string(to), where)
		require.NoError(t, free(t, from))
	}
}

// TestACopyThatEndsEarlyLeavesNothing holds that a target is empty when somebody
// gives up, whenever they do, that the source is as it was, and that both can be
// copied with again.
func TestACopyThatEndsEarlyLeavesNothing(t *testing.T) {
	t.Parallel()
	from := inFile(t)
	var many []storetest.Step
	for i := range 1500 {
		many = append(many, storetest.Step{Name: "count", Do: func(tx ledger.Tx) error { return tx.SetSetting(fmt.Sprint(i), "x") }})
	}
	fill(t, from, odd(), many)
	want := answers(t, from)
	for _, to := range []store.Place{inFile(t), onServer(t)} {
		for last := range int64(3) {
			ctx, stop := context.WithCancel(t.Context())
			_, err := transfer.Copy(ctx, from, to, transfer.Options{Now: noon, Progress: func(done, _ int64) {
				if done/1000 > last {
					stop()
				}
			}})
			require.ErrorIs(t, err, context.Canceled)
			for _, c := range rowsOf(t, to) {
				require.Zero(t, c.Rows, c.Table)
			}
			require.NoError(t, free(t, from))
		}
		copyTo(t, from, to)
		require.Equal(t, want, answers(t, to))
		_, err := transfer.Reopen(t.Context(), from)
		require.NoError(t, err)
	}
}
