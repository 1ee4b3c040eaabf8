package schema_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the expected marks of testdata/bad")

// TestInAnEditor works with the language server that editors use.
func TestInAnEditor(t *testing.T) {
	t.Parallel()
	e := openEditor(t)
	e.marksWhatIsWrong(t)
	e.completes(t)
	e.explains(t)
}

// marksWhatIsWrong opens the shipped files and bad ones. Beside each bad file
// stands what is marked in it.
func (e *editor) marksWhatIsWrong(t *testing.T) {
	t.Helper()
	uris := map[string]string{}
	good := readAll(t, "../../rules/*.yaml")
	for name, text := range good {
		uris[name] = e.open(name, text)
	}
	bad := readAll(t, "testdata/bad/*.yaml")
	for name, text := range bad {
		kind, _, _ := strings.Cut(name, "-")
		uris[name] = e.open("bad-"+name, "# yaml-language-server: $schema=.schema/"+kind+".json\n"+text)
	}
	for name := range good {
		require.Empty(t, e.marks(uris[name]), name)
	}
	for name := range bad {
		file := filepath.Join("testdata", "bad", strings.TrimSuffix(name, ".yaml")+".txt")
		got := lines(e.marks(uris[name]))
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotEmpty(t, got, name)
		require.Equal(t, string(want), got, name)
	}
}

// lines writes marks as line:column: message, by place, less the line that
// names the schema.
func lines(faults []fault) string {
	slices.SortFunc(faults, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.Range.Start.Line, b.Range.Start.Line), cmp.Compare(a.Range.Start.Character, b.Range.Start.Character),
			cmp.Compare(a.Message, b.Message))
	})
	var b strings.Builder
	for _, f := range faults {
		fmt.Fprintf(&b, "%d:%d: %s\n", f.Range.Start.Line, f.Range.Start.Character+1, f.Message)
	}
	return b.String()
}

// ruleHead opens the files in which something is completed.
const ruleHead = "# yaml-language-server: $schema=.schema/rule.json\ndescription: x\nowner: a@example.com\n"

// at gives a text without the mark | and the place of the mark.
func at(t *testing.T, text string) (string, map[string]any) {
	t.Helper()
	before, after, found := strings.Cut(text, "|")
	require.True(t, found)
	line := strings.Count(before, "\n")
	return before + after, map[string]any{"line": line, "character": len(before) - strings.LastIndex(before, "\n") - 1}
}

func (e *editor) completes(t *testing.T) {
	t.Helper()
	for i, c := range []struct {
		text  string
		whole bool // nothing else is offered
		want  []string
	}{
		{"when:\n  |\n", true, []string{"becomes", "count", "date", "drop", "event", "missing", "schedule", "silent", "usage"}},
		{"when:\n  us|\n", false, []string{"usage"}},
		{"topic: |\n", true, []string{"offers", "service", "survey", "tips", "urgent"}},
		{"when:\n  event: |\n", false, []string{"order_placed", "message_clicked"}},
		{"when:\n  usage:\n    |\n", true, []string{"count", "latest", "limit", "per", "reaches", "sum"}},
		{"when:\n  usage:\n    sum: |\n", false, []string{"data_session.mb"}},
		{"stop: |\n", false, []string{"account_closed"}},
		{"steps:\n  - |\n", true, []string{"attach", "handoff", "if", "send", "set", "split", "stop", "wait", "wait_for", "webhook"}},
		{"steps:\n  - send: |\n", false, []string{"usage-warning", "welcome"}},
		{"steps:\n  - send: welcome\n    |\n", true, []string{"at", "channel", "fallback_after", "id", "late", "topic", "unless", "within"}},
		{"steps:\n  - attach: app-tips\n    |\n", true, []string{"id", "to", "topic", "within"}},
		{"steps:\n  - attach: app-tips\n    to: |\n", true, []string{"email", "push", "weekly"}},
		{"steps:\n  - send: welcome\n    channel: [|]\n", true, []string{"email", "push", "sms"}},
		{"steps:\n  - send: welcome\n    at: |\n", false, []string{"now", "preferred"}},
	} {
		text, place := at(t, ruleHead+c.text)
		uri := e.open(fmt.Sprintf("completes-%d.yaml", i), text)
		var answer struct{ Items []struct{ Label string } }
		e.ask("textDocument/completion", map[string]any{"textDocument": map[string]any{"uri": uri}, "position": place}, &answer)
		var labels []string
		for _, item := range answer.Items {
			labels = append(labels, item.Label)
		}
		slices.Sort(labels)
		if c.whole {
			require.Equal(t, c.want, slices.Compact(labels), c.text)
		}
		require.Subset(t, labels, c.want, c.text)
	}
}

func (e *editor) explains(t *testing.T) {
	t.Helper()
	for i, c := range []struct{ text, want string }{
		{"wh|en: {event: order_placed}\n", "The reason: one trigger."},
		{"topic: ser|vice\n", "Assumed: sent until the customer says no."},
		{"steps:\n  - se|nd: welcome\n", "One message: the name of a folder in templates."},
		{"steps:\n  - attach: app-tips\n    t|o: email\n", "email, push, or a digest of policy.yaml"},
		{"steps:\n  - wait: 2d\n    i|d: pause\n", "unique in the rule"},
	} {
		text, place := at(t, ruleHead+c.text)
		uri := e.open(fmt.Sprintf("explains-%d.yaml", i), text)
		var answer struct{ Contents struct{ Value string } }
		e.ask("textDocument/hover", map[string]any{"textDocument": map[string]any{"uri": uri}, "position": place}, &answer)
		require.Contains(t, answer.Contents.Value, c.want, c.text)
	}
}
