package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// digest stands for the rows of a table, in whatever order they come: the sum of
// the hashes of all of them.
type digest struct {
	rows int64
	sum  [4]uint64
	room []byte
}

// add takes a row in.
func (d *digest) add(t table, row []any) error {
	d.room = d.room[:0]
	for i, c := range t.columns {
		var err error
		if d.room, err = append1(d.room, c.kind, row[i]); err != nil {
			return fmt.Errorf("%s.%s: %w", t.name, c.name, err)
		}
	}
	hash := sha256.Sum256(d.room)
	carry := uint64(0)
	for i := range d.sum {
		part := binary.LittleEndian.Uint64(hash[8*i:])
		sum := d.sum[i] + part + carry
		carry = 0
		if sum < part {
			carry = 1
		}
		d.sum[i] = sum
	}
	d.rows++
	return nil
}

// is reports whether two digests stand for the same rows.
func (d *digest) is(other *digest) bool { return d.rows == other.rows && d.sum == other.sum }

// append1 writes one value so that no two rows are written alike.
func append1(b []byte, k kind, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		if k == blob {
			return binary.AppendUvarint(b, 0), nil
		}
	case string:
		if k == text {
			v = strings.ToValidUTF8(v, "\ufffd")
			return append(binary.AppendUvarint(b, uint64(len(v))), v...), nil
		}
	case int64:
		if k == number {
			return binary.LittleEndian.AppendUint64(b, uint64(v)), nil
		}
	case float64:
		if k == fraction {
			return binary.LittleEndian.AppendUint64(b, math.Float64bits(v)), nil
		}
	case []byte:
		if k == blob {
			return append(binary.AppendUvarint(b, uint64(len(v))), v...), nil
		}
	}
	return nil, fmt.Errorf("a value of another kind than the table's (%T)", value)
}
