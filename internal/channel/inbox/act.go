package inbox

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// ActHeader is the header by which a program that is no browser says that it
// means an act. Other sites' pages cannot set it.
const ActHeader = "X-Inbox-Act"

// Bounds of an act's form.
const (
	formLimit  = 16 << 10 // bytes
	replyLimit = 1600     // bytes of a reply: ten SMS segments
)

// outcomeView is what became of an act, as JSON.
type outcomeView struct {
	Status    observe.Status `json:"status"`
	Reason    string         `json:"reason,omitempty"`
	MessageID string         `json:"message_id"` // of the event
}

// refusal is an act that is not taken, and why.
type refusal struct {
	status int
	text   string
}

// act plays the customer: their opening, click or reply goes in as an event.
func (p *page) act(w http.ResponseWriter, r *http.Request) {
	if !meant(r) {
		p.refuse(w, r, refusal{http.StatusForbidden, "act: comes from another site; use the page's buttons, or the header " + ActHeader})
		return
	}
	in, no, err := p.incoming(w, r)
	if err != nil {
		p.log(r, err)
		no = &refusal{http.StatusInternalServerError, unreadable}
	}
	if no != nil {
		p.refuse(w, r, *no)
		return
	}
	outcomes, err := p.Taker.Take(r.Context(), []observe.Incoming{in})
	if err == nil && len(outcomes) != 1 {
		err = fmt.Errorf("outcomes: %d for one event", len(outcomes))
	}
	if err != nil {
		p.log(r, err)
		p.refuse(w, r, refusal{http.StatusServiceUnavailable, "act: was not taken; try again, the program's log says why"})
		return
	}
	if o := outcomes[0]; o.Status == observe.Refused {
		p.refuse(w, r, refusal{http.StatusConflict, "act: was refused: " + o.Reason})
		return
	}
	p.done(w, r, outcomeView{outcomes[0].Status, outcomes[0].Reason, in.Event.MessageID})
}

// meant reports whether a request comes from the page itself or from a program
// that knows the header. Browsers that say nothing of the site, as they do
// over plain HTTP to other machines, still say the origin.
func meant(r *http.Request) bool {
	if r.Header.Get(ActHeader) != "" {
		return true
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin":
		return true
	case "":
		origin, err := url.Parse(r.Header.Get("Origin"))
		return err == nil && origin.Host != "" && origin.Host == r.Host
	}
	return false
}

// incoming makes the event of an act.
func (p *page) incoming(w http.ResponseWriter, r *http.Request) (in observe.Incoming, no *refusal, err error) {
	name := actPrefix + r.PathValue("act")
	if !isAct(name) {
		return in, &refusal{http.StatusNotFound, "act: is not opened, clicked or replied"}, nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, formLimit)
	if err := r.ParseForm(); err != nil {
		return in, &refusal{http.StatusBadRequest, "form: cannot be read, or is larger than 16 kB"}, nil
	}
	k, ok := p.box.Find(r.PathValue("key"))
	if !ok {
		return in, &refusal{http.StatusNotFound, "message: is not in the inbox, or is too old to be shown"}, nil
	}
	if ofTeam(k.Key) {
		return in, &refusal{http.StatusConflict, "message: went to a team and not to the customer, who cannot act on it"}, nil
	}
	user, known, err := p.external(r, k.Customer)
	switch {
	case err != nil:
		return in, nil, err
	case !known:
		return in, &refusal{http.StatusConflict, "customer: has no outside id by which an event could name them; identify them first"}, nil
	}
	properties := map[string]customer.Value{
		customer.MessageProperty: customer.Text(k.Key),
		customer.TemplateProp:    customer.Text(k.Template),
		customer.ChannelProperty: customer.Text(string(k.Channel)),
	}
	if name == customer.MessageReplied {
		text := strings.TrimSpace(strings.ToValidUTF8(r.PostForm.Get("text"), "�"))
		if text == "" || len(text) > replyLimit {
			return in, &refusal{http.StatusBadRequest, "text: is empty or longer than 1600 bytes; write what the customer answers, such as STOP"}, nil
		}
		properties[customer.TextProperty] = customer.Text(text)
	}
	return observe.Incoming{User: user, Event: customer.Event{
		MessageID: Name + "-" + strings.ToLower(rand.Text()), Name: name, At: p.Now().UTC(), Properties: properties,
	}}, nil, nil
}

func isAct(event string) bool {
	return event == customer.MessageOpened || event == customer.MessageClicked || event == customer.MessageReplied
}

// external gives the outside id of a customer; ok is false when they are gone
// or have none.
func (p *page) external(r *http.Request, id customer.ID) (external string, ok bool, err error) {
	err = p.Store.Read(r.Context(), func(tx ledger.Tx) error {
		record, found, err := tx.Customer(id)
		external, ok = record.Profile.External, found && record.Profile.External != ""
		return err
	})
	return external, ok, err
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

func (p *page) refuse(w http.ResponseWriter, r *http.Request, no refusal) {
	if wantsJSON(r) {
		writeJSON(w, no.status, errorView{no.text})
		return
	}
	p.sorry(w, no.status, no.text)
}

// done answers a program, or leads a browser back to the message.
func (p *page) done(w http.ResponseWriter, r *http.Request, v outcomeView) {
	if wantsJSON(r) {
		writeJSON(w, http.StatusOK, v)
		return
	}
	back := "/inbox"
	if q, err := url.ParseQuery(r.PostForm.Get("filter")); err == nil && len(q) > 0 {
		back += "?" + q.Encode()
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}
