package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/insight"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// generationKey is the setting that changes with every activation.
const generationKey = "generation"

// Library follows the store's rows. It is safe for concurrent use.
type Library struct {
	store   ledger.Store
	current atomic.Pointer[Set]
	follow  sync.Mutex

	mu       sync.Mutex
	versions map[version]*rule.Matcher
}

type version struct{ rule, hash string }

// New gives a library that has nothing in force until Follow or Load.
func New(store ledger.Store) *Library {
	l := &Library{store: store, versions: map[version]*rule.Matcher{}}
	l.current.Store(newSet(bundle.Empty(), "", map[string]ledger.Active{}))
	return l
}

// Fixed gives a library that goes by one bundle for good, with the history of
// every rule read. It follows no store; nothing can be loaded into it.
func Fixed(b *bundle.Bundle) *Library {
	active := make(map[string]ledger.Active, len(b.Rules))
	for _, r := range b.Rules {
		active[r.Name] = ledger.Active{Kind: ledger.RuleDocument, Name: r.Name, Hash: r.Version, Warm: true}
	}
	l := &Library{versions: map[version]*rule.Matcher{}}
	set := newSet(b, "", active)
	set.fixed = true
	l.current.Store(set)
	return l
}

// Current gives what this process goes by.
func (l *Library) Current() *Set { return l.current.Load() }

// Stale reports whether the store's rows have changed since set was compiled.
func Stale(tx ledger.House, set *Set) (bool, error) {
	generation, _, err := tx.Setting(generationKey)
	return generation != set.Generation, err
}

// Follow compiles what the store's rows name, when they changed, and reports
// whether they did.
func (l *Library) Follow(ctx context.Context) (changed bool, err error) {
	if l.store == nil {
		return false, nil // fixed
	}
	l.follow.Lock()
	defer l.follow.Unlock()
	var now inForce
	var generation string
	err = l.store.Read(ctx, func(tx ledger.Tx) error {
		if generation, _, err = tx.Setting(generationKey); err != nil || generation == l.Current().Generation {
			return err
		}
		if now, err = l.read(tx); err != nil {
			return err
		}
		now.forgotten, err = Forgotten(tx)
		return err
	})
	if err != nil || generation == l.Current().Generation {
		return false, err
	}
	if now.same {
		l.current.Store(l.Current().further(generation, now))
		return true, nil
	}
	b, problems := bundle.Check(now.files)
	var ps source.Problems
	ps.Add(problems...)
	if err := ps.Err(); err != nil {
		return false, fmt.Errorf("rules in the store: %w", err)
	}
	set := newSet(b, generation, now.rules)
	set.Insight, set.documents, set.Forgotten = now.known, now.documents, now.forgotten
	l.current.Store(set)
	return true, nil
}

// inForce is what the store's rows name.
type inForce struct {
	files bundle.Files
	rules map[string]ledger.Active
	known *insight.Insight
	// forgotten is as Set has it.
	forgotten time.Time

	documents map[document]string // their hashes
	same      bool                // documents are those of the current set, and nothing else was read
}

// document names a document of which one version is in force.
type document struct {
	kind ledger.DocumentKind
	name string
}

// read reads the documents in force, where they are not those that are known.
// How far rules are with their histories changes often, the documents seldom.
func (l *Library) read(tx ledger.Texts) (inForce, error) {
	f := inForce{
		files: bundle.Files{Rules: map[string][]byte{}, Templates: map[string][]byte{}}, rules: map[string]ledger.Active{},
		documents: map[document]string{},
	}
	list, err := tx.Active()
	if err != nil {
		return f, err
	}
	for _, a := range list {
		f.documents[document{a.Kind, a.Name}] = a.Hash
		if a.Kind == ledger.RuleDocument {
			f.rules[a.Name] = a
		}
	}
	if f.same = maps.Equal(f.documents, l.Current().documents); f.same {
		return f, nil
	}
	documents, err := tx.InForce()
	if err == nil && len(documents) < len(list) {
		err = fmt.Errorf("store: %d documents are in force, and %d of them are there", len(list), len(documents))
	}
	for _, d := range documents {
		err = errors.Join(err, f.take(d))
	}
	return f, err
}

// take takes one document in.
func (f *inForce) take(d ledger.Document) error {
	switch d.Kind {
	case ledger.RuleDocument:
		text, err := RuleText(d)
		if err != nil {
			return err
		}
		f.files.Rules[d.Name+".yaml"] = []byte(text)
	case ledger.DataDocument:
		f.files.Rules[bundle.DataFile] = d.Body
	case ledger.PolicyDocument:
		f.files.Rules[bundle.PolicyFile] = d.Body
	case ledger.TemplatesDocument:
		if err := json.Unmarshal(d.Body, &f.files.Templates); err != nil {
			return fmt.Errorf("document templates %s: %w", d.Hash, err)
		}
	case ledger.LearnedDocument:
		f.known, _ = insight.Decode(d.Body) // what does not read is learned anew, and keeps no rule from its work
	}
	return nil
}

// Texts gives the channels that a template has a text for.
func (s *Set) Texts(template string) []customer.Channel { return s.Templates.Channels(template) }
