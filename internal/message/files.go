package message

import (
	"cmp"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/source"
)

// body is the name of one of a template's files, without its locale.
type body string

const (
	smsText   body = "sms.txt"
	emailHTML body = "email.html"
	emailText body = "email.txt"
	pushText  body = "push.txt"
)

func bodies() []string {
	return []string{string(emailHTML), string(emailText), string(smsText), string(pushText)}
}

// bodyOf gives the file that writes a template for a channel.
func bodyOf(c customer.Channel) body {
	return map[customer.Channel]body{customer.SMS: smsText, customer.Email: emailHTML, customer.Push: pushText}[c]
}

// SampleFile is the name of the file of a template's folder that holds values
// to preview it with. It is no text of the template.
const SampleFile = "sample.yaml"

const (
	layoutsFolder = "layouts"
	defaultLayout = "default"
	noLayout      = "none"

	// maxTemplate bounds a file, in bytes; a rendered part has the same bound.
	maxTemplate = 100_000
)

var (
	templateName = regexp.MustCompile(`^[a-z0-9]+([-_][a-z0-9]+)*$`)
	localeName   = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)
)

// reader collects what the files hold before templates are put together.
type reader struct {
	env     Env
	ps      *source.Problems
	lib     *Library
	texts   map[string]variants[*program] // email.txt, by template
	written map[string]map[body][]string  // locales, by template and file, whether right or wrong
}

// Read reads all templates. The keys are paths in the templates folder, with
// slashes: usage-warning/sms.txt.de. Hidden files, README files and samples are
// passed over. Every problem of every file goes to ps.
func Read(files map[string][]byte, env Env, ps *source.Problems) *Library {
	if env.Data == nil {
		env.Data = &dictionary.Dictionary{}
	}
	r := reader{env: env, ps: ps, texts: map[string]variants[*program]{}, written: map[string]map[body][]string{},
		lib: &Library{prefix: env.Prefix, templates: map[string]template{}, layouts: map[string]variants[*program]{}}}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		base := path.Base(name)
		if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "README") || isSample(name) {
			continue
		}
		r.file(name, files[name])
	}
	r.pairTexts()
	r.checkDefaults()
	r.checkLayouts()
	return r.lib
}

func isSample(name string) bool {
	folder, base, _ := strings.Cut(name, "/")
	return base == SampleFile && folder != layoutsFolder
}

func (r *reader) fail(file, message, hint string) {
	r.ps.Add(source.Problem{File: r.env.Prefix + file, Message: message, Hint: hint})
}

// file reads one file by what its path says it is.
func (r *reader) file(name string, content []byte) {
	folder, base, ok := strings.Cut(name, "/")
	if !ok || strings.Contains(base, "/") {
		r.fail(name, "is not in a template's folder", "move it to <template>/"+string(smsText)+", for instance")
		return
	}
	message, hint := source.NoText(content)
	switch {
	case len(content) > maxTemplate:
		r.fail(name, "is larger than 100 kB", "shorten it; many mail programs cut off after 102 kB")
	case message != "":
		r.fail(name, message, hint)
	case strings.TrimSpace(tidy(content)) == "":
		r.fail(name, "is empty", "write the text, or delete the file")
	case folder == layoutsFolder:
		r.layout(name, base, content)
	case !templateName.MatchString(folder):
		r.fail(name, "the folder "+folder+" is not a template's name", "use small letters, digits and single dashes: usage-warning")
	default:
		r.part(name, folder, base, content)
	}
}

func (r *reader) layout(name, base string, content []byte) {
	stem, locale, ok := strings.Cut(base, ".html")
	if !ok || !templateName.MatchString(stem) || stem == noLayout {
		r.fail(name, "is not a layout's name", "write <name>.html or <name>.html.<locale>, in small letters, and not none")
		return
	}
	if locale, ok = r.locale(name, locale); !ok {
		return
	}
	c := r.carrier(locale, itemsHeld)
	c.layout = true
	p := c.compile(r.whole(name, content), html)
	if r.lib.layouts[stem] == nil {
		r.lib.layouts[stem] = variants[*program]{}
	}
	r.lib.layouts[stem][strings.ToLower(locale)] = p
	if p != nil && !slices.ContainsFunc(p.reads, func(r read) bool { return r.path == contentRoot }) {
		r.fail(name, "has no {{ content }}", "write {{ content }} where the message belongs")
	}
}

