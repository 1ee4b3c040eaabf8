package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Form is how far the tables of a database are.
type Form struct {
	Have int64 // 0: there are none of ours
	Want int64 // the newest that this program knows
}

// migrate brings the tables to their newest form, one process at a time.
func migrate(ctx context.Context, config *pgx.ConnConfig, logger *slog.Logger) (err error) {
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := forms(ctx, db)
	if err != nil {
		return err
	}
	form, err := formOf(ctx, provider)
	if err != nil || form.Have == form.Want {
		return err
	}
	steps, err := provider.Up(ctx)
	for _, step := range steps {
		logger.InfoContext(ctx, "store migrated", "version", step.Source.Version, "took", step.Duration)
	}
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return nil
}

// FormOf tells how far the tables of a database are, and changes nothing but
// that it makes our schema where it is not there.
func FormOf(ctx context.Context, url string) (form Form, err error) {
	s, err := connected(ctx, url, Options{})
	if err != nil {
		return form, err
	}
	db := stdlib.OpenDB(*s.config)
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := forms(ctx, db)
	if err != nil {
		return form, err
	}
	return formOf(ctx, provider)
}

func forms(ctx context.Context, db *sql.DB) (*goose.Provider, error) {
	if err := makeSchema(ctx, db); err != nil {
		return nil, fail("CREATE SCHEMA", err)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	const lookEvery, looks = 1, 600 // seconds; a long migration has ten minutes
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lookEvery, looks))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return provider, nil
}

// makeSchema makes our schema where it is not there. PostgreSQL's own IF NOT
// EXISTS is an error for the later of two processes that make it at once.
func makeSchema(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+Schema)
	const uniqueViolation = "23505"
	if raced, ok := errors.AsType[*pgconn.PgError](err); ok && raced.Code == uniqueViolation {
		return nil
	}
	return err
}

func formOf(ctx context.Context, provider *goose.Provider) (Form, error) {
	have, want, err := provider.GetVersions(ctx)
	if err != nil {
		return Form{}, fmt.Errorf("migrations: %w", err)
	}
	if have > want {
		return Form{have, want}, fmt.Errorf("store: the tables were made by a newer version of this program "+
			"(they are of form %d, this one knows %d): use that version or a newer one", have, want)
	}
	return Form{have, want}, nil
}
