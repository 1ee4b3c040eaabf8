package drill

import (
	"fmt"
	"io"
	"time"

	"github.com/outreach-engine/outreach/internal/sandbox"
)

// Print writes the five numbers, a line each, and beneath them the rest.
func (r Report) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "lost %d\nduplicated %d\nstuck %d\nunknown %d\nlate %d\n\n", r.Lost, r.Duplicated, r.Stuck, r.Unknown, r.Late)
	if err != nil {
		return err
	}
	for _, line := range r.lines() {
		if _, err := fmt.Fprintf(w, "  %-26s %s\n", line.name, line.text); err != nil {
			return err
		}
	}
	for _, d := range r.Details {
		if _, err := fmt.Fprintln(w, "  "+d); err != nil {
			return err
		}
	}
	return nil
}

type line struct{ name, text string }

func (r Report) lines() []line {
	c := r.Sandbox
	wrong, lies := 0, 0
	for t, n := range c.Troubles {
		wrong += n
		if t.Taken() {
			lies += n
		}
	}
	list := []line{
		{"messages", fmt.Sprintf("%d, of them %d accepted, %d to addresses that do not exist", r.Messages, r.Accepted, r.Refused)},
		{"kills", fmt.Sprintf("%d: %d of %s, %d of Temporal, %d of both", r.Kills.All(), r.Kills.Worker, r.killed(), r.Kills.Temporal, r.Kills.Both)},
		{"ended without a kill", fmt.Sprint(r.GaveUps)},
		{"unknown", fmt.Sprintf("%d, of them %d were accepted in truth", r.Unknown, r.Reached)},
		{"repeats that replaced", fmt.Sprintf("%d pushes took the place of the first", r.Replaced)},
		{"calls of providers", fmt.Sprintf("%d, of them %d went wrong, %d of these after the message was taken", c.Calls, wrong, lies)},
		{"callbacks", fmt.Sprintf("%d taken, %d refused; %d doubled; of %d messages out of order, of %d late, of %d lost", c.Callbacks, c.Refused, c.Doubled, c.Swapped, c.Late, c.Lost)},
		{"forged callbacks", fmt.Sprintf("%d, of them %d not answered with 403", c.Forged, c.Believed)},
		{fmt.Sprintf("late (over %v)", r.Options.LateIf), fmt.Sprintf("%d; half within %v, 99 in 100 within %v, the last after %v",
			r.Late, tenths(r.Quantile(0.5)), tenths(r.Quantile(0.99)), tenths(r.Quantile(1)))},
		{"seed", fmt.Sprint(r.Options.Seed)},
		{"seconds", fmt.Sprintf("%.0f", r.Took.Seconds())},
	}
	for _, t := range sandbox.Troubles() {
		if n := c.Troubles[t]; n > 0 {
			list = append(list, line{"  " + string(t), fmt.Sprint(n)})
		}
	}
	return list
}

// killed names what is killed beside Temporal.
func (r Report) killed() string {
	if r.Options.Naive {
		return "the worker"
	}
	return "the engine"
}

func tenths(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }
