package pages

import (
	"crypto/rand"
	"maps"
	"net/http"
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
)

// choosePage is the preference page.
type choosePage struct {
	Saved   *saved // nil: it was opened
	Topics  []box
	Ways    []way
	Prefers []option // none where there are no two channels
	Liked   string   // the one of Prefers that is chosen
}

// saved says what a form has changed; no lines: nothing.
type saved struct {
	Lines []string
}

// box is one that can be ticked.
type box struct {
	Name  string // its value in the form
	Label string
	On    bool
}

// way is a channel by which the customer can be reached.
type way struct {
	Label   string // the channel's name
	Address string // masked
	Block   *box   // nil where nothing arrives anyway
	Note    string
	Field   string // the name of Hours in the form
	Hours   []option
	Chosen  string // the one of Hours that is
}

// option is one of several.
type option struct {
	Name, Label string
	On          bool
}

// preferences serves /p/{token}.
func (s *server) preferences(v *visit) {
	if v.form == nil {
		s.show(v, http.StatusOK, v.choices())
		return
	}
	next, change := v.asked()
	lines := v.words.changes(v.state, next)
	if !change.IsZero() && !v.say(s, "link-"+rand.Text(), change, customer.ByPage) {
		return
	}
	v.state = next
	page := v.choices()
	page.Saved = &saved{Lines: lines}
	s.show(v, http.StatusOK, page)
}

// choices gives the page as the customer's word stands.
func (v *visit) choices() choosePage {
	var page choosePage
	for _, topic := range slices.Sorted(maps.Keys(v.state.Topics)) {
		page.Topics = append(page.Topics, box{Name: topicField + string(topic), Label: title(string(topic)), On: v.state.gets(topic)})
	}
	preferred := firstOf(v.state.Profile.Preferences)
	page.Prefers = []option{{Label: v.words.NoPreference, On: preferred == ""}}
	for _, c := range v.state.channels() {
		page.Ways = append(page.Ways, v.way(c))
		page.Prefers = append(page.Prefers, option{Name: string(c), Label: v.words.channel(c), On: preferred == c})
	}
	page.Liked = string(preferred)
	if len(page.Ways) < 2 {
		page.Prefers = nil
	}
	return page
}

func (v *visit) way(c customer.Channel) way {
	t := v.words
	w := way{Label: t.channel(c), Address: masked(c, v.state.Profile.Address(c)), Field: hoursField + string(c)}
	reason, blocked := v.state.Blocked[c]
	if blocked && !ownWord(reason) {
		w.Note = t.Dead
		return w
	}
	w.Block = &box{Name: blockField + string(c), Label: t.block(c), On: blocked}
	if reason == customer.StopReply {
		w.Note = t.StopHint
	}
	w.Chosen = hoursOf(v.state.Profile.Preferences, c)
	for _, h := range choosable() {
		w.Hours = append(w.Hours, option{Name: h.name, Label: t.hours(h.name, ""), On: h.name == w.Chosen})
	}
	if w.Chosen == ownHours {
		said, _ := v.state.Profile.Preferences.HoursFor(c)
		w.Hours = append(w.Hours, option{Name: ownHours, Label: t.hours(ownHours, said), On: true})
	}
	return w
}

// gets reports whether the customer's consent to a topic holds.
func (s State) gets(topic customer.Topic) bool {
	if said, ok := s.Profile.Consents[topic]; ok {
		return said.Given
	}
	return s.Topics[topic]
}

// channels gives those by which the customer has an address.
func (s State) channels() []customer.Channel {
	return slices.DeleteFunc([]customer.Channel{customer.Email, customer.SMS, customer.Push}, func(c customer.Channel) bool {
		return s.Profile.Address(c) == ""
	})
}

// ownWord reports whether a suppression is the customer's own to take back.
func ownWord(reason string) bool {
	switch reason {
	case customer.StopReply, customer.Unsubscribed, customer.Complaint:
		return true
	}
	return false
}
