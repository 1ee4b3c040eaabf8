package optout

import (
	"strings"
	"sync"
)

// lexicon gives the kind of each phrase that a language knows.
type lexicon map[string]kind

// table is the words of one language: phrases with commas between them, in
// small letters, without accents and apostrophes.
type table struct {
	stops  string // ask to stop
	ends   string // ask to stop where nothing else is said: words of everyday life
	starts string
	agrees string
	helps  string
	nouns  string // what is to stop
	glue   string // stands in sentences that ask to stop
	polite string
}

// lexicons gives languages, made once: they never change.
var lexicons = sync.OnceValue(languages)

// languages gives the lexicon of each language that the product ships words for.
// What is polite is so everywhere, and carriers' words are known everywhere.
func languages() []lexicon {
	tables := []table{english(), german(), french(), spanish(), italian(), portuguese(), dutch()}
	list := make([]lexicon, len(tables))
	for i, t := range tables {
		l := lexicon{}
		for _, other := range tables {
			l.add(other.polite, polite)
		}
		l.add(t.glue, glue)
		l.add(t.nouns, noun)
		for _, own := range []table{carriers(), t} {
			l.add(own.agrees, agrees)
			l.add(own.helps, helps)
			l.add(own.starts, starts)
			l.add(own.ends, ends)
			l.add(own.stops, stops)
		}
		list[i] = l
	}
	return list
}

func (l lexicon) add(phrases string, k kind) {
	for phrase := range strings.SplitSeq(phrases, ",") {
		if phrase = strings.Join(strings.Fields(phrase), " "); phrase != "" {
			l[phrase] = k
		}
	}
}
