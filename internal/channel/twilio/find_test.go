package twilio_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/channeltest"
	"github.com/outreach-engine/outreach/internal/channel/twilio"
	"github.com/outreach-engine/outreach/internal/customer"
)

// search looks for the tests' message, handed over at noon.
func search() channel.Search {
	return channel.Search{
		Key: message.Key, Channel: customer.SMS, To: message.To, Print: channel.Print(message.Content.Text),
		After: noon.Add(-5 * time.Second), Before: noon.Add(25 * time.Second),
	}
}

func sid(n int) string { return fmt.Sprintf("SM%032x", n) }

func taken(n int) channel.Found {
	return channel.Found{ProviderID: sid(n), Same: true, Fate: channel.ReportTaken}
}

// TestLostAnswer: the account took the message and the connection broke; asked
// again it says so. One that never arrived is not there.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.drop = true
	s := a.sender(t, nil)
	found, err := s.Find(t.Context(), search())
	require.NoError(t, err)
	require.Empty(t, found)

	_, err = s.Send(t.Context(), message)
	require.Equal(t, channel.Ambiguous, channel.KindOf(err))
	found, err = s.Find(t.Context(), search())
	require.NoError(t, err)
	require.Equal(t, []channel.Found{taken(1)}, found)
}

// TestFindTellsMessagesApart: each message stands alone in the account.
func TestFindTellsMessagesApart(t *testing.T) {
	t.Parallel()
	text, code := message.Content.Text, 30003
	unsure := channel.Found{ProviderID: sid(1), Fate: channel.ReportTaken}
	fate := func(kind channel.ReportKind, code string) []channel.Found {
		return []channel.Found{{ProviderID: sid(1), Same: true, Fate: kind, Code: code}}
	}
	for name, tc := range map[string]struct {
		put  func(*account) *row
		want []channel.Found
	}{
		"the message":             {func(a *account) *row { return a.add(message.To, text, noon) }, []channel.Found{taken(1)}},
		"other marks and spaces":  {func(a *account) *row { return a.add(message.To, strings.ReplaceAll(text, " ", "  ")+"!", noon) }, []channel.Found{taken(1)}},
		"of a trial account":      {func(a *account) *row { return a.add(message.To, "Sent from your Twilio trial account - "+text, noon) }, []channel.Found{taken(1)}},
		"Twilio's clock is ahead": {func(a *account) *row { return a.add(message.To, text, noon.Add(2*time.Minute)) }, []channel.Found{taken(1)}},
		"Twilio's clock is late":  {func(a *account) *row { return a.add(message.To, text, noon.Add(-2*time.Minute)) }, []channel.Found{taken(1)}},
		"to another number":       {func(a *account) *row { return a.add("+15005550009", text, noon) }, nil},
		"another text":            {func(a *account) *row { return a.add(message.To, "Your parcel is here.", noon) }, nil},
		"an older one":            {func(a *account) *row { return a.add(message.To, text, noon.Add(-3*time.Minute)).sent(noon, "sent") }, nil},
		"a later one":             {func(a *account) *row { return a.add(message.To, text, noon.Add(3*time.Minute)) }, nil},
		"a reply by TwiML":        {func(a *account) *row { r := a.add(message.To, text, noon); r.Direction = "outbound-reply"; return r }, nil},
		"an inbound one":          {func(a *account) *row { r := a.add(message.To, text, noon); r.Direction = "inbound"; return r }, nil},
		"redacted":                {func(a *account) *row { return a.add(message.To, "", noon) }, []channel.Found{unsure}},
		"redacted to nothing":     {func(a *account) *row { r := a.add(message.To, "", noon); r.Body = nil; return r }, []channel.Found{unsure}},
		"without an address":      {func(a *account) *row { r := a.add("", text, noon); r.To = nil; return r }, []channel.Found{unsure}},
		"over RCS":                {func(a *account) *row { return a.add("rcs:"+message.To, text, noon) }, nil},
		"sent the day after":      {func(a *account) *row { return a.add(message.To, text, noon).sent(noon.Add(22*time.Hour), "sent") }, []channel.Found{taken(1)}},
		"delivered":               {func(a *account) *row { return a.add(message.To, text, noon).sent(noon, "delivered") }, fate(channel.ReportDelivered, "")},
		"read":                    {func(a *account) *row { return a.add(message.To, text, noon).sent(noon, "read") }, fate(channel.ReportDelivered, "")},
		"undelivered": {func(a *account) *row {
			r := a.add(message.To, text, noon).sent(noon, "undelivered")
			r.Error = &code
			return r
		}, fate(channel.ReportFailed, "30003")},
		"canceled":      {func(a *account) *row { return a.add(message.To, text, noon).sent(noon, "canceled") }, fate(channel.ReportFailed, "canceled")},
		"of a new kind": {func(a *account) *row { return a.add(message.To, text, noon).sent(noon, "pondered") }, []channel.Found{taken(1)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			tc.put(a)
			found, err := a.sender(t, nil).Find(t.Context(), search())
			require.NoError(t, err)
			require.Equal(t, tc.want, found)
		})
	}
}

