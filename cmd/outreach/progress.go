package main

import (
	"io"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
)

// bar shows how far a file has been read. A nil bar shows nothing.
type bar struct {
	writer  progress.Writer
	tracker *progress.Tracker
	done    chan struct{}
}

// newBar gives a bar when out is a terminal.
func newBar(out io.Writer, title string, units progress.Units) *bar {
	if !isTerminal(out) {
		return nil
	}
	return startBar(out, title, units)
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func startBar(out io.Writer, title string, units progress.Units) *bar {
	b := &bar{writer: progress.NewWriter(), tracker: &progress.Tracker{Message: title, Units: units}, done: make(chan struct{})}
	b.writer.SetOutputWriter(out)
	b.writer.SetUpdateFrequency(200 * time.Millisecond)
	b.writer.SetAutoStop(true)
	b.writer.SetNumTrackersExpected(1)
	b.writer.AppendTracker(b.tracker)
	go func() {
		defer close(b.done)
		b.writer.Render()
	}()
	return b
}

// move says that so many of all bytes are behind.
func (b *bar) move(done, total int64) {
	if b == nil {
		return
	}
	b.tracker.UpdateTotal(total)
	b.tracker.SetValue(done)
}

// end shows where the file ended and leaves the terminal alone.
func (b *bar) end() {
	if b == nil {
		return
	}
	b.tracker.MarkAsDone()
	<-b.done
}
