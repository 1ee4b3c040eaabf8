package main

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/schema"
)

// schemaOrder is what outreach schema was asked for.
type schemaOrder struct {
	kinds                 []schema.Kind
	rules, templates, out string
}

func schemaCommand() *cobra.Command {
	order := schemaOrder{}
	cmd := &cobra.Command{
		Use:   "schema [rule|test|policy|data]",
		Short: "Write JSON Schemas, with which editors complete and check rules.",
		Long: "Write the JSON Schema (draft-07) of a kind of file, with which an editor completes it, explains its keys and marks\n" +
			"mistakes while they are typed. With --rules the schema knows your own topics, traits, events and templates. With\n" +
			"--out it goes into a folder, and all four kinds when none is named. The first line of each shipped rule names its\n" +
			"schema to the editor. Write the schemas anew when data.yaml, policy.yaml or the folders of templates change.",
		Example:   "  outreach schema --rules rules --out rules/.schema\n  outreach schema rule",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: []string{"rule", "test", "policy", "data"},
	}
	flags := cmd.Flags()
	flags.StringVar(&order.rules, "rules", "", "the folder of your rules, for your own words (default: none)")
	flags.StringVar(&order.templates, "templates", "", "the folder of your templates (default: templates beside --rules)")
	flags.StringVar(&order.out, "out", "", "the folder that the schemas go into (default: to the standard output)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		order.kinds = schema.Kinds()
		switch {
		case len(args) == 1:
			order.kinds = []schema.Kind{schema.Kind(args[0])}
		case order.out == "":
			return usageError(fmt.Errorf("schema: names no kind of file; write one of rule, test, policy, data, or --out and a folder for all of them"))
		}
		return order.run(cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

func (o schemaOrder) run(stdout, stderr io.Writer) error {
	words, err := o.words(stderr)
	if err != nil {
		return err
	}
	for _, kind := range o.kinds {
		text, err := schema.Write(kind, words)
		if err != nil {
			return usageError(err)
		}
		if err := o.put(stdout, kind, text); err != nil {
			return err
		}
	}
	return nil
}

// put writes one schema to where it was asked for.
func (o schemaOrder) put(stdout io.Writer, kind schema.Kind, text []byte) error {
	if o.out == "" {
		_, err := stdout.Write(text)
		return err
	}
	if err := os.MkdirAll(o.out, 0o750); err != nil {
		return fmt.Errorf("schema: folder: %w", err)
	}
	file := filepath.Join(o.out, kind.File())
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	_, err := fmt.Fprintln(stdout, filepath.ToSlash(file))
	return err
}

// words reads the company's own words. What cannot be read of data.yaml and
// policy.yaml is said, and left out.
func (o schemaOrder) words(stderr io.Writer) (schema.Words, error) {
	if o.rules == "" {
		return schema.Words{}, nil
	}
	if o.templates == "" {
		o.templates = beside(o.rules)
	}
	files, err := bundle.ReadDir(o.rules, o.templates)
	if err != nil {
		return schema.Words{}, &exitError{code: exitTrouble, err: err}
	}
	b, problems := bundle.Check(files)
	for _, p := range problems {
		if shared := path.Base(p.File) == bundle.DataFile || path.Base(p.File) == bundle.PolicyFile; !shared {
			continue
		}
		if _, err := fmt.Fprintln(stderr, p); err != nil {
			return schema.Words{}, err
		}
	}
	return wordsOf(b), nil
}

// wordsOf gives the words that a company's files declare.
func wordsOf(b *bundle.Bundle) schema.Words {
	words := schema.Words{Dictionary: b.Dictionary, Policy: b.Policy}
	for _, name := range b.Templates.Names() {
		words.Templates = append(words.Templates, schema.Template{Name: name, Channels: b.Templates.Channels(name)})
	}
	return words
}
