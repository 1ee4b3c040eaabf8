package pages

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/internal/observe"
)

// The fields of the two forms that an unsubscribe link takes.
const (
	oneClickField = "List-Unsubscribe" // RFC 8058 section 3.1
	oneClickValue = "One-Click"
	undoField     = "undo"
	yes           = "1"
)

// undoLife is how long the undo of an unsubscribe link works: it gives consent,
// and the link itself works for good.
const undoLife = 24 * time.Hour

// leavePage says what the button does.
type leavePage struct {
	Text string
}

// leftPage says what the button has done.
type leftPage struct {
	Title, Text string
	Undo        bool   // there is a button to take it back
	Choose      string // where the preference page is; "" nowhere
}

// unsubscribe serves /u/{token}.
func (s *server) unsubscribe(v *visit) {
	said, refused := v.refusal()
	switch {
	case v.form == nil && !refused:
		s.show(v, http.StatusOK, leavePage{Text: v.about(v.words.LeaveText)})
	case v.form == nil:
		s.left(v, said.At)
	case slices.Contains(v.form[undoField], yes):
		s.undo(v, said, refused)
	default:
		s.leave(v, said, refused)
	}
}

// refusal gives the customer's word on the link's topic, and whether it is no.
func (v *visit) refusal() (said customer.Consent, refused bool) {
	said, ok := v.state.Profile.Consents[v.link.Topic]
	return said, ok && !said.Given
}

func (v *visit) about(text string) string { return filled(text, "topic", title(string(v.link.Topic))) }

// leave withdraws the consent to the link's topic. Again, it changes nothing.
func (s *server) leave(v *visit, said customer.Consent, refused bool) {
	if refused {
		s.left(v, said.At)
		return
	}
	how := customer.ByLink
	if slices.Contains(v.form[oneClickField], oneClickValue) {
		how = customer.ByOneClick
	}
	if v.say(s, v.id("leave", said), v.consent(false), how) {
		s.left(v, v.now)
	}
}

// undo gives the consent again that was withdrawn a short while ago.
func (s *server) undo(v *visit, said customer.Consent, refused bool) {
	if refused && v.now.Sub(said.At) >= undoLife {
		s.left(v, said.At)
		return
	}
	if !refused || v.say(s, v.id("undo", said), v.consent(true), customer.ByLink) {
		s.show(v, http.StatusOK, leftPage{Title: v.words.UndoneTitle, Text: v.about(v.words.UndoneText), Choose: s.choose(v)})
	}
}

func (v *visit) consent(given bool) observe.Change {
	return observe.Change{Consents: map[customer.Topic]bool{v.link.Topic: given}}
}

// id names the event of a click by the link and the word that it changes, so
// that two clicks at once are one event.
func (v *visit) id(act string, said customer.Consent) string {
	sum := sha256.Sum256([]byte(v.token + " " + act + " " + strconv.FormatInt(said.At.UnixMicro(), 10)))
	return "link-" + hex.EncodeToString(sum[:16])
}

// left shows that the customer is off the topic since an instant.
func (s *server) left(v *visit, since time.Time) {
	s.show(v, http.StatusOK, leftPage{
		Title: v.words.LeftTitle, Text: v.about(v.words.LeftText), Undo: v.now.Sub(since) < undoLife, Choose: s.choose(v),
	})
}

// choose gives where the preference page is, seen from an unsubscribe link. It
// holds no longer than the one in the same message.
func (s *server) choose(v *visit) string {
	l := v.link
	l.Kind = link.Preferences
	if !v.now.Before(l.Expires()) {
		return ""
	}
	return ".." + link.PreferencesPath + s.Links.Sign(l)
}
