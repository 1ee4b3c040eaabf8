package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/message"
)

// afterAnEdit sends another message than afterAWhile.
var afterAnEdit = strings.Replace(afterAWhile, "send: hello", "send: second", 1)

// version gives the version of a rule that is in force.
func (h *house) version(rule string) string {
	m, ok := h.running.Library.Current().Matcher(rule)
	require.True(h.t, ok)
	return m.Version
}

func (h *house) template(i int) string {
	keys := h.provider.keys()
	require.Greater(h.t, len(keys), i)
	return strings.Split(keys[i], ".")[3]
}

// TestAnEditChangesNoOpenOutreach edits a rule's file while somebody waits: the
// engine takes the edit up by itself, for whoever comes later.
func TestAnEditChangesNoOpenOutreach(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"after-a-while": afterAWhile})
	before := h.version("after-a-while")
	h.happen("u1", "signed_up", nil)
	h.eventually(func() bool { return h.open("u1") }, "it waits")
	h.write(map[string]string{"after-a-while": afterAnEdit})
	h.eventually(func() bool { return h.version("after-a-while") != before }, "the edit is in force")
	require.Equal(t, before, h.outreaches("u1")[0].Version)
	h.happen("u2", "signed_up", nil)
	h.eventually(func() bool { return h.ended("u1") == "completed" }, "the first one ends")
	require.Equal(t, "hello", h.template(0))
	h.eventually(func() bool { return h.ended("u2") == "completed" }, "the second one ends")
	require.Equal(t, "second", h.template(1))
}

// TestAnInvalidEditKeepsTheLastGoodRules breaks a rule's file, and mends it.
func TestAnInvalidEditKeepsTheLastGoodRules(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"at-once": atOnce})
	before := h.version("at-once")
	h.write(map[string]string{"at-once": "topic: urgent\nwhen: {event: signed_upp}\nsteps: [{send: hello}]\n"})
	h.eventually(func() bool { return h.logged.has("rules not loaded: the last good ones stay in force") }, "the log says so")
	require.True(t, h.logged.has("rules/at-once.yaml:4:"), "and where")
	require.Contains(t, h.refused(), "rules/at-once.yaml:4:", "status says so too")
	require.Equal(t, before, h.version("at-once"))
	h.happen("u1", "signed_up", nil)
	h.eventually(func() bool { return h.ended("u1") == "completed" }, "the rule works as before")
	require.Equal(t, "hello", h.template(0))
	h.write(map[string]string{"at-once": strings.Replace(atOnce, "send: hello", "send: second", 1)})
	h.eventually(func() bool { return h.version("at-once") != before }, "the mended rule is in force")
	require.Empty(t, h.refused())
	require.NoError(t, os.Remove(filepath.Join(h.dir, "rules", "at-once.yaml")))
	h.eventually(func() bool { return len(h.running.Library.Current().Rules) == 0 }, "a removed one is not")
}

// TestNewAndReplacedFoldersAreSeen names a template before it is written, and
// then puts another folder in the place of all templates.
func TestNewAndReplacedFoldersAreSeen(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"at-once": atOnce})
	before := h.version("at-once")
	h.write(map[string]string{"at-once": strings.Replace(atOnce, "send: hello", "send: third", 1)})
	h.eventually(func() bool { return h.logged.has("rules not loaded") }, "the template is missing")
	templates := filepath.Join(h.dir, "templates")
	require.NoError(t, os.MkdirAll(filepath.Join(templates, "third"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(templates, "third", "sms.txt"), []byte("Third"), 0o600))
	h.eventually(func() bool { return h.version("at-once") != before }, "its folder is seen")

	require.NoError(t, os.Rename(templates, templates+".old"))
	require.NoError(t, os.CopyFS(templates, os.DirFS(templates+".old")))
	require.NoError(t, os.WriteFile(filepath.Join(templates, "third", "sms.txt"), []byte("Another third"), 0o600))
	h.eventually(func() bool {
		text, err := h.running.Library.Current().Templates.Render("third", customer.SMS, message.Vars{})
		return err == nil && text.Text == "Another third"
	}, "the new folder is watched")
}

// refused gives why the newest edit is not in force, "" when it is.
func (h *house) refused() (why string) {
	h.t.Helper()
	require.NoError(h.t, h.running.Store.Read(h.t.Context(), func(tx ledger.Tx) (err error) {
		_, why, _, err = library.Refused(tx)
		return err
	}))
	return why
}
