package app

import (
	"bytes"
	"log/slog"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWarnOfStrangers(t *testing.T) {
	t.Parallel()
	const events, pages = "may send events: set OUTREACH_WRITE_KEYS", "may see the inbox"
	for name, c := range map[string]struct {
		ip        net.IP
		keys, sms string
		want, not []string
	}{
		"this machine":      {net.IPv4(127, 0, 0, 1), "", "inbox", nil, []string{"anybody"}},
		"this machine, new": {net.IPv6loopback, "", "inbox", nil, []string{"anybody"}},
		"everywhere":        {net.IPv4zero, "", "inbox", []string{events, pages, "0.0.0.0:8080"}, nil},
		"everywhere, new":   {net.IPv6unspecified, "", "inbox", []string{events, pages}, nil},
		"with keys":         {net.IPv4(10, 0, 0, 7), "secret", "inbox", []string{pages}, []string{events, "secret"}},
		"no inbox":          {net.IPv4(10, 0, 0, 7), " , ", "twilio", []string{events}, []string{pages}},
		"keys, no inbox":    {net.IPv4(10, 0, 0, 7), "secret", "twilio", nil, []string{"anybody"}},
	} {
		var log bytes.Buffer
		o := Options{SMS: c.sms, WriteKeys: c.keys, Logger: slog.New(slog.NewTextHandler(&log, nil))}
		o.warnOfStrangers(&net.TCPAddr{IP: c.ip, Port: 8080})
		for _, want := range c.want {
			require.Contains(t, log.String(), want, name)
		}
		for _, not := range c.not {
			require.NotContains(t, log.String(), not, name)
		}
	}
}