// TestFindWhereTextsAreOthers: contents add words of their own, a text without
// letters is like any other such, and RCS has addresses of its own.
func TestFindWhereTextsAreOthers(t *testing.T) {
	t.Parallel()
	unsure := []channel.Found{{ProviderID: sid(1), Fate: channel.ReportTaken}}
	contents := func(c *twilio.Config) {
		c.WhatsApp, c.Contents = true, map[string]string{"parcel-late": "HX" + hex32}
	}
	rcs := func(c *twilio.Config) { c.MessagingServiceSID, c.FallbackFrom = "MG"+hex32, "+15005550002" }
	smiley := search()
	smiley.Print = channel.Print("\U0001F600")
	for name, tc := range map[string]struct {
		change   func(*twilio.Config)
		search   channel.Search
		to, text string
		want     []channel.Found
	}{
		"words around it":   {contents, search(), "whatsapp:" + message.To, "Hello. " + message.Content.Text, unsure},
		"by itself":         {contents, search(), "whatsapp:" + message.To, message.Content.Text, []channel.Found{taken(1)}},
		"nothing but marks": {nil, smiley, message.To, "\U0001F622", unsure},
		"RCS":               {rcs, search(), "rcs:" + message.To, message.Content.Text, []channel.Found{taken(1)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.add(tc.to, tc.text, noon)
			found, err := a.sender(t, tc.change).Find(t.Context(), tc.search)
			require.NoError(t, err)
			require.Equal(t, tc.want, found)
		})
	}
}

// TestFindReadsAllPages: the message stands behind many others, each page is a
// request, and history before the time asked for is not read through.
func TestFindReadsAllPages(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for i := range 100 {
		at := noon.Add(-time.Duration(101-i) * time.Hour)
		a.add(message.To, message.Content.Text, at).sent(at, "delivered")
	}
	a.add(message.To, message.Content.Text, noon)
	for range 45 {
		a.add(message.To, "Another text.", noon).sent(noon, "sent")
	}
	found, err := a.sender(t, nil).Find(t.Context(), search())
	require.NoError(t, err)
	require.Equal(t, []channel.Found{taken(101)}, found)
	var tokens []string
	for _, q := range a.asked {
		tokens = append(tokens, q.Get("DateSent>")+" "+q.Get("DateSent<")+" "+q.Get("PageToken"))
	}
	const days = "2026-11-23T00:00:00Z 2026-11-24T00:00:00Z "
	require.Equal(t, []string{days, days + "PASM20", days + "PASM40", "  ", "  PASM20", "  PASM40", "  PASM60"}, tokens)
}

