package sendtime

import (
	"fmt"
	"math/bits"
)

// Hours is a set of hours of the week on the customer's clock; hour 0 is Monday 00:00-01:00, hour 167 Sunday
// 23:00-24:00. The zero value is empty. Hours can be compared with ==.
type Hours [3]uint64

// Has says that an hour is in the set; there are none below 0 or beyond 167.
func (h Hours) Has(hour int) bool {
	return 0 <= hour && hour < 168 && h[hour/64]>>(hour%64)&1 == 1
}

// Add puts an hour into the set; what is no hour of the week is left out.
func (h *Hours) Add(hour int) {
	if 0 <= hour && hour < 168 {
		h[hour/64] |= 1 << (hour % 64)
	}
}

// And gives the hours that are in both sets.
func (h Hours) And(o Hours) Hours {
	return Hours{h[0] & o[0], h[1] & o[1], h[2] & o[2]}
}

// Len counts the hours.
func (h Hours) Len() int {
	return bits.OnesCount64(h[0]) + bits.OnesCount64(h[1]) + bits.OnesCount64(h[2])
}

// IsZero says that there is no hour.
func (h Hours) IsZero() bool { return h == Hours{} }

// String lists the hours.
func (h Hours) String() string {
	text := ""
	for hour := range 168 {
		if h.Has(hour) {
			text += fmt.Sprintf(" %d/%02d", hour/24, hour%24)
		}
	}
	return text
}
