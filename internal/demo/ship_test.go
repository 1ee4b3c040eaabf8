package demo_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/demo"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

var links = regexp.MustCompile(`(?:https?://|@|www\.)[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+`)

// walk reads every file of a folder.
func walk(folder fs.FS, do func(name, text string)) error {
	return fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(folder, name)
		do(name, string(text))
		return err
	})
}

func keys(m map[string]bool) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	return list
}

// ofMonday gives the ids of the Monday evening's log-ons.
func ofMonday(r *tape) map[string]bool {
	ids := map[string]bool{}
	for _, in := range r.events {
		if strings.Contains(in.Event.MessageID, "/monday/") {
			ids[in.Event.MessageID] = true
		}
	}
	return ids
}

// shipped reads the rules and templates that come with the engine.
func shipped(t *testing.T) *bundle.Bundle {
	t.Helper()
	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	b, problems := bundle.Check(files)
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	require.Empty(t, lines, "warnings count, too")
	return b
}

func TestShippedRulesAreSound(t *testing.T) {
	t.Parallel()
	b := shipped(t)
	var names []string
	for _, r := range b.Rules {
		names = append(names, r.Name)
	}
	require.Equal(t, []string{
		"app-link", "app-suggestion", "back-in-stock", "connection-check", "digest-weekly", "gone-silent", "late-delivery", "late-invoice",
		"monday-push", "nps", "outage",
		"payment-failed", "price-drop", "quiet-admin", "referral", "renewal", "seat-limit", "smaller-plan", "trial-ends", "usage-limit", "welcome", "win-back",
	}, names)
	sent := map[string]bool{}
	for _, r := range b.Rules {
		for _, s := range r.Sends() {
			sent[s.Template] = true
		}
	}
	require.ElementsMatch(t, b.Templates.Names(), keys(sent), "every template is sent by some rule")
}

func TestRulesOpenWithAComment(t *testing.T) {
	t.Parallel()
	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	for name, text := range files.Rules {
		require.True(t, strings.HasPrefix(string(text), "# "), name)
	}
}

func TestTheCompanyKnowsItsWords(t *testing.T) {
	t.Parallel()
	b := shipped(t)
	c := demo.New(1, 300)
	for _, in := range append(c.Identify(), c.History(monday())...) {
		checkWords(t, b, in)
	}
}

// checkWords checks that everything that comes is declared, with its kind.
func checkWords(t *testing.T, b *bundle.Bundle, in observe.Incoming) {
	t.Helper()
	for name, value := range in.Change.Traits {
		field, ok := b.Dictionary.Traits[name]
		require.True(t, ok, name)
		require.True(t, field.Allowed == nil || contains(field.Allowed, value.String()), "%s: %s", name, value)
	}
	for topic := range in.Change.Consents {
		require.Contains(t, b.Policy.Topics, topic)
	}
	if in.Event.Name == customer.Identified {
		return
	}
	event, ok := b.Dictionary.Event(in.Event.Name)
	require.True(t, ok, in.Event.Name)
	for name, value := range in.Event.Properties {
		field, ok := event.Properties[name]
		require.True(t, ok, "%s.%s", in.Event.Name, name)
		if _, isNumber := value.Float(); field.Kind == customer.KindNumber {
			require.True(t, isNumber, "%s.%s: %s", in.Event.Name, name, value)
		}
		if _, isTime := value.Time(time.UTC); field.Kind == customer.KindTime {
			require.True(t, isTime, "%s.%s: %s", in.Event.Name, name, value)
		}
	}
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}

