package observe

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// word reads what the customer said: consent and preferences.
func (r *traitReader) word() {
	if _, text, ok := r.first("consent"); ok && text != "" {
		r.consent(text)
	}
	if _, text, ok := r.first("prefers"); ok {
		r.prefers(text)
	}
}

func (r *traitReader) consent(text string) {
	if !strings.HasPrefix(text, "{") {
		topics, ok := listOf(text)
		if !ok {
			r.refuse("consent", `is neither a list of topics nor topics with yes or no, write ["offers"] or {"offers": "yes"}`)
			return
		}
		for _, topic := range topics {
			r.agree(topic, "yes")
		}
		return
	}
	said, ok := members(text)
	if !ok {
		r.refuse("consent", `is not an object of topics with yes or no, write {"offers": "yes"}`)
		return
	}
	for _, m := range said {
		r.agree(m.key, m.value)
	}
}

func (r *traitReader) agree(topic, answer string) {
	given, trouble := yesNo(answer)
	name := Name(topic)
	switch {
	case name == "":
		r.refuse("consent", "holds a topic without a name, write it as in policy.yaml")
		return
	case trouble != "":
		r.refuse("consent."+name, trouble)
		return
	}
	topicOf := customer.Topic(name)
	if before, twice := r.change.Consents[topicOf]; r.torn[topicOf] || twice && before != given {
		if !r.torn[topicOf] {
			r.refuse("consent."+name, "is said twice, yes and no, write one of them")
		}
		r.tear(topicOf)
		return
	}
	if r.change.Consents == nil {
		r.change.Consents = map[customer.Topic]bool{}
	}
	r.change.Consents[topicOf] = given
}

// tear forgets what was said of a topic, and what is yet to come.
func (r *traitReader) tear(topic customer.Topic) {
	delete(r.change.Consents, topic)
	if len(r.change.Consents) == 0 {
		r.change.Consents = nil
	}
	if r.torn == nil {
		r.torn = map[customer.Topic]bool{}
	}
	r.torn[topic] = true
}

func yesNo(answer string) (given bool, trouble string) {
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "yes", "y", "true", "1", "given", "granted":
		return true, ""
	case "no", "n", "false", "0", "withdrawn", "denied":
		return false, ""
	}
	return false, "is neither yes nor no, write one of them"
}

// prefers reads {sms, email, push, any: WHEN, channel: one or a list}. The
// empty text forgets them all.
func (r *traitReader) prefers(text string) {
	var preferences customer.Preferences
	if text != "" {
		said, ok := members(text)
		if !ok {
			r.refuse("prefers", `is not an object, write {"sms": "Mon-Fri 18:00-21:00", "channel": "sms"}`)
			return
		}
		for _, m := range r.once(said) {
			r.preference(&preferences, m.key, m.value)
		}
		if len(preferences.Channels) == 0 && len(preferences.Hours) == 0 {
			return
		}
	}
	r.change.Preferences = &preferences
}

// once leaves out what is said twice and differently, and refuses it.
func (r *traitReader) once(said []member) (list []member) {
	for i, m := range said {
		same := func(other member) bool { return other.key == m.key }
		first := slices.IndexFunc(said, same)
		torn := slices.ContainsFunc(said, func(other member) bool { return same(other) && other.value != m.value })
		switch {
		case first == i && torn && Name(m.key) != "":
			r.refuse("prefers."+Name(m.key), "is said twice and differently, write it once")
		case first == i && !torn:
			list = append(list, m)
		}
	}
	return list
}

func (r *traitReader) preference(p *customer.Preferences, key, text string) {
	channel := customer.Channel(key)
	switch {
	case key == "channel":
		r.channels(p, text)
	case channel == customer.AnyChannel || slices.Contains(customer.Channels(), channel):
		r.hours(p, channel, text)
	case Name(key) != "":
		r.refuse("prefers."+Name(key), "is not known here, write sms, email, push, any or channel")
	default:
		r.refuse("prefers", "holds a key without a name, write sms, email, push, any or channel")
	}
}

func (r *traitReader) channels(p *customer.Preferences, text string) {
	list := []string{text}
	if strings.HasPrefix(text, "[") {
		list, _ = jsonList(text)
	}
	between := func(c rune) bool { return strings.ContainsRune(",;|/", c) }
	for _, piece := range strings.FieldsFunc(strings.Join(list, ","), between) {
		words := strings.Fields(strings.ToLower(piece))
		if i := slices.IndexFunc(words, isNoChannel); i >= 0 {
			r.refuse("prefers.channel", noChannel(words[i]))
			continue
		}
		for _, word := range words {
			if channel := customer.Channel(word); !slices.Contains(p.Channels, channel) {
				p.Channels = append(p.Channels, channel)
			}
		}
	}
}

func isNoChannel(word string) bool {
	return !slices.Contains(customer.Channels(), customer.Channel(word))
}

