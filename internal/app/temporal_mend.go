package app

import (
	"slices"

	"github.com/outreach-engine/outreach/workflows"
)

// The commands that mend a namespace. A self-hosted server is told by the
// operator's commands of temporal, Temporal Cloud by tcld.
// https://docs.temporal.io/cli/operator, https://docs.temporal.io/cloud/tcld/namespace

// mend gives the commands that make a namespace fit, none when it does.
func (o Options) mend(n namespace) []string {
	var commands []string
	if n.retention > 0 && n.retention < minRetention {
		commands = append(commands, o.keepLonger())
	}
	for _, name := range n.other {
		commands = append(commands, o.clear(name))
	}
	return append(commands, o.declare(slices.Concat(n.other, n.missing))...)
}

func (o Options) makeNamespace() string {
	if o.hosted() {
		return "tcld namespace create --namespace " + o.TemporalNamespace + " --region REGION --auth-method api_key --retention-days 30"
	}
	return "temporal operator namespace create --namespace " + o.TemporalNamespace + " --retention 720h"
}

func (o Options) keepLonger() string {
	if o.hosted() {
		return "tcld namespace retention set --namespace " + o.TemporalNamespace + " --retention-days 30"
	}
	return "temporal operator namespace update --namespace " + o.TemporalNamespace + " --retention 720h"
}

// declare gives the commands that declare search attributes.
func (o Options) declare(names []string) []string {
	commands := make([]string, len(names))
	for i, name := range names {
		kind := workflows.SearchAttributes()[name].String()
		if o.hosted() {
			commands[i] = "tcld namespace search-attributes add --namespace " + o.TemporalNamespace + " --search-attribute " + name + "=" + kind
			continue
		}
		commands[i] = "temporal operator search-attribute create --namespace " + o.TemporalNamespace + " --name " + name + " --type " + kind
	}
	return commands
}

// clear gives the command that takes a name away from a search attribute of
// another kind. Temporal Cloud removes none: it renames them.
func (o Options) clear(name string) string {
	if o.hosted() {
		return "tcld namespace search-attributes rename --namespace " + o.TemporalNamespace + " --existing-name " + name + " --new-name " + name + "Before"
	}
	return "temporal operator search-attribute remove --namespace " + o.TemporalNamespace + " --name " + name
}