// TestFindNeverTakesAPartForAll: whatever keeps a listing from being complete
// is an error, also on its second page.
func TestFindNeverTakesAPartForAll(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("PageToken") == "" {
				return false
			}
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	next := func(uri string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = fmt.Fprintf(w, `{"messages": [], "next_page_uri": %q}`, uri)
			return true
		}
	}
	for name, tc := range map[string]struct {
		spoil func(http.ResponseWriter, *http.Request) bool
		kind  channel.Kind
		code  string
	}{
		"server error":      {answer(503, `{"code": 20503, "message": "x", "status": 503}`), channel.Ambiguous, "20503"},
		"page of a gateway": {answer(502, "<html>"), channel.Ambiguous, "502"},
		"no listing":        {answer(200, "{}"), channel.Ambiguous, "200"},
		"half a page":       {answer(200, `{"messages": [{"sid": "SM`), channel.Ambiguous, "200"},
		"elsewhere":         {answer(302, `{"messages": []}`), channel.Ambiguous, "302"},
		"refused":           {answer(400, `{"code": 20001, "message": "x", "status": 400}`), channel.Ambiguous, "20001"},
		"no such number":    {answer(400, `{"code": 21211, "message": "x", "status": 400}`), channel.Ambiguous, "21211"},
		"too many requests": {answer(429, `{"code": 20429, "message": "x", "status": 429}`), channel.Throttled, "20429"},
		"wrong key":         {answer(401, `{"code": 20003, "message": "x", "status": 401}`), channel.Misconfigured, "20003"},
		"hangs up": {func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("PageToken") != "" {
				panic(http.ErrAbortHandler)
			}
			return false
		}, channel.Ambiguous, "no_answer"},
		"no date":              {answer(200, `{"messages": [{"sid": "SM1", "date_created": "yesterday"}]}`), channel.Ambiguous, "unreadable"},
		"no name":              {answer(200, `{"messages": [{"date_created": "Mon, 23 Nov 2026 12:00:00 +0000"}]}`), channel.Ambiguous, "unreadable"},
		"next page, no token":  {next("/2010-04-01/Accounts/AC/Messages.json?Page=1"), channel.Ambiguous, "next_page"},
		"next page, odd token": {next("/x?Page=1&PageToken=PA.123x"), channel.Ambiguous, "next_page"},
		"next page, no url":    {next("/x%zz?Page=1&PageToken=PA1"), channel.Ambiguous, "next_page"},
		"pages without end":    {next("/x?Page=1&PageToken=PA1"), channel.Ambiguous, "too_many"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			for range 25 {
				a.add(message.To, message.Content.Text, noon).sent(noon, "sent")
			}
			a.spoil = tc.spoil
			found, err := a.sender(t, nil).Find(t.Context(), search())
			require.Empty(t, found)
			var e *channel.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, tc.kind, e.Kind)
			require.Equal(t, tc.code, e.Code)
			require.Equal(t, twilio.Name, e.Provider)
			require.NotContains(t, e.Error(), message.To)
			if tc.kind == channel.Throttled {
				require.Equal(t, 7*time.Second, e.RetryAfter)
			}
		})
	}
}

// TestFindAsksWhatItCan: a search that the query cannot carry is not asked, a
// deadline ends it, and nobody listening is an error too.
func TestFindAsksWhatItCan(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*channel.Search){
		"another channel":           func(s *channel.Search) { s.Channel = customer.Email },
		"no address":                func(s *channel.Search) { s.To = "" },
		"what the library cuts out": func(s *channel.Search) { s.To = "+1500555.0006" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			asked := search()
			spoil(&asked)
			_, err := a.sender(t, nil).Find(t.Context(), asked)
			require.EqualError(t, err, "twilio: ambiguous (not_asked): list of messages: the search is not for the number of an SMS")
			require.Empty(t, a.asked)
		})
	}
	a := newAccount(t)
	spent, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.sender(t, nil).Find(spent, search())
	require.Equal(t, channel.Unavailable, channel.KindOf(err))
	require.Empty(t, a.asked)

	s := a.sender(t, nil)
	a.server.Close()
	_, err = s.Find(t.Context(), search())
	require.Equal(t, channel.Unavailable, channel.KindOf(err))
}

// TestFindContract lists through Twilio's own description.
func TestFindContract(t *testing.T) {
	t.Parallel()
	contract := channeltest.OpenAPI(t, "min_twilio_messages.json")
	a := newAccount(t)
	for range 25 {
		a.add(message.To, message.Content.Text, noon).sent(noon, "sent")
	}
	baseURL, log := channeltest.Guarded(t, contract, a.serve)
	found, err := a.sender(t, func(c *twilio.Config) { c.BaseURL = baseURL }).Find(t.Context(), search())
	require.NoError(t, err)
	require.Len(t, found, 25)
	require.Len(t, log.All(), 4)
}
