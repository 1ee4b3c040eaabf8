package preview_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/preview"
)

// Texts in which nothing is found.
const (
	goodSMS  = "Larkline: your number is ready. More: https://www.larkline.test/my"
	goodPush = "---\ntitle: Your week in data\nlink: https://www.larkline.test/week\n---\nSee what is left."
)

// goodMail is an email with a body that says enough.
func goodMail(body string) string { return mail("Your number is ready", "It takes a minute.", body) }

func mail(subject, preheader, body string) string {
	head := "---\nsubject: \"" + subject + "\"\n"
	if preheader != "" {
		head += "preheader: \"" + preheader + "\"\n"
	}
	return head + "---\n" + body
}

const enough = "<p>Here is all that you need to know about your number, and a good deal more than that, so that nobody can say that these are a few words only beside a picture.</p>"

func sms(text string) map[string]string  { return with(map[string]string{"a/sms.txt": text}) }
func push(text string) map[string]string { return with(map[string]string{"a/push.txt": text}) }
func email(body string) map[string]string {
	return with(map[string]string{"a/email.html": goodMail(body)})
}

func about(topic string, files map[string]string) map[string]string {
	files["rules/greet.yaml"] = sent("a", topic)
	return files
}

func unlayered(text string) map[string]string {
	return with(map[string]string{"a/email.html": strings.Replace(text, "---\n", "---\nlayout: none\n", 1)})
}

