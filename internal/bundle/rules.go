package bundle

import (
	"maps"
	"path"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// read is one rule that was read, and what was found in its file.
type read struct {
	rule     *rule.Rule
	problems source.Problems
}

// addRules reads the rules among the files, several at once, and keeps those
// that are sound, by name. Each is read for itself: what comes of it does not
// depend on which others there are, nor on the order.
func (b *Bundle) addRules(dir string, files map[string][]byte, env rule.Env, ps *source.Problems) {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(files)), func(name string) bool { return !isRule(name) })
	list := make([]read, len(names))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(names)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(names); i = int(next.Add(1)) - 1 {
				list[i].rule = b.readRule(path.Join(dir, names[i]), files[names[i]], env, &list[i].problems)
			}
		})
	}
	workers.Wait()
	for i := range list {
		if list[i].problems.Err() == nil {
			b.Rules = append(b.Rules, list[i].rule)
		}
		ps.Add(list[i].problems.List()...)
	}
}

// readRule reads a rule and, when it is sound, what it asks of templates.
func (b *Bundle) readRule(file string, text []byte, env rule.Env, ps *source.Problems) *rule.Rule {
	r := rule.Read(file, text, env, ps)
	if ps.Err() == nil {
		checkUses(r, b.Templates, ps)
	}
	return r
}
