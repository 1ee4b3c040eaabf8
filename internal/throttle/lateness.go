package throttle

import (
	"sync"
	"time"
)

// Lateness tells whether what is due is taken up late. Its zero value is ready;
// it is safe for concurrent use.
type Lateness struct {
	mu        sync.Mutex
	all, late int
}

// Late is how much what is late counts as slowed, for Judge.
const Late = 1.4

// What is late, and how many of those that were due must be for it to matter.
const (
	lateFrom = 500 * time.Millisecond
	oneIn    = 5
)

// Taken says that something was taken up by so much after its instant.
func (l *Lateness) Taken(by time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all++
	if by > lateFrom {
		l.late++
	}
}

// Look reports whether much of what was taken up since the last look was late.
func (l *Lateness) Look() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	much := l.late > 0 && l.late*oneIn >= l.all
	l.all, l.late = 0, 0
	return much
}
