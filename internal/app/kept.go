package app

import (
	"os"
	"slices"
	"sync"
	"time"
)

// kept is what files hold: read when it is first asked for, and again when one
// of them changed. What was read once goes on while a file cannot be read. It
// is safe for concurrent use.
type kept[T any] struct {
	files []string
	read  func() (T, error)

	mu    sync.Mutex
	value T
	have  bool // there is a value
	seen  []stamp
}

// stamp tells the states of a file apart.
type stamp struct {
	size    int64
	changed time.Time
}

func (s stamp) is(other stamp) bool {
	return s.size == other.size && s.changed.Equal(other.changed)
}

// get gives what the files hold, and an error only when nothing was ever read.
func (k *kept[T]) get() (T, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	seen, err := k.look()
	if err == nil && k.have && slices.EqualFunc(seen, k.seen, stamp.is) {
		return k.value, nil
	}
	if err == nil {
		var value T
		if value, err = k.read(); err == nil {
			k.value, k.have, k.seen = value, true, seen
		}
	}
	if k.have {
		return k.value, nil
	}
	return k.value, err
}

func (k *kept[T]) look() ([]stamp, error) {
	seen := make([]stamp, len(k.files))
	for i, file := range k.files {
		info, err := os.Stat(file)
		if err != nil {
			return nil, err
		}
		seen[i] = stamp{size: info.Size(), changed: info.ModTime()}
	}
	return seen, nil
}
