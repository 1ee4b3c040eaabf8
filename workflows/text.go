package workflows

import (
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/activities"
)

// maxSummary bounds a summary, in bytes (Temporal refuses more than 400).
const maxSummary = 380

// details gives, in Markdown, where an outreach stands: for operators.
func details(start activities.Start, answer activities.Answer) string {
	state := "waiting"
	if answer.Done {
		state = "ended"
	}
	var b strings.Builder
	b.WriteString("| | |\n|---|---|\n")
	for _, row := range [][2]string{
		{"rule", start.Ref.Rule + " (version " + start.Version + ")"},
		{"customer", string(start.Ref.Customer)},
		{"match", strconv.Itoa(start.Ref.N)},
		{state, answer.Why},
		{"message", answer.Deliver},
	} {
		if row[1] != "" {
			b.WriteString("| " + row[0] + " | " + strings.ReplaceAll(row[1], "|", "/") + " |\n")
		}
	}
	return b.String()
}

// clip cuts a text to at most n bytes, at a letter's end.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
