//go:build unix

package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
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

// process is one run of the server.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it is gone
	tail  *tail
}

// errPortTaken is why a server ends that finds another one on its port.
var errPortTaken = errors.New("the port is taken: end what listens there, or choose another one")

func (s *Server) startProcess() (*process, error) {
	all := settings()
	maps.Copy(all, s.options.Settings)
	args := []string{"-D", s.options.Folder, "-p", strconv.Itoa(s.port)}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		args = append(args, "-c", name+"="+all[name])
	}
	p := &process{cmd: s.command(context.Background(), "postgres", args...), ended: make(chan struct{}), tail: &tail{to: s.options.Log}}
	const afterItsEnd = 5 * time.Second
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.WaitDelay = p.tail, p.tail, afterItsEnd
	dieWithParent(p.cmd.SysProcAttr)
	started := make(chan error, 1)
	go p.live(started)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// live starts the process and waits for it on one thread, since Linux takes the
// end of the thread that started a process for the end of its parent.
func (p *process) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err == nil {
		_ = p.cmd.Wait() // however it ends, its own words say why
		close(p.ended)
	}
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// trouble says why it ended, once it did.
func (p *process) trouble() error {
	words := p.tail.String()
	if strings.Contains(words, "Address already in use") {
		return errPortTaken
	}
	return fmt.Errorf("ended at its start (%s): %s", p.cmd.ProcessState, lastLines(words))
}

// stop asks for what PostgreSQL calls a fast shutdown.
func (p *process) stop(ctx context.Context) error {
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil && !p.gone() {
		return errors.Join(err, p.kill())
	}
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("postgres: stop: %w: it is killed", ctx.Err()), p.kill())
	}
}

func (p *process) gone() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// kill ends the first process and its children. The first one is held still
// before, so that it starts no more of them.
func (p *process) kill() error {
	if p.gone() {
		return nil
	}
	_ = p.cmd.Process.Signal(syscall.SIGSTOP) // it may end by itself meanwhile
	list, err := children(p.pid())
	_ = p.cmd.Process.Kill()
	for _, child := range list {
		_ = syscall.Kill(child, syscall.SIGKILL)
	}
	<-p.ended
	for _, child := range list {
		if late := await(child); late != nil {
			err = errors.Join(err, late)
		}
	}
	if err != nil {
		return fmt.Errorf("postgres: kill: %w", err)
	}
	return nil
}

// await returns once a killed process is gone.
func await(pid int) error {
	const within, every = 10 * time.Second, time.Millisecond
	for until := time.Now().Add(within); alive(pid); time.Sleep(every) {
		if time.Now().After(until) {
			return fmt.Errorf("process %d is still there", pid)
		}
	}
	return nil
}

// tail passes a server's words on, and keeps the last of them.
type tail struct {
	to io.Writer

	mu   sync.Mutex
	last []byte
}

func (t *tail) Write(text []byte) (int, error) {
	const kept = 4096
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, text...)
	t.last = t.last[max(0, len(t.last)-kept):]
	if t.to != nil {
		return t.to.Write(text)
	}
	return len(text), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.last)
}

// lastLines gives the end of a text on one line.
func lastLines(text string) string {
	const most = 5
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "; ")
}
