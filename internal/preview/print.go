package preview

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/wording"
)

// Print writes a preview for a terminal.
func (p *Preview) Print(out io.Writer) error {
	var b strings.Builder
	b.WriteString(p.Headline() + "\n")
	if p.SMS != nil {
		b.WriteString("\n" + from("SMS", p.SMS.From) + "\n")
		b.WriteString(indented(orTrouble(p.SMS.Trouble, p.SMS.Text+"\n\n"+p.SMS.Counts())))
	}
	if p.Email != nil {
		b.WriteString("\n" + from("Email", p.Email.From) + "\n")
		b.WriteString(indented(orTrouble(p.Email.Trouble, p.Email.lines())))
	}
	if p.Push != nil {
		b.WriteString("\nPush\n" + indented(orTrouble(p.Push.Trouble, p.Push.lines())))
	}
	b.WriteString("\n" + p.Verdict() + "\n")
	for _, f := range p.Findings {
		b.WriteString("  " + f.String() + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// Headline says what is shown, for whom, and who sends it.
func (p *Preview) Headline() string {
	var b strings.Builder
	b.WriteString(p.Template + ", for " + p.Person)
	if p.Locale != "" {
		b.WriteString(" in " + p.Locale)
	}
	if p.MadeUp {
		b.WriteString(" with made-up figures")
	}
	if len(p.Items) > 0 {
		b.WriteString(", with " + strings.Join(p.Items, " and ") + " riding on it")
	}
	if len(p.Rules) > 0 {
		b.WriteString(", sent by " + strings.Join(p.Rules, ", ") + " about " + topics(p.Topics))
	}
	return b.String()
}

func topics(list []customer.Topic) string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

// Verdict counts the findings.
func (p *Preview) Verdict() string {
	if len(p.Findings) == 0 {
		return "Nothing to mend."
	}
	return p.Count() + ":"
}

// Count gives the number of findings of each severity: 1 warning, 2 notes.
func (p *Preview) Count() string {
	counts := map[Severity]int64{}
	for _, f := range p.Findings {
		counts[f.Severity]++
	}
	var parts []string
	for _, s := range []Severity{Error, Warning, Note} {
		if n := counts[s]; n > 0 {
			parts = append(parts, wording.Count(n, string(s)))
		}
	}
	if len(parts) == 0 {
		return "nothing to mend"
	}
	return strings.Join(parts, ", ")
}

// Worst gives the severity of the worst finding, "" when none is worse than a
// note.
func (p *Preview) Worst() Severity {
	if len(p.Findings) == 0 || p.Findings[0].Severity == Note {
		return ""
	}
	return p.Findings[0].Severity
}

func from(what, sender string) string {
	if sender == "" {
		return what
	}
	return what + " from " + sender
}

func orTrouble(trouble, text string) string {
	if trouble != "" {
		return "cannot be written: " + trouble
	}
	return text
}

// Counts says how long a text message is and what it costs.
func (s *SMS) Counts() string {
	return wording.Count(int64(s.Characters), "character") + " in " + s.Encoding + ", " + wording.Count(int64(s.Segments), "segment")
}

func (e *Email) lines() string {
	list := "In a list   " + e.Subject
	if e.Snippet != "" {
		list += " - " + cut(e.Snippet, 90)
	}
	return "Subject     " + e.Subject + "\nPreheader   " + orNone(e.Preheader) + "\n" + strings.TrimSpace(list) + "\nSize        " + e.Size() + "\n\n" + e.Text
}

// Size says how large the HTML is, beside what Gmail shows.
func (e *Email) Size() string { return kilobytes(e.Bytes) + " of the 102 kB that Gmail shows" }

func (p *Push) lines() string {
	text := p.Title + "\n" + p.Text
	if p.Link != "" {
		text += "\n-> " + p.Link
	}
	return text + "\n\ntitle " + p.TitleCount() + ", text " + p.TextCount()
}

// SubjectCount says how long the subject is, beside what lists show.
func (e *Email) SubjectCount() string { return ofMost(e.Subject, maxSubject) }

// TitleCount says how long the title is, beside what phones show.
func (p *Push) TitleCount() string { return ofMost(p.Title, maxTitle) }

// TextCount says how long the text is, beside what phones show.
func (p *Push) TextCount() string { return ofMost(p.Text, maxPushText) }

func ofMost(s string, most int) string {
	return fmt.Sprintf("%d of %d letters", utf8.RuneCountInString(s), most)
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// indented puts a text two columns in. What a terminal would take for orders
// is left out.
func indented(s string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimRight(strings.Map(visible, line), " ")
		if line != "" {
			b.WriteString("  " + line)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func visible(r rune) rune {
	if r < ' ' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
		return -1
	}
	return r
}
