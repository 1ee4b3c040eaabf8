package line

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"time"
)

// collapseLimit is the strictest of three limits: RFC 8030, 5.4 allows a Topic
// of 32 base64url characters; apns-collapse-id may have 64 bytes; Android
// names none.
const collapseLimit = 32

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// CollapseName gives the name under which a device holds a message, so that a
// repeat takes the place of the first: the send key itself when it is short and
// plain, otherwise 192 bits of its hash. It has 1 to 32 base64url characters.
func CollapseName(key string) string {
	if len(key) <= collapseLimit && plainKey.MatchString(key) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:collapseLimit]
}

// Seconds gives a life in whole seconds, rounded up: a provider told 0 would
// drop what cannot be shown at once.
func Seconds(life time.Duration) int64 { return int64((life + time.Second - 1) / time.Second) }
