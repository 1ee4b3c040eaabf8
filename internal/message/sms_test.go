package message_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/message"
)

func TestSegments(t *testing.T) {
	t.Parallel()
	times := strings.Repeat
	for name, c := range map[string]struct {
		text     string
		count    int
		encoding string
	}{
		"nothing":                  {"", 0, message.GSM7},
		"one":                      {"a", 1, message.GSM7},
		"160":                      {times("a", 160), 1, message.GSM7},
		"161":                      {times("a", 161), 2, message.GSM7},
		"306":                      {times("a", 306), 2, message.GSM7},
		"307":                      {times("a", 307), 3, message.GSM7},
		"459":                      {times("a", 459), 3, message.GSM7},
		"460":                      {times("a", 460), 4, message.GSM7},
		"80 euros":                 {times("€", 80), 1, message.GSM7},
		"81 euros":                 {times("€", 81), 2, message.GSM7},
		"euro across a border":     {times("a", 152) + "€" + times("a", 152), 3, message.GSM7},
		"euro before a border":     {times("a", 151) + "€" + times("a", 153), 2, message.GSM7},
		"extension table":          {"^{}\\[~]|€\f", 1, message.GSM7},
		"German and Spanish":       {"äöüÄÖÜß ñÑ¿¡ £", 1, message.GSM7},
		"70 in UCS-2":              {times("ж", 70), 1, message.UCS2},
		"71 in UCS-2":              {times("ж", 71), 2, message.UCS2},
		"134 in UCS-2":             {times("ж", 134), 2, message.UCS2},
		"135 in UCS-2":             {times("ж", 135), 3, message.UCS2},
		"one curly quote":          {times("a", 69) + "’", 1, message.UCS2},
		"one curly quote too many": {times("a", 70) + "’", 2, message.UCS2},
		"35 emoji":                 {times("🎉", 35), 1, message.UCS2},
		"36 emoji":                 {times("🎉", 36), 2, message.UCS2},
		"emoji across a border":    {times("ж", 66) + "🎉" + times("ж", 66), 3, message.UCS2},
		"ç is not in, Ç is":        {"ç", 1, message.UCS2},
		"a line break":             {"a\nb\r\n", 1, message.GSM7},
		"a tab":                    {"a\tb", 1, message.UCS2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count, encoding := message.Segments(c.text)
			require.Equal(t, c.count, count)
			require.Equal(t, c.encoding, encoding)
		})
	}
}

// FuzzSegments holds that more text never takes fewer segments, and that the
// segments are neither overfull nor, but for what may not be cut, half empty.
func FuzzSegments(f *testing.F) {
	for _, s := range []string{"", "abc", strings.Repeat("€", 200), strings.Repeat("🎉", 90), "\xff\xfe", "ж"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		count, encoding := message.Segments(text)
		more, _ := message.Segments(text + "a")
		require.LessOrEqual(t, count, more)
		units := len(utf16.Encode([]rune(text)))
		require.Equal(t, units == 0, count == 0)
		if encoding == message.GSM7 {
			require.LessOrEqual(t, units, max(160, 153*count))
			require.Less(t, 152*(count-1), 2*units+152)
			return
		}
		require.LessOrEqual(t, units, max(70, 67*count))
		require.Less(t, 66*(count-1), units+66)
	})
}
