package importer

import (
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// instant says how a row's time is read.
type instant struct {
	cell   cell
	layout string         // of package time; "": RFC 3339, ISO 8601 or, as a number, Unix time
	unix   bool           // a number of seconds or milliseconds since 1970
	zone   *time.Location // of times without an offset; nil: none, or the customer's
	theirs bool           // such times are the customer's own
}

// formatHint lists the letters of a format.
const formatHint = "write YYYY (or YY), MM (M, MMM for Jan), DD (D), hh, mm, ss, AM, and Z for an offset: YYYY-MM-DD hh:mm"

// readInstant reads a column's name, or {from, format, zone}.
func (c *columns) readInstant(n source.Node, zones *sendtime.Zones) instant {
	if n.Kind() != source.Mapping {
		return instant{cell: c.readCell(n)}
	}
	f := n.Fields("from", "format", "zone")
	var at instant
	if from, ok := f.Require("from", "name the column that holds the time"); ok {
		at.cell = c.readCell(from)
	}
	if zone, ok := f.Get("zone"); ok {
		at.readZone(zone, zones)
	}
	format, ok := f.Get("format")
	if !ok {
		return at
	}
	text, _ := format.Text()
	if at.unix = text == "unix"; at.unix {
		return at
	}
	var trouble, hint string
	if at.layout, trouble, hint = layoutOf(text); trouble != "" {
		format.Fail(trouble, hint)
	}
	if !strings.Contains(text, "Z") && at.zone == nil && !at.theirs {
		n.Fail("zone is missing, and the format has no offset", "add zone: customer, or zone: and an IANA name such as UTC")
	}
	return at
}

func (at *instant) readZone(n source.Node, zones *sendtime.Zones) {
	text, ok := n.Text()
	if !ok {
		return
	}
	if at.theirs = text == "customer"; at.theirs {
		return
	}
	zone, err := zones.Load(text)
	if err != nil {
		n.Fail("is neither customer nor a time zone", err.Error())
	}
	at.zone = zone
}

// layoutOf gives package time's layout of a format.
func layoutOf(format string) (layout, trouble, hint string) {
	letters := []struct{ format, layout string }{
		{"YYYY", "2006"}, {"YY", "06"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"}, {"DD", "02"}, {"D", "2"},
		{"hh", "15"}, {"h", "15"}, {"mm", "04"}, {"ss", "05"}, {"AM", "PM"}, {"Z", "Z07:00"}, {"T", "T"},
	}
	noon := strings.Contains(format, "AM")
	var b strings.Builder
	for rest := format; rest != ""; {
		i := slices.IndexFunc(letters, func(l struct{ format, layout string }) bool { return strings.HasPrefix(rest, l.format) })
		switch {
		case i < 0 && strings.ContainsAny(rest[:1], " -/.:,"):
			b.WriteByte(rest[0])
			rest = rest[1:]
			continue
		case i < 0:
			return "", "holds what stands for no part of a time", formatHint
		case noon && letters[i].layout == "15":
			b.WriteString("3")
		default:
			b.WriteString(letters[i].layout)
		}
		rest = rest[len(letters[i].format):]
	}
	for _, due := range []string{"Y", "M", "D"} {
		if !strings.Contains(strings.ReplaceAll(format, "AM", ""), due) {
			return "", "names no year, month or day", formatHint
		}
	}
	return b.String(), "", ""
}

// read gives the instant of a row; zone is that of the customer, when it is
// needed.
func (at *instant) read(v customer.Value, zone *time.Location) (t time.Time, trouble string) {
	const unread = "is not a time as the map's format says"
	text := strings.TrimSpace(v.String())
	switch {
	case text == "":
		return t, "is empty, and every row needs a time"
	case at.unix:
		f, _ := v.Float()
		t, ok := customer.Number(f).Time(nil)
		return t, troubleUnless(ok, unread)
	case at.layout != "":
		if zone == nil {
			zone = time.UTC // the layout holds an offset
		}
		t, err := time.ParseInLocation(at.layout, text, zone)
		return t.UTC(), troubleUnless(err == nil, unread)
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.UTC(), ""
	}
	t, ok := v.Time(zone)
	switch {
	case !ok:
		return t, "is not a time, write it as in RFC 3339 or give its format in the map"
	case zone == nil && strings.ContainsAny(text, "-:"):
		return t, "has no offset from UTC, give zone in the map"
	}
	return t, ""
}

func troubleUnless(ok bool, trouble string) string {
	if ok {
		return ""
	}
	return trouble
}
