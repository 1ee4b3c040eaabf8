package pages

import (
	"maps"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
)

// The fields of the preference form. What a box or a choice was when the page
// was shown comes back with it, so that only what the customer changed is
// changed: a STOP that came meanwhile stands, and so does a topic that the page
// did not have.
const (
	shownField  = "shown" // each box that the page had
	wasField    = "was"   // each that was ticked
	onField     = "on"    // each that is
	topicField  = "topic."
	blockField  = "block."
	hoursField  = "hours."
	preferField = "prefer"
	wasPrefix   = "was."
)

// asked gives the state that a form asks for, and the change to it: what the
// customer altered on the page, as far as it is not so already and is theirs to
// alter.
func (v *visit) asked() (next State, change observe.Change) {
	next = v.state
	next.Profile = v.state.Profile.Clone()
	next.Blocked = maps.Clone(v.state.Blocked)
	for name, on := range v.altered() {
		if topic, ok := strings.CutPrefix(name, topicField); ok {
			v.askTopic(&next, &change, customer.Topic(topic), on)
		} else if c, ok := strings.CutPrefix(name, blockField); ok {
			v.askBlock(&next, &change, customer.Channel(c), on)
		}
	}
	v.askPreferences(&next, &change)
	return next, change
}

// altered gives the boxes that the customer ticked or unticked.
func (v *visit) altered() map[string]bool {
	list := map[string]bool{}
	for _, name := range v.form[shownField] {
		if on := slices.Contains(v.form[onField], name); on != slices.Contains(v.form[wasField], name) {
			list[name] = on
		}
	}
	return list
}

func (v *visit) askTopic(next *State, change *observe.Change, topic customer.Topic, on bool) {
	if _, known := v.state.Topics[topic]; !known || v.state.gets(topic) == on {
		return
	}
	if change.Consents == nil {
		change.Consents = map[customer.Topic]bool{}
	}
	if next.Profile.Consents == nil {
		next.Profile.Consents = map[customer.Topic]customer.Consent{}
	}
	change.Consents[topic] = on
	next.Profile.Consents[topic] = customer.Consent{Given: on, At: v.now}
}

func (v *visit) askBlock(next *State, change *observe.Change, c customer.Channel, on bool) {
	reason, blocked := v.state.Blocked[c]
	if blocked == on || blocked && !ownWord(reason) || !slices.Contains(v.state.channels(), c) {
		return
	}
	if change.Blocks == nil {
		change.Blocks = map[customer.Channel]bool{}
	}
	if next.Blocked == nil {
		next.Blocked = map[customer.Channel]string{}
	}
	change.Blocks[c] = on
	if delete(next.Blocked, c); on {
		next.Blocked[c] = customer.Unsubscribed
	}
}

// askPreferences reads the choices of times and of the best channel.
func (v *visit) askPreferences(next *State, change *observe.Change) {
	before := next.Profile.Preferences
	p := before
	for _, c := range v.state.channels() {
		if name, ok := v.chosen(hoursField + string(c)); ok && name != hoursOf(before, c) {
			p = setHours(p, c, name)
		}
	}
	if name, ok := v.chosen(preferField); ok {
		first := customer.Channel(name)
		if first != firstOf(before) && (first == "" || slices.Contains(v.state.channels(), first)) {
			p = setFirst(p, first)
		}
	}
	if !slices.Equal(p.Channels, before.Channels) || !maps.Equal(p.Hours, before.Hours) {
		next.Profile.Preferences, change.Preferences = p, &p
	}
}

// chosen gives what the customer chose, where it is not what was chosen before.
func (v *visit) chosen(field string) (name string, altered bool) {
	list, was := v.form[field], v.form[wasPrefix+field]
	if len(list) == 0 {
		return "", false
	}
	return list[0], !slices.Equal(list[:1], was)
}
