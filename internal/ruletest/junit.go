package ruletest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The elements of JUnit's XML, as Jenkins and GitLab read them
// (github.com/testmoapp/junitxml lists what they have in common).
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Time     string      `xml:"time,attr"`
	File     string      `xml:"file,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitTrouble `xml:"failure"`
	Error   *junitTrouble `xml:"error"`
}

type junitTrouble struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

// WriteJUnit writes reports as JUnit XML: a suite for each file, the diff in
// each failure, times in seconds.
func WriteJUnit(out io.Writer, reports []Report) error {
	var all junitSuites
	var took time.Duration
	for _, report := range reports {
		suite := junitSuite{Name: report.Suite.Rule, File: report.Suite.File, Tests: len(report.Results), Time: seconds(report.Took)}
		for _, result := range report.Results {
			c := caseOf(report.Suite, result)
			if c.Failure != nil {
				suite.Failures++
			}
			if c.Error != nil {
				suite.Errors++
			}
			suite.Cases = append(suite.Cases, c)
		}
		took += report.Took
		all.Tests, all.Failures, all.Errors = all.Tests+suite.Tests, all.Failures+suite.Failures, all.Errors+suite.Errors
		all.Suites = append(all.Suites, suite)
	}
	all.Time = seconds(took)
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("junit: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s%s\n", xml.Header, text)
	return err
}

func caseOf(s *Suite, result Result) junitCase {
	c := junitCase{Name: result.Case.Name, Class: s.Rule, File: s.File, Line: result.Case.Line, Time: seconds(result.Took)}
	switch {
	case result.Err != nil:
		c.Error = &junitTrouble{Message: result.Err.Error()}
	case result.Diff != nil:
		c.Failure = &junitTrouble{Message: result.Summary(), Text: "\n" + diffText(result.Diff)}
	}
	return c
}

func diffText(rows []Row) string {
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(row.String() + "\n")
	}
	return b.String()
}

// Summary counts what is wrong, for one line.
func (r Result) Summary() string {
	lost, extra := 0, 0
	for _, row := range r.Diff {
		switch row.Mark {
		case Lost:
			lost++
		case Extra:
			extra++
		}
	}
	var parts []string
	if lost > 0 {
		parts = append(parts, fmt.Sprintf("%d expected and missing", lost))
	}
	if extra > 0 {
		parts = append(parts, fmt.Sprintf("%d sent and not expected", extra))
	}
	return strings.Join(parts, ", ")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }
