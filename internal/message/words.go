package message

import (
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/source"
)

// The first words of variables, beside the names of events.
const (
	customerRoot  = "customer"
	matchRoot     = "match"
	nowRoot       = "now"
	linkRoot      = "link"
	contentRoot   = "content" // these three in layouts only
	subjectRoot   = "subject"
	preheaderRoot = "preheader"
	itemsRoot     = "items" // these three where items can ride
	countRoot     = "items_count"
	ridingRoot    = "riding"
	loopRoot      = "forloop" // in a for only
)

func roots() []string {
	return []string{customerRoot, matchRoot, nowRoot, linkRoot, contentRoot, subjectRoot, preheaderRoot, itemsRoot, countRoot, ridingRoot, loopRoot}
}

// Kinds of expressions beside those of data.yaml.
const (
	anyKind   customer.Kind = "" // known only when it is there
	truthKind customer.Kind = "a yes or no"
	listKind  customer.Kind = "a list"
	itemsKind customer.Kind = "a place for items"
)

// static is what is known of an expression before anything is rendered.
type static struct {
	kind    customer.Kind
	allowed []string // the closed list of texts; nil: any
	missing []string // variables whose absence leaves it without a value
}

// said names a kind in a sentence.
func said(k customer.Kind) string {
	switch k {
	case customer.KindID:
		return "an id"
	case anyKind, truthKind, listKind, itemsKind:
		return string(k)
	}
	return "a " + string(k)
}

func isText(k customer.Kind) bool { return k == customer.KindText || k == customer.KindID }
func isTime(k customer.Kind) bool { return k == customer.KindDate || k == customer.KindTime }

// profileFields are what every profile has, whether data.yaml declares it or
// not. A declared trait of the same name comes first.
func profileFields() []string {
	return []string{"country", "email", "locale", "phone", "region", "zone"}
}

// The names behind link.
const (
	preferencesLink = "preferences"
	unsubscribeLink = "unsubscribe"
)

func linkNames() []string { return []string{preferencesLink, unsubscribeLink} }

// ownLink gives the engine's link that a name of another system most likely
// means - unsubscribe_url, preferences_link - and "" for other names.
func ownLink(root string) string {
	for _, name := range linkNames() {
		if strings.HasPrefix(root, name) {
			return linkRoot + "." + name
		}
	}
	return ""
}

// trouble is what is wrong with a name.
type trouble struct{ message, hint string }

// variable looks up a name that is not a local one.
func (c *compiler) variable(path string) (dictionary.Field, *trouble) {
	root, rest, _ := strings.Cut(path, ".")
	switch {
	case c.layout && rest == "" && slices.Contains([]string{contentRoot, subjectRoot, preheaderRoot}, root):
		return dictionary.Field{Kind: customer.KindText}, nil
	case rest == "" && slices.Contains([]string{itemsRoot, countRoot, ridingRoot}, root):
		return c.ridden(root)
	case root == nowRoot:
		return dictionary.Field{Kind: customer.KindTime}, alone(root, rest)
	case root == matchRoot:
		return dictionary.Field{}, single(root, rest, nil)
	case root == linkRoot:
		return dictionary.Field{Kind: customer.KindText}, single(root, rest, linkNames())
	case root == customerRoot:
		return c.trait(rest)
	}
	if known, ok := c.env.Data.Properties(root); ok {
		if t := c.whole(root, rest); t != nil {
			return dictionary.Field{}, t
		}
		return property(known, root, rest, c.env.Data.PropertyNames(root))
	}
	return dictionary.Field{}, c.unknown(root, rest)
}

func alone(root, rest string) *trouble {
	if rest == "" {
		return nil
	}
	return &trouble{"has a name behind it that means nothing", "write " + root + " | date: \"%d %B\", for instance"}
}

// single checks the one name behind a root; nil known allows any.
func single(root, rest string, known []string) *trouble {
	switch {
	case rest == "":
		return &trouble{"does not say which", "write " + root + ".name"}
	case strings.Contains(rest, "."):
		return &trouble{"has too many names", "write " + root + ".name"}
	case known != nil && !slices.Contains(known, rest):
		return &trouble{"is not known", "known: " + root + "." + strings.Join(known, ", "+root+".")}
	}
	return nil
}

func (c *compiler) trait(name string) (dictionary.Field, *trouble) {
	if t := single(customerRoot, name, nil); t != nil {
		return dictionary.Field{}, t
	}
	if f, ok := c.env.Data.Traits[name]; ok {
		return f, nil
	}
	if slices.Contains(profileFields(), name) {
		return dictionary.Field{Kind: customer.KindText}, nil
	}
	hint := "add it to the traits there, or name one that it has"
	if near := source.Nearest(name, append(c.env.Data.TraitNames(), profileFields()...)); near != "" {
		hint = "did you mean " + customerRoot + "." + near + "?"
	}
	return dictionary.Field{}, &trouble{"is not a trait that data.yaml declares", hint}
}

// whole says what is wrong with a name that is not an event, or a webhook's
// answer, and one of its properties.
func (c *compiler) whole(root, rest string) *trouble {
	t := single(root, rest, nil)
	if t == nil || rest != "" {
		return t
	}
	t.message = "is an event, and does not say which of its properties"
	if _, isAnswer := c.env.Data.Webhooks[root]; isAnswer {
		t.message = "is a webhook's answer, and does not say which of its fields"
	}
	return t
}

// property looks up one of what data.yaml declares under a name.
func property(properties map[string]dictionary.Field, root, rest string, known []string) (dictionary.Field, *trouble) {
	if f, ok := properties[rest]; ok {
		return f, nil
	}
	hint := source.DidYouMean(rest, known)
	if hint == "" {
		hint = "add it to the properties there, or name one that it has"
	}
	return dictionary.Field{}, &trouble{"is not a property that data.yaml declares for " + root, hint}
}

// unknown says what a name that is nothing most likely means.
func (c *compiler) unknown(root, rest string) *trouble {
	message := "is not a name that is known here"
	if _, ok := c.env.Data.Traits[root]; ok && rest == "" {
		return &trouble{message, "write customer." + root}
	}
	switch root {
	case contentRoot, subjectRoot, preheaderRoot:
		return &trouble{"is known in layouts only", "write the text here"}
	case itemsRoot, countRoot, ridingRoot:
		return &trouble{message, "write " + root + " without a dot"}
	case loopRoot:
		return &trouble{"is known in a for only", "write it between {% for %} and {% endfor %}"}
	}
	if name := ownLink(root); name != "" {
		return &trouble{message, "write " + name}
	}
	known := append(c.env.Data.EventNames(), c.env.Data.WebhookNames()...)
	known = append(known, customerRoot, matchRoot, nowRoot, linkRoot)
	for name := range c.locals {
		known = append(known, name)
	}
	slices.Sort(known)
	if near := source.Nearest(root, known); near != "" {
		return &trouble{message, "did you mean " + near + "?"}
	}
	return &trouble{message, "start with customer., match., link., now or an event's name"}
}

// loopField gives the kind of a name behind forloop.
func loopField(name string) (customer.Kind, *trouble) {
	switch name {
	case "index", "index0", "rindex", "rindex0", "length":
		return customer.KindNumber, nil
	case "first", "last":
		return truthKind, nil
	}
	return anyKind, single(loopRoot, name, []string{"first", "index", "index0", "last", "length", "rindex", "rindex0"})
}
