package sendtime

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"io"
	"math"
	"time"
)

// yearsAhead is how far the version of zone data looks. Nothing is planned farther ahead.
const yearsAhead = 10

// Version names what the clocks of all zones do from the beginning of now's year (UTC) on, ten years far: 16
// hexadecimal digits. It stays the same through a year for the same data, and differs when a zone is added,
// when a zone's data is missing, and when any of its offsets or clock changes in those years differ, so that
// instants planned under another version have to be looked at again. It reads the data of every zone: some
// tens of milliseconds.
func (z *Zones) Version(now time.Time) string {
	from := time.Date(now.UTC().Year(), time.January, 1, 0, 0, 0, 0, time.UTC)
	sum := fnv.New64a()
	for _, name := range z.names {
		_, _ = sum.Write([]byte(name)) // never fails (package hash)
		zone, err := z.from(name)
		if err != nil {
			_, _ = sum.Write([]byte{0})
			continue
		}
		writeClock(sum, zone, from.Unix(), from.AddDate(yearsAhead, 0, 0).Unix())
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// writeClock adds each offset that a zone has in [from, to), and since when.
func writeClock(sum io.Writer, zone *time.Location, from, to int64) {
	var b [16]byte
	for at, offset := from, int64(math.MaxInt64); at < to; {
		p := periodAt(at, zone)
		if p.offset != offset {
			offset = p.offset
			binary.BigEndian.PutUint64(b[:8], uint64(at))
			binary.BigEndian.PutUint64(b[8:], uint64(offset))
			_, _ = sum.Write(b[:]) // to memory: never fails
		}
		at = p.to
	}
}
