package observe

import (
	"crypto/rand"
	"encoding/base32"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
)

// anonymous keeps devices' ids apart from customers'.
func anonymous(id string) string { return "anonymous/" + id }

// randomID gives an opaque id: 80 random bits.
func randomID(string) customer.ID {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return customer.ID("c" + strings.ToLower(base32.StdEncoding.EncodeToString(b[:])))
}
