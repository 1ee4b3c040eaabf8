package why

import (
	"fmt"
	"math"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/wording"
)

// Habit is what was learned of a customer by one channel, or of all that they
// do.
type Habit struct {
	Channel  customer.Channel `json:"channel"` // any: all that they do
	Text     string           `json:"text"`
	Evidence float64          `json:"evidence"`        // engagements, decayed
	Suffices bool             `json:"suffices"`        // messages go by Hours where nothing else was said
	Hours    string           `json:"hours,omitempty"` // in which they most likely respond
	Share    float64          `json:"share"`           // of the evidence inside Hours
	Usual    string           `json:"usual,omitempty"` // the few hours to which nearly all falls; "": they are not few, or not known
	Inside   float64          `json:"usual_share"`     // of the evidence inside Usual
	LastUsed time.Time        `json:"last_used,omitzero"`
	// Unanswered is how many messages in a row brought no answer.
	Unanswered int `json:"unanswered"`
}

// habits tells what was learned, of all that the customer does and by each
// channel of which there is anything to tell.
func (t *teller) habits() []Habit {
	list := []Habit{}
	for _, channel := range append([]customer.Channel{customer.AnyChannel}, customer.Channels()...) {
		if h, ok := t.habit(channel); ok {
			list = append(list, h)
		}
	}
	return list
}

func (t *teller) habit(channel customer.Channel) (h Habit, ok bool) {
	state := t.Subject.State
	profile := state.Habits[channel]
	h = Habit{Channel: channel, LastUsed: state.Used[channel], Unanswered: state.Unanswered[channel], Evidence: tenth(profile.Evidence(t.Now))}
	if h.Evidence == 0 && h.Unanswered == 0 {
		return h, false
	}
	var others *habit.Population
	if t.Others != nil {
		others = t.Others(channel)
	}
	good, suffices := others.Good(profile, t.Now, t.Policy.Awake(""))
	if h.Suffices = suffices; suffices {
		h.Hours, h.Share = good.Hours.String(), hundredth(good.Share)
	}
	usual, few := profile.Usual(t.Now)
	if few && (channel == customer.AnyChannel || channel == customer.Push) {
		h.Usual, h.Inside = usual.Hours.String(), hundredth(usual.Share)
	}
	h.Text = t.habitWords(h, good)
	return h, true
}

// tenth and hundredth leave so much of a figure as it is good for.
func tenth(f float64) float64     { return math.Round(f*10) / 10 }
func hundredth(f float64) float64 { return math.Round(f*100) / 100 }

func (t *teller) habitWords(h Habit, good habit.Learned) string {
	text := "in all: "
	if h.Channel != customer.AnyChannel {
		text = "by " + wording.Channel(h.Channel) + ": "
	}
	switch {
	case h.Evidence == 0:
		text += "nothing yet"
	case !h.Suffices:
		text += fmt.Sprintf("no hours to go by, from %.1f engagements", h.Evidence)
	default:
		text += journey.Evidence(good, customer.AnyChannel)
	}
	if h.Usual != "" && h.Usual != h.Hours {
		text += fmt.Sprintf("; nearly all falls to %s", h.Usual)
	}
	if h.Unanswered > 1 && h.Channel != customer.SMS { // nobody answers most of them
		text += fmt.Sprintf("; %d messages in a row brought no answer", h.Unanswered)
	}
	if !t.Policy.Learning.Hours && h.Suffices {
		text += "; the policy does not go by it"
	}
	return text
}

// habits writes what was learned: of all that the customer does, and of the
// channels that say more.
func (p *page) habits(list []Habit) {
	label := "learned"
	for _, h := range list {
		if h.Channel == customer.AnyChannel || h.Suffices || h.Usual != "" || h.Unanswered > 1 && h.Channel != customer.SMS {
			p.add(label, h.Text)
			label = ""
		}
	}
}
