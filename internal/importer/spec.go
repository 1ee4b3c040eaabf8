package importer

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// spec is one checked map: what each row of a file says.
type spec struct {
	columns    []string // those that the map names
	id         cell
	message    *cell    // message ids; nil: made from file, line and row
	at         *instant // nil: now, customers only
	event      string   // the name for all rows, "" when eventFrom
	eventFrom  cell
	via        customer.Via // where all rows come from, when viaFrom is nil
	viaFrom    *cell        // the column that says it
	properties []field
	traits     []field
	consent    []field // yes or no, by topic
	prefers    []field
	skip       []skipIf
}

// field is a trait or property with where it comes from.
type field struct {
	name string
	cell cell
}

// skipIf passes over the rows whose column holds one of the texts.
type skipIf struct {
	column int
	texts  []string
}

// addressKeys are the keys of a map of customers that observe.ReadTraits reads
// as more than traits.
func addressKeys() []string {
	return []string{"zone", "phone", "email", "country", "state", "region", "locale", "push_token"}
}

// reading is a map while it is read.
type reading struct {
	columns
	spec
	words
	fields source.Fields
}

// words are what a map may name beside columns.
type words struct {
	zones     *sendtime.Zones
	eventName func(outside string) string
	topics    []string   // none: not checked
	declared  Dictionary // nil: not checked
}

// readSpec checks a map against the columns that the file has (nil: not known
// beforehand). What is wrong goes to the problems that n was read with.
func readSpec(n source.Node, kind Kind, known []string, w words) spec {
	keys := []string{"id", "at", "message_id", "skip", "delimiter"}
	if kind == Customers {
		keys = append(append(keys, "traits", "consent", "prefers"), addressKeys()...)
	} else {
		keys = append(keys, "event", "via", "properties")
	}
	r := reading{columns: columns{known: known}, words: w, fields: n.Fields(keys...), spec: spec{via: customer.ViaServer}}
	if id, ok := r.fields.Require("id", "name the column that holds the customer's id"); ok {
		r.id = r.readCell(id)
	}
	if message, ok := r.fields.Get("message_id"); ok {
		c := r.readCell(message)
		r.message = &c
	}
	r.readAt(kind)
	r.readSkip()
	if kind == Customers {
		r.readCustomer()
	} else {
		r.readEvent()
	}
	r.checkNames()
	r.spec.columns = r.names
	return r.spec
}

func (r *reading) readAt(kind Kind) {
	n, ok := r.fields.Get("at")
	switch {
	case ok:
		at := r.readInstant(n, r.zones)
		r.at = &at
	case kind == Events:
		r.fields.Require("at", "name the column that holds the time")
	}
}

func (r *reading) readSkip() {
	n, ok := r.fields.Get("skip")
	if !ok {
		return
	}
	for _, e := range n.Entries() {
		s := skipIf{column: r.use(e.Name, e.Key)}
		for _, item := range e.Value.Items() {
			text, _ := item.Text()
			s.texts = append(s.texts, text)
		}
		r.skip = append(r.skip, s)
	}
}

// readFields reads names with their cells, sorted by name.
func (r *reading) readFields(n source.Node) []field {
	var fields []field
	for _, e := range n.Entries() {
		if name := observe.Name(e.Name); name != e.Name {
			e.Key.Fail("is not a name that rules can use", "write "+cmp.Or(name, "small letters, digits and _"))
		}
		fields = append(fields, field{name: e.Name, cell: r.readCell(e.Value)})
	}
	slices.SortFunc(fields, func(a, b field) int { return cmp.Compare(a.name, b.name) })
	return fields
}

func (r *reading) readCustomer() {
	if n, ok := r.fields.Get("traits"); ok {
		r.traits = r.readFields(n)
	}
	for _, key := range addressKeys() {
		if n, ok := r.fields.Get(key); ok {
			r.traits = append(r.traits, field{name: key, cell: r.readCell(n)})
		}
	}
	if n, ok := r.fields.Get("consent"); ok {
		r.readConsent(n)
	}
	if n, ok := r.fields.Get("prefers"); ok {
		n.Fields("sms", "email", "push", string(customer.AnyChannel), "channel")
		r.prefers = r.readFields(n)
	}
}

