// Package pace decides when a message may be handed to its provider, by the
// rates of its scopes - a channel, a country, a provider, a sender - and by how
// long a provider asked to wait. It is pure, and refuses to know what a scope
// is, whom a message is for, and where the rows are kept.
//
// A scope has two marks. Urgent is the first instant at which a call may begin:
// each call moves it on, and so does each urgent message that waits. It is what
// keeps the rate, however many processes share the row. Next is the end of the
// queue of all others, and an estimate only: who is in the queue asks again at
// its turn, and then has the first instant that is free. So what is urgent goes
// before the whole queue, and a turn that nobody takes costs nobody anything.
package pace

import (
	"math"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// Scope is one of the scopes that a message belongs to, as it stands.
type Scope struct {
	Row       ledger.Pace
	PerSecond float64 // calls; 0: no rate, and only a provider that asked to wait slows it
}

// Ask is one message that wants to go.
type Ask struct {
	Now    time.Time
	Turn   time.Time // the turn that it was given; zero: none
	Urgent bool
	Second time.Duration // how much of the clock's time passes in one second of the rates
}

// Answer is what a message is told.
type Answer struct {
	Go bool
	// At is when its call may begin, now or within half a second; or, without Go,
	// when to ask again.
	At   time.Time
	Turn time.Time     // its turn from now on; zero with Go
	Rows []ledger.Pace // those that changed, to be kept
}

// What the laws are made of, in seconds of the rates.
const (
	near    = 250 * time.Millisecond // a call that may begin so soon is made, and waits that long
	nearer  = 500 * time.Millisecond // the same for one whose turn has come
	early   = 10 * time.Millisecond  // by how much a timer may be ahead of a turn
	missed  = time.Minute            // how late a turn counts as one
	taken   = time.Second            // how late an urgent message's turn is its own: after that it takes what others leave
	resting = 2 * time.Second        // a scope without calls for so long has nobody who is waiting
	opening = 10                     // seconds in which a provider that asked to wait is spared still
)

// Share gives what lies between two calls of a rate, and what is added to it:
// with the most of it no second has too many calls, however late each comes to
// its provider; with the rest those who are late catch up.
func Share(perSecond float64) (share, slack time.Duration) {
	share = time.Duration(float64(time.Second) / perSecond)
	return share, min(share/20, 2*time.Millisecond)
}

// Slow gives a scope's row once its provider asked to wait until an instant. It
// never shortens what was asked for before.
func Slow(row ledger.Pace, until time.Time, note string) ledger.Pace {
	if until.After(row.Until) {
		row.Until, row.Note = until, note
	}
	return row
}

// Take decides on one message. It goes when all of its scopes have room; else
// it waits for the one that has room last. Without Rows nothing changed.
func Take(scopes []Scope, a Ask) Answer {
	t := taking{Ask: a}
	for _, s := range scopes {
		if t.binds(s) {
			t.scopes = append(t.scopes, s)
		}
	}
	switch {
	case len(t.scopes) == 0:
		return Answer{Go: true, At: a.Now}
	case a.Urgent:
		return t.urgent()
	case t.turnLasts(missed):
		return t.late()
	case t.waits() && !t.resting():
		return Answer{At: a.Turn, Turn: a.Turn}
	}
	return t.queue()
}

// taking is one decision in the making. Its scopes are those that may hold the
// message up.
type taking struct {
	Ask
	scopes []Scope
}

// binds reports whether a scope may hold a message up. One without a rate does
// until its provider has been spared long enough.
func (t *taking) binds(s Scope) bool {
	return s.PerSecond > 0 || !s.Row.Until.IsZero() && t.Now.Before(s.Row.Until.Add(t.span(opening*time.Second)))
}

// span gives how much of the clock's time a span of the rates takes.
func (t *taking) span(d time.Duration) time.Duration {
	return time.Duration(math.Ceil(float64(d) * t.Second.Seconds()))
}

// gap gives what a call at an instant keeps free behind it, in whole
// microseconds, as stores keep them. Parts of four of the slack are added. A
// scope without a rate, whose provider asked to wait, begins with one call a
// second and doubles with each second.
func (t *taking) gap(s Scope, at time.Time, quarters time.Duration) time.Duration {
	var d time.Duration
	if s.PerSecond > 0 {
		share, slack := Share(s.PerSecond)
		d = share + slack*quarters/4
	} else {
		seconds := at.Sub(s.Row.Until).Seconds() / t.Second.Seconds()
		d = time.Second >> uint(min(max(seconds, 0), opening))
	}
	const whole = time.Microsecond
	return (t.span(d) + whole - 1).Truncate(whole)
}

// room gives the first instant at which a call may begin in a scope.
func (t *taking) room(s Scope) time.Time {
	return later(t.Now, later(s.Row.Urgent, s.Row.Until))
}

// free gives the first instant at which a call may begin in all scopes.
func (t *taking) free() time.Time {
	free := t.Now
	for _, s := range t.scopes {
		free = later(free, t.room(s))
	}
	return free
}

// overtaken reports whether a provider asked to wait for longer than the
// message would by its turn.
func (t *taking) overtaken() bool {
	for _, s := range t.scopes {
		if s.Row.Until.After(later(t.Now, t.Turn)) {
			return true
		}
	}
	return false
}

// rests reports whether a scope had no calls for so long that nobody can be
// waiting for their turn: those who were given one are wanted no more.
func (t *taking) rests(s Scope) bool {
	quiet := later(s.Row.Urgent, s.Row.Until).Add(max(t.span(resting), 2*t.gap(s, t.Now, 4)))
	return !t.Now.Before(quiet)
}

func (t *taking) resting() bool {
	for _, s := range t.scopes {
		if !t.rests(s) {
			return false
		}
	}
	return true
}

// turnLasts reports whether the message's turn has come, is not longer ago than
// a span, and stands.
func (t *taking) turnLasts(span time.Duration) bool {
	return !t.Turn.IsZero() && t.soon(t.Turn, early) && t.Now.Sub(t.Turn) <= t.span(span) && !t.overtaken()
}

// waits reports whether the message's turn is still to come, and stands.
func (t *taking) waits() bool { return !t.soon(t.Turn, early) && !t.overtaken() }

// soon reports whether an instant is so near that a call may wait for it.
func (t *taking) soon(at time.Time, span time.Duration) bool { return at.Sub(t.Now) <= t.span(span) }

// enter takes an instant in all scopes.
func (t *taking) enter(at time.Time) (rows []ledger.Pace) {
	for _, s := range t.scopes {
		s.Row.Urgent = at.Add(t.gap(s, at, 3))
		rows = append(rows, s.Row)
	}
	return rows
}

// urgent lets a message go at the first instant that is free, or keeps it for
// the message.
func (t *taking) urgent() Answer {
	switch free := t.free(); {
	case t.turnLasts(taken):
		return Answer{Go: true, At: later(t.Now, t.Turn)}
	case t.turnLasts(missed):
		return t.late()
	case t.waits():
		return Answer{At: t.Turn, Turn: t.Turn}
	case t.soon(free, near):
		return Answer{Go: true, At: free, Rows: t.enter(free)}
	default:
		return Answer{At: free, Turn: free, Rows: t.enter(free)}
	}
}

// late lets a message go whose turn has come. When others took its place it
// asks again, the less often the longer it waits.
func (t *taking) late() Answer {
	free := t.free()
	if t.soon(free, nearer) {
		return Answer{Go: true, At: free, Rows: t.enter(free)}
	}
	return Answer{At: later(free, t.Now.Add(t.Now.Sub(t.Turn)/2)), Turn: t.Turn}
}

// queue lets a message go that nobody stands before, and gives it a turn else:
// in the scope whose queue is the longest. In the others it takes its place when
// it goes, so that who waits for a slow sender holds nobody else up.
func (t *taking) queue() Answer {
	slowest, turn := 0, time.Time{}
	for i, s := range t.scopes {
		if s.Row.Next.After(t.Now) && t.rests(s) {
			t.scopes[i].Row.Next = t.Now
		}
		if tail := later(t.scopes[i].Row.Next, t.room(s)); tail.After(turn) {
			slowest, turn = i, tail
		}
	}
	if t.soon(turn, near) {
		return Answer{Go: true, At: turn, Rows: t.enter(turn)}
	}
	s := t.scopes[slowest]
	s.Row.Next = turn.Add(t.gap(s, turn, 4))
	return Answer{At: turn, Turn: turn, Rows: []ledger.Pace{s.Row}}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
