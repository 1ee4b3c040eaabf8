//go:build unix

package deploytest_test

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/child"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
)

// image is a folder that is the whole world of the program, as the image is:
// the program, rules and templates, and nothing that its user may write to.
type image struct {
	t   *testing.T
	dir string
	env []string
}

func newImage(t *testing.T, env ...string) *image {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make a folder somebody's whole world")
	}
	if testing.Short() {
		t.Skip("builds the program: not with -short")
	}
	i := &image{t: t, dir: t.TempDir(), env: env}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-o", filepath.Join(i.dir, "usr/bin/outreach"), "./cmd/outreach")
	build.Dir, build.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	for _, folder := range []string{"rules", "templates"} {
		require.NoError(t, os.CopyFS(filepath.Join(i.dir, "outreach", folder), os.DirFS(filepath.Join("../..", folder))))
	}
	require.NoError(t, os.Chmod(i.dir, 0o755)) //nolint:gosec // like a root folder
	return i
}

// command makes the program ready to run as nobody, with the image as its root.
func (i *image) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(i.t.Context(), "/usr/bin/outreach", args...)
	cmd.Dir, cmd.Env = "/outreach", i.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: i.dir, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	return cmd
}

func (i *image) files() (names []string) {
	require.NoError(i.t, filepath.WalkDir(i.dir, func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	}))
	return names
}

// TestTheEngineWritesNoFile: with PostgreSQL a process takes an event, says
// that it is well and stops in order, where it can write nothing.
func TestTheEngineWritesNoFile(t *testing.T) {
	t.Parallel()
	at := pgtest.Database(t)
	port, err := child.FreePort()
	require.NoError(t, err)
	admin, err := child.FreePort()
	require.NoError(t, err)
	here := "127.0.0.1:" + strconv.Itoa(port)
	i := newImage(t, "OUTREACH_STORE="+at, "OUTREACH_HTTP="+here, "OUTREACH_ADMIN=127.0.0.1:"+strconv.Itoa(admin),
		"OUTREACH_ROLE=intake", "OUTREACH_RULES=", "OUTREACH_WRITE_KEYS=key")
	before := i.files()
	said, err := i.command("rules", "load", "/outreach/rules").CombinedOutput()
	require.NoError(t, err, string(said))

	var log bytes.Buffer
	engine := i.command("serve")
	engine.Stdout, engine.Stderr = &log, &log
	require.NoError(t, engine.Start())
	require.Eventually(t, func() bool {
		out, err := i.command("health").CombinedOutput()
		return err == nil && string(out) == "ok\n"
	}, time.Minute, 200*time.Millisecond)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+here+"/v1/identify", strings.NewReader(`{"userId": "u-1", "traits": {"plan": "basic"}}`))
	require.NoError(t, err)
	request.SetBasicAuth("key", "")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NoError(t, engine.Process.Signal(syscall.SIGTERM))
	require.NoError(t, engine.Wait(), log.String())

	said, err = i.command("explain", "u-1").CombinedOutput()
	require.NoError(t, err, string(said))
	require.Equal(t, before, i.files())
	said, err = i.command("rules", "load", "--store", "/outreach/new.db").CombinedOutput()
	require.Error(t, err, "this user may write nothing, so what is above says something")
	require.Contains(t, string(said), "new.db")
}
