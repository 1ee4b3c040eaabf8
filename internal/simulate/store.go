package simulate

import (
	"context"
	"os"
	"path/filepath"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
)

// open gives an empty store.
func (s *Stage) open(ctx context.Context) (ledger.Store, error) {
	dir, err := os.MkdirTemp("", "outreach-play-")
	if err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, filepath.Join(dir, "outreach.db"), sqlite.Options{})
}
