package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/outreach-engine/outreach/internal/ruletest"
)

// ink writes in colour, or not.
type ink struct{ on bool }

// inkFor gives colour to terminals, unless NO_COLOR is set
// (https://no-color.org).
func inkFor(out io.Writer) ink { return ink{on: os.Getenv("NO_COLOR") == "" && isTerminal(out)} }

// The colours of ECMA-48.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (i ink) in(colour, text string) string {
	if !i.on || colour == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// describe writes a line for each file, and the timelines that are to be seen, and gives
// the number of tests that failed.
func (t *tester) describe(b *strings.Builder, reports []ruletest.Report) (failed int) {
	width, cases := 0, 0
	for _, r := range reports {
		width = max(width, utf8.RuneCountInString(r.Suite.Rule))
	}
	for _, r := range reports {
		verdict := t.ink.in(green, "ok    ")
		if r.Failed() > 0 {
			verdict = t.ink.in(red, "FAILED")
		}
		fmt.Fprintf(b, "%s  %-*s  %s  %s\n", verdict, width, r.Suite.Rule, counted(len(r.Results), "case"), milliseconds(r.Took))
		t.timelines(b, r)
		failed, cases = failed+r.Failed(), cases+len(r.Results)
	}
	fmt.Fprintf(b, "%s, %s", counted(len(reports), "file"), counted(cases, "case"))
	if failed > 0 {
		b.WriteString(": " + t.ink.in(red, fmt.Sprintf("%d failed", failed)))
	}
	fmt.Fprintf(b, "  %s\n", milliseconds(t.now().Sub(t.began)))
	return failed
}

// timelines writes those of the tests that went another way, or of all.
func (t *tester) timelines(b *strings.Builder, r ruletest.Report) {
	for _, result := range r.Results {
		if result.OK() && !t.verbose {
			continue
		}
		fmt.Fprintf(b, "\n    %s:%d: %s\n", r.Suite.File, result.Case.Line, result.Case.Name)
		if result.Err != nil {
			fmt.Fprintf(b, "    %s\n", t.ink.in(red, result.Err.Error()))
			continue
		}
		title, rows := t.timeline(result)
		b.WriteString("    " + title + "\n")
		for _, row := range rows {
			b.WriteString("      " + t.ink.in(colourOf(row.Mark), row.String()) + "\n")
		}
	}
	if r.Failed() > 0 || t.verbose {
		b.WriteString("\n")
	}
}

// timeline gives the lines of a test that are to be seen, and what their marks
// mean.
func (t *tester) timeline(result ruletest.Result) (title string, rows []ruletest.Row) {
	const marks = "- expected, + sent and not expected"
	switch {
	case !t.verbose:
		return result.Summary() + " (" + marks + ")", result.Diff
	case result.OK():
		return "as expected (= expected and met)", result.Timeline()
	}
	return result.Summary() + " (= expected and met, " + marks + ")", result.Timeline()
}

func colourOf(mark ruletest.Mark) string {
	switch mark {
	case ruletest.Lost:
		return red
	case ruletest.Extra:
		return green
	case ruletest.Hint:
		return yellow
	}
	return ""
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

// describeCover writes what no test reached, rule by rule.
func describeCover(b *strings.Builder, all []ruletest.Coverage) {
	width := 0
	for _, c := range all {
		width = max(width, utf8.RuneCountInString(c.Rule))
	}
	b.WriteString("\n")
	for _, c := range all {
		if !c.Tested {
			fmt.Fprintf(b, "%-*s    0 %%  untested: there is no %s%s\n", width, c.Rule, c.Rule, ruletest.Ending)
			continue
		}
		fmt.Fprintf(b, "%-*s  %3d %%  %d of %d reached\n", width, c.Rule, c.Percent(), c.Reached(), len(c.Parts))
		for _, p := range c.Parts {
			if !p.Reached {
				fmt.Fprintf(b, "  not reached: %s\n", p.Name)
			}
		}
	}
}
