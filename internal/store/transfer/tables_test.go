package transfer

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store"
)

// TestEveryTableIsDescribed holds that a copy leaves nothing out: each column of
// each table of both kinds of store is described, with its kind, but for what a
// store derives by itself. Whoever adds a table describes it in tables.go.
func TestEveryTableIsDescribed(t *testing.T) {
	t.Parallel()
	for name, kept := range map[string]struct {
		place    store.Place
		question string
		own      map[string][]string // columns that this kind of store has beside those described
		hidden   []string            // tables whose rowid no schema shows
	}{
		"SQLite": {
			place: store.Place(filepath.Join(t.TempDir(), "outreach.db")),
			question: `SELECT m.name, c.name, lower(c.type) FROM sqlite_schema m, pragma_table_info(m.name) c
				WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'goose_db_version'`,
			own:    map[string][]string{eventsTable: {"id integer"}},
			hidden: []string{"outreaches", "parts", "documents"},
		},
		"PostgreSQL": {
			place: store.Place(pgtest.Database(t)),
			question: `SELECT table_name, column_name, data_type FROM information_schema.columns
				WHERE table_schema = 'outreach' AND table_name <> 'goose_db_version' AND table_name NOT LIKE 'events\_%'`,
			own: map[string][]string{"counters": {"slot bigint"}, "totals": {"slot bigint"}, eventIDsTable: {"id bytea", "at bigint"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, makeTables(t.Context(), kept.place))
			b, err := connect(t.Context(), kept.place)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, b.close()) })
			rows, err := b.words(t.Context(), kept.question)
			require.NoError(t, err)
			there := map[string][]string{}
			for _, row := range rows {
				there[row[0]] = append(there[row[0]], row[1]+" "+row[2])
			}
			described := kept.own
			for _, table := range tables {
				for _, c := range table.columns {
					if c.name == "rowid" && slices.Contains(kept.hidden, table.name) {
						continue
					}
					described[table.name] = append(described[table.name], c.name+" "+typeOf(b, c.kind))
				}
			}
			for _, lists := range []map[string][]string{there, described} {
				for _, list := range lists {
					slices.Sort(list)
				}
			}
			require.Equal(t, there, described, "the schema, and tables.go")
		})
	}
}

// TestNumbersAreDescribed holds that every column whose numbers the database
// gives is said to be one, and whether they are given twice.
func TestNumbersAreDescribed(t *testing.T) {
	t.Parallel()
	described := map[string]string{}
	var never []string
	for _, table := range tables {
		if table.serial != "" {
			described[table.name] = table.serial
		}
		if table.never {
			never = append(never, table.name)
		}
	}
	for _, place := range []store.Place{store.Place(pgtest.Database(t)), store.Place(filepath.Join(t.TempDir(), "outreach.db"))} {
		require.NoError(t, makeTables(t.Context(), place))
		b, err := connect(t.Context(), place)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, b.close()) })
		if !b.server {
			rows, err := b.words(t.Context(), "SELECT name FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%' AND name NOT LIKE 'goose%' AND type = 'table'")
			require.NoError(t, err)
			require.ElementsMatch(t, never, slices.Concat(rows...))
			continue
		}
		rows, err := b.words(t.Context(), `SELECT table_name, column_name FROM information_schema.columns
			WHERE table_schema = 'outreach' AND is_identity = 'YES' AND table_name NOT LIKE 'goose%'`)
		require.NoError(t, err)
		there := map[string]string{}
		for _, row := range rows {
			there[row[0]] = row[1]
		}
		require.Equal(t, there, described)
	}
}

func typeOf(b *base, k kind) string {
	if b.server {
		return map[kind]string{text: "text", number: "bigint", fraction: "double precision", blob: "bytea"}[k]
	}
	return map[kind]string{text: "text", number: "integer", fraction: "real", blob: "blob"}[k]
}

func TestNameHasNoPassword(t *testing.T) {
	t.Parallel()
	for place, name := range map[store.Place]string{
		"a/b.db": "a/b.db", "sqlite:b.db": "b.db",
		"postgres://u:p%40ss@h:5432/db?sslmode=disable": "postgres://u@h:5432/db",
		"postgresql://u:p@ss@h/db":                      "postgresql://u@h/db",
		"postgres://h/db":                               "postgres://h/db",
		"postgres://u@h?password=secret":                "postgres://u@h",
		"postgres:///db?host=/run/pg&password=secret":   "postgres:///db",
	} {
		require.Equal(t, name, Name(place))
	}
}