// readConsent reads a list of topics that all agree to, or topics with the
// columns that hold yes or no.
func (r *reading) readConsent(n source.Node) {
	if n.Kind() == source.Mapping {
		r.consent = r.readFields(n)
		for _, e := range n.Entries() {
			r.checkTopic(e.Key, e.Name)
		}
		return
	}
	for _, item := range n.Items() {
		if topic, ok := item.Text(); ok {
			r.checkTopic(item, topic)
			r.consent = append(r.consent, field{name: topic, cell: cell{column: -1, text: []part{{text: "yes"}}}})
		}
	}
}

// checkTopic refuses a topic that the policy in force has not.
func (r *reading) checkTopic(n source.Node, topic string) {
	if len(r.topics) == 0 {
		return
	}
	if _, ok := observe.Topic(topic, r.topics); !ok {
		n.Fail("is not a topic of policy.yaml", source.DidYouMean(topic, r.topics))
	}
}

func (r *reading) readEvent() {
	n, ok := r.fields.Require("event", "give the event's name, or {from: column} when a column holds it")
	switch {
	case ok && n.Kind() == source.Mapping:
		r.eventFrom = r.readCell(n)
	case ok:
		text, _ := n.Text()
		r.event = r.eventName(text)
		if r.event == "" || observe.IsOurs(r.event) {
			n.Fail("names no event of your own", "give a name of your own, such as order_placed")
		}
	}
	r.readVia()
	if n, ok := r.fields.Get("properties"); ok {
		r.properties = r.readFields(n)
	}
}

// readVia reads where the events come from: one place for all rows, or the
// column that says it.
func (r *reading) readVia() {
	n, ok := r.fields.Get("via")
	if !ok {
		return
	}
	if n.Kind() == source.Mapping {
		c := r.readCell(n)
		r.viaFrom = &c
		return
	}
	text, ok := n.Text()
	if !ok {
		return
	}
	if r.via, ok = viaOf(text); ok {
		return
	}
	column := "column"
	if slices.Contains(r.known, text) {
		column = text
	}
	n.Fail("is no place that events come from", "write app, web or server, or {from: "+column+"} when a column says it")
}

// viaOf reads where an event comes from; ok is false when a file cannot say so.
func viaOf(text string) (via customer.Via, ok bool) {
	via = customer.Via(strings.ToLower(strings.TrimSpace(text)))
	switch via {
	case customer.ViaApp, customer.ViaWeb, customer.ViaServer:
		return via, true
	}
	return customer.ViaServer, false
}

// mapOf gives the map of a kind out of one that holds the maps of both; ok is
// false when that is not there.
func mapOf(n source.Node, kind Kind) (_ source.Node, ok bool) {
	if n.Kind() != source.Mapping || !slices.ContainsFunc(n.Entries(), func(e source.Entry) bool {
		return e.Name == string(Customers) || e.Name == string(Events)
	}) {
		return n, true
	}
	return n.Fields(string(Customers), string(Events)).Require(string(kind), "write there which column means what")
}

// readDelimiter gives the delimiter that a map names, 0 when it names none.
func readDelimiter(n source.Node) rune {
	if n.Kind() != source.Mapping {
		return 0
	}
	for _, e := range n.Entries() {
		if e.Name != "delimiter" {
			continue
		}
		text, _ := e.Value.Text()
		if text == "tab" {
			return '\t'
		}
		comma, size := utf8.DecodeRuneInString(text)
		if size != len(text) || comma == '"' || comma == '\n' || comma == '\r' || comma == utf8.RuneError {
			e.Value.Fail("is not a delimiter", `write tab, or one character in quotes: ";"`)
			return 0
		}
		return comma
	}
	return 0
}
