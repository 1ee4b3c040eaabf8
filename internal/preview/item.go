package preview

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/message"
)

// maxExamples is how many items a digest is shown with when none are named.
const maxExamples = 2

// load gives what rides on the message: the items that were asked for, else
// examples where the template is a digest.
func (w *writer) load(r Request) error {
	for _, name := range r.Items {
		written := w.bundle.Templates.Channels(name)
		if len(written) == 0 {
			return &NotFoundError{"template", name, nearest(name, w.bundle.Templates.Names())}
		}
		fits := func(c customer.Channel) bool { return c != customer.SMS && slices.Contains(written, c) }
		if !slices.ContainsFunc(r.Channels, fits) {
			return &NotFoundError{"item", name, "it is written for " + listed(written) + ", shown are " + listed(r.Channels) + ", and nothing rides on sms"}
		}
	}
	w.out.Items = r.Items
	for _, name := range r.Items {
		item, err := w.item(name)
		if err != nil {
			return err
		}
		w.items = append(w.items, item)
	}
	return nil
}

// item gives a template as an item for the same person: with their traits, and
// the figures and events of the template's own sample.
func (w *writer) item(name string) (message.Item, error) {
	own := w.person.Vars
	p, err := Sample(w.bundle, name, FirstSample, own.Now)
	if err != nil {
		return message.Item{}, err
	}
	own.Match, own.Events = p.Vars.Match, p.Vars.Events
	return message.Item{Template: name, Vars: own}, nil
}

// aboard gives what rides on the message of one channel.
func (w *writer) aboard(c customer.Channel) []message.Item {
	if len(w.items) == 0 && w.bundle.Templates.HasItems(w.out.Template, c) {
		return w.examples(c)
	}
	return slices.DeleteFunc(slices.Clone(w.items), func(i message.Item) bool {
		return c == customer.SMS || !slices.Contains(w.bundle.Templates.Channels(i.Template), c)
	})
}

// examples gives the first templates that ride on a channel and can be written
// for this person; of emails those with a heading.
func (w *writer) examples(c customer.Channel) []message.Item {
	var list []message.Item
	library, locale := w.bundle.Templates, w.person.Vars.Customer.Locale
	for _, name := range library.Names() {
		if len(list) == maxExamples || !library.Rides(name, c) || c == customer.Email && !library.Headed(name, locale) {
			continue
		}
		item, err := w.item(name)
		if err == nil && library.Try(name, c, item.Vars) == nil {
			list = append(list, item)
		}
	}
	return list
}

// isDigest reports whether a template is made to hold items.
func isDigest(b *bundle.Bundle, name string) bool {
	return slices.ContainsFunc(customer.Channels(), func(c customer.Channel) bool { return b.Templates.HasItems(name, c) })
}

// judgeItems looks at what rode on the message, of the items that were asked
// for.
func (w *writer) judgeItems(c customer.Channel, items []message.Item, failed []error, content channel.Content) []Finding {
	if len(w.items) == 0 {
		return nil
	}
	var list []Finding
	for i, item := range items {
		switch {
		case failed[i] != nil:
			f := failedOn(c, failed[i])
			f.Code, f.Severity, f.Message = ItemFailed, Warning, "the item "+item.Template+" does not ride: "+f.Message
			list = append(list, f)
		case c == customer.Email && w.bundle.Templates.HasItems(w.out.Template, c) && !w.bundle.Templates.Headed(item.Template, item.Vars.Customer.Locale):
			list = append(list, note(ItemNoHeading, item.Template, "has no heading, so its subject stands above it", "open it with <h1>, if the subject does not fit"))
		}
	}
	if c == customer.Push {
		list = append(list, w.longWith(items, content)...)
	}
	for i := range list {
		list[i].Channels = []customer.Channel{c}
	}
	return list
}

// longWith reports items that make a notification longer than phones show.
func (w *writer) longWith(items []message.Item, content channel.Content) []Finding {
	alone, err := w.bundle.Templates.Render(w.out.Template, customer.Push, w.person.Vars)
	n := utf8.RuneCountInString(content.Text)
	if err != nil || n <= maxPushText || utf8.RuneCountInString(alone.Text) > maxPushText {
		return nil
	}
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = item.Template
	}
	return []Finding{warning(ItemPushLong, strings.Join(names, ", "), fmt.Sprintf("makes a text of %d letters, and phones show about %d", n, maxPushText), "shorten it, or let it ride on emails only")}
}
