package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// What Twilio's lists give at once.
const (
	usualPage   = 50
	largestPage = 1000
)

// listMessages is GET Messages.json: newest first, by To, From and the day, or
// the second, of sending. What is not sent has no date of sending and is in no
// list that asks for one. A message shows a moment after it was taken.
func (s *Sandbox) listMessages(w http.ResponseWriter, r *http.Request) {
	if !s.twilioLetsIn(w, r) {
		return
	}
	query := r.URL.Query()
	days, err := readDays(query)
	if err != nil {
		twilioRefusal(w, http.StatusBadRequest, 20001)
		return
	}
	s.answer(w, r, call{
		provider: twilioName, name: "list " + query.Get("To"), no: twilioNo,
		yes: func(w http.ResponseWriter, _ string) { answerJSON(w, http.StatusOK, s.page(query, days)) },
	})
}

// page gives one page of a list, and where the next begins.
func (s *Sandbox) page(query url.Values, days []span) map[string]any {
	now := s.config.Now()
	list := slices.DeleteFunc(s.book.of(twilioName, query.Get("To")), func(t Taken) bool {
		return t.listed.After(now) || query.Get("From") != "" && query.Get("From") != t.from ||
			slices.ContainsFunc(days, func(d span) bool { return t.sentAt.After(now) || !d.holds(t.sentAt.Truncate(time.Second)) })
	})
	if token := query.Get("PageToken"); token != "" {
		at := slices.IndexFunc(list, func(t Taken) bool { return "PA"+t.Name == token })
		list = list[at+1:]
	}
	size, err := strconv.Atoi(query.Get("PageSize"))
	if err != nil || size < 1 {
		size = usualPage
	}
	size = min(size, largestPage)
	here, _ := strconv.Atoi(query.Get("Page"))
	address := func(page int, token string) string {
		to := url.Values{"PageSize": {strconv.Itoa(size)}, "Page": {strconv.Itoa(page)}}
		for _, name := range []string{"To", "From", "DateSent", "DateSent<", "DateSent>"} {
			if query.Has(name) {
				to.Set(name, query.Get(name))
			}
		}
		if token != "" {
			to.Set("PageToken", token)
		}
		return "/2010-04-01/Accounts/" + twilioSID + "/Messages.json?" + to.Encode()
	}
	answer := map[string]any{
		"page": here, "page_size": size, "start": here * size, "first_page_uri": address(0, ""),
		"uri": address(here, query.Get("PageToken")), "next_page_uri": nil, "previous_page_uri": nil,
	}
	if len(list) > size {
		list = list[:size]
		answer["next_page_uri"] = address(here+1, "PA"+list[size-1].Name)
	}
	answer["end"] = here*size + max(len(list)-1, 0)
	messages := []map[string]any{}
	for _, t := range list {
		messages = append(messages, twilioMessage(t, t.status(now)))
	}
	answer["messages"] = messages
	return answer
}

// status is where a message stands.
func (t Taken) status(now time.Time) string {
	switch {
	case !t.arrivesAt.After(now):
		return t.end()
	case !t.sentAt.After(now):
		return "sent"
	}
	return "queued"
}

// end is how a message ends.
func (t Taken) end() string {
	if t.Undelivered {
		return undelivered
	}
	return "delivered"
}

// span is a stretch of time, [from, to); a zero bound is open.
type span struct{ from, to time.Time }

func (d span) holds(at time.Time) bool {
	return (d.from.IsZero() || !at.Before(d.from)) && (d.to.IsZero() || at.Before(d.to))
}

// readDays reads the three filters: a day of GMT, or an instant of RFC 3339.
// The comparisons include what they name.
func readDays(query url.Values) ([]span, error) {
	var days []span
	for _, name := range []string{"DateSent", "DateSent<", "DateSent>"} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		at, last := time.Time{}, 24*time.Hour
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			last = time.Second
			if at, err = time.Parse(time.RFC3339, text); err != nil {
				return nil, fmt.Errorf("%s %q is no date", name, text)
			}
		}
		d := span{from: at, to: at.Add(last)}
		if name == "DateSent<" {
			d.from = time.Time{}
		} else if name == "DateSent>" {
			d.to = time.Time{}
		}
		days = append(days, d)
	}
	return days, nil
}