// noChannel refuses a word. It quotes nothing that may be a number, an address
// or a whole sentence: the wrong column may stand there.
func noChannel(word string) string {
	const longest = 12
	what := "holds what is not a channel"
	if len(word) <= longest && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "" {
		what = "holds " + word + ", which is not a channel"
	}
	return what + ", write sms, email or push, and several with commas between them: sms, email"
}

func (r *traitReader) hours(p *customer.Preferences, channel customer.Channel, text string) {
	field := "prefers." + string(channel)
	lines, ok := listOfLines(text)
	if !ok {
		r.refuse(field, `is neither a text nor a list of texts, write "Mon-Fri 18:00-21:00"`)
		return
	}
	if slices.ContainsFunc(lines, excludes) {
		r.refuse(field, `says when not, write the hours that suit instead, such as "Tue-Sun 09:00-21:00"; `+notAtAll(channel))
		return
	}
	when, trouble := whenOf(lines)
	if trouble != "" {
		r.refuse(field, trouble)
		return
	}
	if when.IsZero() {
		return
	}
	if p.Hours == nil {
		p.Hours = map[customer.Channel]string{}
	}
	p.Hours[channel] = when.String()
}

// notAtAll says how a customer is kept from all messages by a channel, which no
// hours can say.
func notAtAll(channel customer.Channel) string {
	address := map[customer.Channel]string{customer.SMS: "phone", customer.Email: "email", customer.Push: "push_token"}[channel]
	if address == "" {
		return "for no messages at all, say no to the topics under consent"
	}
	return "for none by " + string(channel) + " at all, give no " + address + ", or say no to the topics under consent"
}

// whenOf reads lines of hours. Several may stand in one with commas between
// them, as far as each of them is a line by itself.
func whenOf(lines []string) (when sendtime.When, trouble string) {
	var all []string
	for _, line := range lines {
		several, trouble := linesIn(line)
		if trouble != "" {
			return when, trouble
		}
		all = append(all, several...)
	}
	when, err := sendtime.ParseWhen(all...)
	if err != nil {
		return when, hint(err)
	}
	return when, ""
}

// maxCommas bounds the commas at which a text is taken apart.
const maxCommas = 50

// linesIn takes a text apart at those commas that follow a whole line: a comma
// between days or in cron belongs to its line.
func linesIn(text string) (lines []string, trouble string) {
	_, err := sendtime.ParseWhen(text)
	if err == nil || strings.Count(text, ",") > maxCommas {
		return []string{text}, ""
	}
	rest := ""
	for piece := range strings.SplitSeq(text, ",") {
		rest = strings.TrimPrefix(rest+","+piece, ",")
		if _, err = sendtime.ParseWhen(rest); err == nil {
			lines, rest = append(lines, rest), ""
		}
	}
	switch {
	case err == nil:
		return lines, ""
	case len(lines) == 0:
		return []string{text}, ""
	}
	return nil, hint(err) + `; between several hours put a semicolon: "Mon-Fri 18:00-21:00; Sat 10:00-12:00"`
}

// excludes reports whether a line names hours to stay away from.
func excludes(line string) bool {
	for word := range strings.FieldsSeq(strings.ToLower(line)) {
		if slices.Contains([]string{"never", "not", "no", "except", "without"}, strings.Trim(word, ",.;!")) {
			return true
		}
	}
	return false
}

// member is one key of an object, and its value as text.
type member struct{ key, value string }

// members reads a JSON object as it stands: a key that is there twice comes
// twice. channels is another word for channel.
func members(text string) (list []member, ok bool) {
	d := json.NewDecoder(strings.NewReader(text))
	if opening, err := d.Token(); err != nil || opening != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		token, err := d.Token()
		key, isText := token.(string)
		var value customer.Value
		if err != nil || !isText || d.Decode(&value) != nil {
			return nil, false
		}
		if key == "channels" {
			key = "channel"
		}
		list = append(list, member{key, value.String()})
	}
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	_, err := d.Token()
	slices.SortStableFunc(list, func(a, b member) int { return strings.Compare(a.key, b.key) })
	return list, errors.Is(err, io.EOF)
}

// listOf reads a JSON list of texts, or texts with commas between them.
func listOf(text string) ([]string, bool) {
	if !strings.HasPrefix(text, "[") {
		return trimAll(strings.Split(text, ",")), true
	}
	return jsonList(text)
}

// listOfLines reads a JSON list of texts, or one text; commas belong to it.
func listOfLines(text string) ([]string, bool) {
	switch {
	case strings.TrimSpace(text) == "":
		return nil, true
	case strings.HasPrefix(text, "["):
		return jsonList(text)
	}
	return []string{text}, !strings.HasPrefix(text, "{")
}

func jsonList(text string) ([]string, bool) {
	var list []string
	if json.Unmarshal([]byte(text), &list) != nil {
		return nil, false
	}
	return trimAll(list), true
}

// trimAll drops the spaces around texts, and empty texts.
func trimAll(list []string) []string {
	trimmed := make([]string, 0, len(list))
	for _, text := range list {
		if text = strings.TrimSpace(text); text != "" {
			trimmed = append(trimmed, text)
		}
	}
	return trimmed
}
