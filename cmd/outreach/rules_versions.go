package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
)

func rulesShowCommand(now func() time.Time) *cobra.Command {
	var version string
	var canonical bool
	cmd := &cobra.Command{
		Use:   "show RULE",
		Short: "Show a rule's text as it was loaded.",
		Long: "Show a rule's text as it was loaded: of the version in force, or of any other one. --canonical shows what the\n" +
			"engine reads in it, with every default written out: a version is the hash of that.",
		Example: "  outreach rules show usage-limit\n  outreach rules show usage-limit --version 3fa1 --canonical",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&version, "version", "", "version, or its first digits (default: the one in force)")
	cmd.Flags().BoolVar(&canonical, "canonical", false, "one fixed form, with every default")
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return place.useRules(cmd, func(ctx context.Context, o *office) error {
			var text string
			err := o.store.Read(ctx, func(tx ledger.Tx) (err error) {
				text, err = o.ruleText(tx, args[0], version, canonical)
				return err
			})
			if err != nil {
				return err
			}
			_, err = io.WriteString(o.out, strings.TrimRight(text, "\n")+"\n")
			return err
		})
	}
	return cmd
}

func (o *office) ruleText(tx ledger.Tx, rule, version string, canonical bool) (string, error) {
	d, err := o.document(tx, rule, version)
	if err != nil {
		return "", err
	}
	if !canonical {
		return library.RuleText(d)
	}
	m, err := o.library.Version(tx, rule, d.Hash)
	if err != nil {
		return "", err
	}
	return m.Canonical(), nil
}

// document gives one version of a rule, by its first digits; "" is the one in
// force.
func (o *office) document(tx ledger.Tx, rule, version string) (ledger.Document, error) {
	list, err := o.documents(tx, rule)
	if err != nil {
		return ledger.Document{}, err
	}
	if version == "" {
		active, ok := o.library.Current().Active[rule]
		if !ok {
			return ledger.Document{}, fmt.Errorf("rule %s: no version is in force; name one, outreach rules versions %s lists them", rule, rule)
		}
		version = active.Hash
	}
	var found []ledger.Document
	for _, d := range list {
		if strings.HasPrefix(d.Hash, version) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 0:
		return ledger.Document{}, fmt.Errorf("version %q: is none of rule %s; outreach rules versions %s lists them", version, rule, rule)
	case 1:
		return found[0], nil
	}
	return ledger.Document{}, fmt.Errorf("version %q: begins %d versions of rule %s; give more digits", version, len(found), rule)
}

// documents gives every version of a rule, newest first. A rule that never was
// is refused.
func (o *office) documents(tx ledger.Tx, rule string) ([]ledger.Document, error) {
	list, err := tx.Documents(ledger.RuleDocument, rule)
	if err != nil || len(list) > 0 {
		return list, err
	}
	known, err := ruleNames(tx)
	if err != nil {
		return nil, err
	}
	return nil, mustKnow("rule", rule, known)
}

func rulesVersionsCommand(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "versions RULE",
		Short: "List a rule's versions, and where the open outreaches of each stand.",
		Long: "List every version of a rule that was ever loaded, the newest first: when it was loaded for the first time,\n" +
			"since when it is in force, and how many outreaches still go by it, with the steps that they stand at.",
		Example: "  outreach rules versions usage-limit",
		Args:    cobra.ExactArgs(1),
	}
	place, asJSON := storeFlag(cmd, now), jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return place.useRules(cmd, func(ctx context.Context, o *office) error {
			list, err := o.versions(ctx, args[0])
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(o.out, list)
			}
			return printVersions(o.out, list)
		})
	}
	return cmd
}

// versionOf is one version of a rule.
type versionOf struct {
	Version string           `json:"version"`
	Loaded  time.Time        `json:"loaded"`          // for the first time
	Since   time.Time        `json:"since,omitzero"`  // in force; zero: it is not
	Open    int64            `json:"open"`            // outreaches
	Steps   map[string]int64 `json:"steps,omitempty"` // of them by the step they stand at; "" before the first
}

func (o *office) versions(ctx context.Context, rule string) ([]versionOf, error) {
	var documents []ledger.Document
	err := o.store.Read(ctx, func(tx ledger.Tx) (err error) {
		documents, err = o.documents(tx, rule)
		return err
	})
	if err != nil {
		return nil, err
	}
	standing := map[string]map[string]int64{}
	err = o.eachRunning(ctx, rule, func(page []ledger.Outreach) error {
		for _, row := range page {
			if standing[row.Version] == nil {
				standing[row.Version] = map[string]int64{}
			}
			standing[row.Version][journey.StepOf(row)]++
		}
		return nil
	})
	active := o.library.Current().Active[rule]
	list := make([]versionOf, 0, len(documents))
	for _, d := range documents {
		v := versionOf{Version: d.Hash, Loaded: d.At, Steps: standing[d.Hash]}
		if active.Hash == d.Hash {
			v.Since = active.At
		}
		for _, n := range v.Steps {
			v.Open += n
		}
		list = append(list, v)
	}
	return list, err
}

// runningAtOnce is how many outreaches are read or moved in one transaction.
const runningAtOnce = 100

// eachRunning gives a rule's outreaches that have not ended, page by page. A
// page belongs to take.
func (o *office) eachRunning(ctx context.Context, rule string, take func([]ledger.Outreach) error) error {
	var after ledger.Ref
	for {
		var page []ledger.Outreach
		err := o.store.Read(ctx, func(tx ledger.Tx) (err error) {
			page, err = tx.Running(rule, after, runningAtOnce)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].Ref
		if err := take(page); err != nil {
			return err
		}
	}
}

func printVersions(out io.Writer, list []versionOf) error {
	rows := [][]string{{"VERSION", "FIRST LOADED", "IN FORCE", "OPEN", "STANDING AT"}}
	for _, v := range list {
		since := "no"
		if !v.Since.IsZero() {
			since = "since " + utc(v.Since)
		}
		rows = append(rows, []string{v.Version, utc(v.Loaded), since, strconv.FormatInt(v.Open, 10), standingAt(v.Steps)})
	}
	return printTable(out, len(rows[0]), rows)
}

// notBegun stands for the step of who has not begun.
const notBegun = "(not begun)"

// standingAt lists steps, the fullest first.
func standingAt(steps map[string]int64) string {
	var words []string
	for _, step := range slices.SortedFunc(maps.Keys(steps), func(a, b string) int {
		return cmp.Or(cmp.Compare(steps[b], steps[a]), cmp.Compare(a, b))
	}) {
		words = append(words, fmt.Sprintf("%s %d", cmp.Or(step, notBegun), steps[step]))
	}
	return strings.Join(words, ", ")
}
