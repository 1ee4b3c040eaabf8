package twilio

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
	"github.com/outreach-engine/outreach/internal/customer"
)

const (
	// slack is how far Twilio's clock may be from this machine's.
	slack = 2 * time.Minute
	day   = 24 * time.Hour

	// A page of twenty messages fits into what the line reads of an answer
	// even when each has 1600 characters, all of them escaped.
	pageSize = 20
	maxPages = 50

	// trialPrefix stands before every text that a trial account sends.
	trialPrefix = "Sent from your Twilio trial account - "
)

// eaten is what the client library deletes from the values of a query.
var eaten = regexp.MustCompile(`\.\d`)

// Find asks Twilio for the messages that the account created for the number
// within the time, two minutes of clock error allowed. It asks twice: by day
// of sending, and for the newest of all, since a message that still waits has
// no day of sending. Where FallbackFrom is set it asks for the number's RCS
// address too.
//
// A message of another text is left out. One with Same false is one of which
// nobody can tell: Twilio redacted its text, the text looked for has no letter
// or digit, or contents are configured, which add words of their own. Fate is
// taken, delivered or failed.
//
// Errors are *channel.Error: Throttled, Unavailable, Misconfigured, and
// Ambiguous for all else, among it a listing that is not complete.
func (s *Sender) Find(ctx context.Context, search channel.Search) ([]channel.Found, error) {
	if search.Channel != customer.SMS || search.To == "" || eaten.MatchString(search.To) {
		return nil, unlisted("not_asked", "the search is not for the number of an SMS")
	}
	addresses := s.listedAs(search.To)
	asked := addresses
	if s.config.FallbackFrom == "" {
		asked = addresses[:1]
	}
	var all []api.ApiV2010Message
	for _, to := range asked {
		messages, err := s.listTo(ctx, to, search)
		if err != nil {
			return nil, err
		}
		all = append(all, messages...)
	}
	return s.sift(all, search, addresses)
}

// listedAs gives what a number may stand as in Twilio's list. A messaging
// service with an RCS sender chooses between two by itself.
func (s *Sender) listedAs(number string) []string {
	if s.config.WhatsApp {
		return []string{s.address(number)}
	}
	return []string{number, rcs + number}
}

// listTo asks for the messages to one address. The newest come last to be
// asked for and first in the answer, as they know the latest.
func (s *Sender) listTo(ctx context.Context, to string, search channel.Search) ([]api.ApiV2010Message, error) {
	sent := (&api.ListMessageParams{}).SetTo(to).SetPageSize(pageSize)
	sent.SetDateSentAfter(search.After.Add(-slack).UTC().Truncate(day))
	sent.SetDateSentBefore(search.Before.Add(slack + maxWaiting + day).UTC().Truncate(day))
	bySending, err := s.list(ctx, sent, time.Time{})
	if err != nil {
		return nil, err
	}
	newest := (&api.ListMessageParams{}).SetTo(to).SetPageSize(pageSize)
	all, err := s.list(ctx, newest, search.After.Add(-slack))
	if err != nil {
		return nil, err
	}
	return append(all, bySending...), nil
}

// list reads a listing page by page, each with a call of its own. It ends with
// the last page, or with one on which all are older than since: the newest
// come first. Anything less than that is an error.
func (s *Sender) list(ctx context.Context, params *api.ListMessageParams, since time.Time) ([]api.ApiV2010Message, error) {
	var all []api.ApiV2010Message
	var token, number string
	for range maxPages {
		page, err := s.page(ctx, params, token, number)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Messages...)
		next := text(page.NextPageUri)
		if next == "" || older(page.Messages, since) {
			return all, nil
		}
		u, err := url.Parse(next)
		if err != nil {
			return nil, unlisted("next_page", "the address of the next page cannot be read")
		}
		token, number = u.Query().Get("PageToken"), u.Query().Get("Page")
		if token == "" || eaten.MatchString(token) {
			return nil, unlisted("next_page", "the next page cannot be asked for")
		}
	}
	return nil, unlisted("too_many", "the number has more messages than are read")
}

