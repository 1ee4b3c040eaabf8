package ruletest_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ruletest"
)

var exampleFile = regexp.MustCompile("(?s)```yaml\n(# rules/([a-z-]+)\\.test\\.yaml\n.*?)```")

// TestTheExamplesOfTheDocs plays the files that docs/tests.md shows.
func TestTheExamplesOfTheDocs(t *testing.T) {
	t.Parallel()
	env := company(t)
	page := file(t, "../../docs/tests.md")
	examples := exampleFile.FindAllStringSubmatch(page, -1)
	require.Len(t, examples, strings.Count(page, "```yaml"))
	for _, example := range examples {
		for _, result := range play(t, env, read(t, env, example[2], example[1])).Results {
			require.Empty(t, told(result), result.Case.Name)
		}
	}
}

// TestTheTimelineOfTheDocs shows what the page shows of a test that fails.
func TestTheTimelineOfTheDocs(t *testing.T) {
	t.Parallel()
	env := company(t)
	page := file(t, "../../docs/tests.md")
	example := exampleFile.FindStringSubmatch(page)
	text := strings.Replace(example[1], "{at: Mon 18:00-21:00,", "{at: Mon 09:00-12:00,", 1)
	result := play(t, env, read(t, env, example[2], text)).Results[1]
	require.Contains(t, page, result.Summary()+" (- expected, + sent and not expected)\n  "+strings.Join(told(result), "\n  ")+"\n")
}

// TestTheKeysOfTheDocs: the page names every kind of expectation.
func TestTheKeysOfTheDocs(t *testing.T) {
	t.Parallel()
	page := file(t, "../../docs/tests.md")
	for _, kind := range []ruletest.Kind{
		ruletest.Sent, ruletest.NotSent, ruletest.Ended, ruletest.NotEntered, ruletest.Planned, ruletest.Task, ruletest.Called,
	} {
		require.Contains(t, page, "`{at, "+string(kind)+": ")
	}
}
