package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTestInColour: failures stand out on a terminal, and what is written to a
// file holds no colour.
func TestTestInColour(t *testing.T) {
	t.Parallel()
	dir := company(t, map[string]string{
		"rules/data.yaml": checkedData, "rules/welcome.yaml": checkedRule, "templates/welcome/sms.txt": "Hello.\n",
		"rules/welcome.test.yaml": "start: 2026-11-23 09:00\ncustomer: {phone: +12125550123}\ntests:\n  - name: a\n" +
			"    do: [{at: Mon 10:00, event: signed_up}]\n    expect: [{at: Mon 11:00, sent: welcome}]\n",
	})
	var out, problems bytes.Buffer
	plain := tester{dir: filepath.Join(dir, "rules"), now: time.Now, out: &out, errors: &problems}
	var exit *exitError
	require.ErrorAs(t, plain.test(context.Background()), &exit)
	require.Equal(t, exitProblems, exit.code)
	require.NotContains(t, out.String(), "\x1b")
	require.Empty(t, problems.String())

	coloured := ink{on: true}
	require.Equal(t, "\x1b[31mFAILED\x1b[0m", coloured.in(red, "FAILED"))
	require.Equal(t, "as expected", coloured.in("", "as expected"))
	require.True(t, strings.HasPrefix(out.String(), "FAILED  welcome  1 case  "))
}

// TestTestVerbose shows what was decided in tests that pass, too.
func TestTestVerbose(t *testing.T) {
	t.Parallel()
	dir := company(t, map[string]string{
		"rules/data.yaml": checkedData, "rules/welcome.yaml": checkedRule + "    at: now\n", "templates/welcome/sms.txt": "Hello.\n",
		"rules/welcome.test.yaml": "start: 2026-11-23 09:00\ncustomer: {phone: +12125550123}\ntests:\n  - name: a\n" +
			"    do: [{at: Mon 10:00, event: signed_up}]\n    expect: [{at: Mon 10:00, sent: welcome}]\n",
	})
	told := func(verbose bool) string {
		var out bytes.Buffer
		run := tester{dir: filepath.Join(dir, "rules"), now: time.Now, out: &out, errors: &out, verbose: verbose}
		err := run.test(context.Background())
		require.NoError(t, err, out.String())
		return out.String()
	}
	require.NotContains(t, told(false), "sent welcome")
	require.Contains(t, told(true), ":4: a\n    as expected (= expected and met)\n"+
		"        Mon 2026-11-23 10:00  planned welcome by SMS for Mon 2026-11-23 10:00\n"+
		"      = Mon 2026-11-23 10:00  sent welcome by SMS\n"+
		"        Mon 2026-11-23 10:00  ended: completed\n")
}
