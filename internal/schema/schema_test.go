package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	yaml "go.yaml.in/yaml/v4"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/schema"
	"github.com/outreach-engine/outreach/internal/source"
)

// compiled gives a kind's schema, ready to judge.
func compiled(t *testing.T, kind schema.Kind, words schema.Words) *jsonschema.Schema {
	t.Helper()
	text, err := schema.Write(kind, words)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource(kind.File(), document))
	s, err := c.Compile(kind.File())
	require.NoError(t, err)
	return s
}

// plain gives a file's values as an editor sees them: YAML 1.2, in which yes
// is a text and a day is one too.
func plain(t *testing.T, text string) any {
	t.Helper()
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &document))
	return plainNode(document.Content[0])
}

func plainNode(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plainNode(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			list[i] = plainNode(c)
		}
		return list
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return json.Number(strconv.FormatFloat(number(n.Value), 'f', -1, 64))
	case "!!bool":
		return n.Value == "true"
	case "!!null":
		return nil
	}
	return n.Value
}

func number(text string) float64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return f
}

// wordsOf gives the words of a bundle as the command takes them.
func wordsOf(b *bundle.Bundle) schema.Words {
	words := schema.Words{Dictionary: b.Dictionary, Policy: b.Policy}
	for _, name := range b.Templates.Names() {
		words.Templates = append(words.Templates, schema.Template{Name: name, Channels: b.Templates.Channels(name)})
	}
	return words
}

// kindOf gives a file's kind by its name.
func kindOf(file string) schema.Kind {
	switch name := filepath.Base(file); {
	case name == bundle.DataFile:
		return schema.Data
	case name == bundle.PolicyFile:
		return schema.Policy
	case strings.HasSuffix(name, ".test.yaml"):
		return schema.Test
	}
	return schema.Rule
}

// readAll reads the files of a pattern, by name.
func readAll(t *testing.T, pattern string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	texts := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		texts[filepath.Base(file)] = string(text)
	}
	return texts
}

// shipped gives the bundle of rules and templates that come with the engine.
func shipped(t *testing.T) *bundle.Bundle {
	t.Helper()
	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	b, problems := bundle.Check(files)
	require.Empty(t, problems)
	return b
}

func accepts(t *testing.T, words schema.Words, files map[string]string) {
	t.Helper()
	for _, w := range []schema.Words{{}, words} {
		judges := map[schema.Kind]*jsonschema.Schema{}
		for name, text := range files {
			kind := kindOf(name)
			if judges[kind] == nil {
				judges[kind] = compiled(t, kind, w)
			}
			require.NoError(t, judges[kind].Validate(plain(t, text)), name)
		}
	}
}

func TestTheShippedFilesAreAccepted(t *testing.T) {
	t.Parallel()
	accepts(t, wordsOf(shipped(t)), readAll(t, "../../rules/*.yaml"))
}

var yamlBlock = regexp.MustCompile("(?s)```yaml\n# rules/([a-z0-9.-]+\\.yaml)\n(.*?)```")

// TestTheExamplesOfThePagesAreAccepted takes every block of the pages that is a
// file. The pages of the language speak of one company; policy.md shows its
// files whole before parts of others.
func TestTheExamplesOfThePagesAreAccepted(t *testing.T) {
	t.Parallel()
	pages := readAll(t, "../../docs/*.md")
	var ps source.Problems
	whole := examplesOf(pages["policy.md"])[0]
	house := bundle.ReadOne("x", nil, []byte(whole["data.yaml"]), []byte(whole["policy.yaml"]), &ps)
	company := schema.Words{Dictionary: house.Dictionary, Policy: house.Policy}
	for page, text := range pages {
		words := schema.Words{}
		if slices.Contains([]string{"rules.md", "triggers.md", "steps.md", "expressions.md"}, page) {
			words = company
			require.Greater(t, strings.Count(text, "\n# rules/"), 20, page)
		}
		for _, examples := range examplesOf(text) {
			accepts(t, words, examples)
		}
	}
}

