package message

import (
	"errors"
	htmlpkg "html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/osteele/liquid"
	"github.com/osteele/liquid/render"

	"github.com/outreach-engine/outreach/internal/customer"
)

// The Liquid engine sees nothing that an author wrote but names, numbers and
// quoted texts in a form that emit made: texts between outputs, variables and
// positions are numbers into a program's tables. This file and emit.go are all
// that would change with another engine.

// Names that stand in emitted templates.
const (
	runName    = "_run"
	textTag    = "text"
	filterName = "f_" // before each filter, so that the engine's own are out of reach

	textEscape  = "as_text"
	htmlEscape  = "as_html"
	urlEscape   = "as_url"
	rawEscape   = "as_is"
	itemsEscape = "as_items"   // writes what is HTML, or plain text, already
	instantOf   = "as_seconds" // makes times comparable
	presentOf   = "as_present" // makes empty texts absent
)

// errTooLong says that a text outgrew its bound.
var errTooLong = errors.New("makes a text that is too long")

// errStopped ends rendering once run has its trouble.
var errStopped = errors.New("stopped")

// maxBytes bounds all texts together that filters make in one rendering.
const maxBytes = 50 * maxTemplate

// run is one rendering of one program. It is the only state that filters see.
type run struct {
	prog   *program
	format format
	values []any // by index into prog.reads; nil is absent
	bytes  int
	site   int
	err    error // the first trouble, and site where it came up
}

func (r *run) fail(site int, err error) error {
	if r.err == nil {
		r.site, r.err = site, err
	}
	return errStopped
}

// engine gives the one Liquid engine. It holds no state of any template.
var engine = sync.OnceValue(func() *liquid.Engine {
	e := liquid.NewEngine()
	e.RegisterTag(textTag, func(ctx render.Context) (string, error) {
		r := ctx.Get(runName).(*run)
		if r.err != nil {
			return "", errStopped
		}
		i, err := strconv.Atoi(strings.TrimSpace(ctx.TagArgs()))
		if err != nil {
			return "", err
		}
		return r.prog.texts[i].text, nil
	})
	for _, f := range filters() {
		e.RegisterFilter(filterName+f.name, f.run)
	}
	for name, escape := range map[string]func(string) string{
		textEscape: clean,
		htmlEscape: func(s string) string { return htmlpkg.EscapeString(clean(s)) },
		urlEscape:  func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") },
		rawEscape:  func(s string) string { return s },
	} {
		e.RegisterFilter(name, func(in any, rest ...any) (any, error) {
			r, site := state(rest)
			if in == nil {
				return nil, r.fail(site, errAbsent)
			}
			return escape(r.format.text(in)), nil
		})
	}
	e.RegisterFilter(itemsEscape, func(in any, _ ...any) any {
		items, ok := in.(*cargo)
		if !ok {
			return ""
		}
		items.placed = true
		return items.text
	})
	e.RegisterFilter(instantOf, func(in any) any {
		if t, ok := in.(instant); ok {
			return float64(t.at.UnixMilli())
		}
		return nil
	})
	e.RegisterFilter(presentOf, func(in any) any {
		if s, ok := in.(string); ok && strings.TrimSpace(s) == "" {
			return nil
		}
		return in
	})
	return e
})

// errAbsent says that a variable has no value for this customer.
var errAbsent = errors.New("has no value")

// state gives what emit puts behind every filter: the site and the run.
func state(rest []any) (*run, int) {
	site, _ := rest[len(rest)-2].(int)
	return rest[len(rest)-1].(*run), site
}

// run is the filter as the engine calls it.
func (f filter) run(in any, rest ...any) (any, error) {
	r, site := state(rest)
	args := rest[:len(rest)-2]
	if r.err != nil {
		return nil, errStopped
	}
	if f.name == defaultFilter {
		if s, ok := in.(string); in == nil || ok && strings.TrimSpace(s) == "" {
			return args[0], nil
		}
		return in, nil
	}
	in, ok := r.as(f.in, in)
	for i := range args {
		var fits bool
		args[i], fits = r.as(f.params[i].kind, args[i])
		ok = ok && fits
	}
	if !ok {
		return nil, r.fail(site, errors.New("is not what the filter "+f.name+" needs"))
	}
	if in == nil || slices.Contains(args, nil) {
		return nil, nil
	}
	out, err := f.apply(r.format, in, args)
	if s, isText := out.(string); isText {
		r.bytes += len(s)
		if len(s) > maxTemplate || r.bytes > maxBytes {
			err = errTooLong
		}
	}
	if err != nil {
		return nil, r.fail(site, err)
	}
	return out, nil
}

// as gives a value as a filter wants it; absent values stay absent.
func (r *run) as(kind customer.Kind, v any) (any, bool) {
	if n, ok := v.(int); ok {
		v = float64(n)
	}
	if v == nil || kind == anyKind {
		return v, true
	}
	switch kind {
	case customer.KindText:
		return r.format.text(v), true
	case customer.KindNumber:
		n, isNumber := v.(float64)
		if s, isText := v.(string); isText {
			n, isNumber = customer.Text(s).Float()
		}
		return n, isNumber
	case listKind:
		list, ok := v.([]string)
		return list, ok
	}
	return v, true
}

// clean drops what no message should carry: control characters but line
// breaks and tabs, and bytes that are not UTF-8.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, isControl) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

func isControl(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

// bounded keeps the first bytes of what is written, and whether there were
// more.
type bounded struct {
	strings.Builder
	limit int
	over  bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.over = b.over || b.Len()+len(p) > b.limit; !b.over {
		b.Builder.Write(p)
	}
	return len(p), nil
}
