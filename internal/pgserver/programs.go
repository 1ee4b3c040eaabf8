//go:build unix

package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ErrMissing says that this machine has no PostgreSQL to start.
var ErrMissing = errors.New("postgres: no initdb and postgres here: install PostgreSQL 13 or later (Debian: apt-get install postgresql; or make postgres), or put its programs on PATH")

// programs is the folder that PostgreSQL's programs are in.
type programs string

// find looks where Debian puts them, the newest first, and then on PATH.
func find() (programs, error) {
	newest, found := 0, programs("")
	folders, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	for _, folder := range folders {
		version, err := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
		if err == nil && version > newest && programs(folder).complete() {
			newest, found = version, programs(folder)
		}
	}
	if found != "" {
		return found, nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", ErrMissing
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	if found = programs(filepath.Dir(path)); !found.complete() {
		return "", ErrMissing
	}
	return found, nil
}

func (p programs) path(name string) string { return filepath.Join(string(p), name) }

// complete reports whether everything is there that is needed: packages of
// clients bring some of the programs only.
func (p programs) complete() bool {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(p.path(name)); err != nil {
			return false
		}
	}
	return true
}

// account is whom the server runs as.
type account struct {
	name     string
	uid, gid uint32
}

// unprivileged gives the account to run as when this process runs as root,
// which PostgreSQL refuses to: postgres, or nobody. Otherwise it gives nil.
func unprivileged() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		const bits = 32
		uid, err := strconv.ParseUint(u.Uid, 10, bits)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, bits)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		return &account{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, errors.New("it does not run as root, and there is no user postgres or nobody to run it as: run this as another user")
}

// own gives the folder to the account, and sees that the account comes to it.
func (a *account) own(folder string) error {
	if err := os.Chown(folder, int(a.uid), int(a.gid)); err != nil {
		return fmt.Errorf("folder: %w", err)
	}
	for parent := filepath.Dir(folder); ; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err != nil {
			return fmt.Errorf("folder: %w", err)
		}
		if !a.passes(info) {
			return fmt.Errorf("folder %s: user %s cannot pass %s, its mode is %s: run chmod o+x on it, or choose another folder",
				folder, a.name, parent, info.Mode())
		}
		if parent == filepath.Dir(parent) {
			return nil
		}
	}
}

// passes reports whether the account may walk through a folder.
func (a *account) passes(info os.FileInfo) bool {
	const everybody, group, owner = 0o001, 0o010, 0o100
	mask := os.FileMode(everybody)
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		switch {
		case stat.Uid == a.uid:
			mask = owner
		case stat.Gid == a.gid:
			mask = group
		}
	}
	return info.Mode()&mask != 0
}

// command makes one of the programs ready to run as the server's user. It
// inherits nothing that says where another PostgreSQL is.
func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.programs.path(name), args...) //nolint:gosec // PostgreSQL's own programs
	cmd.Dir, cmd.Env = s.options.Folder, []string{"LC_ALL=C", "TZ=UTC"}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "PG") && !strings.HasPrefix(variable, "LC_") && !strings.HasPrefix(variable, "TZ=") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if s.user != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: s.user.uid, Gid: s.user.gid}
	}
	return cmd
}
