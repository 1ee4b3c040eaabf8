package source

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
)

// MaxFile bounds a file, in bytes.
const MaxFile = 1 << 20

// Read parses one file's text. Syntax errors, tags, anchors, aliases, empty
// values, duplicate keys, merges, second documents and comments that swallow a
// text are problems; ok is false when nothing could be read. name stands in
// problems.
func Read(name string, text []byte, ps *Problems) (n Node, ok bool) {
	return ReadAt(name, text, 0, ps)
}

// ReadAt is Read for a text that starts after skipped lines of its file, such
// as the front matter of a template.
func ReadAt(name string, text []byte, skipped int, ps *Problems) (n Node, ok bool) {
	f := &file{name: name, lines: strings.Split(string(text), "\n"), first: skipped, problems: ps}
	if len(text) > MaxFile {
		ps.Add(Problem{File: name, Message: "is larger than 1 MiB", Hint: "split it into several files"})
		return Node{}, false
	}
	if !utf8.Valid(text) {
		ps.Add(Problem{File: name, Message: "is not UTF-8 text", Hint: "save it as UTF-8"})
		return Node{}, false
	}
	documents, ok := f.parse(text)
	if !ok {
		return Node{}, false
	}
	if len(documents) == 0 || len(documents[0].Content) == 0 {
		ps.Add(Problem{File: name, Message: "is empty"})
		return Node{}, false
	}
	if len(documents) > 1 {
		ps.Add(Problem{File: name, Line: documents[1].Line + skipped, Column: 1,
			Message: "a second document starts here", Hint: "write one file for each, and leave out ---"})
	}
	root := Node{file: f, yaml: documents[0].Content[0]}
	root.strict()
	return root, true
}

func (f *file) parse(text []byte) ([]*yaml.Node, bool) {
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var documents []*yaml.Node
	for len(documents) < 2 {
		var document yaml.Node
		err := decoder.Decode(&document)
		if err != nil {
			if document.Kind == 0 && errors.Is(err, io.EOF) {
				return documents, true
			}
			f.syntax(err)
			return nil, false
		}
		documents = append(documents, &document)
	}
	return documents, true
}

// syntax reports what the YAML parser refused, with the hint that fits the
// line as it was written.
func (f *file) syntax(err error) {
	line, column, message := 0, 1, err.Error()
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		line, column, message = e.Mark.Line, max(e.Mark.Column, 1), e.Message
	}
	raw := ""
	if line >= 1 && line <= len(f.lines) {
		raw = f.lines[line-1]
	}
	f.problems.Add(Problem{
		File: f.name, Line: line + f.first, Column: column, Value: strings.TrimSpace(raw),
		Message: "is not YAML: " + message, Hint: syntaxHint(raw),
	})
}

func syntaxHint(line string) string {
	_, value, _ := strings.Cut(line, ": ")
	value = strings.TrimSpace(value)
	switch {
	case strings.Contains(line, "\t"):
		return "indent with spaces, not with tabs"
	case strings.HasPrefix(value, "*"):
		return "a value may not start with *; for a cron line write cron before it: cron 0 9 * * *"
	case strings.HasPrefix(value, `"`) || strings.HasPrefix(value, "'"):
		return "put the whole value in the other quotes, or start it with a name: plan in [\"surf\"]"
	case strings.HasPrefix(value, "[") || strings.HasPrefix(value, "{"):
		return "close every bracket on its line, or put the whole value in quotes"
	case strings.HasPrefix(value, "%") || strings.HasPrefix(value, "@") || strings.HasPrefix(value, "`"):
		return "put the value in quotes"
	case strings.Contains(value, ": "):
		return "put the value in quotes, since it holds a colon"
	}
	return "check the quotes and brackets here and the indentation of this line and the one before"
}

// strict reports what YAML allows and these files do not.
func (n Node) strict() {
	if n.yaml.Anchor != "" {
		n.Fail("an anchor (&"+n.yaml.Anchor+") stands here", "write the value out; for a text that starts with & use quotes")
	}
	switch n.yaml.Kind {
	case yaml.AliasNode:
		n.Fail("an alias (*"+n.yaml.Value+") stands here", "write the value out; for a cron line write cron before it")
	case yaml.ScalarNode:
		n.strictScalar()
	case yaml.SequenceNode:
		n.strictTag()
		for _, item := range n.Items() {
			item.strict()
		}
	case yaml.MappingNode:
		n.strictTag()
		n.strictKeys()
		for _, e := range n.Entries() {
			if n.yaml.Style&yaml.FlowStyle != 0 && e.Value.isEmpty() && !e.Key.colon() {
				e.Key.Fail("stands in braces, which YAML reads as a key without a value", "leave out the braces { }")
				continue
			}
			e.Value.strict()
		}
	}
}

// colon reports whether a key of one word is followed by its colon.
func (n Node) colon() bool {
	line := n.Line() - n.file.first
	if line < 1 || line > len(n.file.lines) || n.Quoted() {
		return false
	}
	letters := []rune(n.file.lines[line-1])
	end := n.yaml.Column - 1 + utf8.RuneCountInString(n.yaml.Value)
	return end < len(letters) && letters[end] == ':'
}

func (n Node) isEmpty() bool {
	return n.Kind() == Scalar && n.yaml.Value == "" && !n.Quoted() && n.yaml.Style&yaml.TaggedStyle == 0
}

func (n Node) strictTag() {
	if n.yaml.Style&yaml.TaggedStyle == 0 {
		return
	}
	word := strings.TrimLeft(n.yaml.Tag, "!")
	n.Fail("a word starts with ! here, which YAML reads as a tag", "for \"not\" write not "+word+"; else put it in quotes")
}

func (n Node) strictScalar() {
	n.strictTag()
	if n.yaml.Style&yaml.TaggedStyle != 0 {
		return
	}
	if n.yaml.Value == "" {
		n.Fail("has no value", "write one after the colon, or leave the key out")
	}
	plain := !n.Quoted() && n.yaml.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0
	comment := n.yaml.LineComment
	if plain && len(comment) > 1 && comment[0] == '#' && comment[1] != ' ' && comment[1] != '#' {
		n.Fail("is cut off before "+shorten(comment)+", since # starts a comment",
			"put the whole value in quotes, or a space after # if it is a comment")
	}
}

func (n Node) strictKeys() {
	seen := map[string]int{}
	for _, e := range n.Entries() {
		switch first, twice := seen[e.Name], seen[e.Name] > 0; {
		case e.Key.Kind() != Scalar:
			e.Key.Fail("a key must be a word", n.braceHint())
		case e.Key.yaml.Tag == "!!merge":
			e.Key.Fail("<< merges are not read here", "write the keys out")
		case twice:
			e.Key.Fail("stands twice, first on line "+strconv.Itoa(first), "keep one of them")
		default:
			seen[e.Name] = e.Key.Line()
		}
	}
}