func (s *Sender) page(ctx context.Context, params *api.ListMessageParams, token, number string) (*api.ListMessageResponse, error) {
	call, done := s.line.Call(ctx)
	defer done()
	page, err := s.service(call.Client()).PageMessage(params, token, number)
	if err != nil {
		return nil, listTrouble(call, err)
	}
	if call.Status != http.StatusOK || page.Messages == nil {
		return nil, listTrouble(call, nil)
	}
	return page, nil
}

// older reports whether all of a page's messages were created before an
// instant. An empty page, or one with an unreadable date, is not.
func older(page []api.ApiV2010Message, than time.Time) bool {
	for i := range page {
		created, err := createdAt(&page[i])
		if err != nil || !created.Before(than) {
			return false
		}
	}
	return len(page) > 0
}

// sift keeps what the search is after, each message once.
func (s *Sender) sift(all []api.ApiV2010Message, search channel.Search, addresses []string) ([]channel.Found, error) {
	var found []channel.Found
	seen := map[string]bool{}
	for i := range all {
		m := &all[i]
		sid := text(m.Sid)
		created, err := createdAt(m)
		if err != nil || sid == "" {
			return nil, unlisted("unreadable", "a listed message has no date or no name")
		}
		if seen[sid] || elsewhere(m, addresses) ||
			created.Before(search.After.Add(-slack)) || created.After(search.Before.Add(slack)) {
			continue
		}
		seen[sid] = true
		same, told := s.compare(m, search.Print)
		if told && !same {
			continue
		}
		fate, code := fateOf(m)
		found = append(found, channel.Found{ProviderID: sid, Same: same, Fate: fate, Code: code})
	}
	return found, nil
}

// elsewhere reports whether a message surely went to another address, or was
// not created through the API.
func elsewhere(m *api.ApiV2010Message, addresses []string) bool {
	switch text(m.Direction) {
	case "inbound", "outbound-call", "outbound-reply":
		return true
	}
	return text(m.To) != "" && !slices.Contains(addresses, text(m.To))
}

// compare says whether a message has the text looked for, and whether that can
// be told at all.
func (s *Sender) compare(m *api.ApiV2010Message, print string) (same, told bool) {
	body := strings.TrimPrefix(text(m.Body), trialPrefix)
	if body == "" || text(m.To) == "" || print == "" || print == channel.Print("") {
		return false, false
	}
	same = channel.Print(body) == print
	return same, same || len(s.config.Contents) == 0
}

func fateOf(m *api.ApiV2010Message) (fate channel.ReportKind, code string) {
	switch status := text(m.Status); status {
	case "delivered", "read":
		return channel.ReportDelivered, ""
	case "failed", "undelivered", "canceled":
		if m.ErrorCode != nil && *m.ErrorCode != 0 {
			return channel.ReportFailed, strconv.Itoa(*m.ErrorCode)
		}
		return channel.ReportFailed, status
	}
	return channel.ReportTaken, ""
}

func createdAt(m *api.ApiV2010Message) (time.Time, error) {
	return time.Parse(time.RFC1123Z, text(m.DateCreated))
}

func text(field *string) string { return *cmp.Or(field, new(string)) }

// listTrouble is trouble with a listing: what would refuse a message says here
// only that nothing is known.
func listTrouble(call *line.Call, err error) *channel.Error {
	e := trouble(call, err)
	switch e.Kind {
	case channel.Throttled, channel.Unavailable, channel.Misconfigured:
	default:
		e.Kind = channel.Ambiguous
	}
	e.Detail = "list of messages: " + e.Detail
	return e
}

func unlisted(code, detail string) *channel.Error {
	return &channel.Error{Kind: channel.Ambiguous, Provider: Name, Code: code, Detail: "list of messages: " + detail}
}
