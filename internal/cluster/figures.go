//go:build unix

package cluster

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// figures are what a load came to.
type figures struct {
	burst, steady flow
	outreaches    outreaches
	uses          usage            // by the burst
	grown         map[string]int64 // bytes by the burst, by database
}

// flow is one stream of customers.
type flow struct {
	customers int
	asked     float64 // customers a second; 0 as many as were taken
	began     time.Time
	accepting time.Duration   // until all of their events were accepted
	sending   time.Duration   // until all of their messages were taken
	delays    []time.Duration // from one to the other, sorted
}

// rate is how many messages went out a second.
func (f flow) rate() float64 { return float64(len(f.delays)) / f.sending.Seconds() }

// outreaches are what Temporal says of them.
type outreaches struct {
	count       int
	events      int64 // of their histories
	first, last time.Time
}

func (o *outreaches) add(start time.Time, events int64) {
	if o.count == 0 || start.Before(o.first) {
		o.first = start
	}
	if start.After(o.last) {
		o.last = start
	}
	o.count++
	o.events += events
}

// rate is how many of them began a second.
func (o outreaches) rate() float64 {
	if !o.last.After(o.first) {
		return 0
	}
	return float64(o.count-1) / o.last.Sub(o.first).Seconds()
}

// print writes the figures for people.
func (f *figures) print(w io.Writer) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	b.WriteString("\nas fast as it is taken\n")
	line("%-34s %10d", "customers, a message each", f.burst.customers)
	line("%-34s %10.0f", "events accepted a second", float64(f.burst.customers*eventsEach)/f.burst.accepting.Seconds())
	line("%-34s %10.1f", "outreaches started a second", f.outreaches.rate())
	line("%-34s %10.1f", "messages sent a second", f.burst.rate())
	f.burst.printDelays(line)
	line("%-34s %10.1f", "history events of an outreach", float64(f.outreaches.events)/float64(max(1, f.outreaches.count)))
	for _, name := range slices.Sorted(maps.Keys(f.grown)) {
		line("%-34s %10d", "bytes a message, "+name, f.grown[name]/int64(max(1, f.burst.customers)))
	}
	f.printUses(line)
	fmt.Fprintf(&b, "at half of that, %.0f customers a second\n", f.steady.asked)
	line("%-34s %10d", "customers, a message each", f.steady.customers)
	f.steady.printDelays(line)
	_, err := io.WriteString(w, b.String())
	return err
}

func (f flow) printDelays(line func(string, ...any)) {
	const half, most = 50, 99
	line("%-34s %10s", "accepted to sent, half within", percentile(f.delays, half).Round(time.Millisecond))
	line("%-34s %10s", "accepted to sent, 99 in 100 within", percentile(f.delays, most).Round(time.Millisecond))
}

// printUses writes a table of what the burst cost.
func (f *figures) printUses(line func(string, ...any)) {
	line("%-20s %12s %14s %10s", "process", "processor s", "ms a message", "memory MB")
	const mega = 1 << 20
	row := func(name string, u used) {
		line("%-20s %12.2f %14.2f %10d", name, u.processor.Seconds(), float64(u.processor.Microseconds())/1000/float64(f.burst.customers), u.memory/mega)
	}
	var sum used
	for _, name := range slices.Sorted(maps.Keys(f.uses)) {
		if name == ownName {
			continue
		}
		row(name, f.uses[name])
		sum.processor += f.uses[name].processor
		sum.memory += f.uses[name].memory
	}
	row("all of these", sum)
	row(ownName, f.uses[ownName])
}
