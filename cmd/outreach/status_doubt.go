package main

import (
	"fmt"
	"io"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/wording"
)

// doubtCounts are the messages of which nobody knows whether they went out.
type doubtCounts struct {
	Ambiguous      int64     `json:"ambiguous"` // their providers are asked
	AmbiguousSince time.Time `json:"ambiguous_since,omitzero"`
	Unknown        int64     `json:"unknown"` // a person settles them
	UnknownSince   time.Time `json:"unknown_since,omitzero"`
}

// scopeStatus is a channel, provider, sender or country whose provider asked to
// wait.
type scopeStatus struct {
	Scope string    `json:"scope"`
	Until time.Time `json:"until"`
	Note  string    `json:"note,omitempty"`
}

// readDoubts reads the oldest of either kind; how many there are was counted.
func (v *status) readDoubts(tx ledger.Tx) (err error) {
	v.Doubts.Ambiguous, v.Doubts.Unknown = v.Messages[ledger.Ambiguous], v.Messages[ledger.Unknown]
	if v.Doubts.AmbiguousSince, err = oldest(tx, ledger.Ambiguous); err != nil {
		return err
	}
	v.Doubts.UnknownSince, err = oldest(tx, ledger.Unknown)
	return err
}

// oldest gives since when nobody knows of the oldest message of a status.
func oldest(tx ledger.Tx, status ledger.PartStatus) (time.Time, error) {
	parts, err := tx.PartsBy(status, 1)
	if err != nil || len(parts) == 0 {
		return time.Time{}, err
	}
	return doubtSince(parts[0]), nil
}

// readScopes reads what providers asked to wait with.
func (v *status) readScopes(tx ledger.Tx) error {
	paces, err := tx.Paces()
	for _, p := range paces {
		if p.Until.After(v.At) {
			v.Scopes = append(v.Scopes, scopeStatus{p.Scope, p.Until, p.Note})
		}
	}
	return err
}

func (v status) printScopes(out io.Writer) error {
	if len(v.Scopes) == 0 {
		return nil
	}
	rows := [][]string{{"WAITS", "UNTIL", "WHY"}}
	for _, s := range v.Scopes {
		rows = append(rows, []string{s.Scope, utc(s.Until), s.Note})
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	return printTable(out, len(rows[0]), rows)
}

// printMend says of the channels that their providers had held what to do.
func (v status) printMend(out io.Writer) error {
	for _, h := range v.Holds {
		if h.By == operatorHolds || h.Kind != ledger.HoldChannel {
			continue
		}
		note := ""
		if h.Note != "" {
			note = ": " + h.Note
		}
		if _, err := fmt.Fprintf(out, "%s: held by %s since %s%s; when it is mended: outreach resume --channel %s\n",
			h.Name, h.By, utc(h.At), note, h.Name); err != nil {
			return err
		}
	}
	return nil
}

// printDoubts says how many messages are in doubt, and what to do.
func (v status) printDoubts(out io.Writer) error {
	d := v.Doubts
	if d.Ambiguous == 0 && d.Unknown == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	if d.Ambiguous > 0 {
		if _, err := fmt.Fprintf(out, "%s being asked for, the oldest since %s\n", wording.Count(d.Ambiguous, "message"), utc(d.AmbiguousSince)); err != nil {
			return err
		}
	}
	if d.Unknown == 0 {
		return nil
	}
	_, err := fmt.Fprintf(out, "%s unknown, the oldest since %s; outreach unknown lists and settles them\n", wording.Count(d.Unknown, "message"), utc(d.UnknownSince))
	return err
}
