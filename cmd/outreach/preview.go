package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/app"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/preview"
	"github.com/outreach-engine/outreach/internal/source"
)

// Forms of a preview.
const (
	textFormat = "text"
	jsonFormat = "json"
	htmlFormat = "html"
)

// previewing is what the flags of a preview say.
type previewing struct {
	template         string
	rules, templates string
	customer, sample string
	channel, locale  string
	items            []string
	out, format      string
	open             bool
	place            *place
}

// firstSample is what --sample is without a name.
const firstSample = "first"

func previewCommand(now func() time.Time) *cobra.Command {
	var p previewing
	cmd := &cobra.Command{
		Use:   "preview TEMPLATE",
		Short: "Show a template as a customer would receive it, and what to mend in it.",
		Long: "Show a template on each of its channels as a customer would receive it: the text message with its length and\n" +
			"segments, the email in a list, in light and dark and as plain text, the notification as phones cut it off. Behind\n" +
			"it stands what to mend: missing values, links, and what filters and carriers dislike. Nothing is sent, and no link\n" +
			"is followed. With --item it carries what a rule attaches, and a digest is shown with two items.\n\n" +
			"The values are made up from data.yaml and from the rules that send the template, or come from the file sample.yaml\n" +
			"beside it, or with --customer from the store. It ends with 1 when a message cannot be written.",
		Example: "  outreach preview usage-warning\n  outreach preview usage-warning --locale de --open\n  outreach preview usage-warning --sample=ana --channel sms\n" +
			"  outreach preview usage-warning --customer u-1001 --format json\n  outreach preview invoice-reminder --item app-link",
		Args: cobra.RangeArgs(1, 2),
	}
	flags := cmd.Flags()
	flags.StringVar(&p.rules, "rules", "rules", "folder of rules")
	flags.StringVar(&p.templates, "templates", "", "folder of templates (default: templates beside the rules)")
	flags.StringVar(&p.customer, "customer", "", "show it as this customer of the store would get it")
	flags.StringVar(&p.sample, "sample", firstSample, "sample of the template's sample.yaml")
	flags.Lookup("sample").NoOptDefVal = firstSample
	flags.StringVar(&p.channel, "channel", "", "one channel only: push, sms or email")
	flags.StringVar(&p.locale, "locale", "", "language, as in de or pt-BR, whatever the customer's")
	flags.StringSliceVar(&p.items, "item", nil, "template that rides on it; again, or with commas, for more (a digest has examples)")
	flags.BoolVar(&p.open, "open", false, "open it in the browser")
	flags.StringVar(&p.out, "out", "", "file to write to (default: the terminal)")
	flags.StringVar(&p.format, "format", "", "text, json or html (default: by the name of --out, html with --open, else text)")
	p.place = storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := p.settle(cmd, args); err != nil {
			return usageError(err)
		}
		return p.run(cmd)
	}
	return cmd
}

// settle reads the arguments and completes the flags.
func (p *previewing) settle(cmd *cobra.Command, args []string) error {
	p.template = args[0]
	sampled := cmd.Flags().Changed("sample")
	switch {
	case len(args) == 2 && !sampled:
		return fmt.Errorf("%q: is one template too many; preview them one by one", args[1])
	case len(args) == 2: // --sample NAME
		p.sample = args[1]
	}
	switch {
	case sampled && p.customer != "":
		return errors.New("--sample and --customer: are two people; give one of them")
	case p.channel != "" && !slices.Contains(customer.Channels(), customer.Channel(p.channel)):
		return hinted(fmt.Sprintf("--channel %q: is not a channel", p.channel), source.DidYouMean(p.channel, []string{"push", "sms", "email"}))
	case p.format == "" && (p.open || strings.EqualFold(filepath.Ext(p.out), ".html")):
		p.format = htmlFormat
	case p.format == "" && strings.EqualFold(filepath.Ext(p.out), ".json"):
		p.format = jsonFormat
	case p.format == "":
		p.format = textFormat
	case !slices.Contains([]string{textFormat, jsonFormat, htmlFormat}, p.format):
		return hinted(fmt.Sprintf("--format %q: is not a format", p.format), source.DidYouMean(p.format, []string{textFormat, jsonFormat, htmlFormat}))
	case p.open && p.format != htmlFormat:
		return fmt.Errorf("--format %s: a browser shows html; leave out --open or --format", p.format)
	}
	return nil
}

