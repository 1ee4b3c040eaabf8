package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// How processes are looked after.
const (
	readyWithin  = 90 * time.Second
	readyEvery   = 20 * time.Millisecond
	restartAfter = 200 * time.Millisecond // when one ends by itself
	stopWithin   = 40 * time.Second
)

// process is one program that is killed and started again. It runs in a
// process group of its own, so that nothing of it is left behind.
type process struct {
	name    string
	program string
	args    []string
	env     []string // beside the harness's own
	ready   func(context.Context) bool
	log     io.Writer

	mu      sync.Mutex
	cmd     *exec.Cmd
	ended   chan struct{} // of cmd
	wanted  bool          // it is to run
	gaveUps int           // how often it ended by itself
}

// start runs it, and starts it again whenever it ends by itself.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = true
	return p.run()
}

func (p *process) run() error {
	cmd := exec.Command(p.program, p.args...) //nolint:gosec // the harness's own programs
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), p.env...), p.log, p.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	ended := make(chan struct{})
	p.cmd, p.ended = cmd, ended
	go p.watch(cmd, ended)
	return nil
}

func (p *process) watch(cmd *exec.Cmd, ended chan struct{}) {
	_ = cmd.Wait() // however it ends, what it did is counted
	close(ended)
	p.mu.Lock()
	by := p.wanted && p.cmd == cmd
	if by {
		p.gaveUps++
	}
	p.mu.Unlock()
	if !by {
		return
	}
	time.Sleep(restartAfter)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted && p.cmd == cmd {
		_ = p.run() // awaitReady says that it does not come
	}
}

// kill ends it as a power cut would end it, and returns once it is gone.
func (p *process) kill() { p.end(syscall.SIGKILL, stopWithin) }

// stop asks it to end, and kills it when it does not.
func (p *process) stop() {
	p.end(syscall.SIGTERM, stopWithin)
	p.kill()
}

func (p *process) end(signal syscall.Signal, within time.Duration) {
	p.mu.Lock()
	cmd, ended := p.cmd, p.ended
	p.wanted = false
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = syscall.Kill(-cmd.Process.Pid, signal)
	select {
	case <-ended:
	case <-time.After(within):
	}
}

// awaitReady returns once it serves.
func (p *process) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for !p.ready(ctx) {
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), fmt.Errorf("%s does not serve; look at its log", p.name))
		case <-time.After(readyEvery):
		}
	}
	return nil
}

// answers reports whether a URL answers GET with 200.
func answers(url string) func(context.Context) bool {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return func(ctx context.Context) bool {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false
		}
		answer, err := client.Do(r)
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}
}

// listens reports whether an address takes connections.
func listens(address string) func(context.Context) bool {
	return func(ctx context.Context) bool {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	}
}
