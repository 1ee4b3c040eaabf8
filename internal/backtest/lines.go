package backtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"time"

	"github.com/outreach-engine/outreach/internal/simulate"
)

// entry is one decision with what it is ordered by.
type entry struct {
	at       int64 // microseconds since 1970
	customer string
	rule     string
	n        int
	sequence int // of the decision in its group's play
	text     []byte
}

// compare orders decisions: by instant, customer, rule, number of the outreach,
// and as they were decided.
func (e entry) compare(other entry) int {
	return cmp.Or(cmp.Compare(e.at, other.at), cmp.Compare(e.customer, other.customer), cmp.Compare(e.rule, other.rule),
		cmp.Compare(e.n, other.n), cmp.Compare(e.sequence, other.sequence), bytes.Compare(e.text, other.text))
}

// decision is the form of a line.
type decision struct {
	At       string `json:"at"`    // RFC 3339, UTC
	Local    string `json:"local"` // the same instant on the customer's clock, with its offset
	Customer string `json:"customer"`
	Rule     string `json:"rule"`
	Outreach int    `json:"outreach"` // its number, of this rule and customer
	Step     string `json:"step"`
	Kind     string `json:"kind"`
	Channel  string `json:"channel"`
	Template string `json:"template"`
	Reason   string `json:"reason"`
	Planned  string `json:"planned,omitempty"` // RFC 3339, UTC; absent: it has no instant
	Note     string `json:"note,omitempty"`    // for people: why
}

// instants are written with as many decimals as they have.
const instants = "2006-01-02T15:04:05.999999Z07:00"

func newEntry(line simulate.Line, sequence int) entry {
	d := decision{
		At: line.At.UTC().Format(instants), Local: line.At.In(line.Zone).Format(instants), Customer: cmp.Or(line.External, string(line.Customer)),
		Rule: line.Rule, Outreach: line.N, Step: line.Step, Kind: string(line.Kind), Channel: string(line.Channel),
		Template: line.Template, Reason: string(line.Reason), Planned: planned(line.Planned), Note: line.Note,
	}
	return entry{at: line.At.UnixMicro(), customer: d.Customer, rule: d.Rule, n: d.Outreach, sequence: sequence, text: d.json()}
}

func planned(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(instants)
}

// json gives the line with its line break.
func (d decision) json() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(d) != nil {
		return nil // texts and a number are always JSON
	}
	return b.Bytes()
}