// part reads one file of a template.
func (r *reader) part(name, folder, base string, content []byte) {
	kind, locale, ok := splitBody(base)
	if !ok {
		hint := cmp.Or(source.DidYouMean(base, bodies()), "known: "+strings.Join(bodies(), ", "))
		r.fail(name, "is not a file that a template has", hint+" (a locale may stand behind: "+string(smsText)+".de)")
		return
	}
	if locale, ok = r.locale(name, locale); !ok {
		return
	}
	if r.written[folder] == nil {
		r.written[folder] = map[body][]string{}
	}
	r.written[folder][kind] = append(r.written[folder][kind], locale)
	key, t := strings.ToLower(locale), r.lib.templates[folder]
	switch kind {
	case smsText:
		put(&t.sms, key, r.sms(name, locale, content))
	case emailHTML:
		put(&t.email, key, r.email(name, locale, content))
	case emailText:
		texts := r.texts[folder]
		put(&texts, key, r.carrier(locale, itemsHeld).compile(r.whole(name, content), plain))
		r.texts[folder] = texts
	case pushText:
		put(&t.push, key, r.push(name, locale, content))
	}
	r.lib.templates[folder] = t
}

func put[T any](v *variants[T], key string, value T) {
	if *v == nil {
		*v = variants[T]{}
	}
	(*v)[key] = value
}

func splitBody(base string) (body, string, bool) {
	for _, b := range bodies() {
		if rest, ok := strings.CutPrefix(base, b); ok && (rest == "" || rest[0] == '.') {
			return body(b), rest, true
		}
	}
	return "", "", false
}

// locale reads what stands behind a file's name: "" or .de or .pt-BR.
func (r *reader) locale(name, suffix string) (string, bool) {
	if suffix == "" {
		return "", true
	}
	locale := strings.TrimPrefix(suffix, ".")
	if suffix[0] == '.' && localeName.MatchString(locale) {
		return locale, true
	}
	r.ps.Add(source.Problem{File: r.env.Prefix + name, Value: locale, Message: "is not a locale",
		Hint: "write a language in small letters, and perhaps a country in capitals: de, pt-BR"})
	return "", false
}

func (r *reader) compiler(locale string) *compiler {
	return &compiler{env: r.env, ps: r.ps, locale: cmp.Or(locale, "en")}
}

// whole gives a file without front matter as one text.
func (r *reader) whole(name string, content []byte) text {
	return text{file: r.env.Prefix + name, body: tidy(content), line: 1, column: 1}
}

// tidy drops a byte order mark and Windows line ends, which editors leave.
func tidy(content []byte) string {
	return strings.ReplaceAll(strings.TrimPrefix(string(content), "\ufeff"), "\r\n", "\n")
}

// pairTexts gives each email its own text part, of the same locale.
func (r *reader) pairTexts() {
	for _, folder := range slices.Sorted(maps.Keys(r.texts)) {
		for _, locale := range r.written[folder][emailText] {
			if !slices.Contains(r.written[folder][emailHTML], locale) {
				r.fail(folder+"/"+withLocale(emailText, locale), "stands without "+withLocale(emailHTML, locale), "add that file; it also holds the subject")
				continue
			}
			key := strings.ToLower(locale)
			if e := r.lib.templates[folder].email[key]; e != nil {
				e.text = r.texts[folder][key]
				e.checkTextPlace(r.ps)
			}
		}
	}
}

func withLocale(b body, locale string) string {
	if locale == "" {
		return string(b)
	}
	return string(b) + "." + locale
}

// checkDefaults reports files that serve some languages and nobody else.
func (r *reader) checkDefaults() {
	for _, folder := range slices.Sorted(maps.Keys(r.written)) {
		for _, b := range []body{emailHTML, smsText, pushText} {
			locales := r.written[folder][b]
			if len(locales) > 0 && !slices.Contains(locales, "") {
				r.fail(folder+"/"+string(b), "is missing, so customers of other languages than "+strings.Join(locales, ", ")+" could not be written to",
					"add it, without a locale in its name")
			}
		}
	}
}

// checkLayouts reports layouts that are named and not there, or that serve
// some languages only.
func (r *reader) checkLayouts() {
	for _, name := range slices.Sorted(maps.Keys(r.lib.layouts)) {
		if _, ok := r.lib.layouts[name][""]; !ok {
			r.fail(layoutsFolder+"/"+name+".html", "is missing", "add it, without a locale in its name")
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(r.lib.templates)) {
		emails := r.lib.templates[folder].email
		for _, locale := range slices.Sorted(maps.Keys(emails)) {
			if e := emails[locale]; e.layout != "" && r.lib.layouts[e.layout] == nil {
				r.noLayout(e, folder+"/"+withLocale(emailHTML, locale))
			}
		}
	}
}

func (r *reader) noLayout(e *email, name string) {
	at := 0
	if e.named.file == "" {
		e.named.file, at = r.env.Prefix+name, -1
	}
	hint := source.DidYouMean(e.layout, slices.Sorted(maps.Keys(r.lib.layouts)))
	r.ps.Add(e.named.problem(at, e.layout, "is not a layout",
		cmp.Or(hint, "add "+r.env.Prefix+layoutsFolder+"/"+e.layout+".html, or write layout: none in the front matter")))
}
