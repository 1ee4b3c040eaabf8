package preview

import (
	"regexp"
	"strings"
)

// scheme is whether a mail program shows light or dark.
type scheme string

const (
	light scheme = "light"
	dark  scheme = "dark"
)

var (
	schemeQuery = regexp.MustCompile(`(?i)\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)`)
	schemeWord  = regexp.MustCompile(`(?is)<meta[^>]*color-scheme[^>]*dark|\bcolor-scheme\s*:[^;}]*dark`)
	headEnd     = regexp.MustCompile(`(?i)</head\s*>`)
	pictureSrc  = regexp.MustCompile(`(?is)(<img\b(?:[^>"']|"[^"]*"|'[^']*')*?\s)(?:srcset|src)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)`)
)

// knowsDark reports whether HTML says how it looks in dark mode.
func knowsDark(html string) bool {
	return schemeWord.MatchString(html) || strings.Contains(strings.ToLower(html), "prefers-color-scheme")
}

// staged gives an email's HTML as a mail program shows it: every question
// after light or dark is answered in the text, whatever the browser prefers,
// and pictures from elsewhere are left out. HTML that knows no dark mode stays
// as it is.
func staged(html string, as scheme) string {
	known := knowsDark(html)
	html = schemeQuery.ReplaceAllStringFunc(html, func(query string) string {
		if strings.EqualFold(schemeQuery.FindStringSubmatch(query)[1], string(as)) {
			return "(min-width: 0)"
		}
		return "(max-width: 0)"
	})
	for range 2 { // src and srcset
		html = pictureSrc.ReplaceAllStringFunc(html, withoutPicture)
	}
	style := "<style>img:not([src]) { display: inline-block; min-width: 40px; min-height: 24px; padding: 4px 8px; background: #d9dde4; color: #3c4350; font: 13px sans-serif; }"
	if known {
		style += " :root { color-scheme: only " + string(as) + " !important; }"
	}
	style += "</style>"
	if at := headEnd.FindStringIndex(html); at != nil {
		return html[:at[0]] + style + html[at[0]:]
	}
	return html + style
}

// withoutPicture drops the address of a picture that does not stand in the
// mail itself.
func withoutPicture(tag string) string {
	found := pictureSrc.FindStringSubmatch(tag)
	if strings.HasPrefix(strings.Trim(found[2], `"'`), "data:") {
		return tag
	}
	return found[1]
}
