package ruletest_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ruletest"
	"github.com/outreach-engine/outreach/internal/source"
)

// TestUpdate holds what is rewritten and what stays byte for byte, and that
// what was written passes.
func TestUpdate(t *testing.T) {
	t.Parallel()
	env := company(t)
	before := read(t, env, "welcome", file(t, "testdata/update/welcome.yaml"))
	report := play(t, env, before)
	text, names, err := report.Update(env)
	require.NoError(t, err)
	golden := filepath.Join("testdata", "update", "welcome.want.yaml")
	if *update {
		require.NoError(t, os.WriteFile(golden, text, 0o600))
	}
	require.Equal(t, file(t, golden), string(text))
	require.Equal(t, []string{"nothing was expected", "only one", "it did not happen", "im Übrigen: all in one line", "far away"}, names)

	again, err := ruletest.Runner{Env: env, Now: still}.Again(context.Background(), report, text)
	require.NoError(t, err)
	require.Zero(t, again.Failed())
	require.Empty(t, again.StillFailing(names))
	require.Equal(t, names, report.StillFailing(names))
	require.Len(t, again.Results, 6)
	_, names, err = again.Update(env)
	require.NoError(t, err)
	require.Empty(t, names)
}

// TestUpdateInOddPlaces: lists in any form that YAML has are rewritten.
func TestUpdateInOddPlaces(t *testing.T) {
	t.Parallel()
	env := company(t)
	const head = "start: 2026-11-23 09:00\ncustomer: {phone: +12125550123}\ntests:\n"
	const act = "{at: Mon 10:00, event: signed_up}"
	for _, tests := range []string{
		"  - name: a\n    expect:\n    - {at: Mon 11:00, sent: welcome}\n    do: [" + act + "]\n",
		"- name: a\n  do: [" + act + "]\n  expect:\n  - {at: Mon 11:00, sent: welcome}",
		"- expect:   []\n  do: [" + act + "]\n  name: a\n",
		"- expect: # why\n    []\n  do: [" + act + "]\n  name: a\n",
		"- expect: [] # why\n  do: [" + act + "]\n  name: a\n",
		"- {expect: [{at: Mon 11:00, sent: welcome, contains: 'it''s ]'}], do: [" + act + "], name: a}\n",
		"- {expect: [\n    {at: Mon 11:00, sent: welcome} # ] }\n  ],\n  do: [" + act + "], name: a}\n",
		"- {name: a, do: [" + act + "], expect: [],}\n",
		"- name: |\n    a\n    expect: []\n  expect:\n    - at: Mon 11:00\n      sent: welcome\n      contains: |\n        a\n\n        b\n  do: [" + act + "]\n",
	} {
		report := play(t, env, read(t, env, "welcome", head+tests))
		text, names, err := report.Update(env)
		require.NoError(t, err, tests)
		require.Len(t, names, 1, tests)
		again, err := ruletest.Runner{Env: env, Now: still}.Again(context.Background(), report, text)
		require.NoError(t, err, string(text))
		require.Zero(t, again.Failed(), string(text))
		require.Equal(t, strings.Count(tests, "#"), strings.Count(string(text), "#")+strings.Count(tests, "# ]"), string(text))
	}
}

func TestUpdateRefusesWhatItWouldBreak(t *testing.T) {
	t.Parallel()
	env := company(t)
	report := play(t, env, read(t, env, "welcome", "start: 2026-11-23 09:00\ntests:\n  - name: a\n    expect: [\n"+
		"      {at: Mon 11:00, sent: welcome}]\n"))
	report.Suite.Text = []byte("start: 2026-11-23 09:00\ntests:\n  - name: b\n    expect: [\n      {}")
	_, _, err := report.Update(env)
	require.ErrorIs(t, err, ruletest.ErrList)
	require.EqualError(t, err, `rules/welcome.test.yaml:4: "a": `+ruletest.ErrList.Error())
}

// FuzzUpdate: what is rewritten reads as before, or is refused.
func FuzzUpdate(f *testing.F) {
	env := company(f)
	f.Add(file(f, "testdata/update/welcome.yaml"))
	f.Add(file(f, "testdata/company/rules/usage-limit.test.yaml"))
	f.Fuzz(func(t *testing.T, text string) {
		var ps source.Problems
		suite := ruletest.Read("rules/welcome"+ruletest.Ending, []byte(text), env, &ps)
		if ps.Err() != nil || len(suite.Cases) == 0 || len(suite.Cases) > 3 {
			return
		}
		reports, err := ruletest.Runner{Env: env, Now: still}.Run(context.Background(), []*ruletest.Suite{suite}, nil)
		require.NoError(t, err)
		text2, names, err := reports[0].Update(env)
		if err != nil || len(names) == 0 {
			return
		}
		again, err := ruletest.Runner{Env: env, Now: still}.Again(context.Background(), reports[0], text2)
		require.NoError(t, err)
		require.Zero(t, again.Failed(), string(text2))
	})
}
