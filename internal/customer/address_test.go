package customer_test

import (
	"net/mail"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
)

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	const (
		number = "is not a phone number in the form of E.164: + and 7 to 15 digits"
		email  = "is not an email address: name@example.com, at most 254 bytes"
	)
	local, label := strings.Repeat("a", 64), strings.Repeat("b", 63)
	longest := local + "@" + label + "." + label + "." + strings.Repeat("c", 254-64-1-128)
	for _, c := range []struct {
		channel customer.Channel
		address string
		want    string
	}{
		{customer.SMS, "+4915112345678", ""},
		{customer.SMS, "+2474123", ""},
		{customer.SMS, "+123456789012345", ""},
		{customer.SMS, "", number},
		{customer.SMS, "+", number},
		{customer.SMS, "4915112345678", number},
		{customer.SMS, "+247412", number},
		{customer.SMS, "+1234567890123456", number},
		{customer.SMS, "+0151123456", number},
		{customer.SMS, "+49 151 12345678", number},
		{customer.SMS, "+1800FLOWERS", number},
		{customer.SMS, "+4915112345678x2", number},
		{customer.SMS, "+\u0664\u0669\u0661\u0665\u0661\u0661\u0662\u0663", number},
		{customer.SMS, "ana@example.com", number},

		{customer.Email, "ana@example.com", ""},
		{customer.Email, "ana.b+tips@mail.example.co.uk", ""},
		{customer.Email, "o'neil!#$%&*/=?^_`{|}~-@example.com", ""},
		{customer.Email, "a@b.c", ""},
		{customer.Email, "a@3com.example", ""},
		{customer.Email, "ana@xn--bcher-kva.example", ""},
		{customer.Email, "ana@bücher.example", ""},
		{customer.Email, "anä@example.com", ""},
		{customer.Email, "用户@例子.测试", ""},
		{customer.Email, longest, ""},
		{customer.Email, longest + "c", email},
		{customer.Email, local + "a@example.com", email},
		{customer.Email, "ana@" + label + "b.example", email},
		{customer.Email, "", email},
		{customer.Email, "ana", email},
		{customer.Email, "@example.com", email},
		{customer.Email, "ana@", email},
		{customer.Email, "ana@localhost", email},
		{customer.Email, "ana@@example.com", email},
		{customer.Email, "ana@b@example.com", email},
		{customer.Email, ".ana@example.com", email},
		{customer.Email, "ana.@example.com", email},
		{customer.Email, "an..a@example.com", email},
		{customer.Email, "ana b@example.com", email},
		{customer.Email, "\"ana b\"@example.com", email},
		{customer.Email, "Ana <ana@example.com>", email},
		{customer.Email, "ana@example.com, bob@example.com", email},
		{customer.Email, "ana@example..com", email},
		{customer.Email, "ana@.example.com", email},
		{customer.Email, "ana@example.com.", email},
		{customer.Email, "ana@-example.com", email},
		{customer.Email, "ana@example-.com", email},
		{customer.Email, "ana@exa_mple.com", email},
		{customer.Email, "ana@192.0.2.1", email},
		{customer.Email, "ana@[192.0.2.1]", email},
		{customer.Email, "ana@example.com\r\nBcc: bob@example.com", email},
		{customer.Email, "ana\x00@example.com", email},
		{customer.Email, "ana\u202e@example.com", email},
		{customer.Email, "ana\u00a0@example.com", email},
		{customer.Email, "ana\xff@example.com", email},
		{customer.Email, "+4915112345678", email},

		{customer.Push, "any-token", ""},
		{customer.Push, "two words", "push token: has spaces or characters that no token has; send what the app got from Firebase, or the browser's subscription"},
		{customer.Webhook, "https://example.com", ""},
	} {
		require.Equal(t, c.want, customer.CheckAddress(c.channel, c.address), "%s %q", c.channel, c.address)
	}
}

func TestEachNumberOfE164IsSound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`\+[1-9][0-9]{6,14}`).Draw(t, "number")
		require.Empty(t, customer.CheckAddress(customer.SMS, number))
		spoilt := rapid.SampledFrom([]string{" ", "a", "-", "+", "\n", "٣"}).Draw(t, "spoilt")
		at := rapid.IntRange(0, len(number)).Draw(t, "at")
		require.NotEmpty(t, customer.CheckAddress(customer.SMS, number[:at]+spoilt+number[at:]))
	})
}

// FuzzCheckAddress holds that what passes is one whole address to the parser of
// mail headers too, and that no trouble holds the address.
func FuzzCheckAddress(f *testing.F) {
	for _, s := range []string{"ana@example.com", "a.b@c.d", "ü@ö.de", "+4915112345678", "a@b.c\r\n", "\"a\"@b.c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if customer.CheckAddress(customer.Email, text) == "" {
			address, err := mail.ParseAddress(text)
			require.NoError(t, err)
			require.Equal(t, text, address.Address)
			require.Empty(t, address.Name)
		}
		if customer.CheckAddress(customer.SMS, text) == "" {
			require.Regexp(t, `^\+[1-9][0-9]{6,14}$`, text)
		}
	})
}