// profile gives a customer as the engine knows them.
func profile(in observe.Incoming) customer.Profile {
	p := customer.Profile{External: in.User, Traits: in.Change.Traits}
	for _, f := range []struct{ to, from *string }{
		{&p.Zone, in.Change.Zone}, {&p.Locale, in.Change.Locale}, {&p.Phone, in.Change.Phone}, {&p.Email, in.Change.Email},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	return p
}

// vars is what a message to a customer may say.
func vars(t *testing.T, p customer.Profile) message.Vars {
	t.Helper()
	zone, err := sendtime.NewZones().Load(p.Zone)
	require.NoError(t, err)
	limit, _ := p.Traits["plan_mb"].Float()
	return message.Vars{
		Customer: p, Now: monday(), Zone: zone,
		Match: map[string]customer.Value{
			"used": customer.Number(limit * 0.81), "limit": customer.Number(limit), "share": customer.Number(0.81), "left": customer.Number(limit * 0.19),
			"promised_at": customer.Text("2026-11-25T17:30:00Z"), "due_at": customer.Text("2026-11-21T22:59:00Z"), "day": customer.Text("2026-12-23"),
		},
		Events: map[string]map[string]customer.Value{
			"payment_failed": {"invoice_id": customer.Text("R-ke3x9q-12"), "amount": customer.Number(39), "currency": customer.Text("USD")},
			"order_placed":   {"order_id": customer.Text("A-ke3x9q-12"), "product": customer.Text("SIM card"), "promised_at": customer.Text("2026-11-25T17:30:00Z")},
			"invoice_sent":   {"invoice_id": customer.Text("I-ke3x9q-12"), "amount": customer.Number(240), "currency": customer.Text("USD")},
			"price_dropped":  {"product_id": customer.Text("P-204"), "product": customer.Text("pair of headphones"), "price": customer.Number(49), "was": customer.Number(59), "currency": customer.Text("USD")},
			"back_in_stock":  {"product_id": customer.Text("P-204"), "product": customer.Text("pair of headphones")},
			"coupon":         {"code": customer.Text("LARK-7F3K"), "percent": customer.Number(15)},
		},
		Unsubscribe: "https://example.com/u/abcdefghijkl", Preferences: "https://example.com/p/abcdefghijkl",
	}
}

func TestEveryMessageCanBeWritten(t *testing.T) {
	t.Parallel()
	library := shipped(t).Templates
	for _, in := range demo.New(1, 50).Identify() {
		p := profile(in)
		for _, locale := range []string{p.Locale, "de-DE", "es-ES", ""} {
			p.Locale = locale
			for _, name := range library.Names() {
				checkMessage(t, library, name, vars(t, p))
			}
		}
	}
}

// checkMessage writes a message in every channel that it has.
func checkMessage(t *testing.T, library *message.Library, name string, v message.Vars) {
	t.Helper()
	for _, c := range library.Channels(name) {
		content, err := library.Render(name, c, v)
		require.NoError(t, err)
		require.NotEmpty(t, content.Text)
		require.NotContains(t, content.Text+content.Subject+content.Preheader+content.HTML, "{{")
		require.NotContains(t, content.Text+content.Subject+content.Preheader, "  ", "%s %s", name, c)
		switch c {
		case customer.SMS:
			count, encoding := message.Segments(content.Text)
			require.LessOrEqual(t, count, 2, "%s %s: %s", name, v.Customer.Locale, content.Text)
			require.Equal(t, message.GSM7, encoding, "%s %s: %s", name, v.Customer.Locale, content.Text)
		case customer.Email:
			require.NotEmpty(t, content.Subject)
			require.NotEmpty(t, content.Preheader)
			require.LessOrEqual(t, len([]rune(content.Subject)), 70, content.Subject)
			require.Contains(t, content.HTML, v.Unsubscribe)
			require.Contains(t, content.Text, v.Unsubscribe)
		case customer.Push:
			require.NotEmpty(t, content.Subject)
			require.LessOrEqual(t, len([]rune(content.Subject)), 50, content.Subject)
			require.LessOrEqual(t, len([]rune(content.Text)), 178, content.Text)
		}
	}
}

func TestMessagesSayWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	library := shipped(t).Templates
	p := customer.Profile{Zone: "Europe/Berlin", Traits: map[string]customer.Value{
		"first_name": customer.Text("Ana"), "plan": customer.Text("surf"), "plan_mb": customer.Number(15000)}}
	for locale, want := range map[string]string{
		"en-US": "Larkline: you have used 81 % of your data, 2.9 GB are left this month. Need more? Add some here: https://www.example.com/data",
		"de-AT": "Larkline: Du hast 81 % deines Datenvolumens verbraucht, 2,9 GB sind noch übrig. Mehr gibt es hier: https://www.example.com/data",
		"es-MX": "Larkline: has usado el 81 % de tus datos y te quedan 2,9 GB este mes. Si necesitas algo extra, lo tienes en https://www.example.com/data",
	} {
		p.Locale = locale
		content, err := library.Render("usage-warning", customer.SMS, vars(t, p))
		require.NoError(t, err)
		require.Equal(t, want, content.Text)
	}
}
