package customer

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// Kind is what a declared trait or property is read as.
type Kind string

// The kinds of data.yaml. A list of allowed texts is KindText.
const (
	KindText   Kind = "text"
	KindNumber Kind = "number"
	KindID     Kind = "id"   // a text that is never calculated with; 010 stays 010
	KindDate   Kind = "date" // a local calendar day
	KindTime   Kind = "time" // an instant
)

// Kinds lists every kind, in a fixed order.
func Kinds() []Kind { return []Kind{KindText, KindNumber, KindID, KindDate, KindTime} }

// Value is one scalar as it arrived: a text or a number. Truth values arrive
// as the words yes and no. The zero value is the empty text.
type Value struct {
	text   string
	number float64
	isNum  bool
}

// Text gives the value of a text.
func Text(s string) Value { return Value{text: s} }

// Number gives the value of a finite number. What is not finite becomes the
// empty text, which holds nowhere.
func Number(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}
	}
	return Value{number: f, isNum: true}
}

// String gives the value as a text; whole numbers without a point.
func (v Value) String() string {
	if v.isNum {
		return strconv.FormatFloat(v.number, 'f', -1, 64)
	}
	return v.text
}

// IsZero reports whether the value is the empty text.
func (v Value) IsZero() bool { return v == Value{} }

// Float gives the value as a number; a text counts when the whole of it reads
// as a finite decimal number.
func (v Value) Float() (float64, bool) {
	if v.isNum {
		return v.number, true
	}
	s := strings.TrimSpace(v.text)
	if s == "" || s[0] != '+' && s[0] != '-' && s[0] != '.' && (s[0] < '0' || s[0] > '9') {
		return 0, false // most texts: without the error that parsing would make
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// dayLayout is how a calendar day is written, ISO 8601.
const dayLayout = "2006-01-02"

// Time gives the value as an instant: RFC 3339, or a day (its first instant in
// zone), or seconds or milliseconds since 1970 when it is a number. A nil zone
// is UTC.
func (v Value) Time(zone *time.Location) (time.Time, bool) {
	if v.isNum {
		return unixTime(v.number)
	}
	if zone == nil {
		zone = time.UTC
	}
	s := strings.TrimSpace(v.text)
	if len(s) == len(dayLayout) {
		return dayTime(s, zone)
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UTC(), true
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// dayTime reads a day as dayLayout has it: nothing else is as long. It
// allocates nothing, and no error for what is no day.
func dayTime(s string, zone *time.Location) (time.Time, bool) {
	y, yearOK := digits(s[:4])
	m, monthOK := digits(s[5:7])
	d, dayOK := digits(s[8:])
	if !yearOK || !monthOK || !dayOK || s[4] != '-' || s[7] != '-' || m < 1 || m > 12 || d < 1 || d > daysIn(y, time.Month(m)) {
		return time.Time{}, false
	}
	return StartOfDay(y, time.Month(m), d, zone), true
}

func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// unixTime reads seconds up to the year 5138 and milliseconds beyond.
func unixTime(f float64) (time.Time, bool) {
	const secondsLimit = 1e11
	switch {
	case f <= 0 || f > secondsLimit*1000:
		return time.Time{}, false
	case f < secondsLimit:
		return time.UnixMicro(int64(f * 1e6)).UTC(), true
	}
	return time.UnixMilli(int64(f)).UTC(), true
}

// MarshalJSON writes a JSON string or number.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.isNum {
		return strconv.AppendFloat(nil, v.number, 'f', -1, 64), nil
	}
	return json.Marshal(v.text)
}

// UnmarshalJSON reads a JSON string, number or truth value. Null, lists and
// objects become their JSON text, so that nothing that was sent is lost.
func (v *Value) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0:
		*v = Value{}
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*v = Text(s)
	case string(b) == "true":
		*v = Text("yes")
	case string(b) == "false":
		*v = Text("no")
	case string(b) == "null":
		*v = Value{}
	case b[0] == '[' || b[0] == '{':
		*v = Text(string(b))
	default:
		f, err := strconv.ParseFloat(string(b), 64)
		if err != nil {
			return err
		}
		*v = Number(f)
	}
	return nil
}
