package compare_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/compare"
	"github.com/outreach-engine/outreach/internal/source"
)

var update = flag.Bool("update", false, "write the differences that are found")

// house is what the files of a case stand beside, unless they say otherwise.
const (
	houseData = `
traits: {plan: text, plan_mb: number}
events:
  signed_up: {}
  data_session: {by: us, mb: number}
  plan_changed: {}
  account_closed: {}
  app_opened: {}
`
	housePolicy = "zone: America/New_York\ntopics: {service: {consent: assumed}, offers: {consent: asked}}\n"
)

// sound reads one side of a case.
func sound(t *testing.T, a *txtar.Archive, side string) *bundle.Bundle {
	t.Helper()
	files := bundle.Files{Rules: map[string][]byte{"data.yaml": []byte(houseData), "policy.yaml": []byte(housePolicy)}, Templates: map[string][]byte{}}
	for _, name := range []string{"hello", "more", "usage-warning", "usage-follow-up"} {
		files.Templates[name+"/sms.txt"] = []byte("Hello.")
		files.Templates[name+"/push.txt"] = []byte("---\ntitle: Hello\n---\nHello.")
	}
	for _, f := range a.Files {
		name, ours := strings.CutPrefix(f.Name, side+"/")
		template, isTemplate := strings.CutPrefix(name, "templates/")
		switch {
		case !ours:
		case isTemplate:
			files.Templates[template] = f.Data
		default:
			files.Rules[name] = f.Data
		}
	}
	b, list := bundle.Check(files)
	var ps source.Problems
	ps.Add(list...)
	require.NoError(t, ps.Err())
	return b
}

// TestDifferences reads the cases of testdata: files under old/ and new/, and
// the difference that is to be found.
func TestDifferences(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			before, after := sound(t, archive, "old"), sound(t, archive, "new")
			got := strings.Join(compare.Bundles(before, after).Lines(), "\n") + "\n"
			last := &archive.Files[len(archive.Files)-1]
			require.Equal(t, "want", last.Name)
			if *update {
				last.Data = []byte(got)
				require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o600))
			}
			require.Equal(t, string(last.Data), got)
			require.True(t, compare.Bundles(after, after).Nothing())
			require.True(t, compare.Bundles(before, before).Nothing())
		})
	}
}

// TestAsFewStepsMoveAsCanBe shuffles steps: what is not said to have moved
// stands in its old order.
func TestAsFewStepsMoveAsCanBe(t *testing.T) {
	t.Parallel()
	ids := []string{"a", "b", "c", "d", "e"}
	ruleOf := func(order []string) []byte {
		var steps []string
		for _, id := range order {
			steps = append(steps, "{id: "+id+", wait: 1d}")
		}
		return []byte("description: A rule.\nowner: a@example.com\ntopic: service\nwhen: {event: signed_up}\nsteps: [" +
			strings.Join(steps, ", ") + ", {send: hello}]\n")
	}
	rapid.Check(t, func(rt *rapid.T) {
		order := rapid.Permutation(ids).Draw(rt, "order")
		archive := func(side string, order []string) txtar.File {
			return txtar.File{Name: side + "/mine.yaml", Data: ruleOf(order)}
		}
		a := &txtar.Archive{Files: []txtar.File{archive("old", ids), archive("new", order)}}
		moved := map[string]bool{}
		for _, r := range compare.Bundles(sound(t, a, "old"), sound(t, a, "new")).Rules {
			for _, c := range r.Changes {
				require.Equal(rt, compare.Moved, c.How)
				moved[c.Step] = true
			}
		}
		require.Less(rt, len(moved), len(ids))
		last := ""
		for _, id := range order {
			if !moved[id] {
				require.Less(rt, last, id, "%v of %v moved", moved, order)
				last = id
			}
		}
	})
}
