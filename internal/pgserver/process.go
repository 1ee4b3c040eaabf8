//go:build unix

package pgserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/outreach-engine/outreach/internal/child"
)

// settings are the package's own: a small server that is reached over loopback
// only and says little.
func settings() map[string]string {
	return map[string]string{
		"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "200",
		"shared_buffers": "128MB", "max_wal_size": "1GB", "jit": "off",
		"timezone": "UTC", "log_timezone": "UTC", "log_checkpoints": "off", "log_line_prefix": "%m [%p] ",
	}
}

// What PostgreSQL takes signals for.
// https://www.postgresql.org/docs/current/server-shutdown.html
const (
	fast      = syscall.SIGINT  // connections are ended, and all is written
	immediate = syscall.SIGQUIT // everything ends, to recover at the next start
)

// errPortTaken is why a server ends that finds another one on its port.
var errPortTaken = errors.New("the port is taken: end what listens there, or choose another one")

func (s *Server) startProcess() (*child.Process, error) {
	all := settings()
	maps.Copy(all, s.options.Settings)
	args := []string{"-D", s.options.Folder, "-p", strconv.Itoa(s.port)}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		args = append(args, "-c", name+"="+all[name])
	}
	return child.Start(s.command(context.Background(), "postgres", args...), immediate, s.options.Log)
}

// trouble says why a process ended before it was ready.
func trouble(p *child.Process) error {
	words := p.Last()
	if strings.Contains(words, "Address already in use") {
		return errPortTaken
	}
	return fmt.Errorf("it ended at its start: %s", words)
}
