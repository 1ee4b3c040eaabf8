package message

import (
	"errors"
	htmlpkg "html"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Item is what rides on a message that goes out anyway: another template's
// text for the same channel, with variables of its own.
type Item struct {
	Template string
	Vars     Vars
}

const (
	// maxRiders is how many items one message carries.
	maxRiders = 20

	// MaxPush bounds a notification that carries items: title, text and link,
	// in bytes. It leaves a little of the 4,096 that Firebase and Apple take.
	// Source: https://firebase.google.com/docs/cloud-messaging/customize-messages/set-message-type
	MaxPush = 4_000
)

// Compose is Render with items that ride on the message, in their order. They
// stand where the template says {{ items }}, else where its layout does, else
// behind the template's own text. In a template that says it, an email without
// a heading gets its subject as one. Of a notification the text rides, and the
// first link where the message has none of its own.
//
// An item never takes the message down: one that cannot be written, or no
// longer fits, is left out. failed has an error for each item, nil for those
// that ride; err is the message's own. Every error is a *RenderError.
func (l *Library) Compose(name string, c customer.Channel, v Vars, items []Item) (content channel.Content, failed []error, err error) {
	content, text, failed, err := l.compose(name, c, v, items)
	if err == nil && text != nil {
		content.Text, err = text()
	}
	if err != nil {
		return channel.Content{}, failed, renderError(name, c, err)
	}
	return content, failed, nil
}

// TryCompose gives the errors that Compose would give, and costs less: no plain
// text is made of a mail's HTML.
func (l *Library) TryCompose(name string, c customer.Channel, v Vars, items []Item) (failed []error, err error) {
	_, _, failed, err = l.compose(name, c, v, items)
	if err != nil {
		return failed, renderError(name, c, err)
	}
	return failed, nil
}

// compose leaves out items from the end until the message fits, and all of
// them when the message cannot say what it says of items.
func (l *Library) compose(name string, c customer.Channel, v Vars, items []Item) (content channel.Content, text textPart, failed []error, err error) {
	if v.Zone == nil {
		v.Zone = time.UTC
	}
	riders, unwritten := l.riders(c, items)
	failed = slices.Clone(unwritten)
	for {
		content, text, err = l.render(name, c, v, riders)
		if err == nil {
			return content, text, failed, nil
		} else if len(riders) == 0 {
			return content, text, unwritten, err
		}
		trouble, _ := errors.AsType[*RenderError](err)
		keep := 0
		if trouble != nil && trouble.over {
			keep = len(riders) - 1
			trouble = &RenderError{Trouble: "makes the message that it rides on too long"}
		}
		for _, r := range riders[keep:] {
			failed[r.at] = trouble.of(items[r.at].Template, c)
		}
		riders = riders[:keep]
	}
}

// of gives the same trouble as another template's; nil is one of no place.
func (e *RenderError) of(name string, c customer.Channel) *RenderError {
	if e == nil {
		return renderError(name, c, errUnwritten)
	}
	other := *e
	other.Template, other.Channel = name, c
	return &other
}

// rider is an item, written.
type rider struct {
	at      int    // among the items
	heading string // what stands above it in a digest; "" has a heading of its own
	body    string // the HTML of an email, the text of a notification
	link    string // of a notification
	text    func() string
}

// riders writes items by themselves. failed is nil without items.
func (l *Library) riders(c customer.Channel, items []Item) (list []rider, failed []error) {
	for i, item := range items {
		if item.Vars.Zone == nil {
			item.Vars.Zone = time.UTC
		}
		r, err := l.rider(c, item)
		if err == nil && len(list) == maxRiders {
			err = errors.New("stands behind 20 others, and a message carries no more")
		}
		if failed = append(failed, nil); err != nil {
			failed[i] = renderError(item.Template, c, err)
			continue
		}
		r.at = i
		list = append(list, r)
	}
	return list, failed
}

func (l *Library) rider(c customer.Channel, item Item) (rider, error) {
	t, locale := l.templates[item.Template], item.Vars.Customer.Locale
	switch c {
	case customer.SMS:
		return rider{}, errors.New("rides on a text message, which carries no items")
	case customer.Push:
		if p, _, _ := t.push.find(locale); p != nil {
			return p.ride(item.Vars)
		}
	case customer.Email:
		if e, _, _ := t.email.find(locale); e != nil {
			return e.ride(item.Vars)
		}
	}
	return rider{}, errUnwritten
}

func (p *push) ride(v Vars) (r rider, err error) {
	if t := p.text.unfit(); t != nil {
		return r, p.text.misfit(t)
	}
	if r.body, err = p.text.write(v, page{rides: true}); err != nil || p.link == nil {
		return r, err
	}
	r.link, err = p.link.write(v, page{rides: true})
	return r, err
}

var ownHeading = regexp.MustCompile(`(?i)<h[1-6][\s>]`)

// ride writes an email without layout, subject and preheader.
func (e *email) ride(v Vars) (r rider, err error) {
	if t := e.html.unfit(); t != nil {
		return r, e.html.misfit(t)
	}
	if r.body, err = e.html.write(v, page{rides: true}); err != nil {
		return r, err
	}
	if !ownHeading.MatchString(r.body) {
		r.heading, _ = e.subject.write(v, page{rides: true}) // without it there is no heading
	}
	r.text = func() string { return readable(r.body) }
	if e.text != nil {
		own, err := e.text.write(v, page{rides: true})
		r.text = func() string { return own }
		return r, err
	}
	return r, nil
}

// misfit makes an error of why a text cannot ride.
func (p *program) misfit(t *trouble) error {
	if p == nil {
		return &RenderError{Trouble: t.message, Hint: t.hint}
	}
	return p.failed(-1, "", t.message, t.hint)
}

// cargo is what {{ items }} writes. A run notes there that it has written it.
type cargo struct {
	text   string
	placed bool
}

// left gives a cargo that no text has placed; nil when there is none.
func (c *cargo) left() *cargo {
	if c == nil || c.placed {
		return nil
	}
	return c
}

func loaded(text string) *cargo {
	if text == "" {
		return nil
	}
	return &cargo{text: text}
}

// htmlOf gives items as HTML; headed puts subjects above those that have no
// heading.
func htmlOf(riders []rider, headed bool) string {
	var b strings.Builder
	for i, r := range riders {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("<div class=\"item\">\n")
		if headed && r.heading != "" {
			b.WriteString("<h2>" + htmlpkg.EscapeString(r.heading) + "</h2>\n")
		}
		b.WriteString(r.body + "\n</div>")
	}
	return b.String()
}

// textOf gives items as plain text.
func textOf(riders []rider, headed bool) string {
	var parts []string
	for _, r := range riders {
		if headed && r.heading != "" {
			parts = append(parts, r.heading)
		}
		parts = append(parts, r.text())
	}
	return strings.Join(parts, "\n\n")
}

// linesOf gives items of a notification, a line each.
func linesOf(riders []rider) string {
	lines := make([]string, len(riders))
	for i, r := range riders {
		lines[i] = r.body
	}
	return strings.Join(lines, "\n")
}

// below puts what is left of a cargo behind a text.
func (c *cargo) below(text, between string) string {
	if c = c.left(); c == nil {
		return text
	}
	c.placed = true
	if text == "" {
		return c.text
	}
	return text + between + c.text
}
