package app

import (
	"fmt"
	"io"

	"github.com/outreach-engine/outreach/internal/library"
)

// mostNames is how many rules one line of the log names.
const mostNames = 10

// tellOfStart says what a start's own folder changed of what is in force for
// every process of the store; nothing where it changed nothing.
func (o Options) tellOfStart(report library.Report) {
	if report.Nothing() {
		return
	}
	said := []any{"in force", report.Rules}
	for _, part := range []struct {
		what  string
		names []string
	}{{"added", report.Added}, {"changed", report.Changed}, {"removed", report.Removed}} {
		if len(part.names) > 0 {
			said = append(said, part.what, few(part.names))
		}
	}
	if len(report.Others) > 0 {
		said = append(said, "also changed", report.Others)
	}
	o.Logger.Info("rules loaded at the start: they are in force for every process of the store", said...)
}

// few gives the first names, and how many more there are.
func few(names []string) []string {
	if len(names) <= mostNames {
		return names
	}
	return append(names[:mostNames:mostNames], fmt.Sprintf("and %d more", len(names)-mostNames))
}

// warnOfUnseen says that the inbox of a worker has no page: what it keeps in
// memory goes with the process.
func (o Options) warnOfUnseen() {
	if o.part().serves() || o.InboxFile != "" || o.Senders != nil || !o.showsInbox() {
		return
	}
	o.Logger.Warn("a worker shows no inbox: the messages that go there are seen by nobody, and are gone when it ends; "+
		"keep them with --inbox-file, see them with --role all, or give a provider", "channels", o.toInbox())
}

// tellOfUnusedHTTP says that a worker serves no events, where --http is not as
// it is by itself.
func (o Options) tellOfUnusedHTTP() {
	if !o.part().serves() && o.HTTP != "" && o.HTTP != Defaults().HTTP {
		o.Logger.Info("a worker takes no events: --http is not used", "http", o.HTTP)
	}
}

// Greet says where a process that runs is reached: to a reader, or to the log
// where that is JSON.
func (o Options) Greet(r Running, to io.Writer) {
	if o.Log == "json" {
		o.greetLog(r)
		return
	}
	doing := "running outreaches, without events"
	if o.part().serves() {
		doing = "taking events at http://" + r.Addr
	}
	_, _ = fmt.Fprintf(to, "outreach: %s, %d rules in force\n", doing, r.Loaded.Rules)
	if r.Admin != "" {
		_, _ = fmt.Fprintf(to, "outreach: health and figures at http://%s/ready and /metrics\n", r.Admin)
	}
}

func (o Options) greetLog(r Running) {
	if o.part().serves() {
		o.Logger.Info("taking events", "at", "http://"+r.Addr, "rules", r.Loaded.Rules)
	} else {
		o.Logger.Info("running outreaches, without events", "rules", r.Loaded.Rules)
	}
	if r.Admin != "" {
		o.Logger.Info("health and figures", "ready", "http://"+r.Admin+"/ready", "metrics", "http://"+r.Admin+"/metrics")
	}
}
