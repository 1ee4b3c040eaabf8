package message

import "github.com/outreach-engine/outreach/internal/channel"

// page is what a layout is filled with, and what a text may say of the items
// that ride on its message.
type page struct {
	content, subject, preheader string
	items                       *cargo // nil is none, or placed already
	count                       int    // of items
	rides                       bool   // this text is an item itself
}

// field gives one of them by its name; nil is absent.
func (p page) field(name string) any {
	switch name {
	case subjectRoot:
		return p.subject
	case preheaderRoot:
		return present(p.preheader)
	case countRoot:
		return float64(p.count)
	case ridingRoot:
		return p.rides
	case itemsRoot:
		if p.items == nil {
			return nil
		}
		return p.items
	}
	return p.content
}

// render writes an email. What the text does not place of the items is offered
// to the layout, and stands behind the text when that does not place it either.
func (e *email) render(v Vars, layout *program, riders []rider) (c channel.Content, text textPart, err error) {
	filled := page{count: len(riders)}
	if c.Subject, err = e.subject.write(v, filled); err != nil {
		return c, nil, err
	}
	if e.preheader != nil {
		if c.Preheader, err = e.preheader.write(v, filled); err != nil {
			return c, nil, err
		}
	}
	filled.subject, filled.preheader = c.Subject, c.Preheader
	items := loaded(htmlOf(riders, e.html.places()))
	if filled.content, err = e.html.write(v, page{items: items, count: filled.count}); err != nil {
		return c, nil, err
	}
	if c.HTML, filled, err = e.wrap(v, layout, filled, items.left()); err != nil {
		return c, nil, err
	}
	if e.text != nil {
		c.Text, err = e.write(v, riders)
		return c, nil, err
	}
	html := c.HTML
	return c, func() (string, error) {
		if e.layout == "" || filled.preheader == "" {
			return readable(html), nil
		}
		filled.preheader = "" // it stands in the HTML for lists of mails only
		bare, err := layout.write(v, filled)
		return readable(bare), err
	}, nil
}

// wrap puts the layout around an email, and gives what it was filled with.
func (e *email) wrap(v Vars, layout *program, filled page, items *cargo) (string, page, error) {
	if e.layout != "" && layout.places() && items != nil {
		filled.items = items
		if s, err := layout.write(v, filled); err != nil || items.placed {
			return s, filled, err
		}
		filled.items = nil
	}
	filled.content = items.below(filled.content, "\n")
	if len(filled.content) > maxTemplate {
		return "", filled, e.html.tooLarge()
	}
	if e.layout == "" {
		return filled.content, filled, nil
	}
	s, err := layout.write(v, filled)
	return s, filled, err
}

// write writes the text part that an email has of its own.
func (e *email) write(v Vars, riders []rider) (string, error) {
	items := loaded(textOf(riders, e.text.places()))
	s, err := e.text.write(v, page{items: items, count: len(riders)})
	if err != nil {
		return "", err
	}
	if s = items.below(s, "\n\n"); len(s) > maxTemplate {
		return "", e.text.tooLarge()
	}
	return s, nil
}

func (p *push) render(v Vars, riders []rider) (c channel.Content, err error) {
	filled := page{count: len(riders)}
	if c.Subject, err = p.title.write(v, filled); err != nil {
		return c, err
	}
	filled.items = loaded(linesOf(riders))
	if c.Text, err = p.text.write(v, filled); err != nil {
		return c, err
	}
	c.Text = filled.items.below(c.Text, "\n")
	if p.link != nil {
		if c.Link, err = p.link.write(v, page{}); err != nil {
			return c, err
		}
	}
	for i := 0; c.Link == "" && i < len(riders); i++ {
		c.Link = riders[i].link
	}
	if len(riders) > 0 && len(c.Subject)+len(c.Text)+len(c.Link) > MaxPush {
		return c, p.text.tooLarge()
	}
	return c, nil
}
