package optout

import (
	"regexp"
	"strings"
	"unicode"
)

// tokens gives a text's words in small letters without accents, and without
// numbers: a short code often stands behind STOP. Letters that stand alone are
// one word: S.T.O.P.
func tokens(text string) []string {
	var words []string
	spelt := true
	for _, word := range strings.FieldsFunc(fold(text), unicode.IsSpace) {
		if strings.Trim(word, "0123456789") == "" {
			continue
		}
		words = append(words, calm(word))
		spelt = spelt && len(word) == 1
	}
	if spelt && len(words) > 1 {
		return []string{strings.Join(words, "")}
	}
	return words
}

// fold gives small letters without accents, drops apostrophes and what cannot
// be seen, and puts a space in the place of everything else.
func fold(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		if r >= '！' && r <= '～' { // full width
			r = unicode.ToLower(r - '！' + '!')
		}
		switch {
		case strings.ContainsRune("'’‘`´", r), unicode.In(r, unicode.Mn, unicode.Cf):
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteString(plain(r))
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// plain gives a Latin letter without its accent.
func plain(r rune) string {
	switch r {
	case 'à', 'á', 'â', 'ã', 'ä', 'å':
		return "a"
	case 'ç':
		return "c"
	case 'è', 'é', 'ê', 'ë':
		return "e"
	case 'ì', 'í', 'î', 'ï':
		return "i"
	case 'ñ':
		return "n"
	case 'ò', 'ó', 'ô', 'õ', 'ö', 'ø':
		return "o"
	case 'ù', 'ú', 'û', 'ü':
		return "u"
	case 'ý', 'ÿ':
		return "y"
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	}
	return string(r)
}

// calm takes back letters that were held down: stooop, STOPPPP.
func calm(word string) string {
	const held = 3
	var b strings.Builder
	letters := []rune(word)
	for i := 0; i < len(letters); {
		end := i
		for end < len(letters) && letters[end] == letters[i] {
			end++
		}
		run := end - i
		if run >= held {
			run = 1
		}
		b.WriteString(strings.Repeat(string(letters[i]), run))
		i = end
	}
	return b.String()
}

// quoted is what somebody else wrote. Phones answer with it: Liked “...”.
var quoted = regexp.MustCompile(`“[^”]*”|"[^"]*"|«[^»]*»|„[^“”]*[“”]`)

// quotation stands for a quoted text: a word that no language knows.
const quotation = " qqx "

// parts gives the sentences of a text outside its quotes, and what stands
// before its first comma.
func parts(text string) []string {
	text = quoted.ReplaceAllString(text, quotation)
	sentences := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".!?;…\n\r", r) })
	clause, _, _ := strings.Cut(text, ",")
	return append(sentences, clause)
}
