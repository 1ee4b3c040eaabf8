package schema

import "strings"

// pattern is a form that texts have, and what is said of one that has another.
type pattern struct{ regexp, message string }

// The forms of names, as the readers have them.
const (
	word      = `[a-z][a-z0-9]*(_[a-z0-9]+)*`
	nameForm  = `^[a-z0-9]+([_-][a-z0-9]+)*$`
	topicForm = `^[a-z][a-z0-9]*([_-][a-z0-9]+)*$`
)

func wordForm(what, example string) pattern {
	return pattern{"^" + word + "$", "is not the name of " + article(what) + ": write small letters, digits and _, such as " + example}
}

func article(what string) string {
	if strings.ContainsAny(what[:1], "aeiou") {
		return "an " + what
	}
	return "a " + what
}

// fold gives the pattern of a word in capital or small letters.
func fold(word string) string {
	var b strings.Builder
	for _, r := range word {
		if r >= 'a' && r <= 'z' {
			b.WriteString("[" + strings.ToUpper(string(r)) + string(r) + "]")
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func foldAll(words ...string) string {
	for i, w := range words {
		words[i] = fold(w)
	}
	return "(" + strings.Join(words, "|") + ")"
}

// spanBody is the pattern of a duration after its number.
func spanUnits() string {
	return foldAll("s", "seconds?", "min", "minutes?", "h", "hours?", "d", "days?", "w", "weeks?", "months?", "years?")
}

const spanMessage = "is not a length of time: write a number and s, min, h, d, w, months or years, such as 30min, 24h, 2d or 3 months"

// spanPattern is the form of a duration: some is one longer than no time.
func spanPattern(number string) string { return ` *` + number + ` *` + spanUnits() + ` *` }

const (
	anyNumber  = `[0-9.]*[0-9][0-9.]*`
	someNumber = `[0-9.]*[1-9][0-9.]*`
)

// span gives the schema of a duration longer than no time.
func span() *node { return ref(spanName) }

func length() *node {
	return &node{Type: "string", Pattern: "^" + spanPattern(someNumber) + "$", Message: spanMessage,
		Snippets: offers([]choice{{"24h", "By the stopwatch."}, {"2d", "Until the same time of day, two days later."}, {"1w", "A week."}})}
}

const whenMessage = "is not a time: write for example Mon 20:30, Mon-Fri 18:00-21:00, daily 09:00 or 1st 09:00"

// whenPattern is the form of one WHEN, or of several with ; between them.
func whenPattern() string {
	weekday := weekdays()
	day := `(` + weekday + `( *- *` + weekday + `)?|[0-9]{1,2}` + foldAll("st", "nd", "rd", "th") + `|` + fold("last") + `)`
	days := `(` + fold("daily") + `|` + day + `( *, *` + day + `)*)`
	clock := `[0-9]{1,2}:[0-9]{2}`
	line := ` *(` + fold("any") + ` +` + fold("time") + `|` + fold("cron") + `( +[^ ;]+){5}|` + days + ` +` + clock + `( *- *` + clock + `)?) *`
	return line + `(;` + line + `)*`
}

func weekdays() string {
	return foldAll("mon(day)?", "tue(sday)?", "wed(nesday)?", "thu(rsday)?", "fri(day)?", "sat(urday)?", "sun(day)?")
}

// when gives the schema of a WHEN; others are words that may stand for one.
func when(message string, others ...choice) *node {
	form := whenPattern()
	for _, o := range others {
		form += "|" + o.name
	}
	one := &node{Type: "string", Pattern: "^(" + form + ")$", Message: message}
	one.offering(others...)
	one.offering(
		choice{"Mon-Fri 18:00-21:00", "Within these hours, on the customer's clock."},
		choice{"Mon 20:30", "On the minute."},
		choice{"daily 09:00", "Every day."},
		choice{"1st 09:00", "On a day of the month; last is its last day."},
	)
	return listOr(one, ref(whenName))
}

// whenLine gives the schema of one WHEN.
func whenLine() *node {
	return &node{Type: "string", Pattern: "^(" + whenPattern() + ")$", Message: whenMessage}
}

// percent gives the schema of a share.
func percent(example string) *node {
	return &node{Type: "string", Pattern: `^[0-9]{1,4}(\.[0-9]{1,4})? ?%$`, Message: "is not a share: write a number and %, such as " + example,
		Snippets: offers([]choice{{example, ""}})}
}
