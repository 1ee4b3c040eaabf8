package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	modernc "modernc.org/sqlite"

	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// Connector gives the way to connect to a file that Open has made, for whoever
// carries whole tables.
func Connector(path string) (driver.Connector, error) {
	location, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store: path %s: %w", path, err)
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(location)}
	connector, err := modernc.NewConnector(name.String())
	if err != nil {
		return nil, fmt.Errorf("store: path %s: %w", path, err)
	}
	return connector, nil
}

// FormOf tells of which form the tables of a file are, 0 for none, and which one
// is the newest that this program knows. It changes nothing.
func FormOf(_ context.Context, path string) (have, want int64, err error) {
	want = sqltx.NewestForm(migrations)
	connector, err := Connector(path)
	if err != nil {
		return 0, want, err
	}
	c, err := connect(connector, "busy_timeout = 10000", "query_only = ON")
	if err != nil {
		return 0, want, nameFile(path, err)
	}
	defer func() { err = errors.Join(err, c.close()) }()
	owner, _, err := sqltx.One(c, sqltx.Number, "PRAGMA application_id")
	if err != nil {
		return 0, want, nameFile(path, err)
	}
	tables, _, err := sqltx.One(c, sqltx.Number, "SELECT count(*) FROM sqlite_schema WHERE name = 'goose_db_version'")
	if err != nil || tables == 0 {
		return 0, want, err
	}
	if owner != applicationID {
		return 0, want, fmt.Errorf("store: %s belongs to another program: name another path", path)
	}
	have, err = sqltx.Form(c)
	return have, want, err
}