// examplesOf gives a page's files by name, in as many lots as it takes to have
// each name once in a lot.
func examplesOf(page string) []map[string]string {
	lots := []map[string]string{{}}
	for _, block := range yamlBlock.FindAllStringSubmatch(page, -1) {
		n := slices.IndexFunc(lots, func(lot map[string]string) bool { return lot[block[1]] == "" })
		if n < 0 {
			n, lots = len(lots), append(lots, map[string]string{})
		}
		lots[n][block[1]] = block[2]
	}
	return lots
}

// TestTheReadersExamplesAreAccepted takes the files with which the reader of
// rules is tested.
func TestTheReadersExamplesAreAccepted(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../rule/testdata/data.yaml")
	require.NoError(t, err)
	var ps source.Problems
	house := bundle.ReadOne("x", nil, data, nil, &ps)
	accepts(t, schema.Words{Dictionary: house.Dictionary}, readAll(t, "../rule/testdata/good/*.yaml"))
}

// TestBothRefuse holds that what an editor marks the reader refuses too.
func TestBothRefuse(t *testing.T) {
	t.Parallel()
	b := shipped(t)
	house, judges := readAll(t, "../../rules/*.yaml"), map[schema.Kind]*jsonschema.Schema{}
	for _, kind := range schema.Kinds() {
		judges[kind] = compiled(t, kind, wordsOf(b))
	}
	for name, text := range readAll(t, "testdata/bad/*.yaml") {
		kind, _, _ := strings.Cut(name, "-")
		require.Error(t, judges[schema.Kind(kind)].Validate(plain(t, text)), name)
		if schema.Kind(kind) == schema.Test {
			continue
		}
		files := bundle.Files{Rules: map[string][]byte{}}
		for _, own := range []string{bundle.DataFile, bundle.PolicyFile} {
			files.Rules[own] = []byte(house[own])
		}
		target := map[string]string{"rule": "x.yaml", "data": bundle.DataFile, "policy": bundle.PolicyFile}[kind]
		files.Rules[target] = []byte(text)
		_, problems := bundle.Check(files)
		require.NotEmpty(t, problems, name)
	}
}

// TestTheModelineChangesNoRule holds that the line for editors is no part of a
// rule's version.
func TestTheModelineChangesNoRule(t *testing.T) {
	t.Parallel()
	for name, text := range readAll(t, "../../rules/*.yaml") {
		modeline, rest, _ := strings.Cut(text, "\n")
		require.Equal(t, "# yaml-language-server: $schema=.schema/"+kindOf(name).File(), modeline, name)
		if kindOf(name) == schema.Rule {
			var ps source.Problems
			require.Equal(t, rule.Read(name, []byte(text), rule.Env{}, &ps).Version, rule.Read(name, []byte(rest), rule.Env{}, &ps).Version)
		}
	}
}

// TestValuesInQuotesAreAccepted holds forms that the readers take too.
func TestValuesInQuotesAreAccepted(t *testing.T) {
	t.Parallel()
	accepts(t, wordsOf(shipped(t)), map[string]string{"x.yaml": aRule + `priority: "70"
when: {count: {event: order_placed, times: '3', within: "2 Days"}}
fresh: "24H"
holdout: 5 %
steps: {send: welcome, at: "mon - fri 18:00 - 21:00", channel: ['push']}
`})
}

func TestUnknownKind(t *testing.T) {
	t.Parallel()
	_, err := schema.Write("rules", schema.Words{})
	require.EqualError(t, err, `schema "rules": is not a kind of file; did you mean rule?`)
}

func TestEqualWordsGiveEqualTexts(t *testing.T) {
	t.Parallel()
	words := wordsOf(shipped(t))
	for _, kind := range schema.Kinds() {
		first, err := schema.Write(kind, words)
		require.NoError(t, err)
		second, err := schema.Write(kind, words)
		require.NoError(t, err)
		require.Equal(t, string(first), string(second))
	}
}
