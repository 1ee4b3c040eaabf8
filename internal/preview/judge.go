package preview

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/message"
)

// text is a written message with what is known of its purpose.
type text struct {
	Channel   customer.Channel
	Content   channel.Content
	Company   string   // the name that emails come from, "" unknown
	Sender    string   // of this channel, "" unknown
	Marketing bool     // it is about a topic that customers are asked for
	Page      markup   // of the HTML
	Own       []string // the engine's links to unsubscribe and to choose
	Links     []string // all others
}

// judge looks at a written message.
func judge(t text) []Finding {
	checks := map[customer.Channel][]func(text) []Finding{
		customer.SMS:   {links, tone, smsLength, smsWords},
		customer.Email: {links, tone, subject, emailParts, pictures, wayOut},
		customer.Push:  {links, tone, pushLength},
	}
	var list []Finding
	for _, check := range checks[t.Channel] {
		list = append(list, check(t)...)
	}
	for i := range list {
		list[i].Channels = []customer.Channel{t.Channel}
	}
	return list
}

// words gives all that a reader reads.
func (t text) words() string {
	body := t.Content.Text
	if t.Channel == customer.Email && t.Page.words != "" {
		body = t.Page.words
	}
	return t.Content.Subject + " " + body
}

// titled names the line above the text.
func (t text) titled() string {
	if t.Channel == customer.Push {
		return "title"
	}
	return "subject"
}

func warning(code Code, value, what, hint string) Finding {
	return Finding{Code: code, Severity: Warning, Value: shortened(value), Message: what, Hint: hint}
}

func note(code Code, value, what, hint string) Finding {
	return Finding{Code: code, Severity: Note, Value: shortened(value), Message: what, Hint: hint}
}

// moneyWords are words that filters count, in the languages that templates are
// mostly written in.
var moneyWords = regexp.MustCompile(`(?i)\$\$+|€€+|\b(?:100\s?%|act now|bargain|bonus|buy now|cash|cheap(?:est)?|credit|discount|don't miss|earn|` +
	`extra income|for free|free|guaranteed?|jackpot|limited time|loan|lowest price|million|money|no cost|offer|only today|order now|prize|profit|refinance|` +
	`risk[- ]free|save big|special promotion|winner|win|won|gewinn(?:en|er)?|geld|gratis|günstig|kostenlos|rabatt|sonderangebot|` +
	`descuento|dinero|ganar|oferta|premio|regalo)\b`)

// maxMoney and maxExclamations are how much of it is still sound.
const (
	maxMoney        = 3
	maxExclamations = 3
)

// tone finds what sounds like advertising that nobody asked for.
func tone(t text) []Finding {
	var list []Finding
	title, words := t.Content.Subject, t.words()
	if shouts(title) {
		list = append(list, warning(SubjectCaps, title, "the "+t.titled()+" is in capitals, which filters take for spam", "write it as a sentence"))
	}
	if strings.Contains(words, "!!") || strings.Count(title, "!") > 1 || strings.Count(words, "!") > maxExclamations {
		list = append(list, warning(Exclamations, "", fmt.Sprintf("it has %d exclamation marks, which filters count", strings.Count(words, "!")), "keep one at most"))
	}
	var money []string
	for _, word := range moneyWords.FindAllString(words, -1) {
		if word = strings.ToLower(word); !slices.Contains(money, word) {
			money = append(money, word)
		}
	}
	if len(money) > maxMoney {
		list = append(list, warning(MoneyWords, strings.Join(money, ", "), "are many words of advertising in one message, which filters count", "say it in plainer words"))
	}
	return list
}

// shouts reports whether a text of at least two words, or eight letters, is in
// capitals for the most part.
func shouts(s string) bool {
	const longWord, share = 8, 0.8
	upper, letters := 0, 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		}
	}
	many := letters >= longWord || letters > 3 && len(strings.Fields(s)) > 1
	return many && float64(upper) > share*float64(letters)
}

// Bounds of what mail programs show.
const (
	maxSubject = 60        // letters
	maxHTML    = 90 * 1024 // bytes, which leaves room for what providers add
)

func subject(t text) []Finding {
	var list []Finding
	if n := utf8.RuneCountInString(t.Content.Subject); n > maxSubject {
		list = append(list, warning(SubjectLong, t.Content.Subject, fmt.Sprintf("the subject has %d letters, and lists show about %d", n, maxSubject), "say the main thing first, and shorten it"))
	}
	if strings.TrimSpace(t.Content.Preheader) == "" {
		list = append(list, warning(PreheaderMissing, "", "there is no preheader, so lists show how the text begins", "write preheader: below the subject, one sentence"))
	}
	return list
}

func emailParts(t text) []Finding {
	var list []Finding
	if strings.TrimSpace(t.Content.Text) == "" {
		list = append(list, warning(TextMissing, "", "it has no plain text, which filters take for spam and some people read", "write words beside the pictures, or add email.txt"))
	}
	if n := len(t.Content.HTML); n > maxHTML {
		list = append(list, warning(EmailLarge, "", fmt.Sprintf("the HTML has %s, providers add to it, and Gmail cuts off after 102 kB", kilobytes(n)), "shorten it, or move pictures out of it"))
	}
	if !knowsDark(t.Content.HTML) {
		list = append(list, note(NoDark, "", "it says nothing of dark mode, so each mail program picks colours of its own", "use the layout, or add the color-scheme meta tag and a prefers-color-scheme style"))
	}
	return list
}

