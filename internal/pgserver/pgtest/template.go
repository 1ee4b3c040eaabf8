//go:build unix

package pgtest

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Template is a database that is made once for a test binary, and copied for
// each test that wants one like it: a copy costs far less than its tables.
type Template struct {
	fill func(ctx context.Context, url string) error
	once sync.Once
	name string
	err  error
}

// NewTemplate gives a template that fill makes out of an empty database. It must
// leave nobody connected to it.
func NewTemplate(fill func(ctx context.Context, url string) error) *Template {
	return &Template{fill: fill}
}

// Database gives the URL of a copy that no other test sees, and removes it with
// the test. It is skipped as by the function Database.
func (m *Template) Database(t testing.TB) string {
	t.Helper()
	server, err := shared()
	check(t, err)
	m.once.Do(func() { m.err = m.make(server) })
	require.NoError(t, m.err)
	name := "test_" + strconv.FormatInt(server.databases.Add(1), 10)
	require.NoError(t, server.CopyDatabase(t.Context(), name, m.name))
	removed(t, server, name)
	return server.URL(name)
}

func (m *Template) make(server *common) error {
	m.name = "template_" + strconv.FormatInt(server.databases.Add(1), 10)
	if err := server.CreateDatabase(context.Background(), m.name); err != nil {
		return err
	}
	return m.fill(context.Background(), server.URL(m.name))
}
