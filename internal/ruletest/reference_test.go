package ruletest_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/lint"
	"github.com/outreach-engine/outreach/internal/ruletest"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// reference is the pages of the rule language. Their examples stand beside the
// whole data.yaml and policy.yaml that the last of them shows.
func reference() []string {
	return []string{"rules.md", "triggers.md", "steps.md", "expressions.md", "policy.md"}
}

var (
	heading  = regexp.MustCompile(`(?m)^##+ (.*)$`)
	block    = regexp.MustCompile("(?s)```(?:yaml|text)\n# (rules|templates)/(\\S+)\n(.*?)```")
	anyYAML  = regexp.MustCompile("(?m)^```yaml$")
	fullLine = regexp.MustCompile(`^[-\w]+\.(?:test\.)?yaml$`)
	sends    = regexp.MustCompile(`(?:send|attach): ([a-z-]+)`)
)

// section is one heading of a page with what stands under it, up to the next.
type section struct {
	page, title, text string
	files             map[string]string // examples by name: welcome.yaml, welcome.test.yaml, policy.yaml
	templates         map[string]string // by name: welcome/sms.txt
}

func (s section) name() string { return s.page + ": " + s.title }

// sections cuts the pages of the reference.
func sections(t *testing.T) []section {
	t.Helper()
	var list []section
	for _, page := range reference() {
		text := file(t, "../../docs", page)
		places := heading.FindAllStringSubmatchIndex(text, -1)
		for i, at := range places {
			end := len(text)
			if i+1 < len(places) {
				end = places[i+1][0]
			}
			s := section{page: page, title: text[at[2]:at[3]], text: text[at[1]:end]}
			s.cut(t)
			list = append(list, s)
		}
	}
	require.Greater(t, len(list), 50)
	return list
}

// cut reads the section's examples.
func (s *section) cut(t *testing.T) {
	t.Helper()
	s.files, s.templates = map[string]string{}, map[string]string{}
	found := block.FindAllStringSubmatch(s.text, -1)
	for _, b := range found {
		if b[1] == "templates" {
			s.templates[b[2]] = b[3]
			continue
		}
		require.Regexp(t, fullLine, b[2], s.name())
		require.NotContains(t, s.files, b[2], "%s shows two files of one name", s.name())
		s.files[b[2]] = b[3]
	}
	require.Len(t, found, len(anyYAML.FindAllString(s.text, -1))+len(s.templates),
		"%s: each block of YAML opens with its file, such as # rules/welcome.yaml", s.name())
}

// rules gives the names of the rules that the section shows, sorted.
func (s *section) rules() []string {
	var names []string
	for name := range s.files {
		rule := strings.TrimSuffix(name, ".yaml")
		if name != bundle.DataFile && name != bundle.PolicyFile && !strings.HasSuffix(name, ruletest.Ending) {
			names = append(names, rule)
		}
	}
	slices.Sort(names)
	return names
}

// house gives the data and the policy of the reference.
func house(t *testing.T, list []section) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, s := range list {
		if s.title == "A whole data.yaml" || s.title == "A whole policy.yaml" {
			maps.Copy(files, s.files)
		}
	}
	require.Len(t, files, 2)
	return files
}

// filesOf gives a section's files beside those of the reference, with texts
// for the templates that it names and does not show.
func (s *section) filesOf(house map[string]string) bundle.Files {
	files := bundle.Files{Rules: map[string][]byte{}, Templates: map[string][]byte{}}
	for _, texts := range []map[string]string{house, s.files} {
		for name, text := range texts {
			files.Rules[name] = []byte(text)
		}
	}
	for name, text := range s.templates {
		files.Templates[name] = []byte(text)
	}
	for _, rule := range s.rules() {
		for _, m := range sends.FindAllStringSubmatch(s.files[rule+".yaml"], -1) {
			s.write(files.Templates, m[1])
		}
	}
	return files
}

// write makes up the texts of a template, unless the section shows it.
func (s *section) write(templates map[string][]byte, name string) {
	for shown := range s.templates {
		if strings.HasPrefix(shown, name+"/") {
			return
		}
	}
	templates[name+"/sms.txt"] = []byte("Hello.\n")
	templates[name+"/push.txt"] = []byte("---\ntitle: Hello\n---\nHello.\n")
	templates[name+"/email.html"] = []byte("---\nsubject: Hello\nlayout: none\n---\n<p>Hello.</p>\n")
}

// TestTheExamplesOfTheReference plays every test of the pages, and holds that
// each rule of the pages is played. None gives outreach check a word to say.
func TestTheExamplesOfTheReference(t *testing.T) {
	t.Parallel()
	list := sections(t)
	shared := house(t, list)
	played := 0
	for _, s := range list {
		if rules := s.rules(); len(rules) > 0 {
			t.Run(s.name(), func(t *testing.T) {
				t.Parallel()
				s.play(t, shared, rules)
			})
			played += len(rules)
		}
	}
	require.Greater(t, played, 50)
}

func (s *section) play(t *testing.T, shared map[string]string, rules []string) {
	t.Helper()
	files := s.filesOf(shared)
	in := lint.Input{Files: files}
	in.Bundle, in.Found = bundle.Check(files)
	for _, p := range lint.Look(in) {
		require.Fail(t, p.String())
	}
	env := ruletest.Env{Bundle: in.Bundle, Zones: sendtime.NewZones(), Files: rules}
	var played []string
	for _, rule := range rules {
		text, tested := s.files[rule+ruletest.Ending]
		if !tested {
			continue
		}
		suite := read(t, env, rule, text)
		played = append(append(played, rule), suite.With...)
		for _, result := range play(t, env, suite).Results {
			require.Empty(t, told(result), "%s: %s", rule, result.Case.Name)
		}
	}
	require.Subset(t, played, rules, "each rule has its test behind it")
}

// TestEveryTestOfTheReferenceHasItsRule finds tests that nothing plays.
func TestEveryTestOfTheReferenceHasItsRule(t *testing.T) {
	t.Parallel()
	for _, s := range sections(t) {
		for name := range s.files {
			if rule, ok := strings.CutSuffix(name, ruletest.Ending); ok {
				require.Contains(t, s.rules(), rule, fmt.Sprintf("%s: %s", s.name(), name))
			}
		}
	}
}
