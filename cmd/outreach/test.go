package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/app"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/ruletest"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// exitInvalid is test's code for rules or tests that hold problems.
const exitInvalid = 3

func testCommand(now func() time.Time) *cobra.Command {
	t := tester{now: now}
	cmd := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Play the tests beside the rules in virtual time, and show what went another way.",
		Long: "Play every RULE.test.yaml in DIR (rules, unless you name another folder) through the engine's own decisions, in\n" +
			"virtual time and without a store, and compare what happened with what was expected. Ends with 0 when all is as\n" +
			"expected, 1 when it is not, 2 when it was called wrongly or finds no test, and 3 when rules or tests hold\n" +
			"problems. The form of the files: docs/tests.md.",
		Example: "  outreach test\n  outreach test --run 'usage-limit/a top-up'\n  outreach test --update\n  outreach test rules --junit tests.xml --cover",
		Args:    cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&t.templates, "templates", "", "folder of templates (default: templates beside DIR)")
	cmd.Flags().StringVar(&t.only, "run", "", "play only the tests whose RULE/NAME fits this regular expression")
	cmd.Flags().BoolVar(&t.update, "update", false, "rewrite the expect lists of tests that fail with what happened")
	cmd.Flags().StringVar(&t.junit, "junit", "", "write the results to this file, as JUnit XML")
	cmd.Flags().BoolVar(&t.cover, "cover", false, "list the steps, branches and reasons that no test reached")
	cmd.Flags().BoolVar(&t.verbose, "verbose", false, "show the whole timeline of every test, with what was decided and no line expects")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		t.dir = "rules"
		if len(args) > 0 {
			t.dir = args[0]
		}
		t.out, t.errors = cmd.OutOrStdout(), cmd.ErrOrStderr()
		return t.test(cmd.Context())
	}
	return cmd
}

// tester plays the tests of one folder.
type tester struct {
	dir, templates, only, junit string
	update, cover, verbose      bool

	now         func() time.Time
	began       time.Time
	out, errors io.Writer
	ink         ink
}

// test does the command's work.
func (t *tester) test(ctx context.Context) error {
	only, err := t.pattern()
	if err != nil {
		return usageError(err)
	}
	files, err := ruletest.ReadDir(t.dir)
	if err != nil {
		return usageError(fmt.Errorf("%w; DIR is a folder of rules, and --run %q plays the tests of that name", err, t.dir))
	}
	if len(files) == 0 {
		return usageError(fmt.Errorf("%s: holds no file that ends in %s; write one beside a rule, see docs/tests.md", t.dir, ruletest.Ending))
	}
	t.ink = inkFor(t.out)
	env, suites, err := t.read(files)
	if err != nil {
		return err
	}
	t.began = t.now()
	runner := ruletest.Runner{Env: env, Now: t.now, Workers: runtime.GOMAXPROCS(0)}
	reports, err := runner.Run(ctx, suites, only)
	if err != nil {
		return err
	}
	if len(reports) == 0 {
		return usageError(fmt.Errorf("--run: no test fits %q; a test is named RULE/NAME: %s", t.only, firstName(suites)))
	}
	if t.update {
		if reports, err = t.rewrite(ctx, runner, files, reports); err != nil {
			return err
		}
	}
	return t.tell(env, suites, reports)
}

func (t *tester) pattern() (*regexp.Regexp, error) {
	if t.only == "" {
		return nil, nil
	}
	only, err := regexp.Compile(t.only)
	if err != nil {
		return nil, fmt.Errorf("--run: %w; write a part of RULE/NAME", err)
	}
	return only, nil
}

func firstName(suites []*ruletest.Suite) string {
	for _, s := range suites {
		for _, c := range s.Cases {
			return s.Rule + "/" + c.Name
		}
	}
	return "usage-limit/a top-up"
}

// read reads rules, templates and tests, and writes their problems as check
// does.
func (t *tester) read(files []ruletest.File) (ruletest.Env, []*ruletest.Suite, error) {
	texts, err := bundle.ReadDir(t.dir, app.TemplatesBeside(t.dir, t.templates))
	if err != nil {
		return ruletest.Env{}, nil, usageError(err)
	}
	b, problems := bundle.Check(texts)
	env := ruletest.Env{Bundle: b, Zones: sendtime.NewZones()}
	for name := range texts.Rules {
		env.Files = append(env.Files, strings.TrimSuffix(name, filepath.Ext(name)))
	}
	slices.Sort(env.Files)
	var all source.Problems
	all.Add(problems...)
	suites := make([]*ruletest.Suite, len(files))
	for i, f := range files {
		suites[i] = ruletest.Read(f.Name, f.Text, env, &all)
	}
	for _, p := range all.List() {
		if _, err := fmt.Fprintln(t.errors, p); err != nil {
			return env, nil, err
		}
	}
	if all.Err() != nil {
		return env, nil, &exitError{code: exitInvalid}
	}
	return env, suites, nil
}

// rewrite writes what happened into the tests that failed, and plays those
// files anew.
func (t *tester) rewrite(ctx context.Context, runner ruletest.Runner, files []ruletest.File, reports []ruletest.Report) ([]ruletest.Report, error) {
	for i, report := range reports {
		text, names, err := report.Update(runner.Env)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			continue
		}
		again, err := runner.Again(ctx, report, text)
		if err != nil {
			return nil, err
		}
		if still := again.StillFailing(names); len(still) > 0 {
			return nil, fmt.Errorf("%s: %q: what happened has no form that passes; write its expect list by hand", report.Suite.File, still[0])
		}
		file := files[slices.IndexFunc(files, func(f ruletest.File) bool { return f.Name == report.Suite.File })]
		if err := os.WriteFile(file.Path, text, 0o644); err != nil {
			return nil, fmt.Errorf("rewrite tests: %w", err)
		}
		for _, name := range names {
			if _, err := fmt.Fprintf(t.out, "rewritten  %s: %s\n", report.Suite.File, name); err != nil {
				return nil, err
			}
		}
		reports[i] = again
	}
	return reports, nil
}

// tell writes the results, everywhere they were asked for.
func (t *tester) tell(env ruletest.Env, suites []*ruletest.Suite, reports []ruletest.Report) error {
	if t.junit != "" {
		if err := t.writeJUnit(reports); err != nil {
			return err
		}
	}
	var b strings.Builder
	failed := t.describe(&b, reports)
	if t.cover {
		describeCover(&b, ruletest.Cover(env, suites, reports))
	}
	if _, err := io.WriteString(t.out, b.String()); err != nil {
		return err
	}
	if failed > 0 {
		return &exitError{code: exitProblems}
	}
	return nil
}

func (t *tester) writeJUnit(reports []ruletest.Report) error {
	f, err := os.Create(t.junit)
	if err != nil {
		return usageError(fmt.Errorf("--junit: %w; name a file in a folder that is there", err))
	}
	return errors.Join(ruletest.WriteJUnit(f, reports), f.Close())
}
