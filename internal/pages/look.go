package pages

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

//go:embed page
var files embed.FS

// look is how pages look, and what they say in each language.
type look struct {
	templates *template.Template
	style     template.CSS
	policy    string // Content-Security-Policy: this one style, and nothing from elsewhere
	words     map[string]words
}

func newLook() look {
	style := embedded("page.css")
	sum := sha256.Sum256([]byte(style))
	l := look{
		templates: template.Must(template.ParseFS(files, "page/*.html")),
		style:     template.CSS(style),
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
	}
	// The table is part of the program; a test reads it with every word.
	_ = json.Unmarshal([]byte(embedded("words.json")), &l.words)
	return l
}

// embedded gives a file that is part of the program, so it is there.
func embedded(name string) string {
	text, _ := files.ReadFile("page/" + name)
	return string(text)
}

// usualLanguage is that of whoever reads none of the others.
const usualLanguage = "en"

// wordsFor gives a language and what pages say in it: that of the profile, else
// the browser's best one that there is, else English.
func (l look) wordsFor(locale, accept string) (string, words) {
	if found, ok := l.words[languageOf(locale)]; ok {
		return languageOf(locale), found
	}
	best, most := usualLanguage, 0.0
	for part := range strings.SplitSeq(accept, ",") {
		tag, parameter, _ := strings.Cut(part, ";")
		language, weight := languageOf(strings.TrimSpace(tag)), 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q="); ok {
			weight, _ = strconv.ParseFloat(q, 64)
		}
		if _, ok := l.words[language]; ok && weight > most {
			best, most = language, weight
		}
	}
	return best, l.words[best]
}

// languageOf gives the language of a BCP 47 tag.
func languageOf(tag string) string {
	language, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(tag), "_", "-"), "-")
	return language
}

// frame is what stands around each page.
type frame struct {
	Lang    string
	Company string
	Style   template.CSS
	Words   words
	Name    string // of the page within: notice, leave, left, choose
	Page    any
}

// notice is a page that only says something.
type notice struct {
	Title, Text string
}

// show answers with a page.
func (s *server) show(v *visit, status int, page any) {
	s.write(v.w, status, frame{Lang: v.lang, Company: v.state.Company, Words: v.words, Page: page})
}

// sorry answers with a page for what cannot be done, in the browser's language.
func (s *server) sorry(w http.ResponseWriter, r *http.Request, status int) {
	lang, t := s.look.wordsFor("", r.Header.Get("Accept-Language"))
	page := notice{t.TroubleTitle, t.TroubleText}
	switch status {
	case http.StatusForbidden:
		page = notice{t.InvalidTitle, t.InvalidText}
	case http.StatusGone:
		page = notice{t.ExpiredTitle, t.ExpiredText}
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		page = notice{t.MissingTitle, t.InvalidText}
	}
	s.write(w, status, frame{Lang: lang, Words: t, Page: page})
}

// write writes a page, the whole of it or none.
func (s *server) write(w http.ResponseWriter, status int, f frame) {
	f.Style = s.look.style
	switch f.Page.(type) {
	case leavePage:
		f.Name = "leave"
	case leftPage:
		f.Name = "left"
	case choosePage:
		f.Name = "choose"
	default:
		f.Name = "notice"
	}
	var out bytes.Buffer
	if err := s.look.templates.ExecuteTemplate(&out, f.Name+".html", f); err != nil {
		s.Logger.Error("write a customer's page", "page", f.Name, "error", err)
		http.Error(w, f.Words.TroubleTitle, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", f.Lang)
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // they may have gone
}

// title gives a topic as customers read it: its name with a capital letter,
// and spaces for what joins its words.
func title(topic string) string {
	text := strings.Join(strings.FieldsFunc(topic, func(r rune) bool { return r == '-' || r == '_' }), " ")
	first, rest := text, ""
	for i := range text {
		if i > 0 {
			first, rest = text[:i], text[i:]
			break
		}
	}
	return cmp.Or(strings.ToUpper(first)+rest, topic)
}

// filled puts values into a text: {topic}, {address}.
func filled(text, name, value string) string {
	return strings.ReplaceAll(text, "{"+name+"}", value)
}
