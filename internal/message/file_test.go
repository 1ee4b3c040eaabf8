package message_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mail is an email.html with the usual subject.
func mail(body string) string { return "---\nsubject: S\n---\n" + body }

func TestFaultsOfFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"fine":                         {map[string]string{"a/email.html": mail("<p>x</p>"), "a/email.txt": "x", "README.md": "x", "a/.DS_Store": "\xff"}, nil},
		"outside":                      {map[string]string{"sms.txt": "x"}, []string{`t/sms.txt: is not in a template's folder; move it to <template>/sms.txt, for instance`}},
		"deep":                         {map[string]string{"a/b/sms.txt": "x"}, []string{`t/a/b/sms.txt: is not in a template's folder; move it to <template>/sms.txt, for instance`}},
		"unknown file":                 {map[string]string{"a/smss.txt": "x"}, []string{`t/a/smss.txt: is not a file that a template has; did you mean sms.txt? (a locale may stand behind: sms.txt.de)`}},
		"folder's name":                {map[string]string{"Usage Warning/sms.txt": "x"}, []string{`t/Usage Warning/sms.txt: the folder Usage Warning is not a template's name; use small letters, digits and single dashes: usage-warning`}},
		"locale":                       {map[string]string{"a/sms.txt": "x", "a/sms.txt.pt-br": "x"}, []string{`t/a/sms.txt.pt-br: "pt-br": is not a locale; write a language in small letters, and perhaps a country in capitals: de, pt-BR`}},
		"no default":                   {map[string]string{"a/sms.txt.de": "x"}, []string{`t/a/sms.txt: is missing, so customers of other languages than de could not be written to; add it, without a locale in its name`}},
		"not text":                     {map[string]string{"a/sms.txt": "\xff"}, []string{`t/a/sms.txt: is not UTF-8 text; save it as UTF-8`}},
		"too large":                    {map[string]string{"a/sms.txt": strings.Repeat("x", 100_001)}, []string{`t/a/sms.txt: is larger than 100 kB; shorten it; many mail programs cut off after 102 kB`}},
		"text alone":                   {map[string]string{"a/email.txt": "x"}, []string{`t/a/email.txt: stands without email.html; add that file; it also holds the subject`}},
		"text of another locale":       {map[string]string{"a/email.html": mail("x"), "a/email.txt.de": "x"}, []string{`t/a/email.txt.de: stands without email.html.de; add that file; it also holds the subject`}},
		"no subject":                   {map[string]string{"a/email.html": "<p>x</p>"}, []string{`t/a/email.html:1:1: subject is missing; open the file with a line ---, then subject: Your data is nearly used up, then a line ---`}},
		"no subject among keys":        {map[string]string{"a/email.html": "---\npreheader: x\n---\nx"}, []string{`t/a/email.html:2:1: subject is missing; write subject: Your data is nearly used up between the lines ---`}},
		"misspelt key":                 {map[string]string{"a/email.html": "---\nsubjekt: x\n---\nx"}, []string{`t/a/email.html:2:1: subjekt: "subjekt": is not a key that is known here; did you mean subject?`}},
		"bare braces":                  {map[string]string{"a/email.html": "---\nsubject: {{ customer.plan }}\n---\nx"}, []string{`t/a/email.html:2:10: "{{ customer.plan }}": starts with a brace, which YAML takes for its own; put the whole value in quotes`}},
		"variable in subject":          {map[string]string{"a/email.html": "---\npreheader: p\nsubject: \"Hi {{ customer.frist_name }}\"\n---\nx"}, []string{`t/a/email.html:3:17: subject: "customer.frist_name": is not a trait that data.yaml declares; did you mean customer.first_name?`}},
		"long subject":                 {map[string]string{"a/email.html": "---\nsubject: |\n  a\n  b\n---\nx"}, []string{`t/a/email.html:2:10: subject: "a\nb\n": has more than one line; write it on one line`}},
		"list":                         {map[string]string{"a/email.html": "---\n- a\n---\nx"}, []string{`t/a/email.html:2:1: is a list where keys with values are due; write key: value, one a line`}},
		"no title":                     {map[string]string{"a/push.txt": "x"}, []string{`t/a/push.txt:1:1: title is missing; open the file with a line ---, then title: Your data is nearly used up, then a line ---`}},
		"layout unknown":               {map[string]string{"a/email.html": "---\nsubject: S\nlayout: defualt\n---\nx"}, []string{`t/a/email.html:3:9: layout: "defualt": is not a layout; did you mean default?`}},
		"layout none":                  {map[string]string{"a/email.html": "---\nsubject: S\nlayout: none\n---\nx"}, nil},
		"layout's name":                {map[string]string{"layouts/none.html": "{{ content }}"}, []string{`t/layouts/none.html: is not a layout's name; write <name>.html or <name>.html.<locale>, in small letters, and not none`}},
		"layout without content":       {map[string]string{"layouts/bare.html": "<p>x</p>"}, []string{`t/layouts/bare.html: has no {{ content }}; write {{ content }} where the message belongs`}},
		"layout in one language":       {map[string]string{"layouts/big.html.de": "{{ content }}"}, []string{`t/layouts/big.html: is missing; add it, without a locale in its name`}},
		"content in a tag":             {map[string]string{"layouts/bare.html": "<p class=\"{{ content }}\">"}, []string{`t/layouts/bare.html:1:11: "{{ content }}": stands inside a tag; put it between tags`}},
		"position behind front matter": {map[string]string{"a/email.html": mail("<p>\n{{ x.y }}</p>")}, []string{`t/a/email.html:5:4: "x.y": is not a name that is known here; start with customer., match., link., now or an event's name`}},
		"style":                        {map[string]string{"a/email.html": mail("<style>p { color: {{ match.x }} }</style>")}, []string{`t/a/email.html:4:19: "match.x": stands in a style sheet or script, where it cannot be made safe; write it between tags, or in quotes as an attribute's value`}},
		"handler":                      {map[string]string{"a/email.html": mail("<p onclick=\"x('{{ match.x }}')\">y</p>")}, []string{`t/a/email.html:4:16: "match.x": stands in onclick=, where it cannot be made safe; choose between whole tags with {% if %}`}},
		"no quotes":                    {map[string]string{"a/email.html": mail("<p class={{ match.x }}>y</p>")}, []string{`t/a/email.html:4:10: "match.x": stands inside of a tag, where it cannot be made safe; write it between tags, or in quotes as an attribute's value`}},
		"tag's name":                   {map[string]string{"a/email.html": mail("<{{ match.x }}>y</p>")}, []string{`t/a/email.html:4:2: "match.x": stands inside of a tag, where it cannot be made safe; write it between tags, or in quotes as an attribute's value`}},
		"comment":                      {map[string]string{"a/email.html": mail("<!-- {{ match.x }} -->")}, []string{`t/a/email.html:4:6: "match.x": stands in a comment, where it cannot be made safe; write it between tags, or in quotes as an attribute's value`}},
		"address":                      {map[string]string{"a/email.html": mail("<a href=\"{{ match.x }}\">y</a>")}, []string{`t/a/email.html:4:10: "match.x": begins a web address, which could then lead anywhere; write the address's beginning out: https://www.example.com/{{ match.x }}`}},
		"half a quote":                 {map[string]string{"a/email.html": mail("{% if now %}<a href=\"x{% endif %}\">y</a>")}, []string{`t/a/email.html:4:1: opens or closes a quote or a tag in one case and not in the other; put whole tags, or whole values, into each case`}},
		"two ends":                     {map[string]string{"a/email.html": mail("<a href=\"{% if now %}x\">{% else %}y{% endif %}\">y</a>")}, []string{`t/a/email.html:4:25: opens or closes a quote or a tag in one case and not in the other; put whole tags, or whole values, into each case`}},
		"tag left open":                {map[string]string{"a/email.html": mail("<p>x</p")}, []string{`t/a/email.html: ends inside of a tag; close it`}},
		"captured HTML":                {map[string]string{"a/email.html": mail("{% capture x %}<b>{{ match.x }}</b>{% endcapture %}{{ x }}")}, []string{`t/a/email.html:4:1: "{% capture x %}": holds HTML, which would be shown as text; capture words only, and write the HTML where it belongs`}},
		"link's scheme":                {map[string]string{"a/push.txt": "---\ntitle: T\nlink: javascript:alert(1)\n---\nx"}, []string{`t/a/push.txt:3:7: link: "javascript:alert(1)": is not a web address; begin with https://, or with your app's own scheme`}},
		"link's beginning":             {map[string]string{"a/push.txt": "---\ntitle: T\nlink: \"{{ match.x }}\"\n---\nx"}, []string{`t/a/push.txt:3:8: link: "match.x": begins a web address, which could then lead anywhere; write the address's beginning out: https://www.example.com/{{ match.x }}`}},
		"tag in a link":                {map[string]string{"a/push.txt": "---\ntitle: T\nlink: \"https://x.y/{% if now %}z{% endif %}\"\n---\nx"}, []string{`t/a/push.txt:3:20: link: a tag stands in a web address; write the address out, with {{ }} for its parts`}},
		"three segments":               {map[string]string{"a/sms.txt": strings.Repeat("x", 300) + "{{ match.used }} {{ link.unsubscribe }}"}, []string{`t/a/sms.txt: warning [long-sms]: takes about 3 SMS segments: 412 characters in GSM-7; shorten it to two: 306 characters in GSM-7, 134 in UCS-2`}},
		"cyrillic":                     {map[string]string{"a/sms.txt": "x", "a/sms.txt.ru": "Привет"}, nil},
		"months in English":            {map[string]string{"a/sms.txt": "x", "a/sms.txt.pl": "{{ now | date: \"%d %B\" }}", "a/sms.txt.de": "{{ now | date: \"%d %B, %a\" }}"}, []string{`t/a/sms.txt.de:1:24: warning [english-date]: "%a": is written in English; use numbers, as %d.%m.%Y`, `t/a/sms.txt.pl:1:20: warning [english-date]: "%B": is written in English; use numbers, as %d.%m.%Y`}},
		"Windows":                      {map[string]string{"a/email.html": "\ufeff---\r\nsubject: S\r\n---\r\n{{ x }}\r\n"}, []string{`t/a/email.html:4:4: "x": is not a name that is known here; start with customer., match., link., now or an event's name`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, problems(files(c.files)))
		})
	}
}
