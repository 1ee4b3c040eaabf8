package activities

import "sync"

// working is which rules' work is under way in this process. Its zero value is
// ready; it is safe for concurrent use.
type working struct {
	mu    sync.Mutex
	rules map[string]under
}

// under is a rule's work that is under way.
type under struct {
	pieces int
	again  bool // somebody found work since the last piece began
}

func (w *working) begin(rule string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.rules == nil {
		w.rules = map[string]under{}
	}
	w.rules[rule] = under{pieces: w.rules[rule].pieces + 1}
}

// end reports whether somebody found work meanwhile.
func (w *working) end(rule string) (again bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u := w.rules[rule]
	if again = u.again; u.pieces == 1 {
		delete(w.rules, rule)
		return again
	}
	w.rules[rule] = under{pieces: u.pieces - 1, again: again}
	return again
}

// Finds says that there is work of a rule. It reports whether a piece of it is
// under way in this process: then another one follows, with no need to wake the
// watch, unless that is somebody else's by now.
func (e *Engine) Finds(rule string) (underWay bool) {
	w := &e.working
	w.mu.Lock()
	defer w.mu.Unlock()
	u, underWay := w.rules[rule]
	if underWay {
		u.again = true
		w.rules[rule] = u
	}
	return underWay
}
