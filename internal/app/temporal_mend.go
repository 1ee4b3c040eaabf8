package app

import (
	"slices"

	"github.com/outreach-engine/outreach/workflows"
)

// The commands that mend a namespace. A self-hosted server is told by the
// operator's commands of temporal, Temporal Cloud by tcld.
// https://docs.temporal.io/cli/operator, https://docs.temporal.io/cloud/tcld/namespace

// cliAddress is where temporal's commands go when they are told nothing else.
// https://docs.temporal.io/cli/operator
const cliAddress = "127.0.0.1:7233"

// there gives the flag that leads temporal's commands to the cluster, with a
// space before it; "" where they find it by themselves.
func (o Options) there() string {
	if o.TemporalAddress == cliAddress || o.TemporalAddress == "" {
		return ""
	}
	return " --address " + o.TemporalAddress
}

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

// makeNamespace gives the commands that make a namespace that fits.
func (o Options) makeNamespace() []string {
	if o.hosted() {
		return []string{"tcld namespace create --namespace " + o.TemporalNamespace + " --region REGION --auth-method api_key --retention-days 30"}
	}
	create := "temporal operator namespace create --namespace " + o.TemporalNamespace + " --retention 720h" + o.there()
	return append([]string{create}, o.declare(attributes())...)
}

func (o Options) keepLonger() string {
	if o.hosted() {
		return "tcld namespace retention set --namespace " + o.TemporalNamespace + " --retention-days 30"
	}
	return "temporal operator namespace update --namespace " + o.TemporalNamespace + " --retention 720h" + o.there()
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
		commands[i] = "temporal operator search-attribute create --namespace " + o.TemporalNamespace + " --name " + name + " --type " + kind + o.there()
	}
	return commands
}

// clear gives the command that takes a name away from a search attribute of
// another kind. Temporal Cloud removes none: it renames them.
func (o Options) clear(name string) string {
	if o.hosted() {
		return "tcld namespace search-attributes rename --namespace " + o.TemporalNamespace + " --existing-name " + name + " --new-name " + name + "Before"
	}
	return "temporal operator search-attribute remove --namespace " + o.TemporalNamespace + " --name " + name + o.there()
}