// kilobytes writes a size as Gmail counts it, 1,024 bytes each.
func kilobytes(n int) string { return fmt.Sprintf("%.1f kB", float64(n)/1024) }

// fewWords is how little text makes a mail of pictures, in letters; a footer
// alone has about as much.
const fewWords = 150

func pictures(t text) []Finding {
	var list []Finding
	for _, p := range t.Page.images {
		if !p.alt {
			list = append(list, warning(ImageNoAlt, p.src, "this picture has no words in its place, for those who see none", "add alt=\"what it says\", or alt=\"\" for a decoration"))
		}
		if !strings.HasPrefix(p.src, "https://") && !strings.HasPrefix(p.src, "data:") && !strings.HasPrefix(p.src, "cid:") {
			list = append(list, warning(ImageNotHTTPS, p.src, "mail programs do not load this picture", "give its whole address, beginning with https://"))
		}
	}
	if len(t.Page.images) > 0 && utf8.RuneCountInString(t.Page.words) < fewWords {
		list = append(list, warning(ImageOnly, "", "it is pictures with hardly a word, which filters take for spam", "write what the pictures say as text"))
	}
	return list
}

var (
	leaving  = regexp.MustCompile(`(?i)unsubscrib|opt[- ]?out|abmelde|abbestell|darse de baja|cancelar (?:la )?suscripci|désabonn|disiscri|afmelden|preferences`)
	stopWord = regexp.MustCompile(`(?i)\bstopp?\b|\bopt[- ]?out\b|unsubscribe|abmelden|\bbaja\b`)
)

// wayOut looks for a way to unsubscribe in emails that need one: the engine's
// own, or one that leads to the company's.
func wayOut(t text) []Finding {
	own := func(link string) bool { return slices.Contains(t.Own, link) }
	if !t.Marketing || slices.ContainsFunc(t.Page.links, own) || len(t.Page.links) > 0 && (leaving.MatchString(t.Page.words) || leaving.MatchString(strings.Join(t.Page.links, " "))) {
		return nil
	}
	return []Finding{warning(NoUnsubscribe, "", "it is about a topic that customers are asked for, and has no link to unsubscribe; the law asks for one", "put {{ link.unsubscribe }} into the layout")}
}

// maxSegments is how many segments a text message should take.
const maxSegments = 2

func smsLength(t text) []Finding {
	var list []Finding
	if foreign := message.ForeignTo(t.Content.Text); len(foreign) > 0 {
		chars, hint := []string{}, ""
		for _, f := range foreign {
			chars = append(chars, f.Char)
			if hint == "" {
				hint = "for " + f.Char + " " + f.Hint
			}
		}
		list = append(list, warning(SMSUnicode, strings.Join(chars, " "), "is not in the SMS alphabet, so a segment holds 70 characters instead of 160", hint))
	}
	if n, encoding := message.Segments(t.Content.Text); n > maxSegments {
		list = append(list, warning(SMSLong, "", fmt.Sprintf("it takes %d segments in %s, and each is paid for", n, encoding), "shorten it to two: 306 characters in GSM-7, 134 in UCS-2"))
	}
	return list
}

// smsWords looks for what carriers want in a text message.
func smsWords(t text) []Finding {
	var list []Finding
	lower := strings.ToLower(t.Content.Text)
	if name := strings.ToLower(t.Company); name != "" && !strings.Contains(lower, name) && !strings.Contains(strings.ToLower(t.Sender), name) {
		list = append(list, warning(SMSNoName, "", "it does not say who writes", "begin with "+t.Company+":"))
	}
	if t.Marketing && !stopWord.MatchString(t.Content.Text) {
		list = append(list, warning(SMSNoStop, "", "it is about a topic that customers are asked for, and does not say how to stop it", "end with: Reply STOP to opt out."))
	}
	return list
}

// Bounds of what phones show and take.
const (
	maxTitle     = 40    // letters
	maxPushText  = 178   // letters
	maxPushBytes = 4_000 // of title, text and link
)

func pushLength(t text) []Finding {
	var list []Finding
	c := t.Content
	if n := utf8.RuneCountInString(c.Subject); n > maxTitle {
		list = append(list, warning(PushTitleLong, c.Subject, fmt.Sprintf("the title has %d letters, and phones show about %d", n, maxTitle), "shorten it"))
	}
	if n := utf8.RuneCountInString(c.Text); n > maxPushText {
		list = append(list, warning(PushTextLong, c.Text, fmt.Sprintf("the text has %d letters, and phones show about %d", n, maxPushText), "shorten it, or put the main thing first"))
	}
	if n := len(c.Subject) + len(c.Text) + len(c.Link); n > maxPushBytes {
		list = append(list, warning(PushLarge, "", fmt.Sprintf("it takes %d bytes of the 4,096 that phones' networks carry", n), "shorten it"))
	}
	return list
}
