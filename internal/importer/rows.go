package importer

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// maxRow bounds one row, in bytes.
const maxRow = 32 << 10

// row is one row of a file as it stands there.
type row struct {
	offset  int64  // of its first byte
	line    int    // its first line, from 1
	raw     []byte // holds until the next row is read
	trouble string // why it cannot be read, "" when it can
}

// rows reads a file row by row from any place, and survives broken ones.
type rows struct {
	file   io.ReadSeeker
	in     *bufio.Reader
	offset int64 // of the next byte
	line   int   // of the next byte
	raw    []byte
	comma  rune // 0: NDJSON, a row a line
}

func newRows(file io.ReadSeeker, comma rune) *rows {
	return &rows{file: file, in: bufio.NewReaderSize(file, 8<<10), line: 1, comma: comma}
}

// seek makes the row at offset the next one.
func (r *rows) seek(offset int64, line int) error {
	if r.offset == offset {
		r.line = line
		return nil
	}
	if _, err := r.file.Seek(offset, io.SeekStart); err != nil {
		return err
	}
	r.in.Reset(r.file)
	r.offset, r.line = offset, line
	return nil
}

// next reads the next row that is not blank. A quoted field may hold line
// breaks; where a quote is never closed, only the line that opens it is broken.
// The error is io.EOF at the end.
func (r *rows) next() (row, error) {
	for {
		found := row{offset: r.offset, line: r.line}
		r.raw = r.raw[:0]
		if err := r.readLine(); err != nil {
			return found, err
		}
		switch {
		case len(r.raw) > maxRow:
			found.raw, found.trouble = r.raw[:maxRow], "is longer than 32 kB, shorten it"
			return found, nil
		case len(bytes.TrimSpace(r.raw)) == 0:
			continue
		case r.comma == 0 || bytes.Count(r.raw, []byte{'"'})%2 == 0:
			found.raw = r.raw
			return found, nil
		}
		return r.nextQuoted(found)
	}
}

// nextQuoted reads on until the quote that the first line leaves open is
// closed.
func (r *rows) nextQuoted(found row) (row, error) {
	first := len(r.raw)
	for bytes.Count(r.raw, []byte{'"'})%2 == 1 {
		err := r.readLine()
		if err != nil && !errors.Is(err, io.EOF) {
			return found, err
		}
		if err != nil || len(r.raw) > maxRow {
			return r.broken(found, first)
		}
	}
	if _, trouble := splitCSV(r.raw, r.comma, nil); trouble != "" {
		return r.broken(found, first)
	}
	found.raw = r.raw
	return found, nil
}

func (r *rows) broken(found row, first int) (row, error) {
	found.raw = r.raw[:first]
	found.trouble = `opens a quote and does not close it, write a quote inside a field twice: ""`
	return found, r.seek(found.offset+int64(first), found.line+1)
}

// readLine appends one line with its line break to raw. Of a line that makes
// raw longer than maxRow the rest is passed over.
func (r *rows) readLine() error {
	some := false
	for {
		part, err := r.in.ReadSlice('\n')
		r.offset += int64(len(part))
		some = some || len(part) > 0
		if len(r.raw) <= maxRow {
			r.raw = append(r.raw, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && some, err == nil:
			r.line++
			return nil
		default:
			return err
		}
	}
}

// splitCSV gives the fields of one row, RFC 4180; it may use the list given.
func splitCSV(raw []byte, comma rune, fields []string) (_ []string, trouble string) {
	if bytes.IndexByte(raw, '"') < 0 {
		fields = fields[:0]
		for field := range strings.SplitSeq(strings.TrimRight(string(raw), "\r\n"), string(comma)) {
			fields = append(fields, field)
		}
		return fields, ""
	}
	reader := csv.NewReader(bytes.NewReader(raw))
	reader.Comma, reader.FieldsPerRecord = comma, -1
	fields, err := reader.Read()
	if err != nil {
		return nil, `has a quote inside a field, put the field in quotes and write the quote twice: ""`
	}
	return fields, ""
}
