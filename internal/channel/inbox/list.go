package inbox

import (
	"context"
	"strconv"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// listView is what customers received, and what they wait for.
type listView struct {
	Cursor   string        `json:"cursor"` // to be given as since
	More     bool          `json:"more"`   // there are others: after the cursor when since was given, else older
	Reset    bool          `json:"reset"`  // since was not of this inbox: everything is given anew
	Counters countersView  `json:"counters"`
	Waiting  []waitingView `json:"waiting"`      // planned messages, soonest first
	Others   int           `json:"waiting_more"` // how many more wait
	Messages []messageView `json:"messages"`     // newest first
}

// messageView is one message that a customer received.
type messageView struct {
	ID        string           `json:"id"` // unique, also among repeats
	Key       string           `json:"key"`
	Repeat    bool             `json:"repeat"`
	Customer  personView       `json:"customer"`
	Channel   customer.Channel `json:"channel"`
	To        string           `json:"to"`
	Received  time.Time        `json:"received_at"`
	Local     string           `json:"local_time"` // on the customer's clock
	Zone      string           `json:"zone"`
	Rule      string           `json:"rule"`
	N         int              `json:"n"`
	Step      string           `json:"step"`
	Topic     customer.Topic   `json:"topic"`
	Template  string           `json:"template"`
	Locale    string           `json:"locale"`
	Subject   string           `json:"subject"`
	Preheader string           `json:"preheader"`
	HTML      string           `json:"html"`
	Text      string           `json:"text"`
	Link      string           `json:"link"`
	Acts      []actView        `json:"acts"` // oldest first
}

// Replies gives the replies among the acts.
func (m messageView) Replies() []actView {
	var replies []actView
	for _, a := range m.Acts {
		if a.Act == "replied" {
			replies = append(replies, a)
		}
	}
	return replies
}

// list reads what the filter selects; queries ask the inbox for it.
func (p *page) list(ctx context.Context, f filter, queries func(who customer.ID) []Query) (listView, error) {
	v := listView{Messages: []messageView{}, Waiting: []waitingView{}}
	received := p.box.Received()
	v.Reset = f.Since > received
	err := p.Store.Read(ctx, func(tx ledger.Tx) error {
		r := p.read(tx)
		who, ok := customer.ID(""), true
		if f.Customer != "" {
			who, ok = r.resolve(f.Customer)
		}
		v.Cursor = cursor(nil, false, received)
		if ok {
			r.messages(&v, queries(who), received)
		}
		r.overview(&v, f, who, ok)
		return r.err
	})
	return v, err
}

func (r *reader) messages(v *listView, queries []Query, received int64) {
	for _, q := range queries {
		if v.Reset {
			q.Since = 0
		}
		list, more := r.page.box.Messages(q)
		v.More = v.More || more
		for _, k := range list {
			v.Messages = append(v.Messages, r.message(k))
		}
		if len(queries) == 1 {
			v.Cursor = cursor(list, more && q.Since > 0, received)
		}
	}
}

// cursor gives from where to go on: behind what was given when it was cut,
// else behind everything that was there.
func cursor(list []Kept, cut bool, received int64) string {
	seq := received
	if len(list) > 0 && (cut || list[0].Seq > seq) {
		seq = list[0].Seq
	}
	return strconv.FormatInt(seq, 10)
}

func (r *reader) message(k Kept) messageView {
	who := r.person(k.Customer)
	v := messageView{
		ID: strconv.FormatInt(k.Seq, 10), Key: k.Key, Repeat: k.Repeat,
		Customer: who.view(), Channel: k.Channel, To: k.To,
		Received: k.At, Local: who.local(k.At), Zone: who.zone.String(),
		Topic: k.Topic, Template: k.Template, Locale: k.Locale,
		Subject: k.Content.Subject, Preheader: k.Content.Preheader,
		HTML: k.Content.HTML, Text: k.Content.Text, Link: k.Content.Link,
		Acts: r.actsOn(k.Customer, k.Key),
	}
	if ref, step, _, err := ledger.ParseKey(k.Key); err == nil {
		v.Rule, v.N, v.Step = ref.Rule, ref.N, step
	}
	return v
}
