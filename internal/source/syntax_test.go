package source_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/source"
)

// problemsOf reads a text and gives its problems as their author sees them.
func problemsOf(text string) []string {
	var ps source.Problems
	source.Read("a.yaml", []byte(text), &ps)
	var list []string
	for _, p := range ps.List() {
		list = append(list, p.String())
	}
	return list
}

// TestTextsInBlocksMayHoldAnything holds that what stands in a block of text
// is not taken for the file's own form.
func TestTextsInBlocksMayHoldAnything(t *testing.T) {
	t.Parallel()
	require.Empty(t, problemsOf("a: |\n  \u2014 one\n  \u00a0 three\nb: 1\n"))
	require.Empty(t, problemsOf("\ufeffa: 1\r\nb:\r\n  - \u2014 one\r\n"))
	require.Empty(t, problemsOf("\"- a\": 1\n-1: 2\n\"\u2014 b\": 3\n"))
}

func TestAMisspeltKeyIsNotMissingToo(t *testing.T) {
	t.Parallel()
	var ps source.Problems
	n, ok := source.Read("a.yaml", []byte("Topic: x\n"), &ps)
	require.True(t, ok)
	f := n.Fields("topic", "when")
	_, ok = f.Require("topic", "write it")
	require.False(t, ok)
	f.Require("when", "name the reason")
	require.EqualError(t, ps.Err(), "a.yaml:1:1: Topic: \"Topic\": is not a key that is known here; did you mean topic?\na.yaml:1:1: when is missing; name the reason")
}

func TestAt(t *testing.T) {
	t.Parallel()
	var ps source.Problems
	n, _ := source.Read("a.yaml", []byte("steps:\n  - send: a\n  - if: x\n    then:\n      send: b\nwhen: {event: c}\n"), &ps)
	for path, want := range map[string]string{
		"": "", "steps[0].send": "steps[0].send", "steps[1].then[0].send": "steps[1].then.send", "steps[1].else[0]": "steps[1]",
		"steps[9].send": "steps", "when.event.x": "when.event", "goal.within": "", "when[0].event": "when.event", "steps[-1]": "steps",
	} {
		require.Equal(t, want, n.At(path).Path(), path)
	}
}

func TestMend(t *testing.T) {
	t.Parallel()
	var ps source.Problems
	n, _ := source.Read("a.yaml", []byte("a:\nb:\n"), &ps)
	n.At("b").Mend("write b: {}")
	require.EqualError(t, ps.Err(), "a.yaml:1:3: a: has no value; write one after the colon, or leave the key out\na.yaml:2:3: b: has no value; write b: {}")
}
