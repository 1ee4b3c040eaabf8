package ruletest

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/simulate"
	"github.com/outreach-engine/outreach/internal/source"
)

// Runner plays tests. The zero value of Now is not usable.
type Runner struct {
	Env     Env
	Now     func() time.Time // to measure how long a play takes
	Workers int              // how many tests are played at once; less than 1 is 1
}

// Report is what became of one file of tests.
type Report struct {
	Suite   *Suite
	Results []Result // of the tests that were run, in the order of the file
	Took    time.Duration
}

// Result is what became of one test.
type Result struct {
	Case *Case
	Err  error // the test could not be played
	Diff []Row // nil when all was as expected
	Took time.Duration

	verdict verdict
	actual  []happening
	passed  map[string]map[journey.Passed]int
	lines   []simulate.Line
	ways    string // the branches of splits that were taken
}

// OK reports whether all was as expected.
func (r Result) OK() bool { return r.Err == nil && r.Diff == nil }

// Failed counts the tests that did not go as expected.
func (r Report) Failed() int {
	n := 0
	for _, result := range r.Results {
		if !result.OK() {
			n++
		}
	}
	return n
}

// StillFailing names those of the given tests that do not go as expected.
func (r Report) StillFailing(names []string) []string {
	var still []string
	for _, result := range r.Results {
		if !result.OK() && slices.Contains(names, result.Case.Name) {
			still = append(still, result.Case.Name)
		}
	}
	return still
}

// job is one test to be played.
type job struct {
	suite  *staged
	result *Result
}

// staged is one file with the stage on which its tests are played.
type staged struct {
	*Suite
	bundle *bundle.Bundle
	once   sync.Once
	player Player
}

// stage gives the stage, made when it is first asked for.
func (s *staged) stage(env Env) Player {
	s.once.Do(func() { s.player = simulate.NewStage(s.bundle, env.Zones) })
	return s.player
}

// Run plays the tests whose rule/name matches; a nil only is all. A file of
// which no test matches has no report.
func (r Runner) Run(ctx context.Context, suites []*Suite, only *regexp.Regexp) ([]Report, error) {
	var reports []Report
	var jobs []job
	for _, s := range suites {
		stage := r.inForce(s)
		results := make([]Result, 0, len(s.Cases))
		for i := range s.Cases {
			if only == nil || only.MatchString(s.Rule+"/"+s.Cases[i].Name) {
				results = append(results, Result{Case: &s.Cases[i]})
			}
		}
		for i := range results {
			jobs = append(jobs, job{stage, &results[i]})
		}
		if len(results) > 0 {
			reports = append(reports, Report{Suite: s, Results: results})
		}
	}
	r.work(ctx, jobs)
	for i := range reports {
		for _, result := range reports[i].Results {
			reports[i].Took += result.Took
		}
	}
	return reports, ctx.Err()
}

// Again plays the tests of a report anew, as another text of its file has them.
func (r Runner) Again(ctx context.Context, before Report, text []byte) (Report, error) {
	var ps source.Problems
	suite := Read(before.Suite.File, text, r.Env, &ps)
	if err := ps.Err(); err != nil {
		return Report{}, err
	}
	played := map[string]bool{}
	for _, result := range before.Results {
		played[result.Case.Name] = true
	}
	suite.Cases = slices.DeleteFunc(suite.Cases, func(c Case) bool { return !played[c.Name] })
	reports, err := r.Run(ctx, []*Suite{suite}, nil)
	if err != nil || len(reports) == 0 {
		return before, err
	}
	return reports[0], nil
}

// inForce leaves of the bundle's rules the suite's own, those that it names,
// and those that the policy makes of its digests.
func (r Runner) inForce(s *Suite) *staged {
	b := *r.Env.Bundle
	b.Rules = nil
	names := map[string]bool{s.Rule: true}
	for _, name := range s.With {
		names[name] = true
	}
	for _, known := range r.Env.Bundle.Rules {
		if _, made := b.Made[known.Name]; made || names[known.Name] {
			b.Rules = append(b.Rules, known)
		}
	}
	return &staged{Suite: s, bundle: &b}
}

// work plays the jobs, several at once.
func (r Runner) work(ctx context.Context, jobs []job) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(max(r.Workers, 1), len(jobs)) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(jobs) || ctx.Err() != nil {
					return
				}
				began := r.Now()
				jobs[i].result.play(ctx, jobs[i].suite.stage(r.Env), jobs[i].suite)
				jobs[i].result.Took = r.Now().Sub(began)
			}
		})
	}
	workers.Wait()
}

// play plays one test and judges it.
func (r *Result) play(ctx context.Context, player Player, s *staged) {
	play, err := player.Play(ctx, r.Case.Script)
	if err != nil {
		r.Err = r.Case.explain(err)
		return
	}
	r.lines, r.passed = play.Lines, play.Passed
	r.actual = happenings(play.Lines)
	r.verdict = judge(r.Case.Expect, r.actual, s.Rule)
	r.ways = taken(s.bundle.Rules, r.passed)
	if !r.verdict.passed(r.actual) {
		r.Diff = r.rows(inDiff)
	}
}

// explain says which line of the file a play stumbled over.
func (c *Case) explain(err error) error {
	act, ok := errors.AsType[*simulate.ActError](err)
	if !ok || act.Act >= len(c.actLines) {
		return err
	}
	return &LineError{Line: c.actLines[act.Act], Name: act.Name, Err: act.Err}
}

// LineError says which line of a test cannot happen as it is written.
type LineError struct {
	Line int // of the file
	Name string
	Err  error
}

// Error gives the line, the event and the trouble.
func (e *LineError) Error() string {
	return "line " + itoa(e.Line) + ": " + e.Name + ": " + e.Err.Error()
}

// Unwrap gives the trouble.
func (e *LineError) Unwrap() error { return e.Err }
