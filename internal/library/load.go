package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// Report is what a load changed.
type Report struct {
	Added    []string // rules
	Changed  []string
	Removed  []string
	Others   []ledger.DocumentKind // data, policy and templates, where they changed
	Rules    int                   // in force
	Problems []source.Problem      // warnings
}

// Nothing reports whether everything was in force already.
func (r Report) Nothing() bool { return len(r.Added)+len(r.Changed)+len(r.Removed)+len(r.Others) == 0 }

// errFixed says that a library follows no store.
var errFixed = errors.New("library: goes by one bundle for good, open another one to load files")

// Load checks files and puts them in force, all or nothing. Files with
// problems leave what was in force as it is; the error is then a
// *source.InvalidError. Open outreaches keep their versions; those that wait
// look again at a policy that changed. New rules are warming until their history
// was read, and changed ones that need more of it than was read for them.
func (l *Library) Load(ctx context.Context, files bundle.Files, now time.Time) (Report, error) {
	b, problems := bundle.Check(files)
	var ps source.Problems
	ps.Add(problems...)
	if err := ps.Err(); err != nil {
		return Report{Problems: problems}, err
	}
	if l.store == nil {
		return Report{}, errFixed
	}
	var report Report
	err := l.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		var err error
		if err = tx.Alter(); err != nil {
			return err
		}
		report, err = activate(tx, b, files, now)
		return err
	})
	if err != nil {
		return report, err
	}
	report.Problems, report.Rules = problems, len(b.Rules)
	_, err = l.Follow(ctx)
	return report, err
}

// refusedKey is the setting that says why the newest edit is not in force.
const refusedKey = "rules refused"

// Refuse keeps, for status, why an edit of the rules folder is not in force:
// until the next one that is.
func (l *Library) Refuse(ctx context.Context, why string, now time.Time) error {
	if l.store == nil {
		return errFixed
	}
	return l.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		return tx.SetSetting(refusedKey, now.UTC().Format(time.RFC3339)+" "+why)
	})
}

// Refused gives when and why the newest edit of a rules folder was not taken;
// ok is false when it was.
func Refused(tx ledger.House) (at time.Time, why string, ok bool, err error) {
	text, _, err := tx.Setting(refusedKey)
	if err != nil || text == "" {
		return time.Time{}, "", false, err
	}
	stamp, why, _ := strings.Cut(text, " ")
	at, err = time.Parse(time.RFC3339, stamp)
	return at, why, err == nil, err
}

func activate(tx ledger.Tx, b *bundle.Bundle, files bundle.Files, now time.Time) (Report, error) {
	if err := tx.SetSetting(refusedKey, ""); err != nil {
		return Report{}, err
	}
	old := map[string]ledger.Active{}
	list, err := tx.Active()
	if err != nil {
		return Report{}, err
	}
	for _, a := range list {
		if a.Kind != ledger.LearnedDocument { // it is not of any files
			old[string(a.Kind)+"/"+a.Name] = a
		}
	}
	var report Report
	changed := false
	for _, d := range documents(b, files, now) {
		key := string(d.Kind) + "/" + d.Name
		before, was := old[key]
		delete(old, key)
		if was && before.Hash == d.Hash {
			continue
		}
		changed = true
		report.tell(d, was)
		current := ledger.Active{Kind: d.Kind, Name: d.Name, Hash: d.Hash, At: now, Warm: d.Kind != ledger.RuleDocument}
		if was && inherits(tx, b, d, before) {
			current.Warm, current.Warming, current.Warmed = before.Warm, before.Warming, before.Warmed
		}
		if err := errors.Join(tx.SaveDocument(d), tx.Activate(current)); err != nil {
			return report, err
		}
	}
	for _, a := range old {
		changed = true
		if a.Kind == ledger.RuleDocument {
			report.Removed = append(report.Removed, a.Name)
		}
		if err := tx.Deactivate(a.Kind, a.Name); err != nil {
			return report, err
		}
	}
	slices.Sort(report.Removed)
	if !changed {
		return report, nil
	}
	if slices.Contains(report.Others, ledger.PolicyDocument) { // what waits was planned by the one before
		if err := ledger.RecheckAll(tx); err != nil {
			return report, err
		}
	}
	return report, Bump(tx)
}

// inherits reports whether a rule's document needs no history but what was read
// for the version before. One that this program does not read gives nothing.
func inherits(tx ledger.Texts, b *bundle.Bundle, d ledger.Document, before ledger.Active) bool {
	i := slices.IndexFunc(b.Rules, func(r *rule.Rule) bool { return d.Kind == ledger.RuleDocument && r.Name == d.Name })
	if i < 0 {
		return false
	}
	old, err := readVersion(tx, d.Name, before.Hash)
	return err == nil && rule.NewMatcher(b.Rules[i], b.Dictionary).Inherits(old)
}

func (r *Report) tell(d ledger.Document, was bool) {
	switch {
	case d.Kind != ledger.RuleDocument:
		r.Others = append(r.Others, d.Kind)
	case was:
		r.Changed = append(r.Changed, d.Name)
	default:
		r.Added = append(r.Added, d.Name)
	}
}

// Bump makes every process look at the rows of what is in force again.
func Bump(tx ledger.House) error {
	text, _, err := tx.Setting(generationKey)
	if err != nil {
		return err
	}
	n, _ := strconv.ParseInt(text, 10, 64)
	return tx.SetSetting(generationKey, strconv.FormatInt(n+1, 10))
}

// documents gives everything of a bundle as documents.
func documents(b *bundle.Bundle, files bundle.Files, now time.Time) []ledger.Document {
	data, policy := files.Rules[bundle.DataFile], files.Rules[bundle.PolicyFile]
	templates, err := json.Marshal(files.Templates)
	if err != nil {
		templates = []byte("{}")
	}
	list := []ledger.Document{
		{Kind: ledger.DataDocument, Hash: hash(data), Body: data, At: now},
		{Kind: ledger.PolicyDocument, Hash: hash(policy), Body: policy, At: now},
		{Kind: ledger.TemplatesDocument, Hash: hash(templates), Body: templates, At: now},
	}
	for _, r := range b.Rules {
		text, made := b.Made[r.Name]
		if !made {
			text = files.Rules[r.Name+".yaml"]
		}
		body, err := json.Marshal(keptRule{Rule: string(text), DataHash: hash(data), PolicyHash: hash(policy)})
		if err != nil {
			continue
		}
		list = append(list, ledger.Document{Kind: ledger.RuleDocument, Name: r.Name, Hash: r.Version, Body: body, At: now})
	}
	return list
}

func hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:6])
}
