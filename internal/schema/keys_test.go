package schema_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/schema"
	"github.com/outreach-engine/outreach/internal/source"
)

const (
	aRule = "description: x\nowner: a@example.com\ntopic: service\n"
	aWhen = "when: {event: order_placed}\n"
	aSend = "steps:\n  - send: welcome\n"
)

// places are where keys stand, with how to write a file around one more key.
var places = []struct {
	kind   schema.Kind
	around string // %s stands for the key with a value
}{
	{schema.Rule, "%s\n"},
	{schema.Rule, aRule + "when: {event: order_placed, %s}\n" + aSend},
	{schema.Rule, aRule + "when: {usage: {%s}}\n" + aSend},
	{schema.Rule, aRule + "when: {silent: {%s}}\n" + aSend},
	{schema.Rule, aRule + "when: {missing: {%s}}\n" + aSend},
	{schema.Rule, aRule + "when: {count: {%s}}\n" + aSend},
	{schema.Rule, aRule + "when: {drop: {%s}}\n" + aSend},
	{schema.Rule, aRule + "when: {date: {%s}}\n" + aSend},
	{schema.Rule, aRule + aWhen + "goal: {event: order_placed, %s}\n" + aSend},
	{schema.Rule, aRule + aWhen + "stop: {event: order_placed, %s}\n" + aSend},
	{schema.Rule, aRule + aWhen + "steps:\n  - {send: welcome, %s}\n"},
	{schema.Rule, aRule + aWhen + "steps:\n  - {attach: welcome, %s}\n"},
	{schema.Rule, aRule + aWhen + "steps:\n  - {wait: 2d, %s}\n"},
	{schema.Rule, aRule + aWhen + "steps:\n  - {wait_for: order_placed, %s}\n"},
	{schema.Rule, aRule + aWhen + "steps:\n  - {if: 1 == 1, %s}\n"},
	{schema.Rule, aRule + aWhen + "steps:\n  - {split: [{share: 50%%, steps: [stop]}], %s}\n"},
	{schema.Rule, aRule + aWhen + "steps:\n  - split: [{%s}]\n"},
	{schema.Rule, aRule + aWhen + "steps:\n  - {set: {plan: surf}, %s}\n"},
	{schema.Rule, aRule + aWhen + "steps:\n  - {webhook: https://example.com/x, %s}\n"},
	{schema.Rule, aRule + aWhen + "steps:\n  - {handoff: care, %s}\n"},
	{schema.Data, "%s\n"},
	{schema.Policy, "%s\n"},
	{schema.Policy, "topics: {tips: {%s}}\n"},
	{schema.Policy, "legal: [{%s}]\n"},
	{schema.Policy, "teams: {care: {%s}}\n"},
	{schema.Policy, "digests: {weekly: {%s}}\n"},
	{schema.Policy, "learning: {%s}\n"},
}

var (
	quotedKey = regexp.MustCompile(`"([a-z_]+)": \{`)
	codeWord  = regexp.MustCompile("`([a-z_]+)[:`]")
)

// words gives every word that may be a key: those of the schemas and those
// that the reference writes as code.
func words(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/rules.md")
	require.NoError(t, err)
	list := []string{"no_such_key"}
	for _, found := range codeWord.FindAllStringSubmatch(string(page), -1) {
		list = append(list, found[1])
	}
	for _, kind := range schema.Kinds() {
		text, err := schema.Write(kind, schema.Words{})
		require.NoError(t, err)
		for _, found := range quotedKey.FindAllStringSubmatch(string(text), -1) {
			list = append(list, found[1])
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// later is said of words that this version does not read.
const later = "is not part of this version"

// TestTheSchemasHaveTheKeysOfTheReaders writes each word as a key at each place,
// and asks the reader and the schema whether it may stand there.
func TestTheSchemasHaveTheKeysOfTheReaders(t *testing.T) {
	t.Parallel()
	all := words(t)
	require.Greater(t, len(all), 80)
	env := rule.Env{Data: shipped(t).Dictionary, Topics: map[customer.Topic]bool{"service": false}}
	judges := map[schema.Kind]*jsonschema.Schema{}
	for _, kind := range schema.Kinds() {
		judges[kind] = compiled(t, kind, schema.Words{})
	}
	for _, p := range places {
		for _, key := range all {
			if strings.Contains(p.around, "{"+key+":") || strings.Contains(p.around, " "+key+":") || strings.HasPrefix(p.around, key+":") {
				continue
			}
			text := fmt.Sprintf(p.around, key+": x")
			refused, known := refusedByReader(p.kind, text, key, env)
			if !known {
				continue
			}
			err := judges[p.kind].Validate(plain(t, text))
			require.Equal(t, refused, err != nil && strings.Contains(err.Error(), "additional properties"),
				"%s: %v\nreader refuses: %v", text, err, refused)
		}
	}
}

// refusedByReader reports whether the reader refuses a key where it stands;
// known is false when this version does not read the words around it.
func refusedByReader(kind schema.Kind, text, key string, env rule.Env) (refused, known bool) {
	var problems source.Problems
	switch kind {
	case schema.Rule:
		rule.Read("x.yaml", []byte(text), env, &problems)
	case schema.Data:
		dictionary.Read("data.yaml", []byte(text), &problems)
	case schema.Policy:
		policy.Read("policy.yaml", []byte(text), &problems)
	}
	for _, p := range problems.List() {
		switch own := p.Value == key; {
		case strings.Contains(p.Message, later):
			return false, false
		case own && (p.Message == "is not a key that is known here" || strings.HasPrefix(p.Message, "does not belong to")),
			own && strings.HasPrefix(p.Message, "stop takes no value"),
			own && strings.HasPrefix(p.Message, "is a step where"),
			strings.HasPrefix(p.Message, "names more than one step"), strings.HasPrefix(p.Message, "names more than one trigger"):
			refused = true
		}
	}
	return refused, true
}
