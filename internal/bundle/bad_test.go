package bundle_test

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/source"
)

var update = flag.Bool("update", false, "rewrite the expected texts under testdata")

// wantFile holds what the author of a bad file is told, beside the file.
const wantFile = "want.txt"

// TestBadFiles checks each folder of testdata/bad: files with one fault,
// checked in place of those of testdata/base, and the exact words that their
// author reads. An empty want.txt is a file that looks odd and is sound.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	cases, err := os.ReadDir("testdata/bad")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(cases), 60)
	for _, c := range cases {
		t.Run(c.Name(), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join("testdata/bad", c.Name())
			problems := problemsOf(t, dir)
			got := ""
			for _, p := range problems {
				requirePlace(t, p)
				got += p.String() + "\n"
			}
			want := filepath.Join(dir, wantFile)
			if *update {
				require.NoError(t, os.WriteFile(want, []byte(got), 0o600))
			}
			text, err := os.ReadFile(want)
			require.NoError(t, err)
			require.Equal(t, string(text), got)
			require.Equal(t, strings.HasPrefix(c.Name(), "sound-"), got == "")
		})
	}
}

// requirePlace holds that a problem has a line and a column, or is about the
// file as a whole, and that somebody can do something about it.
func requirePlace(t *testing.T, p source.Problem) {
	t.Helper()
	require.NotEmpty(t, p.File)
	require.NotEmpty(t, p.Message)
	require.Equal(t, p.Line > 0, p.Column > 0, p.String())
	require.GreaterOrEqual(t, p.Line, 0)
	require.NotContains(t, p.String(), "\n")
	if p.Line == 0 {
		require.Empty(t, p.Path, "a problem with a path has a line: %s", p.String())
	}
}

// problemsOf checks the files of a folder.
func problemsOf(t *testing.T, dir string) []source.Problem {
	t.Helper()
	base, own := texts(t, "testdata/base"), texts(t, dir)
	delete(own, wantFile)
	for _, kind := range []importer.Kind{importer.Customers, importer.Events} {
		if _, ok := own["map/"+string(kind)+".yaml"]; ok {
			return problemsOfMap(t, kind, filepath.Join(dir, "map", string(kind)+".yaml"))
		}
	}
	maps.Copy(base, own)
	files := bundle.Files{Rules: map[string][]byte{}, Templates: map[string][]byte{}}
	for name, text := range base {
		folder, name, _ := strings.Cut(name, "/")
		if folder == "rules" {
			files.Rules[name] = text
		} else {
			files.Templates[name] = text
		}
	}
	_, problems := bundle.Check(files)
	return problems
}

// texts reads the files below a folder, by their path.
func texts(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	require.NoError(t, err)
	return files
}

// problemsOfMap reads a map for a file of three columns.
func problemsOfMap(t *testing.T, kind importer.Kind, path string) []source.Problem {
	t.Helper()
	data := filepath.Join(t.TempDir(), "export.csv")
	require.NoError(t, os.WriteFile(data, []byte("user,mb,day\n1,2,2026-05-01T00:00:00Z\n"), 0o600))
	_, err := importer.Run(t.Context(), importer.Options{
		Taker: nobody{}, Keeper: nobody{}, Zones: nobody{}, Topics: []string{"service", "offers"},
		Kind: kind, Path: data, Map: path, Now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
	})
	var invalid *source.InvalidError
	if !errors.As(err, &invalid) {
		require.NoError(t, err)
		return nil
	}
	problems := slices.Clone(invalid.Problems)
	for i := range problems {
		problems[i].File = filepath.Base(problems[i].File)
	}
	return problems
}

// nobody takes and keeps nothing.
type nobody struct{}

func (nobody) Take(_ context.Context, batch []observe.Incoming) ([]observe.Outcome, error) {
	return make([]observe.Outcome, len(batch)), nil
}

func (nobody) Reject(context.Context, []observe.Rejection) error { return nil }

func (nobody) ZoneOf(context.Context, string) (string, error) { return "UTC", nil }

// TestHugeFiles holds that a file beyond the limit is refused by its size.
func TestHugeFiles(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("# a long story\n", source.MaxFile/10)
	_, problems := bundle.Check(files(map[string]string{"data.yaml": huge, "policy.yaml": huge, "warn.yaml": huge}, map[string]string{"thanks/sms.txt": huge}))
	require.Equal(t, []string{
		"rules/data.yaml: is larger than 1 MiB; split it into several files",
		"rules/policy.yaml: is larger than 1 MiB; split it into several files",
	}, lines(problems)[:2])
	require.Contains(t, lines(problems), "rules/warn.yaml: is larger than 1 MiB; split it into several files")
	require.Contains(t, lines(problems), "templates/thanks/sms.txt: is larger than 100 kB; shorten it; many mail programs cut off after 102 kB")
}
