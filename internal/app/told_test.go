package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/policy"
)

// logged gives what an engine of these options says, a line each, without the
// time.
func logged(o Options, say func(Options)) []string {
	var log bytes.Buffer
	o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	say(o)
	return strings.FieldsFunc(log.String(), func(r rune) bool { return r == '\n' })
}

func TestReportsThatReachNobodyAreToldOfOnce(t *testing.T) {
	t.Parallel()
	const lost = `level=WARN msg="delivery reports and replies such as STOP do not reach the engine: set --public-url" provider=`
	for name, c := range map[string]struct {
		change func(*Options)
		want   []string
	}{
		"inbox":              {func(*Options) {}, nil},
		"twilio, sendgrid":   {func(o *Options) { o.SMS, o.Email, o.Push = "twilio", "sendgrid", "both" }, []string{lost + "twilio", lost + "sendgrid"}},
		"reached":            {func(o *Options) { o.SMS, o.Email, o.PublicURL = "twilio", "sendgrid", "https://example.com" }, nil},
		"smtp":               {func(o *Options) { o.Email = "smtp" }, nil},
		"smtp with a secret": {func(o *Options) { o.Email, o.Providers.SMTPReportSecret = "smtp", "secret" }, []string{lost + "smtp"}},
		"webhook for all":    {func(o *Options) { o.SMS, o.Email, o.Push = "webhook", "webhook", "webhook" }, []string{lost + "webhook"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := good(t)
			c.change(&o)
			senders, err := built(t, o)
			require.NoError(t, err)
			require.ElementsMatch(t, c.want, logged(o, func(o Options) { o.warnOfSilence(senders) }))
		})
	}
}

func TestSendersOfThePolicyAreToldOf(t *testing.T) {
	t.Parallel()
	const before = `level=INFO msg="policy.yaml's sender goes before the one of the flag" channel=`
	of := func(senders map[customer.Channel]string) *library.Set {
		return &library.Set{Bundle: &bundle.Bundle{Policy: &policy.Policy{Senders: senders}}}
	}
	theirs := of(map[customer.Channel]string{customer.SMS: "Megaphone", customer.Email: "Megaphone <hello@example.com>"})
	o := good(t)
	tell := func(set *library.Set) func(Options) { return func(o Options) { o.tellOfSenders(set) } }
	require.Empty(t, logged(o, tell(theirs)), "the inbox has no senders of its own")
	o.SMS, o.Email = "twilio", "sendgrid"
	require.Equal(t, []string{before + "sms flag=--twilio-from", before + "email flag=--sendgrid-from"}, logged(o, tell(theirs)))
	require.Empty(t, logged(o, tell(of(nil))))
	require.Empty(t, logged(o, tell(of(map[customer.Channel]string{customer.SMS: o.Providers.TwilioFrom}))), "they are the same")
	o.Providers.TwilioFrom, o.Email = "", "smtp"
	require.Equal(t, []string{before + "email flag=--smtp-from"}, logged(o, tell(theirs)))
}

// TestNamesOfSettings lead to variables that there are.
func TestNamesOfSettings(t *testing.T) {
	t.Parallel()
	o := Defaults()
	var variables []string
	for _, s := range o.Settings() {
		variables = append(variables, s.Env)
	}
	for _, provider := range []string{"twilio", "sendgrid", "smtp", "fcm", "webpush", "webhook"} {
		names := settingNames(provider)
		require.NotEmpty(t, names, provider)
		for inner, variable := range names {
			variable, _, _ = strings.Cut(variable, ":")
			require.Contains(t, variables, variable, "%s: %s", provider, inner)
		}
	}
}
