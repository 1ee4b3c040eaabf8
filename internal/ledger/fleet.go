package ledger

import "time"

// Process is one process of the engine, as it says of itself.
type Process struct {
	ID      string // its own, drawn when it starts
	Role    string // all, intake, worker
	Version string // of the program
	Host    string // the machine's name
	Started time.Time
	Beat    time.Time // when it said so last, by its own machine's clock
	Slowed  int       // how long it takes to take events in, in percent of how long at best of late; 0: few came
}

// BeatsKept is how long a process that says nothing any more is remembered.
const BeatsKept = 24 * time.Hour

// BeatEvery is how often a process says that it lives. One that has said
// nothing for BeatGone is taken for gone.
const (
	BeatEvery = 5 * time.Second
	BeatGone  = 4 * BeatEvery
)

// Backlog is what waits for the watches of all rules.
type Backlog struct {
	Matched Queue // matches to start; those that somebody starts now among them
	Hints   Queue
	Due     Queue // due times that have come
	Overdue Queue // open outreaches long past their instant
}

// Queue is what waits of one kind.
type Queue struct {
	Count int64
	First time.Time // the first instant at which one was to go on, of hints the oldest's; zero: none has any
}
