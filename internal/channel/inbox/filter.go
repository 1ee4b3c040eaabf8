package inbox

import (
	"cmp"
	"html/template"
	"net/url"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
)

// filter is what somebody wants to see.
type filter struct {
	Since    int64
	Channel  string
	Customer string // our id or an outside one
	Rule     string
	Limit    int // 0: not said
}

// Bounds of how many messages, or moments of a story, are given at once.
const (
	listLimit   = 100
	columnLimit = 40 // of each channel, on the page
	storyLimit  = 200
	mostLimit   = 1000
)

// filterOf reads a query. trouble says what is wrong with it, "" nothing.
func filterOf(q url.Values) (f filter, trouble string) {
	f = filter{
		Channel: q.Get("channel"), Customer: strings.TrimSpace(q.Get("customer")), Rule: q.Get("rule"),
	}
	var err error
	if s := q.Get("since"); s != "" {
		if f.Since, err = strconv.ParseInt(s, 10, 64); err != nil || f.Since < 0 {
			return f, "since: not a cursor; give the cursor of the answer before"
		}
	}
	if s := q.Get("limit"); s != "" {
		if f.Limit, err = strconv.Atoi(s); err != nil || f.Limit < 1 || f.Limit > mostLimit {
			return f, "limit: not a number from 1 to " + strconv.Itoa(mostLimit)
		}
	}
	return f, ""
}

// Query gives the filter as a page's address has it.
func (f filter) Query() string {
	q := url.Values{}
	for name, value := range map[string]string{"channel": f.Channel, "customer": f.Customer, "rule": f.Rule} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Limit != 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	return q.Encode()
}

// Address gives the address of the page with the filter. Its parts are
// escaped by Query.
func (f filter) Address() template.URL {
	if q := f.Query(); q != "" {
		return template.URL("/inbox?" + q)
	}
	return "/inbox"
}

// For gives the same filter for one channel, "" all.
func (f filter) For(channel string) filter {
	f.Channel = channel
	return f
}

// Longer gives the same filter with the greatest limit.
func (f filter) Longer() filter {
	f.Limit = mostLimit
	return f
}

// query gives what the filter selects of the inbox.
func (f filter) query(who customer.ID) Query {
	return Query{Since: f.Since, Channel: customer.Channel(f.Channel), Rule: f.Rule, Customer: who, Limit: cmp.Or(f.Limit, listLimit)}
}

// columns gives the same, channel by channel, each with its own limit: many
// messages of one leave room for the others.
func (f filter) columns(who customer.ID) []Query {
	var list []Query
	for _, c := range []customer.Channel{customer.SMS, customer.Email, customer.Push} {
		if f.Channel == "" || f.Channel == string(c) {
			q := f.query(who)
			q.Channel, q.Limit = c, cmp.Or(f.Limit, columnLimit)
			list = append(list, q)
		}
	}
	return list
}
