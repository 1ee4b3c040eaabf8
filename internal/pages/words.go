package pages

import (
	"maps"
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
)

// words is what pages say in one language, as page/words.json has it.
// {topic}, {channel} and {hours} stand for what they name.
type words struct {
	LeaveTitle   string `json:"leave_title"`
	LeaveText    string `json:"leave_text"`
	LeaveButton  string `json:"leave_button"`
	LeftTitle    string `json:"left_title"`
	LeftText     string `json:"left_text"`
	UndoText     string `json:"undo_text"`
	UndoButton   string `json:"undo_button"`
	UndoneTitle  string `json:"undone_title"`
	UndoneText   string `json:"undone_text"`
	ChooseLink   string `json:"choose_link"`
	ChooseTitle  string `json:"choose_title"`
	ChooseText   string `json:"choose_text"`
	Topics       string `json:"topics"`
	TopicsHint   string `json:"topics_hint"`
	Ways         string `json:"ways"`
	When         string `json:"when"`
	Prefers      string `json:"prefers"`
	NoPreference string `json:"no_preference"`
	Save         string `json:"save"`
	SavedTitle   string `json:"saved_title"`
	NothingNew   string `json:"nothing_new"`

	SMS        string `json:"sms"`
	Email      string `json:"email"`
	Push       string `json:"push"`
	BlockSMS   string `json:"block_sms"`
	BlockEmail string `json:"block_email"`
	BlockPush  string `json:"block_push"`
	StopHint   string `json:"stop_hint"`
	Dead       string `json:"dead"`

	Any        string `json:"any"`
	Mornings   string `json:"mornings"`
	Afternoons string `json:"afternoons"`
	Evenings   string `json:"evenings"`
	Weekends   string `json:"weekends"`
	Own        string `json:"own"`

	TopicOn   string `json:"topic_on"`
	TopicOff  string `json:"topic_off"`
	BlockOn   string `json:"block_on"`
	BlockOff  string `json:"block_off"`
	NowLiked  string `json:"now_liked"`
	NotLiked  string `json:"not_liked"`
	NowTimely string `json:"now_timely"`

	GoneTitle    string `json:"gone_title"`
	GoneText     string `json:"gone_text"`
	InvalidTitle string `json:"invalid_title"`
	InvalidText  string `json:"invalid_text"`
	ExpiredTitle string `json:"expired_title"`
	ExpiredText  string `json:"expired_text"`
	MissingTitle string `json:"missing_title"`
	TroubleTitle string `json:"trouble_title"`
	TroubleText  string `json:"trouble_text"`
}

// channel names a channel.
func (t words) channel(c customer.Channel) string {
	return map[customer.Channel]string{customer.SMS: t.SMS, customer.Email: t.Email, customer.Push: t.Push}[c]
}

// block says what ticking it means: nothing at all by a channel.
func (t words) block(c customer.Channel) string {
	return map[customer.Channel]string{customer.SMS: t.BlockSMS, customer.Email: t.BlockEmail, customer.Push: t.BlockPush}[c]
}

// hours names a choice of times; said is how the customer said their own.
func (t words) hours(name, said string) string {
	if name == ownHours {
		return filled(t.Own, "hours", said)
	}
	return map[string]string{
		anyHours: t.Any, "mornings": t.Mornings, "afternoons": t.Afternoons, "evenings": t.Evenings, "weekends": t.Weekends,
	}[name]
}

// changes says what differs between two states of one customer, a line each.
func (t words) changes(before, after State) []string {
	var lines []string
	for _, topic := range slices.Sorted(maps.Keys(before.Topics)) {
		text := t.TopicOff
		if after.gets(topic) {
			text = t.TopicOn
		}
		if before.gets(topic) != after.gets(topic) {
			lines = append(lines, filled(text, "topic", title(string(topic))))
		}
	}
	for _, c := range before.channels() {
		lines = append(lines, t.changesOf(c, before, after)...)
	}
	if liked := firstOf(after.Profile.Preferences); liked != firstOf(before.Profile.Preferences) {
		text := t.NotLiked
		if liked != "" {
			text = t.NowLiked
		}
		lines = append(lines, filled(text, "channel", t.channel(liked)))
	}
	return lines
}

// changesOf says what differs for one channel.
func (t words) changesOf(c customer.Channel, before, after State) []string {
	var lines []string
	_, was := before.Blocked[c]
	if _, is := after.Blocked[c]; is != was {
		text := t.BlockOff
		if is {
			text = t.BlockOn
		}
		lines = append(lines, filled(text, "channel", t.channel(c)))
	}
	if now := hoursOf(after.Profile.Preferences, c); now != hoursOf(before.Profile.Preferences, c) {
		said, _ := after.Profile.Preferences.HoursFor(c)
		lines = append(lines, filled(filled(t.NowTimely, "channel", t.channel(c)), "hours", t.hours(now, said)))
	}
	return lines
}
