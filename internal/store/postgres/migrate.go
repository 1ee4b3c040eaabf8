package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Form is how far the tables of a database are.
type Form struct {
	Have int64 // 0: there are none of ours
	Want int64 // the newest that this program knows
}

// FormOf tells how far the tables of a database are. It changes nothing.
func FormOf(ctx context.Context, url string) (Form, error) {
	s, err := connected(ctx, url, Options{})
	if err != nil {
		return Form{}, err
	}
	form, err := s.formOf(ctx)
	return form, errors.Join(err, s.Close())
}

// There is an error where a database holds no tables of ours. It makes none.
func There(ctx context.Context, url string) (err error) {
	s, err := connected(ctx, url, Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	form, err := s.formOf(ctx)
	if err == nil && form.Have == 0 {
		err = fmt.Errorf("store: %s holds no tables of the engine; name the engine's database with --store; a new one gets its tables by outreach store migrate, or by outreach store copy with a whole ledger", s.Name())
	}
	return err
}

// formOf refuses tables of a form that this program does not know.
func (s *Store) formOf(ctx context.Context) (form Form, err error) {
	form.Want = sqltx.NewestForm(migrations)
	err = s.reading(ctx, func(c *conn) error {
		form.Have, err = formOn(c)
		return err
	})
	if err == nil && form.Have > form.Want {
		err = fmt.Errorf("store: the tables were made by a newer version of this program "+
			"(they are of form %d, this one knows %d): use that version or a newer one", form.Have, form.Want)
	}
	return form, err
}

// formOn gives the form of the tables, 0 when there are none of ours.
func formOn(c *conn) (int64, error) {
	ours, there, err := sqltx.One(c, sqltx.Number, `SELECT CAST(has_schema_privilege(CAST(schemaname AS TEXT), 'USAGE') AS INTEGER)
		FROM pg_tables WHERE schemaname = $1 AND tablename = 'goose_db_version'`, Schema)
	switch {
	case err != nil || !there:
		return 0, err
	case ours == 0:
		return 0, errors.New("store: permission denied for schema " + Schema + "; " + mayNot)
	}
	return sqltx.Form(c)
}

// migrate brings the tables to their newest form, one process at a time.
func (s *Store) migrate(ctx context.Context) (err error) {
	form, err := s.formOf(ctx)
	if err != nil || form.Have == form.Want {
		return err
	}
	config := s.config.Copy()
	config.RuntimeParams["lock_timeout"] = patienceToMigrate
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	only, err := db.Conn(ctx)
	if err != nil {
		return fail("migrations", err)
	}
	defer func() { err = errors.Join(err, only.Close()) }()
	if err := s.enter(ctx, only); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave(context.WithoutCancel(ctx), only)) }()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	steps, err := provider.Up(ctx)
	for _, step := range steps {
		s.options.Logger.InfoContext(ctx, "store migrated", "version", step.Source.Version, "took", step.Duration)
	}
	return fail("migrations", err)
}

// patienceToMigrate is how long is waited for another process that is about it.
const patienceToMigrate = "5min"

var migrating = strconv.FormatInt(lockKey("migrations", ""), 10)

// enter waits until no other process changes the tables, and sees that there is
// our schema.
func (s *Store) enter(ctx context.Context, c *sql.Conn) error {
	if _, err := c.ExecContext(ctx, "SELECT pg_advisory_lock("+migrating+")"); err != nil {
		return fail("wait for another process that changes the tables", err)
	}
	var there bool
	err := c.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", Schema).Scan(&there)
	if err == nil && !there { // also who may not make it may use one that is there
		_, err = c.ExecContext(ctx, "CREATE SCHEMA "+Schema)
	}
	switch code(err) {
	case duplicate:
		return nil // somebody else made it just so
	case denied:
		database, user := pgx.Identifier{s.config.Database}.Sanitize(), pgx.Identifier{s.config.User}.Sanitize()
		return fmt.Errorf("store: CREATE SCHEMA %s: %s; the database's owner allows it: GRANT CREATE ON DATABASE %s TO %s", Schema, text(err), database, user)
	}
	return fail("CREATE SCHEMA "+Schema, err)
}

func leave(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, "SELECT pg_advisory_unlock("+migrating+")")
	return fail("leave the migrations", err)
}
