package main

import (
	"fmt"
	"io"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// processStatus is one process of the engine, as it said itself of late.
type processStatus struct {
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
		v.Processes = append(v.Processes, processStatus{p.Role, p.Version, p.Host, p.Started, p.Beat})
	}
	return err
}

func (v status) printProcesses(out io.Writer) error {
	if len(v.Processes) == 0 {
		return nil
	}
	rows := [][]string{{"PROCESS", "VERSION", "HOST", "SINCE"}}
	for _, p := range v.Processes {
		rows = append(rows, []string{p.Role, p.Version, p.Host, utc(p.Since)})
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	return printTable(out, len(rows[0]), rows)
}
