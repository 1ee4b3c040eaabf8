package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	modernc "modernc.org/sqlite"

	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks our files: "outr" in ASCII.
const applicationID = 0x6f757472

// SQLite's result codes (https://www.sqlite.org/rescode.html): somebody else
// has the file locked; the file is of another format. The low byte is what an
// extended code is a kind of.
const (
	busy         = 5
	notADatabase = 26
	primaryCode  = 0xff
)

// logTries is how often the write-ahead log is asked for. Each try but the last
// waits until somebody else is done.
const logTries = 100

// prepareFile makes sure that path holds our tables in their newest form and
// gives the way to open connections to it.
func prepareFile(ctx context.Context, path string, logger *slog.Logger) (driver.Connector, error) {
	if err := checkPath(path); err != nil {
		return nil, err
	}
	location, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store: path %s: %w", path, err)
	}
	if err := createPrivate(location); err != nil {
		return nil, fmt.Errorf("store: path %s: %w", path, err)
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(location)}
	connector, err := modernc.NewConnector(name.String())
	if err != nil {
		return nil, fmt.Errorf("store: path %s: %w", path, err)
	}
	if err := claimFile(connector); err != nil {
		return nil, nameFile(path, err)
	}
	if err := migrate(ctx, connector, logger); err != nil {
		return nil, nameFile(path, err)
	}
	return connector, nil
}

func checkPath(path string) error {
	if path == "" {
		return errors.New("store: no path: name the file that holds the data")
	}
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: folder %s is not there: make it, or name another path", folder)
	} else if err != nil {
		return fmt.Errorf("store: folder of %s: %w", path, err)
	} else if !info.IsDir() {
		return fmt.Errorf("store: %s is not a folder: name another path", folder)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("store: %s is a folder: name a file in it", path)
	}
	return nil
}

// createPrivate makes a file that is not there, for its owner alone: it is to
// hold personal data. SQLite makes the files beside it with the same rights
// (https://www.sqlite.org/src/file/src/os_unix.c, findCreateFileMode). The
// rights of a file that is there are its owner's choice.
func createPrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// nameFile adds the path, and what to do where that is known.
func nameFile(path string, err error) error {
	var fault *modernc.Error
	if errors.As(err, &fault) && fault.Code() == notADatabase {
		return fmt.Errorf("store: %s is not an SQLite database: name another path", path)
	}
	return fmt.Errorf("open %s: %w", path, err)
}

// claimFile switches an empty file to the write-ahead log and marks it as
// ours; a file with somebody else's tables is refused.
func claimFile(connector driver.Connector) (err error) {
	c, err := connect(connector, "busy_timeout = 10000")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	tables, _, err := sqltx.One(c, sqltx.Number, "SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return err
	}
	owner, _, err := sqltx.One(c, sqltx.Number, "PRAGMA application_id")
	if err != nil {
		return err
	}
	if owner != applicationID && (owner != 0 || tables > 0) {
		return errors.New("store: the database belongs to another program: name another path")
	}
	if err := useLog(c); err != nil {
		return err
	}
	if owner == 0 {
		_, err = c.Exec(fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	}
	return err
}

// useLog switches the file to the write-ahead log. SQLite does not wait for
// others that make the same file at once, so we do: for their locks, and try
// again (https://www.sqlite.org/c3ref/busy_handler.html).
func useLog(c *conn) (err error) {
	for range logTries {
		var fault *modernc.Error
		if _, err = c.Exec("PRAGMA journal_mode = WAL"); !errors.As(err, &fault) || fault.Code()&primaryCode != busy {
			return err
		}
		for _, sql := range []string{"BEGIN IMMEDIATE", "ROLLBACK"} {
			if _, err := c.Exec(sql); err != nil {
				return err
			}
		}
	}
	return err
}

// migrate brings the tables to their newest form. Two processes may try at
// once: the one that loses a step goes on behind it.
func migrate(ctx context.Context, connector driver.Connector, logger *slog.Logger) (err error) {
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "PRAGMA busy_timeout = 10000"); err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	left, err := formsLeft(ctx, provider)
	for left > 0 && err == nil {
		steps, failed := provider.Up(ctx)
		for _, step := range steps {
			logger.InfoContext(ctx, "store migrated", "version", step.Source.Version, "took", step.Duration)
		}
		before := left
		if left, err = formsLeft(ctx, provider); failed != nil && left == before {
			return fmt.Errorf("migrations: %w", failed)
		}
	}
	return err
}

// formsLeft gives how many forms the tables are behind the newest.
func formsLeft(ctx context.Context, provider *goose.Provider) (int64, error) {
	have, want, err := provider.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	if have > want {
		return 0, fmt.Errorf("store: the tables were made by a newer version of this program "+
			"(they are of form %d, this one knows %d): use that version or a newer one", have, want)
	}
	return want - have, nil
}
