package devserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence"
	"go.temporal.io/server/common/persistence/serialization"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// openDatabase returns a database that has its tables and the namespace that o describes.
func openDatabase(ctx context.Context, o Options) (*config.SQL, error) {
	if o.Retention < 0 {
		return nil, fmt.Errorf("retention %s is negative: give one above zero", o.Retention)
	}
	if o.File == "" {
		db := memoryDatabase()
		return db, prepareNamespace(ctx, db, o)
	}
	db, err := fileDatabase(o.File)
	if err == nil {
		err = prepareNamespace(ctx, db, o)
	}
	if err != nil {
		return nil, fmt.Errorf("database file %s: %w", o.File, err)
	}
	return db, nil
}

func memoryDatabase() *config.SQL {
	return &config.SQL{
		PluginName:        sqlite.PluginName,
		DatabaseName:      rand.Text(),
		ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
	}
}

func fileDatabase(file string) (*config.SQL, error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	if folder, err := os.Stat(filepath.Dir(path)); err != nil || !folder.IsDir() {
		return nil, fmt.Errorf("folder %s is missing: make it or choose another file", filepath.Dir(path))
	}
	db := &config.SQL{
		PluginName:   sqlite.PluginName,
		DatabaseName: (&url.URL{Path: path}).EscapedPath(),
		ConnectAttributes: map[string]string{
			"mode":         "rwc",
			"journal_mode": "wal",
			"synchronous":  "off",
			// The server keeps a connection per set of attributes for the life of the process, even to a file that has
			// been deleted since. SQLite ignores this one; a new value gives each start a connection of its own.
			"setup": rand.Text(),
		},
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0:
		return db, sqliteschema.SetupSchema(db)
	case err == nil && info.IsDir():
		return nil, errors.New("it is a folder: choose another file")
	}
	return db, err
}

// prepareNamespace makes the namespace if the database has none of that name, with an id of its own, and brings its
// retention and search attributes up to o. It works on the tables, because a running server would take seconds to notice.
func prepareNamespace(ctx context.Context, db *config.SQL, o Options) error {
	ns, err := sqliteschema.NewNamespaceConfig(clusterName, o.Namespace, false, nil)
	if err != nil {
		return fmt.Errorf("namespace %s: %w", o.Namespace, err)
	}
	if err := sqliteschema.CreateNamespaces(db, ns); err != nil {
		return fmt.Errorf("it is no usable database of a temporal server, choose another file: %w", err)
	}
	conn, err := sql.NewSQLDB(sqlplugin.DbKindMain, db, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	rows, err := conn.SelectFromNamespace(ctx, sqlplugin.NamespaceFilter{Name: &o.Namespace})
	if err != nil {
		return fmt.Errorf("namespace %s: %w", o.Namespace, err)
	}
	if err := describe(&rows[0], o); err != nil {
		return fmt.Errorf("namespace %s: %w", o.Namespace, err)
	}
	_, err = conn.UpdateNamespace(ctx, &rows[0])
	return err
}

// describe rewrites a namespace's row as o wants it.
func describe(row *sqlplugin.NamespaceRow, o Options) error {
	codec := serialization.NewSerializer()
	detail, err := codec.NamespaceDetailFromBlob(persistence.NewDataBlob(row.Data, row.DataEncoding))
	if err != nil {
		return err
	}
	detail.Config.Retention = durationpb.New(o.Retention)
	detail.Config.CustomSearchAttributeAliases, err = addAliases(detail.Config.CustomSearchAttributeAliases, o.SearchAttributes)
	if err != nil {
		return err
	}
	blob, err := codec.NamespaceDetailToBlob(detail)
	if err != nil {
		return err
	}
	row.Data, row.DataEncoding = blob.Data, blob.EncodingType.String()
	return nil
}

// addAliases gives each wanted attribute that has none a free column of its type, such as Keyword03. Aliases map a
// column to the attribute's name.
func addAliases(old map[string]string, wanted map[string]enumspb.IndexedValueType) (map[string]string, error) {
	columns := sadefs.GetDBIndexSearchAttributes(nil).CustomSearchAttributes
	aliases, typeOf := map[string]string{}, map[string]enumspb.IndexedValueType{}
	for column, name := range old {
		aliases[column], typeOf[name] = name, columns[column]
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if has, ok := typeOf[name]; ok && has != wanted[name] {
			return nil, fmt.Errorf("search attribute %s: it is a %s here, not a %s: give the new one another name", name, has, wanted[name])
		} else if ok {
			continue
		}
		column, ok := freeColumn(columns, aliases, wanted[name])
		if !ok {
			return nil, fmt.Errorf("search attribute %s: no room for one more %s: declare fewer", name, wanted[name])
		}
		aliases[column] = name
	}
	return aliases, nil
}

func freeColumn(columns map[string]enumspb.IndexedValueType, aliases map[string]string, t enumspb.IndexedValueType) (string, bool) {
	for _, column := range slices.Sorted(maps.Keys(columns)) {
		if _, taken := aliases[column]; !taken && columns[column] == t {
			return column, true
		}
	}
	return "", false
}
