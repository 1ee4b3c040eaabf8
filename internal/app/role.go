package app

import (
	"context"
	"fmt"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
)

// Role is which part of the engine a process is. Any number of processes of any
// role work on one store; none leads.
type Role string

// The roles.
const (
	All    Role = "all"    // everything
	Intake Role = "intake" // events, callbacks and customers' pages; it needs no Temporal
	Worker Role = "worker" // outreaches and messages; it serves nothing but the admin port
)

func (o Options) part() Role { return Role(o.Role) }

// check refuses a role that there is not.
func (r Role) check() error {
	switch r {
	case All, Intake, Worker:
		return nil
	}
	return fmt.Errorf("--role: %q is none of all, intake and worker", string(r))
}

// Check refuses settings that are wrong by themselves, whatever the machine and
// others hold.
func (o Options) Check() error {
	if err := o.part().check(); err != nil {
		return err
	}
	if _, err := o.kept(); err != nil {
		return err
	}
	if _, _, err := o.spans(); err != nil {
		return err
	}
	if o.part().works() {
		return o.checkTemporal()
	}
	return nil
}

// serves reports whether customers and other programs reach the process.
func (r Role) serves() bool { return r != Worker }

// works reports whether the process runs outreaches.
func (r Role) works() bool { return r != Intake }

// grapevine tells the processes of one store at once that a commit left work.
// Without one they find it within a second.
type grapevine interface {
	// Tell lets the others know, soon.
	Tell()
	// Told calls heard for each word of another process until ctx ends.
	Told(ctx context.Context, heard func())
}

// alone is the grapevine of a store that has none.
type alone struct{}

func (alone) Tell()                        {}
func (alone) Told(context.Context, func()) {}

func grapevineOf(store ledger.Store) grapevine {
	if g, ok := ledger.As[grapevine](store); ok {
		return g
	}
	return alone{}
}

// follow follows the rules in force until ctx ends, where no waker does.
func (o Options) follow(ctx context.Context, rules *library.Library) {
	o.eachSecond(ctx, "rules in force not followed", func() error {
		_, err := rules.Follow(ctx)
		return err
	})
}
