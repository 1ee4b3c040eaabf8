//go:build unix

package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/outreach-engine/outreach/internal/child"
)

// program is one of the cluster's processes beside PostgreSQL.
type program struct {
	name    string
	address string // host:port of what it serves
	process *child.Process
	log     *os.File
}

// run starts one of the programs of the bin folder. It gets this process's
// environment, without what is meant for another engine, and more.
func (c *cluster) run(name, bin string, args, env []string) (*program, error) {
	log, err := c.log(name)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(filepath.Join(c.Bin, bin), args...) //nolint:gosec // the cluster's own programs
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "OUTREACH_") && !strings.HasPrefix(variable, "TEMPORAL_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	process, err := child.Start(cmd, syscall.SIGKILL, log)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w; make programs-cluster builds it", name, err), log.Close())
	}
	p := &program{name: name, process: process, log: log}
	c.programs = append(c.programs, p)
	c.watch(name, process.Ended(), p.last)
	return p, nil
}

func (p *program) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if err := p.process.Stop(ctx, syscall.SIGTERM); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", p.name, err), p.log.Close())
	}
	return p.log.Close()
}

// listens reports whether it takes connections.
func (p *program) listens(ctx context.Context) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// last gives the end of what it wrote, cut: stack traces are in its log.
func (p *program) last() string {
	const most = 300
	text := p.process.Last()
	return text[max(0, len(text)-most):]
}

// until asks again and again until the answer is yes. The error says what did
// not come, and the last answer.
func (c *cluster) until(what string, yes func(context.Context) error) error {
	const within, every, oneCall = 90 * time.Second, 100 * time.Millisecond, 5 * time.Second
	for end := time.Now().Add(within); ; {
		ctx, cancel := context.WithTimeout(c.ctx, oneCall)
		err := yes(ctx)
		cancel()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s: not within %s: %w; look into %s", what, within, err, filepath.Join(c.Folder, "logs"))
		}
		select {
		case <-c.ctx.Done():
			return c.ctx.Err()
		case <-time.After(every):
		}
	}
}
