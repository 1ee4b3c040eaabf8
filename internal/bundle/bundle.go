// Package bundle reads everything that marketing wrote - data, policy, rules
// and templates - and checks it as one. It decides nothing beyond whether the
// files are sound together, and knows no store and no clock.
package bundle

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// Names of the files in the rules folder that are no rules.
const (
	DataFile   = "data.yaml"
	PolicyFile = "policy.yaml"
)

// Endings of the files in the rules folder.
const (
	ruleEnding = ".yaml"
	testEnding = ".test.yaml"
)

// Folders that files are said to stand in where nobody says otherwise.
const (
	rulesFolder     = "rules"
	templatesFolder = "templates"
)

// Files are the texts of both folders.
type Files struct {
	Rules     map[string][]byte // by name: data.yaml, policy.yaml, usage-limit.yaml
	Templates map[string][]byte // by path in the templates folder, with slashes: usage-warning/sms.txt

	// Where the files came from, for problems; "" is rules and templates.
	RulesDir, TemplatesDir string
}

// Bundle is everything that marketing wrote, checked. It is immutable.
type Bundle struct {
	Dictionary *dictionary.Dictionary
	Policy     *policy.Policy
	Rules      []*rule.Rule      // sorted by name
	Made       map[string][]byte // texts of rules that the policy makes, by name
	Templates  *message.Library
	Samples    map[string]Sample // by template; read by whoever previews it
	Texts      map[string][]byte // of the templates folder, by path, as they were read; nobody changes them
}

// Sample is the text of a template's sample.yaml, unread.
type Sample struct {
	File string // as in problems
	Text []byte
}

// Empty gives the bundle of no files: the default policy and nothing else.
func Empty() *Bundle {
	b, _ := Check(Files{})
	return b
}

// Check reads all files. A missing or empty data.yaml declares nothing, and a
// missing or empty policy.yaml is the default policy. Of the rules folder, what
// is in subfolders, ends in .test.yaml or is no YAML is passed over. The
// problems of all files come sorted by place; the bundle holds what had none
// worse than a warning, and is never nil.
func Check(files Files) (*Bundle, []source.Problem) {
	var ps source.Problems
	dir := cmp.Or(files.RulesDir, rulesFolder)
	b := readHouse(dir, files.Rules[DataFile], files.Rules[PolicyFile], &ps)
	b.Templates = readTemplates(files, b.Dictionary, &ps)
	b.Samples, b.Texts = samplesOf(files), files.Templates
	env := envOf(b)
	env.Template, env.Templates = templatesOf(b.Templates)
	env.Carries = b.carries
	files.Rules = b.withoutMade(dir, files.Rules, &ps)
	reportStrays(dir, files.Rules, &ps)
	b.addRules(dir, files.Rules, env, &ps)
	b.addDigests(path.Join(dir, PolicyFile), files.Rules[PolicyFile], env, &ps)
	if len(b.Rules) > 0 && len(files.Rules[DataFile]) == 0 {
		ps.Add(source.Problem{File: path.Join(dir, DataFile), Severity: source.Warning, Code: "no-data",
			Message: "is missing, so no trait and no event of yours is known", Hint: "declare them there"})
	}
	return b, ps.List()
}

// ReadOne reads one rule beside the data and policy that it was written for.
// Its templates are not looked at. The bundle holds the rule even when it has
// problems; those go to ps.
func ReadOne(name string, ruleText, data, policyText []byte, ps *source.Problems) *Bundle {
	b := readHouse(rulesFolder, data, policyText, ps)
	b.Templates = readTemplates(Files{}, b.Dictionary, ps)
	b.Rules = []*rule.Rule{rule.Read(path.Join(rulesFolder, name+ruleEnding), ruleText, envOf(b), ps)}
	return b
}

// strayEnding gives the ending of a file that was meant to be read, and is
// not because of it; "" for others.
func strayEnding(name string) string {
	lower := strings.ToLower(name)
	for _, ending := range []string{".tests.yaml", ".yaml.txt", ".yml.txt", ".yml", ".yaml"} {
		if strings.HasSuffix(lower, ending) && (ending != ruleEnding || !strings.HasSuffix(name, ending)) {
			return name[len(name)-len(ending):]
		}
	}
	return ""
}

// meant gives the ending that a stray one was meant to be.
func meant(ending string) string {
	if strings.EqualFold(ending, ".tests.yaml") {
		return testEnding
	}
	return ruleEnding
}

// reportStrays reports files that were meant to be read.
func reportStrays(dir string, files map[string][]byte, ps *source.Problems) {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if ending := strayEnding(name); ending != "" && !strings.Contains(name, "/") {
			ps.Add(source.Problem{File: path.Join(dir, name), Message: "is not read, since its name ends in " + ending,
				Hint: "call it " + strings.TrimSuffix(name, ending) + meant(ending)})
		}
	}
}

// isRule reports whether a file of the rules folder holds a rule.
func isRule(name string) bool {
	return !strings.Contains(name, "/") && strings.HasSuffix(name, ruleEnding) && !strings.HasSuffix(name, testEnding) &&
		strayEnding(name) == "" && name != DataFile && name != PolicyFile
}

// readHouse reads what all rules share.
func readHouse(dir string, data, policyText []byte, ps *source.Problems) *Bundle {
	b := &Bundle{Dictionary: dictionary.Empty(), Policy: policy.Default()}
	if len(data) > 0 {
		b.Dictionary = dictionary.Read(path.Join(dir, DataFile), data, ps)
	}
	if len(policyText) > 0 {
		b.Policy = policy.Read(path.Join(dir, PolicyFile), policyText, ps)
	}
	return b
}

// envOf gives what rules are checked against, templates aside.
func envOf(b *Bundle) rule.Env {
	topics := map[customer.Topic]bool{}
	for name, topic := range b.Policy.Topics {
		topics[name] = topic.Urgent
	}
	return rule.Env{Data: b.Dictionary, Topics: topics, Quiet: b.Policy.Quiet, Teams: b.Policy.TeamNames(), Digests: digestChannels(b.Policy)}
}
