package main

import (
	"fmt"
	"io"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/wording"
)

// processStatus is one process of the engine, as it said itself of late.
type processStatus struct {
	ID      string    `json:"id"` // anew at each start
	Role    string    `json:"role"`
	Version string    `json:"version"`
	Host    string    `json:"host"`
	Since   time.Time `json:"since"`
	Beat    time.Time `json:"beat"` // when it said so last
}

// readProcesses reads the processes that have said of late that they live.
func (v *status) readProcesses(tx ledger.Tx) error {
	live, err := tx.Processes(v.At.Add(-ledger.BeatGone))
	for _, p := range live {
		v.Processes = append(v.Processes, processStatus{p.ID, p.Role, p.Version, p.Host, p.Started, p.Beat})
	}
	return err
}

// shownID bounds what is shown of a process's id: it tells two on one host apart.
const shownID = 6

func (v status) printProcesses(out io.Writer) error {
	if len(v.Processes) == 0 {
		return nil
	}
	rows := [][]string{{"PROCESS", "VERSION", "HOST", "ID", "SINCE", "HEARD OF"}}
	for _, p := range v.Processes {
		rows = append(rows, []string{p.Role, p.Version, p.Host, p.ID[:min(len(p.ID), shownID)], utc(p.Since), wording.Count(int64(max(v.At.Sub(p.Beat), 0)/time.Second), "second") + " ago"})
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	return printTable(out, len(rows[0]), rows)
}
