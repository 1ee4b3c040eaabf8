package library

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// keptRule is a rule's document: everything that its meaning depends on, so
// that a version can be read again whatever has changed since. All rules share
// the data and the policy, which are documents of their own; a document may
// also hold them itself.
type keptRule struct {
	Rule       string `json:"rule"`
	DataHash   string `json:"data_hash,omitempty"`
	PolicyHash string `json:"policy_hash,omitempty"`
	Data       string `json:"data,omitempty"`
	Policy     string `json:"policy,omitempty"`
}

func readKept(d ledger.Document) (kept keptRule, err error) {
	if err := json.Unmarshal(d.Body, &kept); err != nil {
		return kept, fmt.Errorf("document rule %s %s: %w", d.Name, d.Hash, err)
	}
	return kept, nil
}

// beside gives the text of a kind that the rule was loaded with.
func (k keptRule) beside(tx ledger.Texts, kind ledger.DocumentKind) ([]byte, error) {
	hash, text := k.DataHash, k.Data
	if kind == ledger.PolicyDocument {
		hash, text = k.PolicyHash, k.Policy
	}
	if hash == "" {
		return []byte(text), nil
	}
	d, ok, err := tx.Document(kind, "", hash)
	if err == nil && !ok {
		err = fmt.Errorf("document %s %s, which it was loaded with, is not in the store", kind, hash)
	}
	return d.Body, err
}

// RuleText gives the text of a rule's document as it was loaded.
func RuleText(d ledger.Document) (string, error) {
	kept, err := readKept(d)
	return kept.Rule, err
}

// Version gives a rule as it was in a version, which may no longer be in
// force. It may be called inside a transaction.
func (l *Library) Version(tx ledger.Texts, name, hash string) (*rule.Matcher, error) {
	if m, ok := l.Current().Matcher(name); ok && m.Version == hash {
		return m, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if m, ok := l.versions[version{name, hash}]; ok {
		return m, nil
	}
	m, err := readVersion(tx, name, hash)
	if err == nil {
		l.versions[version{name, hash}] = m
	}
	return m, err
}

func readVersion(tx ledger.Texts, name, hash string) (*rule.Matcher, error) {
	d, ok, err := tx.Document(ledger.RuleDocument, name, hash)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("rule %s: version %s is not in the store", name, hash)
	}
	kept, err := readKept(d)
	if err != nil {
		return nil, err
	}
	data, err1 := kept.beside(tx, ledger.DataDocument)
	policy, err2 := kept.beside(tx, ledger.PolicyDocument)
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("rule %s: version %s: %w", name, hash, err)
	}
	var ps source.Problems
	b := bundle.ReadOne(name, []byte(kept.Rule), data, policy, &ps)
	if err := ps.Err(); err != nil {
		return nil, fmt.Errorf("rule %s: version %s: %w", name, hash, err)
	}
	return rule.NewMatcher(b.Rules[0], b.Dictionary), nil
}
