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
		ps.Add(Problem{File: name, Message: tooLarge, Hint: "split it into several files"})
		return Node{}, false
	}
	if message, hint := NoText(text); message != "" {
		ps.Add(Problem{File: name, Message: message, Hint: hint})
		return Node{}, false
	}
	if !f.indentation() {
		return Node{}, false
	}
	documents, ok := f.parse(text)
	if !ok {
		return Node{}, false
	}
	if len(documents) == 0 || len(documents[0].Content) == 0 {
		ps.Add(Problem{File: name, Message: empty, Hint: "write something in it, or delete it"})
		return Node{}, false
	}
	if len(documents) > 1 {
		ps.Add(Problem{File: name, Line: documents[1].Line + skipped, Column: 1,
			Message: "a second document starts here", Hint: "leave out the line --- or ... before it; what does not belong together needs files of its own"})
		return Node{}, false
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
		entries := n.Entries()
		for i, e := range entries {
			if n.isLoose(e) {
				n.failLoose(entries, i)
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
		case e.Name != e.Key.yaml.Value:
			e.Key.Fail(dashFault(e.Key.yaml.Value), "write a hyphen and a space: - "+e.Name)
		case twice:
			e.Key.Fail("stands twice, first on line "+strconv.Itoa(first), "keep one of them")
		default:
			seen[e.Name] = e.Key.Line()
		}
	}
}
