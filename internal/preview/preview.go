// Package preview shows a template as one person would receive it, on each
// channel, and says what to mend before it goes out. It decides what is worth
// a word; it fetches nothing, sends nothing, reads no file and no clock, and
// refuses to know whether the person would be reached at all.
package preview

import (
	"cmp"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// Request says what is previewed.
type Request struct {
	Template string
	Channels []customer.Channel // empty: all that the template is written for
	Locale   string             // "": the person's own
	Items    []string           // templates that ride on it; none: a digest is shown with examples
	Person   Person
}

// Person is whose message it is.
type Person struct {
	Name   string       // in a sentence: "a sample customer", "the sample ana", "customer u-1001"
	Vars   message.Vars // what the message may say
	MadeUp bool         // somebody real, with figures and events that are made up
}

// Preview is one template as one person would receive it. What a channel was
// not asked for, or the template is not written for, is nil.
type Preview struct {
	Template string           `json:"template"`
	Person   string           `json:"for"`
	MadeUp   bool             `json:"made_up"`         // as Person has it
	Locale   string           `json:"locale"`          // "" has none
	Rules    []string         `json:"rules"`           // that send it
	Items    []string         `json:"items,omitempty"` // that were asked to ride on it
	Topics   []customer.Topic `json:"topics"`
	SMS      *SMS             `json:"sms,omitempty"`
	Email    *Email           `json:"email,omitempty"`
	Push     *Push            `json:"push,omitempty"`
	Findings []Finding        `json:"findings"` // worst first
}

// SMS is a text message.
type SMS struct {
	Trouble    string            `json:"trouble,omitempty"` // why it cannot be written; all else is empty then
	From       string            `json:"from,omitempty"`    // "": the provider's settings say
	Text       string            `json:"text"`
	Characters int               `json:"characters"`
	Encoding   string            `json:"encoding"` // message.GSM7 or message.UCS2
	Segments   int               `json:"segments"`
	Foreign    []message.Foreign `json:"foreign,omitempty"` // the characters that force UCS-2
}

// Email is an email.
type Email struct {
	Trouble   string `json:"trouble,omitempty"`
	From      string `json:"from,omitempty"`
	Subject   string `json:"subject"`
	Preheader string `json:"preheader"`
	Snippet   string `json:"snippet"` // what a list shows behind the subject: the preheader, else how the text begins
	HTML      string `json:"html"`
	Text      string `json:"text"`
	Bytes     int    `json:"bytes"` // of the HTML
	Dark      bool   `json:"dark"`  // the HTML says how it looks in dark mode
}

// Push is a notification.
type Push struct {
	Trouble string `json:"trouble,omitempty"`
	Title   string `json:"title"`
	Text    string `json:"text"`
	Link    string `json:"link,omitempty"`
}

// Broken reports whether a channel's message cannot be written.
func (p *Preview) Broken() bool {
	return p.SMS != nil && p.SMS.Trouble != "" || p.Email != nil && p.Email.Trouble != "" || p.Push != nil && p.Push.Trouble != ""
}

// NotFoundError says that somebody asked for what is not there.
type NotFoundError struct {
	What  string // template, channel, sample
	Value string
	Hint  string
}

func (e *NotFoundError) Error() string {
	return strings.TrimSuffix(e.What+" \""+e.Value+"\": is not there; "+e.Hint, "; ")
}

// Show renders a template for a person and looks at what came out. A message
// that cannot be written is no error: its Trouble says why. Nor is an item that
// cannot: the message is shown without it. The error is a *NotFoundError, or a
// *source.InvalidError when an item's sample.yaml has faults.
func Show(b *bundle.Bundle, r Request) (*Preview, error) {
	written := b.Templates.Channels(r.Template)
	if len(written) == 0 {
		return nil, &NotFoundError{"template", r.Template, nearest(r.Template, b.Templates.Names())}
	}
	for _, c := range r.Channels {
		if !slices.Contains(written, c) {
			return nil, &NotFoundError{"channel", string(c), "the template is written for " + listed(written)}
		}
	}
	if len(r.Channels) == 0 {
		r.Channels = written
	}
	if r.Locale != "" {
		r.Person.Vars.Customer.Locale = r.Locale
	}
	r.Person.Vars = withLinks(r.Person.Vars)
	w := newWriter(b, r)
	if err := w.load(r); err != nil {
		return nil, err
	}
	for _, c := range customer.Channels() {
		if slices.Contains(r.Channels, c) {
			w.write(c)
		}
	}
	w.out.Findings = sorted(w.out.Findings)
	return w.out, nil
}

func nearest(name string, known []string) string {
	if len(known) == 0 {
		return "no template is sound; outreach check says what is wrong"
	}
	return source.DidYouMean(name, known)
}

func listed(channels []customer.Channel) string {
	names := make([]string, len(channels))
	for i, c := range channels {
		names[i] = string(c)
	}
	return strings.Join(names, ", ")
}

// writer puts one preview together.
type writer struct {
	bundle *bundle.Bundle
	person Person
	sends  []sending
	items  []message.Item // that were asked for
	out    *Preview
}

// sending is one send of the template.
type sending struct {
	rule *rule.Rule
	send *rule.Send
}

func newWriter(b *bundle.Bundle, r Request) *writer {
	w := &writer{bundle: b, person: r.Person, sends: sendsOf(b, r.Template)}
	w.out = &Preview{
		Template: r.Template, Person: r.Person.Name, MadeUp: r.Person.MadeUp, Locale: r.Person.Vars.Customer.Locale,
		Rules: []string{}, Topics: []customer.Topic{}, Findings: []Finding{},
	}
	for _, s := range w.sends {
		w.out.Rules = append(w.out.Rules, s.rule.Name)
		w.out.Topics = append(w.out.Topics, s.send.Topic)
	}
	slices.Sort(w.out.Topics)
	w.out.Rules, w.out.Topics = slices.Compact(w.out.Rules), slices.Compact(w.out.Topics)
	if len(w.sends) == 0 && !isDigest(b, r.Template) {
		w.find(Finding{Code: NoRule, Severity: Note, Message: "no rule sends this template", Hint: "write send: " + r.Template + " in a rule, or delete it"})
	}
	return w
}

// sendsOf gives every send of a template, by rule.
func sendsOf(b *bundle.Bundle, template string) []sending {
	var list []sending
	for _, r := range b.Rules {
		for _, s := range r.Sends() {
			if s.Template == template {
				list = append(list, sending{r, s})
			}
		}
	}
	return list
}

func (w *writer) find(f ...Finding) { w.out.Findings = append(w.out.Findings, f...) }

// write renders for one channel and looks at it.
func (w *writer) write(c customer.Channel) {
	items := w.aboard(c)
	content, failed, err := w.bundle.Templates.Compose(w.out.Template, c, w.person.Vars, items)
	w.find(w.variables(c)...)
	trouble := ""
	if err != nil {
		trouble = err.Error()
		w.find(failedOn(c, err))
	}
	w.keep(c, content, trouble)
	if err == nil {
		w.find(w.judgeItems(c, items, failed, content)...)
		w.find(judge(w.text(c, content))...)
	}
}

// keep puts a message into the preview.
func (w *writer) keep(c customer.Channel, content channel.Content, trouble string) {
	from := w.bundle.Policy.Senders[c]
	switch c {
	case customer.SMS:
		count, encoding := message.Segments(content.Text)
		w.out.SMS = &SMS{
			Trouble: trouble, From: from, Text: content.Text, Characters: len([]rune(content.Text)), Encoding: encoding,
			Segments: count, Foreign: message.ForeignTo(content.Text),
		}
	case customer.Email:
		w.out.Email = &Email{
			Trouble: trouble, From: from, Subject: content.Subject, Preheader: content.Preheader,
			Snippet: snippet(content), HTML: content.HTML, Text: content.Text, Bytes: len(content.HTML), Dark: knowsDark(content.HTML),
		}
	case customer.Push:
		w.out.Push = &Push{Trouble: trouble, Title: content.Subject, Text: content.Text, Link: content.Link}
	}
}

// snippet gives what a list shows behind the subject.
func snippet(c channel.Content) string {
	return cmp.Or(c.Preheader, strings.Join(strings.Fields(cut(c.Text, 200)), " "))
}

// cut gives the first letters of a text.
func cut(s string, letters int) string {
	if r := []rune(s); len(r) > letters {
		return string(r[:letters])
	}
	return s
}

// text gives a message with what is known of its purpose.
func (w *writer) text(c customer.Channel, content channel.Content) text {
	t := text{
		Channel: c, Content: content, Company: company(w.bundle.Policy), Sender: w.bundle.Policy.Senders[c],
		Page: scan(content.HTML), Marketing: w.marketing(), Own: []string{w.person.Vars.Unsubscribe, w.person.Vars.Preferences},
	}
	t.Links = linksOf(t)
	return t
}

// marketing reports whether a rule sends the template about a topic that
// customers are asked for.
func (w *writer) marketing() bool {
	return slices.ContainsFunc(w.out.Topics, func(name customer.Topic) bool {
		topic, known := w.bundle.Policy.Topics[name]
		return known && !topic.Assumed
	})
}

// company gives the name that emails come from, "" when policy.yaml has none.
func company(p *policy.Policy) string {
	name, _, _ := strings.Cut(p.Senders[customer.Email], "<")
	name = strings.Trim(strings.TrimSpace(name), `"`)
	if strings.Contains(name, "@") {
		return ""
	}
	return name
}
