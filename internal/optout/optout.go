// Package optout decides what a customer's reply by SMS asks for: to stop, to
// start again, or for help. It reads the text alone, and knows no customer, no
// provider and no language setting: people answer in the language they like.
//
// A stop that is missed is worse than one too many, so that whatever plainly
// asks for it counts, not only a provider's own words; a sentence in which such
// a word has another meaning does not.
package optout

import "strings"

// Word is what a reply asks for.
type Word string

// What replies ask for. Yes starts again for somebody who had stopped, and means
// nothing else here: it may answer a question.
const (
	None  Word = ""
	Stop  Word = "stop"
	Start Word = "start"
	Yes   Word = "yes"
	Help  Word = "help"
)

// longest bounds the text that is read, in bytes: ten parts of an SMS.
const longest = 1600

// Read gives what a reply asks for. Case, accents, quotes, punctuation, numbers
// and pictures do not count. Start, Yes and Help are given where the whole reply
// says so, politely or not: "Start, please". Stop is given
//
//   - where every word of the reply belongs to it: "STOP ALL", "bitte keine SMS
//     mehr", "please stop texting me";
//   - where one of its sentences, or what stands before its first comma, does:
//     "STOP! I never signed up". Here the words of everyday life, such as end
//     and cancel, do not count.
//
// The text is read in every language at once.
func Read(text string) Word {
	text = strings.ToValidUTF8(text[:min(len(text), longest)], " ")
	all := lexicons()
	whole := tokens(text)
	for _, word := range []Word{Stop, Start, Help, Yes} {
		for _, l := range all {
			if l.read(whole) == word {
				return word
			}
		}
	}
	for _, part := range parts(text) {
		for _, l := range all {
			if found := l.classify(tokens(part)); found.plain() {
				return Stop
			}
		}
	}
	return None
}

// kind is what a phrase does in a reply.
type kind int

const (
	unknown kind = iota
	stops        // asks to stop, whatever stands beside it
	ends         // asks to stop, by itself or beside what is to stop
	starts
	agrees
	helps
	noun   // what is to stop
	glue   // belongs to a sentence that asks for it
	polite // changes nothing
	kinds  // how many there are
)

// finding counts the phrases of each kind.
type finding [kinds]int

// plain reports whether all belongs to asking for a stop in words that mean
// nothing else.
func (f finding) plain() bool { return f[unknown] == 0 && f[stops] > 0 }

// read gives what all of the words ask for, as a language has it.
func (l lexicon) read(words []string) Word {
	f := l.classify(words)
	bare := f[noun] == 0 && f[glue] == 0
	switch {
	case f[unknown] > 0:
		return None
	case f[stops] > 0, f[ends] > 0 && (bare || f[noun] > 0):
		return Stop
	case f[starts] > 0 && bare:
		return Start
	case f[helps] > 0 && bare:
		return Help
	case f[agrees] > 0 && bare:
		return Yes
	}
	return None
}

// longestPhrase is the most words that a phrase of the tables has.
const longestPhrase = 5

// classify takes the words apart into the longest phrases that the language
// knows.
func (l lexicon) classify(words []string) (f finding) {
	for len(words) > 0 {
		n, found := 1, unknown
		for length := min(longestPhrase, len(words)); length > 0; length-- {
			if k, ok := l[strings.Join(words[:length], " ")]; ok {
				n, found = length, k
				break
			}
		}
		f[found]++
		words = words[n:]
	}
	return f
}
