package app

import (
	"context"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path/filepath"
	"time"
)

// lookEvery is how often folders are looked at. What changed is told once it
// has stayed the same from one look to the next: editors write in several
// steps.
const lookEvery = 300 * time.Millisecond

// watch tells of changes in the rules and templates folders until ctx ends;
// never without WatchFiles. It looks at the folders rather than asking the
// system to tell: so folders that are new, moved or replaced are seen too.
func (o Options) watch(ctx context.Context) <-chan struct{} {
	changes := make(chan struct{}, 1)
	if !o.WatchFiles {
		return changes
	}
	last, pending := o.signature(), false
	go func() {
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			now := o.signature()
			if now != last {
				last, pending = now, true
				continue
			}
			if !pending {
				continue
			}
			pending = false
			select {
			case changes <- struct{}{}:
			default:
			}
		}
	}()
	return changes
}

// signature tells the contents of the folders apart: names, sizes and times
// of change of all files. A folder that is not there is empty.
func (o Options) signature() uint64 {
	h := fnv.New64a()
	for _, root := range []string{o.Rules, TemplatesBeside(o.Rules, o.Templates)} {
		_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return nil
			}
			if info, err := entry.Info(); err == nil {
				_, _ = fmt.Fprintln(h, path, info.Size(), info.ModTime().UnixNano())
			}
			return nil
		})
	}
	return h.Sum64()
}
