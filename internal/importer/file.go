package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// table is an open file with its rows.
type table struct {
	*rows
	file     *os.File
	name     string // without its folder
	size     int64
	modified time.Time
	header   []string // of CSV; nil for NDJSON
	start    int64    // of the first row
	line     int      // of the first row

	wanted []string // the columns that the map names
	places []int    // of CSV: where each stands in a row
	seen   []bool   // of NDJSON: whether any row had it
	keys   []string // of NDJSON: those of the first row
	fields []string
	values []customer.Value
}

const byteOrderMark = "\xef\xbb\xbf"

// open opens a file and reads its header. comma 0 finds the delimiter out of
// the header; a file that starts with { is NDJSON.
func open(path string, comma rune) (*table, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &table{file: file, rows: newRows(file, 0)}
	if err := t.begin(comma); err != nil {
		return nil, errors.Join(fmt.Errorf("file %s: %w", file.Name(), err), file.Close())
	}
	return t, nil
}

func (t *table) begin(comma rune) error {
	info, err := t.file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("is not a regular file, give one that can be read twice")
	}
	t.name, t.size, t.modified = info.Name(), info.Size(), info.ModTime()
	if mark, err := t.in.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		if err := t.seek(int64(len(byteOrderMark)), 1); err != nil {
			return err
		}
	}
	first, err := t.next()
	if errors.Is(err, io.EOF) {
		return errors.New("is empty")
	}
	if err != nil {
		return err
	}
	t.start, t.line = first.offset, first.line
	if strings.HasPrefix(strings.TrimSpace(string(first.raw)), "{") {
		return t.seek(first.offset, first.line)
	}
	return t.readHeader(first, comma)
}

func (t *table) readHeader(first row, comma rune) error {
	if t.comma = comma; comma == 0 {
		t.comma = sniff(string(first.raw))
	}
	if err := t.seek(first.offset, first.line); err != nil {
		return err
	}
	first, err := t.next()
	if err != nil {
		return err
	}
	header, trouble := splitCSV(first.raw, t.comma, nil)
	if trouble = firstOf(first.trouble, trouble); trouble != "" {
		return fmt.Errorf("header %s", trouble)
	}
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
		if slices.Contains(header[:i], header[i]) {
			return fmt.Errorf("header: column %q stands twice, rename one of them", header[i])
		}
	}
	t.header, t.start, t.line = header, t.rows.offset, t.rows.line
	return nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// sniff gives the delimiter that a header holds most of, outside of quotes.
func sniff(header string) rune {
	best, most := ',', 0
	for _, comma := range ",;\t|" {
		n, quoted := 0, false
		for _, c := range header {
			if c == '"' {
				quoted = !quoted
			} else if c == comma && !quoted {
				n++
			}
		}
		if n > most {
			best, most = comma, n
		}
	}
	return best
}

// want says which columns are to be read.
func (t *table) want(columns []string) {
	t.wanted = columns
	t.values, t.seen = make([]customer.Value, len(columns)), make([]bool, len(columns))
	t.places = make([]int, len(columns))
	for i, name := range columns {
		t.places[i] = slices.Index(t.header, name)
	}
}

// read gives the values of the wanted columns; they hold until the next call.
func (t *table) read(r row) (values []customer.Value, trouble string) {
	if r.trouble != "" {
		return nil, r.trouble
	}
	if t.comma == 0 {
		return t.readJSON(r)
	}
	t.fields, trouble = splitCSV(r.raw, t.comma, t.fields)
	if trouble != "" {
		return nil, trouble
	}
	if len(t.fields) != len(t.header) {
		return nil, fmt.Sprintf("has %d columns where the header has %d, put fields that hold the delimiter in quotes",
			len(t.fields), len(t.header))
	}
	for i, place := range t.places {
		t.values[i] = customer.Text(strings.ToValidUTF8(strings.ReplaceAll(t.fields[place], "\x00", "\uFFFD"), "\uFFFD"))
	}
	return t.values, ""
}

func (t *table) readJSON(r row) (values []customer.Value, trouble string) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(r.raw, &object); err != nil || object == nil {
		return nil, `is not a JSON object on one line, write {"column": "value"}`
	}
	if t.keys == nil {
		for key := range object {
			t.keys = append(t.keys, key)
		}
		slices.Sort(t.keys)
	}
	for i, name := range t.wanted {
		raw, ok := object[name]
		t.seen[i] = t.seen[i] || ok
		if t.values[i], ok = jsonValue(raw); !ok {
			return nil, "holds a number out of all bounds, write it in quotes"
		}
	}
	return t.values, ""
}

// jsonValue keeps a whole number that a float cannot hold exactly as a text.
func jsonValue(raw json.RawMessage) (v customer.Value, ok bool) {
	const exact = 15 // decimal digits
	digits := strings.TrimPrefix(string(raw), "-")
	if len(digits) > exact && strings.Trim(digits, "0123456789") == "" {
		return customer.Text(string(raw)), true
	}
	if v.UnmarshalJSON(raw) != nil {
		return v, false
	}
	if text := v.String(); strings.Contains(text, "\x00") {
		v = customer.Text(strings.ReplaceAll(text, "\x00", "\uFFFD"))
	}
	return v, true
}

// unseen reports the columns of the map that no row of an NDJSON file had.
func (t *table) unseen(ps *source.Problems, mapName string) {
	if t.comma != 0 || t.keys == nil {
		return
	}
	for i, name := range t.wanted {
		if !t.seen[i] {
			ps.Add(source.Problem{File: mapName, Value: name, Message: "names a column that no row of the file has",
				Hint: source.DidYouMean(name, t.keys)})
		}
	}
}
