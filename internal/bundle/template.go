package bundle

import (
	"cmp"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

func readTemplates(files Files, data *dictionary.Dictionary, ps *source.Problems) *message.Library {
	env := message.Env{Data: data, Prefix: cmp.Or(files.TemplatesDir, templatesFolder) + "/"}
	return message.Read(files.Templates, env, ps)
}

// samplesOf gives the samples among the files of the templates folder.
func samplesOf(files Files) map[string]Sample {
	samples := map[string]Sample{}
	for name, text := range files.Templates {
		if template, ok := strings.CutSuffix(name, "/"+message.SampleFile); ok && !strings.Contains(template, "/") {
			samples[template] = Sample{File: cmp.Or(files.TemplatesDir, templatesFolder) + "/" + name, Text: text}
		}
	}
	return samples
}

// templatesOf gives what rules need to know of a library.
func templatesOf(l *message.Library) (find func(string) ([]customer.Channel, bool), names []string) {
	find = func(name string) ([]customer.Channel, bool) {
		channels := l.Channels(name)
		return channels, len(channels) > 0
	}
	return find, l.Names()
}

// carries reports whether a template's text can ride on messages of a channel.
// A text that is missing is reported elsewhere.
func (b *Bundle) carries(template string, c customer.Channel) bool {
	return !slices.Contains(b.Templates.Channels(template), c) || b.Templates.Rides(template, c)
}

// checkUses reports what the templates of a sound rule ask for and the rule
// never gives.
func checkUses(r *rule.Rule, l *message.Library, ps *source.Problems) {
	for _, send := range r.Sends() {
		use := message.Use{
			Rule: r.Name, Template: send.Template, Channels: send.Channels,
			Match: r.MatchNames(), Events: append(r.Events(), r.Answers()...),
		}
		if send.Item {
			l.CheckItem(use, ps)
		} else {
			l.CheckUse(use, ps)
		}
	}
}