// TestFindings gives, for each code, templates of which it is said, and
// templates that are as near as can be and of which it is not.
func TestFindings(t *testing.T) {
	t.Parallel()
	type files = map[string]string
	link := func(href string) files { return email(`<p><a href="` + href + `">Go</a></p>`) }
	for code, c := range map[preview.Code]struct{ of, notOf []files }{
		preview.NoRule: {[]files{{"a/sms.txt": goodSMS}}, []files{sms(goodSMS)}},
		preview.RenderFailed: {
			[]files{sms("Larkline: {{ customer.region }}"), sms("Larkline: {{ customer.plan_mb | divided_by: 0 }}")},
			[]files{sms("Larkline: {{ match.used | default: 1 }}")},
		},
		preview.DefaultMissing: {
			[]files{sms("Larkline: hi {{ customer.first_name }}"), with(files{"a/sms.txt": "Larkline: {{ order_placed.product }}", "rules/greet.yaml": strings.Replace(sent("a", "service"), "steps:", "stop: order_placed\nsteps:", 1)})},
			[]files{sms("Larkline: hi {{ customer.first_name | default: 'you' }}"), sms("Larkline: {% if customer.plan %}{{ customer.plan }}{% endif %}"),
				with(files{"a/sms.txt": "Larkline: {{ order_placed.product }}", "rules/greet.yaml": strings.Replace(sent("a", "service"), "signed_up", "order_placed", 1)})},
		},
		preview.ValueUnknown: {
			[]files{with(files{"a/sms.txt": "Larkline: hi {{ customer.first_name | default: 'you' }}", "a/sample.yaml": "without: first_name\n"}), sms("Larkline: {% if customer.region %}x{% endif %}")},
			[]files{sms("Larkline: hi {{ customer.first_name | default: 'you' }}"), sms("Larkline: x{% if link.unsubscribe %}y{% endif %}")},
		},
		preview.LinkEmpty:    {[]files{link(""), link("#")}, []files{link("https://larkline.test/#a")}},
		preview.LinkSpace:    {[]files{link("https://larkline.test/a b")}, []files{link("https://larkline.test/a%20b"), link("tel:+1 202 555 0100")}},
		preview.LinkScheme:   {[]files{link("htps://larkline.test"), link("/offers"), link("javascript:x"), link("ftp://larkline.test/x"), link("//larkline.test")}, []files{link("https://larkline.test"), link("tel:+12025550100"), push(strings.Replace(goodPush, "https://", "larkline://", 1))}},
		preview.LinkNotHTTPS: {[]files{link("http://larkline.test"), sms("Larkline: http://larkline.test")}, []files{link("https://larkline.test"), sms(goodSMS)}},
		preview.LinkHost:     {[]files{link("https://larkline"), link("https:///x"), link("https://10.0.0.1/x"), link("https://lark..test"), sms("Larkline: https://localhost/x")}, []files{link("https://münchen.test/x"), link("https://a-b.larkline.test:8443/x"), link("https://xn--mnchen-3ya.xn--p1ai")}},
		preview.LinkMailto:   {[]files{link("mailto://help@larkline.test"), link("mailto:help@larkline"), link("mailto:help"), link("help@larkline.test"), link("mailto:a b@larkline.test")}, []files{link("mailto:help@larkline.test"), link("mailto:help@larkline.test?subject=Hi%20there")}},
		preview.LinkTracking: {[]files{link("https://larkline.test/?utm_source=x"), link("https://larkline.test/?a=1&amp;gclid=x"), sms("Larkline: https://larkline.test/?fbclid=1")}, []files{link("https://larkline.test/?utmost=1&amp;id=2")}},
		preview.LinkExample:  {[]files{link("https://www.example.com/x"), sms("Larkline: https://example.org")}, []files{link("https://www.larkline.test"), link("https://www.myexample.test")}},

		preview.SubjectCaps: {
			[]files{with(files{"a/email.html": mail("YOUR NUMBER IS READY", "x", "<p>x</p>")}), push("---\ntitle: LAST CHANCE\n---\nx")},
			[]files{with(files{"a/email.html": mail("Your eSIM is OK", "x", "<p>x</p>")}), push("---\ntitle: SIM\n---\nx"), push("---\ntitle: \"2026\"\n---\nx")},
		},
		preview.Exclamations: {
			[]files{with(files{"a/email.html": mail("Hello! Again!", "x", "<p>x</p>")}), sms("Larkline: now!!"), email("<p>a! b! c! d!</p>")},
			[]files{with(files{"a/email.html": mail("Hello!", "x", "<p>x</p>")}), email("<p>a! b! c!</p>"), email("<p style=\"color:red !important; top:0 !important; left:0 !important; right:0 !important\">a</p>")},
		},
		preview.MoneyWords: {
			[]files{sms("Larkline: free cash, win a prize"), email("<p>Gratis! Rabatt und Gewinn, kostenlos.</p>")},
			[]files{sms("Larkline: your free data; a discount, an offer, free again"), email("<p>The winery is freed of credits.</p>")},
		},
		preview.SubjectLong: {
			[]files{with(files{"a/email.html": mail(strings.Repeat("ü", 61), "x", "<p>x</p>")})},
			[]files{with(files{"a/email.html": mail(strings.Repeat("ü", 60), "x", "<p>x</p>")})},
		},
		preview.PreheaderMissing: {[]files{with(files{"a/email.html": mail("S", "", "<p>x</p>")})}, []files{email("<p>x</p>"), sms(goodSMS)}},
		preview.TextMissing:      {[]files{email(`<img src="https://larkline.test/a.png" alt="">`)}, []files{email("<p>x</p>"), with(files{"a/email.html": goodMail(`<img src="https://larkline.test/a.png" alt="">`), "a/email.txt": "x"})}},
		preview.EmailLarge: {
			[]files{email(strings.Repeat("x", 92_500))},
			[]files{email(strings.Repeat("x", 90_000))},
		},
		preview.ImageOnly:     {[]files{email(`<p>Look</p><img src="https://larkline.test/a.png" alt="x">`), email(`<div style="display:none">` + enough + `</div><img src="https://larkline.test/a.png" alt="x">`)}, []files{email(enough + `<img src="https://larkline.test/a.png" alt="x">`), email("<p>x</p>")}},
		preview.ImageNoAlt:    {[]files{email(enough + `<img src="https://larkline.test/a.png">`)}, []files{email(enough + `<img src="https://larkline.test/a.png" alt="">`), email(enough + `<!-- <img src="x"> -->`)}},
		preview.ImageNotHTTPS: {[]files{email(enough + `<img src="http://larkline.test/a.png" alt="">`), email(enough + `<img src="a.png" alt="">`)}, []files{email(enough + `<img src="https://larkline.test/a.png" alt="">`), email(enough + `<img src="data:image/png;base64,AA==" alt="">`)}},
		preview.NoDark:        {[]files{unlayered(goodMail("<p>x</p>"))}, []files{email("<p>x</p>"), unlayered(goodMail("<style>@media (prefers-color-scheme: dark) { p { color: red } }</style><p>x</p>"))}},
		preview.NoUnsubscribe: {
			[]files{about("tips", email("<p>x</p>")), about("tips", email("<p>Unsubscribe by writing to us.</p>"))},
			[]files{email("<p>x</p>"), about("tips", email(`{% if link.unsubscribe %}<a href="{{ link.unsubscribe }}">No more of this</a>{% endif %}`)),
				about("tips", email(`<a href="{{ link.preferences }}">Choose</a>`)), about("tips", email(`<a href="https://larkline.test/u">Unsubscribe</a>`)), about("tips", email(`<a href="https://larkline.test/u">Hier abmelden</a>`))},
		},
		preview.SMSUnicode:    {[]files{sms("Larkline: it’s ready"), sms("Larkline: 👍")}, []files{sms("Larkline: it's {ready} für 5 €")}},
		preview.SMSLong:       {[]files{sms("Larkline: " + strings.Repeat("x", 300))}, []files{sms("Larkline: " + strings.Repeat("x", 296))}},
		preview.SMSShortener:  {[]files{sms("Larkline: https://bit.ly/x1"), sms("Larkline: t.co/abc"), sms("Larkline: https://www.tinyurl.com/x")}, []files{sms("Larkline: https://rabbit.ly/x"), sms("Larkline: at.co/abc"), email(`<a href="https://bit.ly/x">x</a>`)}},
		preview.SMSNoName:     {[]files{sms("Your number is ready.")}, []files{sms("LARKLINE: ready."), sms("Welcome to Larkline!"), push(goodPush)}},
		preview.SMSNoStop:     {[]files{about("tips", sms(goodSMS))}, []files{sms(goodSMS), about("tips", sms(goodSMS+" Reply STOP to opt out."))}},
		preview.PushTitleLong: {[]files{push("---\ntitle: " + strings.Repeat("x", 41) + "\n---\nx")}, []files{push("---\ntitle: " + strings.Repeat("ü", 40) + "\n---\nx")}},
		preview.PushTextLong:  {[]files{push("---\ntitle: T\n---\n" + strings.Repeat("x", 179))}, []files{push("---\ntitle: T\n---\n" + strings.Repeat("ü", 178))}},
		preview.PushLarge:     {[]files{push("---\ntitle: T\n---\n" + strings.Repeat("x", 4000))}, []files{push("---\ntitle: T\n---\n" + strings.Repeat("x", 3990))}},
	} {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			for _, files := range c.of {
				p := show(t, files)
				require.Contains(t, codes(p), code, "%v", files)
				for _, f := range p.Findings {
					require.NotEmpty(t, f.Message)
					require.True(t, f.Severity == preview.Error || f.Severity == preview.Warning || f.Severity == preview.Note)
				}
			}
			for _, files := range c.notOf {
				require.NotContains(t, codes(show(t, files)), code, "%v", files)
			}
		})
	}
}

