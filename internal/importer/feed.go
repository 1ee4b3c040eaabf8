package importer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
)

const (
	perBatch   = 500 // rows per Take
	maxTrouble = 20  // that a report lists
	maxID      = 255 // an outside id or a message id, in bytes
	maxFuture  = 24 * time.Hour
	importing  = "import" // names this way in, in what is kept aside
)

// kept is a row as it stands in the file, for when it is refused.
type kept struct {
	line int
	raw  []byte
}

func keptOf(r row) kept { return kept{line: r.line, raw: bytes.Clone(r.raw)} }

// refuse notes a row as refused.
func (r *run) refuse(k kept, reason string) {
	r.report.Refused++
	r.keep(k, reason)
}

func (r *run) keep(k kept, reason string) {
	if len(r.report.Trouble) < maxTrouble {
		r.report.Trouble = append(r.report.Trouble, Trouble{Line: k.line, Reason: reason})
	}
	r.kept = append(r.kept, observe.Rejection{
		At: r.Now, Source: importing, Body: k.raw, Reason: fmt.Sprintf("%s: line %d: %s", r.table.name, k.line, reason),
	})
}

// flush hands over what was refused so far.
func (r *run) flush(ctx context.Context) error {
	if len(r.kept) == 0 {
		return nil
	}
	if err := r.Keeper.Reject(ctx, r.kept); err != nil {
		return fmt.Errorf("keep refused rows: %w", err)
	}
	r.kept = nil
	return nil
}

// feed reads the file for the second time, in the order of events.
func (r *run) feed(ctx context.Context) error {
	for i, p := range r.order {
		if err := r.table.seek(p.offset, int(p.line)); err != nil {
			return err
		}
		found, err := r.table.next()
		if err != nil {
			return fmt.Errorf("file %s: changed while it was read, import it again: %w", r.Path, err)
		}
		values, trouble := r.table.read(found)
		if trouble != "" {
			r.refuse(keptOf(found), trouble)
		} else {
			r.add(found, time.UnixMicro(p.at).UTC().Add(r.report.Shift), values)
		}
		if len(r.batch) < perBatch && i < len(r.order)-1 {
			continue
		}
		if err := r.take(ctx); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		r.progress(r.table.size + int64(float64(r.table.size)*float64(i+1)/float64(len(r.order))))
	}
	return nil
}

// take hands over the batch.
func (r *run) take(ctx context.Context) error {
	if len(r.batch) > 0 {
		outcomes, err := r.Taker.Take(ctx, r.batch)
		switch {
		case err != nil:
			return fmt.Errorf("take %s: %w", rowCount(len(r.batch)), err)
		case len(outcomes) != len(r.batch):
			return fmt.Errorf("take %s: %d outcomes came back", rowCount(len(r.batch)), len(outcomes))
		}
		for i, outcome := range outcomes {
			r.count(r.from[i], outcome)
		}
	}
	r.batch, r.from = r.batch[:0], r.from[:0]
	return r.flush(ctx)
}

