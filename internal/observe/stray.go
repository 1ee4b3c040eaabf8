package observe

import (
	"strings"
	"sync"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Beginnings of the names under which it is counted that something is not as
// data.yaml declares it; the name of the event or trait stands behind. The
// name of an odd value is a trait's, or an event's and its property's with a
// point between.
const (
	UndeclaredEvent = "undeclared event: "
	UndeclaredTrait = "undeclared trait: "
	OddValue        = "odd value: "
)

// OtherNames stands for the names that came after the first maxStrays.
const OtherNames = "others"

const (
	maxStrays = 500 // different undeclared names that one process counts by name
	maxStray  = 64  // of an undeclared name, in bytes
)

// strays are the undeclared names that came so far, with what each is counted
// under. The zero value holds none; it is safe for concurrent use.
type strays struct {
	mu       sync.Mutex
	counters map[stray]string
}

type stray struct{ kind, name string }

// counter gives the name under which an undeclared name is counted.
func (s *strays) counter(kind, name string) string {
	if len(name) > maxStray {
		name = strings.ToValidUTF8(name[:maxStray], "")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	counter, known := s.counters[stray{kind, name}]
	switch {
	case known:
		return counter
	case len(s.counters) >= maxStrays:
		return kind + OtherNames
	case s.counters == nil:
		s.counters = map[stray]string{}
	}
	s.counters[stray{kind, name}] = kind + name
	return kind + name
}

// countStrays counts what is not as data.yaml declares it. Nothing of it is
// refused or changed.
func (t *taking) countStrays(e customer.Event, c Change) error {
	if e.Name != customer.Identified {
		if err := t.countOfEvent(e); err != nil {
			return err
		}
	}
	for name, value := range c.Traits {
		field, declared := t.set.Dictionary.Traits[name]
		var err error
		switch {
		case !declared:
			err = t.tx.Count(t.strays.counter(UndeclaredTrait, name), 1)
		case !field.Reads(value):
			err = t.tx.Count(OddValue+name, 1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) countOfEvent(e customer.Event) error {
	event, declared := t.set.Dictionary.Events[e.Name]
	if !declared {
		return t.tx.Count(t.strays.counter(UndeclaredEvent, e.Name), 1)
	}
	for name, value := range e.Properties {
		if field, ok := event.Properties[name]; ok && !field.Reads(value) {
			if err := t.tx.Count(OddValue+e.Name+"."+name, 1); err != nil {
				return err
			}
		}
	}
	return nil
}
