//go:build unix

package pgtest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Template is a database that is made once for a test binary, and copied for
// each test that wants one like it: a copy costs far less than its tables. What
// a test leaves is emptied, which costs less still, and taken by the next.
type Template struct {
	fill  func(ctx context.Context, url string) error
	empty string

	mu   sync.Mutex
	name string   // "" while it is not made
	free []string // copies that nobody uses
}

// NewTemplate gives a template that fill makes out of an empty database, with
// nobody connected to it any more. Empty is the SQL by which a copy becomes like
// new after a test.
func NewTemplate(fill func(ctx context.Context, url string) error, empty string) *Template {
	return &Template{fill: fill, empty: empty}
}

// Database gives the URL of a copy that no other test sees until this one ends.
// It is skipped as by the function Database.
func (m *Template) Database(t testing.TB) string {
	t.Helper()
	server, err := shared()
	check(t, err)
	name, err := m.take(t.Context(), server)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, m.giveBack(ctx, server, name))
	})
	return server.URL(name)
}

func (m *Template) take(ctx context.Context, server *common) (name string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if last := len(m.free) - 1; last >= 0 {
		name, m.free = m.free[last], m.free[:last]
		return name, nil
	}
	if m.name == "" {
		made := server.next("template_")
		if err := server.CreateDatabase(ctx, made); err != nil {
			return "", err
		}
		if err := m.fill(ctx, server.URL(made)); err != nil {
			return "", err
		}
		m.name = made
	}
	name = server.next("test_")
	return name, server.CopyDatabase(ctx, name, m.name)
}

func (m *Template) giveBack(ctx context.Context, server *common, name string) error {
	c, err := pgx.Connect(ctx, server.URL(name))
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, m.empty)
	if err = errors.Join(err, c.Close(ctx)); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = append(m.free, name)
	return nil
}