func rowCount(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

func (r *run) count(k kept, outcome observe.Outcome) {
	switch outcome.Status {
	case observe.Duplicate:
		r.report.Duplicates++
	case observe.TooLate:
		r.report.TooLate++
	case observe.Refused:
		r.refuse(k, outcome.Reason)
	default:
		r.report.Taken++
	}
	r.lacks(k, outcome.Refusals)
}

// lacks notes the fields of a row that were not taken.
func (r *run) lacks(k kept, refusals []observe.Refusal) {
	for _, refusal := range refusals {
		r.report.Fields++
		r.keep(k, refusal.String())
	}
}

// add puts a row into the batch, or refuses it.
func (r *run) add(found row, at time.Time, values []customer.Value) {
	k := keptOf(found)
	in, trouble := r.incoming(found, values)
	if trouble != "" {
		r.refuse(k, trouble)
		return
	}
	in.Event.At, in.Event.ReceivedAt, in.Event.Via = at, r.Now.UTC().Truncate(time.Microsecond), r.spec.via
	var refusals []observe.Refusal
	if r.Kind == Customers {
		in.Change, refusals = r.change(values)
	} else {
		in.Event.Properties, refusals = read(r.spec.properties, values)
		in.Event.Via, refusals = r.via(values, refusals)
	}
	r.lacks(k, refusals)
	r.batch, r.from = append(r.batch, in), append(r.from, k)
}

// incoming gives whose a row is, its event's name and its message id.
func (r *run) incoming(found row, values []customer.Value) (in observe.Incoming, trouble string) {
	id, trouble := r.spec.id.value(values)
	in.User = strings.TrimSpace(id.String())
	switch {
	case trouble != "":
		return in, "id: " + trouble
	case in.User == "" && r.Kind == Customers: // an event may reach all who share a value
		return in, "id: is empty, and every row needs a customer's id"
	case len(in.User) > maxID:
		return in, "id: is longer than 255 bytes, give a shorter one"
	}
	if in.Event.Name, trouble = r.eventName(values); trouble != "" {
		return in, "event: " + trouble
	}
	in.Event.MessageID = r.messageID(found, in.Event.Name)
	if r.spec.message == nil {
		return in, ""
	}
	message, trouble := r.spec.message.value(values)
	in.Event.MessageID = strings.TrimSpace(message.String())
	switch {
	case trouble != "":
		return in, "message_id: " + trouble
	case in.Event.MessageID == "" || len(in.Event.MessageID) > maxID:
		return in, "message_id: is empty or longer than 255 bytes, leave message_id out of the map to number rows by file and line"
	}
	return in, ""
}

func (r *run) eventName(values []customer.Value) (name, trouble string) {
	if r.Kind == Customers {
		return customer.Identified, ""
	}
	if r.spec.event != "" {
		return r.spec.event, ""
	}
	v, trouble := r.spec.eventFrom.value(values)
	if trouble != "" {
		return "", trouble
	}
	name = r.EventName(strings.TrimSpace(v.String()))
	if name == "" || len(name) > maxID || observe.IsOurs(name) {
		return "", "names no event of your own, give one, such as order_placed"
	}
	return name, ""
}

// via gives where a row's event comes from: the server, where its column says
// nothing, or nothing that is known.
func (r *run) via(values []customer.Value, refusals []observe.Refusal) (customer.Via, []observe.Refusal) {
	if r.spec.viaFrom == nil {
		return r.spec.via, refusals
	}
	v, trouble := r.spec.viaFrom.value(values)
	text := strings.TrimSpace(v.String())
	if trouble == "" && text == "" {
		return customer.ViaServer, refusals
	}
	via, ok := viaOf(text)
	if trouble == "" && !ok {
		trouble = "is neither app, web nor server, write one of them in the file or through the map's lookup"
	}
	if trouble != "" {
		refusals = append(refusals, observe.Refusal{Field: "via", Reason: trouble})
	}
	return via, refusals
}

// messageID numbers a row by its file, line and text. A file of customers that
// was written again is a new one: what it says holds again.
func (r *run) messageID(found row, event string) string {
	h := sha256.New()
	h.Write([]byte(r.table.name + "\x00" + event + "\x00"))
	number := binary.BigEndian.AppendUint64(nil, uint64(found.line))
	if r.Kind == Customers {
		number = binary.BigEndian.AppendUint64(number, uint64(r.table.modified.UnixNano()))
	}
	h.Write(number)
	h.Write(bytes.TrimRight(found.raw, "\r\n"))
	return "import-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// read gives the fields that a row has something for.
func read(fields []field, values []customer.Value) (map[string]customer.Value, []observe.Refusal) {
	found := make(map[string]customer.Value, len(fields))
	var refusals []observe.Refusal
	for i := range fields {
		v, trouble := fields[i].cell.value(values)
		switch {
		case trouble != "":
			refusals = append(refusals, observe.Refusal{Field: fields[i].name, Reason: trouble})
		case strings.TrimSpace(v.String()) != "":
			found[fields[i].name] = v
		}
	}
	return found, refusals
}

// change gives what a row of customers says of a profile.
func (r *run) change(values []customer.Value) (observe.Change, []observe.Refusal) {
	traits, refusals := read(r.spec.traits, values)
	for name, fields := range map[string][]field{"consent": r.spec.consent, "prefers": r.spec.prefers} {
		said, refused := read(fields, values)
		for i := range refused {
			refused[i].Field = name + "." + refused[i].Field
		}
		refusals = append(refusals, refused...)
		if text, err := json.Marshal(said); err == nil && len(said) > 0 {
			traits[name] = customer.Text(string(text))
		}
	}
	change, refused := observe.ReadTraits(traits, r.zones)
	refusals = append(refusals, refused...)
	return change, append(refusals, change.CheckTopics(r.Topics)...)
}
