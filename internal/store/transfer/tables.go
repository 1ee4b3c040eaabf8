package transfer

import (
	"strings"
)

// kind is what a column holds.
type kind byte

// The kinds. A text that is no UTF-8 counts as what PostgreSQL makes of it, and
// bytes that are none as NULL.
const (
	text kind = iota
	number
	fraction
	blob
)

type column struct {
	name string
	kind kind
}

// table is what both kinds of store keep under one name.
type table struct {
	name    string
	columns []column
	serial  string // column of numbers that the database gives; "": none
	// never says that a number that was given is given to no other row, also
	// when the row is gone.
	never bool
	// slotted says that PostgreSQL keeps each count in several rows.
	slotted bool
}

// tables is everything that a store keeps, but for what it derives from it: the
// ids of events that PostgreSQL keeps beside them, and the number of an event's
// row in SQLite. A test holds it against both schemas.
var tables = []table{
	{name: "settings", columns: columns("key value")},
	{name: "documents", serial: "rowid", columns: columns("rowid# kind name hash body* at#")},
	{name: "active", columns: columns("kind name hash at# warm# warming warmed#")},
	{name: "holds", columns: columns("kind name lifted# at# set_by note resumption spread#")},
	{name: "rechecks", columns: columns("rule customer n#")},
	{name: "paces", columns: columns("scope next# urgent# until_at# note")},
	{name: "processes", columns: columns("id role version host started# beat# slowed#")},
	{name: "counters", slotted: true, columns: columns("name count#")},
	{name: "totals", slotted: true, columns: columns("name count#")},
	{name: "rejections", serial: "id", never: true, columns: columns("id# at# source reason body*")},
	{name: "suppressions", columns: columns("channel address reason at#")},
	{name: "customers", serial: "seq", columns: columns("seq# id profile state*")},
	{name: "identities", columns: columns("external customer")},
	{name: "shares", columns: columns("customer trait value")},
	{name: "evidence", serial: "id", never: true, columns: columns(
		"id# at# customer act how topic channel address message template text source")},
	{name: eventsTable, columns: columns("customer name at# message_id received# via properties")},
	{name: "news", serial: "id", never: true, columns: columns(
		"id# message_id customer name at# received# via properties trait value told")},
	{name: "outreaches", serial: "rowid", columns: columns(
		"rowid# rule customer n# about key version topic priority# at# recorded# match trigger_id status reason ended# " +
			"position* seq# answer* next_at# wakes_on lease# sent# goal_at#")},
	{name: "moved", columns: columns("rule customer n# to_customer to_n#")},
	{name: "decisions", serial: "id", columns: columns(
		"id# customer at# rule n# kind step channel template planned# reason note")},
	{name: "parts", serial: "rowid", columns: columns(
		"rowid# rule customer n# step channel topic template priority# planned# status reason attempt# lease# retry_at# " +
			"address provider provider_id code sent# updated# answer* deadline# value~ item# digest carrier print turn# beside#")},
	{name: "hints", serial: "id", never: true, columns: columns("id# rule customer n# at#")},
	{name: "dues", columns: columns("customer rule about at#")},
}

// The log, and the ids of its events that PostgreSQL keeps beside it.
const (
	eventsTable   = "events"
	eventIDsTable = "event_ids"
)

// columns reads a list of names; a mark behind one says that it holds no text.
func columns(list string) []column {
	marks := map[byte]kind{'#': number, '*': blob, '~': fraction}
	var read []column
	for name := range strings.FieldsSeq(list) {
		k, marked := marks[name[len(name)-1]]
		if marked {
			name = name[:len(name)-1]
		}
		read = append(read, column{name, k})
	}
	return read
}

func (t table) names() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}
