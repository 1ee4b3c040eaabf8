package relay

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// kinds are the words of the system's that mean something here.
var kinds = map[string]channel.ReportKind{
	"delivered":    channel.ReportDelivered,
	"failed":       channel.ReportFailed,
	"bounced":      channel.ReportBounced,
	"opened":       channel.ReportOpened,
	"clicked":      channel.ReportClicked,
	"replied":      channel.ReportReplied,
	"complained":   channel.ReportComplained,
	"unsubscribed": channel.ReportUnsubscribed,
	"blocked":      channel.ReportBlocked,
}

// news is one report as the system writes it.
type news struct {
	ID      string           `json:"id"`
	Key     string           `json:"key"`
	Status  string           `json:"status"`
	At      time.Time        `json:"at"` // RFC 3339; "" is when the report came
	Code    string           `json:"code"`
	Text    string           `json:"text"`    // with replied
	Channel customer.Channel `json:"channel"` // and address: of news that answers no message
	Address string           `json:"address"`
}

// Reports reads a JSON list of reports that the system signed with the secret,
// as Standard Webhooks says, within the last five minutes. Each needs an id,
// a status, and the key of its message - or channel and address, where there
// is no message. Words that mean nothing here are left out.
func (s *Sender) Reports(c channel.Callback) ([]channel.Report, error) {
	if err := s.key.Verify(c.Header, string(c.Body), c.At); err != nil {
		return nil, fmt.Errorf("webhook report: %w: %w", err, channel.ErrForged)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(c.Body, &list); err != nil {
		return nil, errors.New(`webhook report: the body is no json list; write it like [{"id": "1", "key": "...", "status": "delivered"}]`)
	}
	var out []channel.Report
	for i, text := range list {
		var n news
		if json.Unmarshal(text, &n) != nil {
			return nil, fmt.Errorf("webhook report %d: a field is not of its kind; write texts, and at as RFC 3339 has it", i+1)
		}
		if err := n.check(); err != nil {
			return nil, fmt.Errorf("webhook report %d: %w", i+1, err)
		}
		if kind, known := kinds[n.Status]; known {
			out = append(out, s.report(n, kind, c.At))
		}
	}
	return out, nil
}

func (n news) check() error {
	switch {
	case n.ID == "":
		return errors.New("id is missing; give each report one that stays the same when it is sent again")
	case n.Status == "":
		return errors.New("status is missing; write delivered, failed, bounced ...")
	case n.Key == "" && (n.Address == "" || n.Channel == ""):
		return errors.New("key is missing; write the key of the message, or channel and address where there is none")
	case n.Channel != "" && !slices.Contains(customer.Channels(), n.Channel):
		return fmt.Errorf("channel: %q reaches no customer; write sms, email or push", n.Channel)
	}
	return nil
}

func (s *Sender) report(n news, kind channel.ReportKind, now time.Time) channel.Report {
	r := channel.Report{ID: Name + ":" + n.ID, Kind: kind, Channel: n.Channel, Key: n.Key, Address: n.Address, At: n.At.UTC(), Code: n.Code}
	if kind == channel.ReportReplied {
		r.Text = n.Text
	}
	if r.Channel == "" && len(s.config.Channels) == 1 {
		r.Channel = s.config.Channels[0]
	}
	if n.At.IsZero() || n.At.After(now) {
		r.At = now.UTC()
	}
	return r
}

// Reply implements channel.Reporter: the system wants to know no more than
// that its reports were taken.
func (s *Sender) Reply([]channel.Report) (contentType, body string) { return "", "" }
