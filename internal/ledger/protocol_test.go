package ledger_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/ledger"
)

var update = flag.Bool("update", false, "rewrite the generated parts of docs/ledger.md")

// statuses are all that a message which reaches a customer may have.
var statuses = []ledger.PartStatus{
	ledger.Planned, ledger.Queued, ledger.Sending, ledger.Ambiguous, ledger.Accepted, ledger.Rejected, ledger.Unknown,
	ledger.Delivered, ledger.Failed, ledger.Withdrawn,
}

// reported are the words that reports bring, in any order and any number.
var reported = []ledger.Word{ledger.Taken, ledger.Arrived, ledger.NotArrived}

// reach gives every status that any words lead to from one.
func reach(from ledger.PartStatus) []ledger.PartStatus {
	seen := []ledger.PartStatus{from}
	for i := 0; i < len(seen); i++ {
		for _, t := range ledger.Protocol() {
			if t.From == seen[i] && !slices.Contains(seen, t.To) {
				seen = append(seen, t.To)
			}
		}
	}
	return seen[1:]
}

func TestTheTableIsWhatAfterGives(t *testing.T) {
	t.Parallel()
	type step struct {
		from ledger.PartStatus
		word ledger.Word
	}
	table := map[step]ledger.PartStatus{}
	for _, x := range ledger.Protocol() {
		s := step{x.From, x.Word}
		require.NotContains(t, table, s, "a word has one outcome")
		require.NotEqual(t, x.From, x.To)
		require.NotEmpty(t, x.Crash, "what a crash after %v leaves", s)
		table[s] = x.To
	}
	for _, from := range statuses {
		for _, word := range words() {
			to, ok := from.After(word)
			want, known := table[step{from, word}]
			if !known {
				want = from
			}
			require.Equal(t, []any{want, known}, []any{to, ok}, "%s after %s", from, word)
		}
	}
}

// words are those of the table, in its order.
func words() (list []ledger.Word) {
	for _, t := range ledger.Protocol() {
		if !slices.Contains(list, t.Word) {
			list = append(list, t.Word)
		}
	}
	return list
}

// TestWhatIsOutIsNeverTriedAgain: none of the words that there are leads from
// what a provider has to an attempt, or lets what arrived be anything else.
func TestWhatIsOutIsNeverTriedAgain(t *testing.T) {
	t.Parallel()
	require.Empty(t, reach(ledger.Delivered))
	require.Equal(t, []ledger.PartStatus{ledger.Delivered}, reach(ledger.Failed))
	require.ElementsMatch(t, []ledger.PartStatus{ledger.Delivered, ledger.Failed}, reach(ledger.Accepted))
	for _, over := range []ledger.PartStatus{ledger.Rejected, ledger.Withdrawn} {
		require.ElementsMatch(t, []ledger.PartStatus{ledger.Accepted, ledger.Delivered, ledger.Failed}, reach(over), over)
	}
}

// TestAnAttemptBeginsAndEndsInOneWay: only what is planned is tried, and while
// its lease lives nobody but its holder, or the provider itself, says anything
// of it.
func TestAnAttemptBeginsAndEndsInOneWay(t *testing.T) {
	t.Parallel()
	asked := []ledger.Word{ledger.Absent, ledger.SendAgain, ledger.Forgone, ledger.GivenUp, ledger.Begun}
	for _, x := range ledger.Protocol() {
		if x.To == ledger.Sending {
			require.Equal(t, []any{ledger.Planned, ledger.Begun}, []any{x.From, x.Word})
		}
		if x.From == ledger.Sending {
			require.NotContains(t, asked, x.Word)
		}
		if x.To == ledger.Unknown {
			require.Equal(t, []any{ledger.Ambiguous, ledger.Forgone}, []any{x.From, x.Word}, "only what was asked for is given up")
		}
	}
}

// TestEverythingComesToAnEnd: from each status some words lead to one in which
// nothing waits.
func TestEverythingComesToAnEnd(t *testing.T) {
	t.Parallel()
	ends := []ledger.PartStatus{ledger.Delivered, ledger.Failed, ledger.Withdrawn, ledger.Rejected}
	for _, from := range statuses {
		if slices.Contains(ends, from) {
			continue
		}
		require.True(t, slices.ContainsFunc(reach(from), func(to ledger.PartStatus) bool { return slices.Contains(ends, to) }), from)
		require.Contains(t, reach(from), ledger.Delivered, "the provider's word is heard of what is %s", from)
	}
}

// TestReportsComeInAnyOrder: twice, late and the last one first, they lead to
// the same end: arrived, else not arrived, else taken.
func TestReportsComeInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom(statuses).Draw(t, "from")
		list := rapid.SliceOfN(rapid.SampledFrom(reported), 1, 8).Draw(t, "words")
		shuffled := rapid.Permutation(list).Draw(t, "shuffled")
		want := from
		switch {
		case from == ledger.Delivered, slices.Contains(list, ledger.Arrived):
			want = ledger.Delivered
		case from == ledger.Failed, slices.Contains(list, ledger.NotArrived):
			want = ledger.Failed
		default:
			want = ledger.Accepted
		}
		require.Equal(t, []ledger.PartStatus{want, want}, []ledger.PartStatus{after(from, list), after(from, shuffled)})
	})
}

func after(s ledger.PartStatus, list []ledger.Word) ledger.PartStatus {
	for _, word := range list {
		s, _ = s.After(word)
	}
	return s
}

// TestTheLedgerPage holds that docs/ledger.md shows the protocol as it is.
func TestTheLedgerPage(t *testing.T) {
	t.Parallel()
	const file = "../../docs/ledger.md"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	page := string(text)
	for name, want := range map[string]string{"diagram": diagram(), "table": table()} {
		begin, end := "<!-- "+name+": written by a test -->\n\n", "\n<!-- end of the "+name+" -->"
		before, rest, ok := strings.Cut(page, begin)
		require.True(t, ok, begin)
		got, behind, ok := strings.Cut(rest, end)
		require.True(t, ok, end)
		if !*update {
			require.Equal(t, strings.Split(want, "\n"), strings.Split(got, "\n"), "run: make docs")
		}
		page = before + begin + want + end + behind
	}
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(page), 0o600))
	}
}

// diagram draws the protocol: one arrow from status to status, with every word
// that leads there.
func diagram() string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> planned\n")
	var drawn []string
	for _, x := range ledger.Protocol() {
		arrow := fmt.Sprintf("%s --> %s", x.From, x.To)
		if slices.Contains(drawn, arrow) {
			continue
		}
		drawn = append(drawn, arrow)
		var names []string
		for _, y := range ledger.Protocol() {
			if y.From == x.From && y.To == x.To {
				names = append(names, string(y.Word))
			}
		}
		fmt.Fprintf(&b, "    %s: %s\n", arrow, strings.Join(names, ", "))
	}
	b.WriteString("    delivered --> [*]\n```\n")
	return b.String()
}

// table lists every transition.
func table() string {
	var b strings.Builder
	b.WriteString("| a message that is | of which is learned | becomes | a process that dies right then leaves |\n|---|---|---|---|\n")
	for _, x := range ledger.Protocol() {
		fmt.Fprintf(&b, "| `%s` | `%s` | `%s` | %s |\n", x.From, x.Word, x.To, x.Crash)
	}
	return b.String()
}
