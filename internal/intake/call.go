package intake

import "github.com/outreach-engine/outreach/internal/customer"

// The calls of Segment's HTTP API.
const (
	identify = "identify"
	track    = "track"
	page     = "page"
	screen   = "screen"
	group    = "group"
	alias    = "alias"
	batch    = "batch"
)

// envelope is one body: a batch, or one call by itself.
type envelope struct {
	writeKey string
	sentAt   string
	device   device
	calls    []call
}

// call is one call as a library sent it.
type call struct {
	kind                      string
	user, anonymous, previous string // outside ids
	group                     string
	event                     string // of track
	name                      string // of page and screen
	messageID                 string
	timestamp, original       string // when it happened, by the sender's clock
	sentAt, receivedAt        string
	writeKey                  string
	traits                    map[string]customer.Value // by the names that observe.Name gives
	properties                map[string]customer.Value
	device                    device
	beside                    []string // traits of ours that stand beside traits, where nothing reads them
	from, to                  int      // where it stands in the body
	trouble                   string   // the first thing that cannot be read, "" none
}

// device is what a call's context tells of where it came from.
type device struct {
	told      bool   // there was a context
	channel   string // server, browser, mobile
	library   string
	token     string // push
	zone      string // IANA
	locale    string // BCP 47
	app, page bool
	traits    map[string]customer.Value
}

// decode reads a body: for a batch its calls, else one call of that kind.
func decode(r *reader, kind string) (envelope, error) {
	var e envelope
	var err error
	if kind == batch {
		err = e.batch(r)
	} else {
		e.calls = make([]call, 1)
		c := &e.calls[0]
		err = c.decode(r)
		c.kind, e.writeKey = kind, c.writeKey
	}
	if err == nil {
		err = r.end()
	}
	return e, err
}

func (e *envelope) batch(r *reader) error {
	found := false
	err := r.object(func(key []byte) error {
		switch string(key) {
		case "batch":
			found = true
			return e.list(r)
		case "writeKey":
			return r.optional(&e.writeKey)
		case "sentAt":
			return r.optional(&e.sentAt)
		case "context":
			return e.device.decode(r)
		}
		return r.skip()
	})
	if err == nil && !found {
		return r.fail("batch is missing, which holds the list of calls")
	}
	return err
}

func (e *envelope) list(r *reader) error {
	return r.list(func() error {
		e.calls = append(e.calls, call{})
		c := &e.calls[len(e.calls)-1]
		if r.peek() != '{' {
			c.from = r.at
			c.wrong("a call", "is not an object, write {\"type\": \"track\", ...}")
			err := r.skip()
			c.to = r.at
			return err
		}
		return c.decode(r)
	})
}

// wrong keeps the first trouble of a call.
func (c *call) wrong(field, trouble string) {
	if c.trouble == "" {
		c.trouble = field + ": " + trouble
	}
}

func (c *call) decode(r *reader) error {
	r.peek()
	c.from, r.tooDeep = r.at, false
	err := r.object(func(key []byte) error { return c.field(r, key) })
	c.to = r.at
	if r.tooDeep {
		c.wrong("properties", "lists and objects stand more than 32 deep in each other, send them flatter")
	}
	return err
}

func (c *call) field(r *reader, key []byte) error {
	switch string(key) {
	case "type":
		return c.scalar(r, &c.kind, "type")
	case "userId":
		return c.scalar(r, &c.user, "userId")
	case "anonymousId":
		return c.scalar(r, &c.anonymous, "anonymousId")
	case "previousId":
		return c.scalar(r, &c.previous, "previousId")
	case "groupId":
		return c.scalar(r, &c.group, "groupId")
	case "event":
		return c.scalar(r, &c.event, "event")
	case "name":
		return c.scalar(r, &c.name, "name")
	case "messageId":
		return c.scalar(r, &c.messageID, "messageId")
	case "timestamp":
		return c.scalar(r, &c.timestamp, "timestamp")
	case "originalTimestamp":
		return c.scalar(r, &c.original, "originalTimestamp")
	case "traits":
		return c.values(r, &c.traits, "traits")
	case "properties":
		return c.values(r, &c.properties, "properties")
	case "sentAt":
		return r.optional(&c.sentAt)
	case "receivedAt":
		return r.optional(&c.receivedAt)
	case "writeKey":
		return r.optional(&c.writeKey)
	case "channel":
		return r.optional(&c.device.channel)
	case "context":
		return c.device.decode(r)
	case "consent", "prefers", "phone", "email", "zone", "push_token":
		c.beside = append(c.beside, string(key))
	}
	return r.skip()
}

// scalar reads a text or a number that a call cannot do without; null is "".
func (c *call) scalar(r *reader, into *string, field string) error {
	ok, err := r.scalar(into)
	if !ok && err == nil {
		c.wrong(field, "is neither a text nor a number")
	}
	return err
}

// optional reads a text or a number, and anything else as not told.
func (r *reader) optional(into *string) error {
	_, err := r.scalar(into)
	return err
}

func (r *reader) scalar(into *string) (ok bool, err error) {
	*into = ""
	switch c := r.peek(); {
	case c == '"':
		text, err := r.text()
		*into = string(text)
		return true, err
	case c == '-' || c >= '0' && c <= '9':
		literal, err := r.number()
		*into = string(literal)
		return true, err
	case c == 'n':
		return true, r.word("null")
	}
	return false, r.skip()
}

// values reads an object of traits or properties; null is none.
func (c *call) values(r *reader, into *map[string]customer.Value, field string) error {
	switch r.peek() {
	case '{':
		return r.values(into)
	case 'n':
	default:
		c.wrong(field, `is not an object, write {"name": "value"}`)
	}
	return r.skip()
}

func (r *reader) values(into *map[string]customer.Value) error {
	return r.object(func(key []byte) error {
		name := r.name(key)
		value, err := r.value()
		if *into == nil {
			*into = make(map[string]customer.Value, 8)
		}
		(*into)[name] = value
		return err
	})
}

// decode reads a context. What is not of the form that Segment's spec gives is
// not told: a context is written by libraries, and its faults are nobody's to
// mend.
func (d *device) decode(r *reader) error {
	if r.peek() != '{' {
		return r.skip()
	}
	d.told = true
	return r.object(func(key []byte) error {
		switch string(key) {
		case "library":
			return r.inside("name", &d.library)
		case "device":
			return r.inside("token", &d.token)
		case "timezone":
			return r.optional(&d.zone)
		case "locale":
			return r.optional(&d.locale)
		case "app":
			d.app = r.peek() == '{'
		case "page":
			d.page = r.peek() == '{'
		case "traits":
			if r.peek() == '{' {
				return d.readTraits(r)
			}
		}
		return r.skip()
	})
}

// readTraits leaves out the ids that some libraries repeat among the traits.
func (d *device) readTraits(r *reader) error {
	err := r.values(&d.traits)
	delete(d.traits, "user_id")
	delete(d.traits, "anonymous_id")
	return err
}

// inside reads one key of an object, and nothing of any other value.
func (r *reader) inside(name string, into *string) error {
	if r.peek() != '{' {
		return r.skip()
	}
	return r.object(func(key []byte) error {
		if string(key) == name {
			return r.optional(into)
		}
		return r.skip()
	})
}
