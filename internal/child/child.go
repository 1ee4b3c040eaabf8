//go:build unix

// Package child runs programs that must not outlive the one that starts them:
// servers for tests, drills and the cluster on one machine. It decides how they
// end, and that their own children end with them. It refuses to know what they
// are for, and starts nothing again by itself.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is a program that was started. Its methods may be called from
// several goroutines.
type Process struct {
	cmd   *exec.Cmd
	ended chan struct{}
	words *tail
}

// Start starts a command, whose words go to the log, which may be nil. On Linux
// the command gets the signal when this process is gone, however that comes
// about. It has a process group of its own: what a terminal sends to this
// process does not reach it.
func Start(cmd *exec.Cmd, signal syscall.Signal, log io.Writer) (*Process, error) {
	const afterItsEnd = 5 * time.Second // for what it started itself to be silent
	p := &Process{cmd: cmd, ended: make(chan struct{}), words: &tail{to: log}}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = p.words, p.words, afterItsEnd
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	withParent(cmd.SysProcAttr, signal)
	started := make(chan error, 1)
	go p.live(started)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// live starts the process and waits for it on one thread, since Linux takes the
// end of the thread that started a process for the end of its parent.
func (p *Process) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err == nil {
		_ = p.cmd.Wait() // however it ends, its own words say why
		close(p.ended)
	}
}

// Pid gives its id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Ended is closed when it is gone.
func (p *Process) Ended() <-chan struct{} { return p.ended }

func (p *Process) gone() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Last gives the last lines of what it wrote, on one line.
func (p *Process) Last() string { return LastLines(p.words.String()) }

// Stop sends it a signal and waits until it is gone. When the context ends
// first it is killed, and that is an error. One that is gone is none.
func (p *Process) Stop(ctx context.Context, signal syscall.Signal) error {
	if err := p.cmd.Process.Signal(signal); err != nil && !p.gone() {
		return errors.Join(err, p.Kill())
	}
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("it does not stop in time: %w; it is killed", ctx.Err()), p.Kill())
	}
}

// Kill ends it and its children at once, as a power cut would, and returns when
// they are gone. It is held still before, so that it starts no more of them.
func (p *Process) Kill() error {
	if p.gone() {
		return nil
	}
	_ = p.cmd.Process.Signal(syscall.SIGSTOP) // it may end by itself meanwhile
	list, err := Children(p.Pid())
	_ = p.cmd.Process.Kill()
	for _, pid := range list {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	<-p.ended
	for _, pid := range list {
		err = errors.Join(err, await(pid))
	}
	return err
}

// await returns once a killed process is gone.
func await(pid int) error {
	const within, every = 10 * time.Second, time.Millisecond
	for until := time.Now().Add(within); alive(pid); time.Sleep(every) {
		if time.Now().After(until) {
			return fmt.Errorf("process %d was killed and is still there", pid)
		}
	}
	return nil
}

// tail passes words on, and keeps the last of them.
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

// LastLines gives the end of a text on one line.
func LastLines(text string) string {
	const most = 8
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "; ")
}

// FreePort finds a port on 127.0.0.1 that nobody has, below those that systems
// give to outgoing connections: one of these must not take it while the program
// that it is for is down.
func FreePort() (int, error) {
	const first, last, tries = 15000, 32000, 100
	for range tries {
		port := first + rand.IntN(last-first) //nolint:gosec // any will do
		free, err := tryPort(port)
		if free || err != nil {
			return port, err
		}
	}
	return 0, fmt.Errorf("no free port in %d-%d on 127.0.0.1: end what holds them", first, last)
}

// tryPort reports whether nobody has a port. Meanwhile no process is forked:
// one that is would have the port, too, until its program begins.
func tryPort(port int) (free bool, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false, nil //nolint:nilerr // somebody has it
	}
	return true, listener.Close()
}