func (p *previewing) run(cmd *cobra.Command) error {
	b, err := p.read(cmd)
	if err != nil {
		return err
	}
	request := preview.Request{Template: p.template, Locale: p.locale, Items: p.items}
	if p.channel != "" {
		request.Channels = []customer.Channel{customer.Channel(p.channel)}
	}
	if request.Person, err = p.person(cmd, b); err != nil {
		return err
	}
	shown, err := preview.Show(b, request)
	if err != nil {
		return notFound(err)
	}
	if err := p.write(cmd, shown); err != nil {
		return err
	}
	if shown.Broken() {
		return &exitError{code: exitProblems, err: fmt.Errorf("template %s: cannot be written for %s; mend what is marked error", p.template, shown.Person)}
	}
	return nil
}

// notFound makes what is not there an error of use.
func notFound(err error) error {
	if _, ok := errors.AsType[*preview.NotFoundError](err); ok {
		return usageError(err)
	}
	return err
}

// read checks both folders. Only what concerns the template stops its
// preview.
func (p *previewing) read(cmd *cobra.Command) (*bundle.Bundle, error) {
	p.templates = app.TemplatesBeside(p.rules, p.templates)
	files, err := bundle.ReadDir(p.rules, p.templates)
	if err != nil {
		return nil, usageError(err)
	}
	b, list := bundle.Check(files)
	var own source.Problems
	others := 0
	for _, problem := range list {
		switch {
		case p.concerns(files, problem.File):
			own.Add(problem)
		case problem.Severity == source.Error:
			others++
		}
	}
	if own.Err() != nil {
		for _, problem := range own.List() {
			if _, err := fmt.Fprintln(cmd.ErrOrStderr(), problem); err != nil {
				return nil, err
			}
		}
		return nil, &exitError{code: exitProblems, err: fmt.Errorf("template %s: cannot be shown before this is mended", p.template)}
	}
	if others > 0 {
		if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "Other files have %s, and are left out; outreach check lists them.\n", counted(others, "problem")); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// concerns reports whether a file belongs to what the template is made from.
func (p *previewing) concerns(files bundle.Files, file string) bool {
	for _, folder := range append([]string{p.template, "layouts"}, p.items...) {
		if strings.HasPrefix(file, files.TemplatesDir+"/"+folder+"/") {
			return true
		}
	}
	return file == files.RulesDir+"/"+bundle.DataFile
}

// person gives whose message it is.
func (p *previewing) person(cmd *cobra.Command, b *bundle.Bundle) (person preview.Person, err error) {
	if len(b.Templates.Channels(p.template)) == 0 {
		return person, nil // which Show tells of
	}
	if p.customer != "" {
		err = p.place.useRules(cmd, func(ctx context.Context, o *office) error {
			person, err = o.recipient(ctx, b, p.template, p.customer)
			return err
		})
		return person, err
	}
	name := p.sample
	if name == firstSample {
		name = preview.FirstSample
	}
	person, err = preview.Sample(b, p.template, name, p.place.instant())
	return person, notFound(err)
}

// write writes the preview where it is wanted, and opens it when asked to.
func (p *previewing) write(cmd *cobra.Command, shown *preview.Preview) error {
	out, path := cmd.OutOrStdout(), p.out
	if path != "" || p.open {
		file, err := p.create()
		if err != nil {
			return usageError(fmt.Errorf("--out: %w", err))
		}
		path, out = file.Name(), file
		defer func() { _ = file.Close() }() // a second time after what follows
		if err := errors.Join(p.print(out, shown), file.Close()); err != nil {
			return err
		}
	} else if err := p.print(out, shown); err != nil {
		return err
	}
	if path == "" {
		return nil
	}
	said := "written to " + path
	if p.open && !browse(cmd.Context(), path) {
		said += "; there is no browser to open it with, so open it yourself"
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), said)
	return err
}

func (p *previewing) create() (*os.File, error) {
	if p.out == "" {
		return os.CreateTemp("", "outreach-preview-*.html")
	}
	return os.OpenFile(p.out, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
}

// browse opens a file in the browser, and reports whether there was one.
func browse(ctx context.Context, path string) bool {
	for _, name := range []string{"xdg-open", "open"} {
		if program, err := exec.LookPath(name); err == nil {
			return exec.CommandContext(ctx, program, path).Run() == nil
		}
	}
	return false
}
