package line

import (
	"html"
	"regexp"
	"strings"
)

var bodyTag = regexp.MustCompile(`(?i)<body(\s[^>]*)?>`)

// WithPreheader puts the line that inboxes show beside the subject at the
// beginning of a page's body, unseen in the mail itself. A page that holds it
// already stays as it is.
func WithPreheader(page, preheader string) string {
	text := html.EscapeString(preheader)
	if text == "" || strings.Contains(page, text) {
		return page
	}
	at := 0
	if tag := bodyTag.FindStringIndex(page); tag != nil {
		at = tag[1]
	}
	return page[:at] + `<div style="display:none;max-height:0;overflow:hidden">` + text + `</div>` + page[at:]
}