func TestNothingIsFoundOfGoodTemplates(t *testing.T) {
	t.Parallel()
	p := show(t, with(map[string]string{"a/sms.txt": goodSMS, "a/push.txt": goodPush, "a/email.html": goodMail(enough)}))
	require.Empty(t, p.Findings)
	require.Equal(t, "Nothing to mend.", p.Verdict())
	require.False(t, p.Broken())
}

func TestFindingsAreSortedAndSayWhere(t *testing.T) {
	t.Parallel()
	p := show(t, sms("Larkline: it’s https://example.com\n{{ customer.first_name }} {{ customer.region }}"))
	lines := []string{}
	for _, f := range p.Findings {
		lines = append(lines, f.String())
	}
	require.Equal(t, []string{
		`error: sms: render_failed: templates/a/sms.txt:2:30: "customer.region": has no value; add | default: or put it in an if`,
		`warning: sms: default_missing: templates/a/sms.txt:2:4: "customer.first_name": may be missing for others, and then nothing is sent; write customer.first_name | default: "...", or put it in {% if customer.first_name %}`,
	}, lines)
	require.True(t, p.Broken())
	require.True(t, slices.Contains(codes(show(t, sms("it’s"))), preview.SMSUnicode))
	require.Equal(t, []customer.Channel{customer.SMS}, p.Findings[0].Channels)
}

// TestTheCodesOfTheDocs holds the table of templates/README.md to the codes
// that there are, which this package's source declares.
func TestTheCodesOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../templates/README.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "| name | what it means |\n|---|---|\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	var documented []string
	for line := range strings.Lines(table) {
		for _, code := range regexp.MustCompile("`([a-z_0-9]+)`").FindAllStringSubmatch(strings.Split(line, " | ")[0], -1) {
			documented = append(documented, code[1])
		}
	}
	source, err := os.ReadFile("finding.go")
	require.NoError(t, err)
	var declared []string
	for _, code := range regexp.MustCompile(`\bCode = "([a-z_0-9]+)"`).FindAllStringSubmatch(string(source), -1) {
		declared = append(declared, code[1])
	}
	slices.Sort(documented)
	slices.Sort(declared)
	require.Equal(t, declared, documented)
}

// TestTheSampleOfTheDocs reads the sample of templates/README.md with the
// shipped data.yaml.
func TestTheSampleOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../templates/README.md")
	require.NoError(t, err)
	_, text, found := strings.Cut(string(page), "```yaml\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "```")
	b := shipped(t)
	b.Samples = map[string]bundle.Sample{"usage-warning": {File: "templates/README.md", Text: []byte(text)}}
	require.Equal(t, []string{"ana", "nobody"}, preview.SampleNames(b, "usage-warning"))
	person, err := preview.Sample(b, "usage-warning", "ana", now)
	require.NoError(t, err)
	require.Equal(t, "2026-11-23T18:30:00Z", person.Vars.Now.UTC().Format("2006-01-02T15:04:05Z07:00"))
}
