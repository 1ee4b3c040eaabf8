package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/wording"
)

func rejectedCommand(now func() time.Time) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "rejected",
		Short: "List what was refused on the way in, newest first.",
		Long: "List what was refused on the way in, newest first: when, by which way, why, and how it began. Bodies may hold\n" +
			"personal data.",
		Args: cobra.NoArgs,
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "how many to list at most")
	place, asJSON := storeFlag(cmd, now), jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if limit < 1 {
			return usageError(fmt.Errorf("--limit: %d is less than 1", limit))
		}
		return place.use(cmd, func(ctx context.Context, o *office) error {
			var list []ledger.Rejection
			var total int64
			err := o.store.Read(ctx, func(tx ledger.Tx) (err error) {
				list, total, err = tx.Rejections(limit)
				return err
			})
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(o.out, rejections(list))
			}
			return printRejected(o.out, list, total)
		})
	}
	return cmd
}

// rejection is one thing that was refused.
type rejection struct {
	At     time.Time `json:"at"`
	Source string    `json:"source"`
	Reason string    `json:"reason"`
	Body   string    `json:"body"` // its beginning
}

func rejections(list []ledger.Rejection) []rejection {
	rejected := make([]rejection, len(list))
	for i, r := range list {
		rejected[i] = rejection{r.At, r.Source, r.Reason, shorten(r.Body)}
	}
	return rejected
}

// shownBody bounds what is shown of a body, in bytes.
const shownBody = 200

// shorten gives the beginning of a body on one line, without what a terminal
// would act on.
func shorten(body []byte) string {
	text, more := string(body), ""
	if len(body) > shownBody {
		end := shownBody
		for end > 0 && !utf8.RuneStart(body[end]) {
			end--
		}
		text, more = string(body[:end]), "..."
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "?"))
	return strings.Join(strings.Fields(text), " ") + more
}

func printRejected(out io.Writer, list []ledger.Rejection, total int64) error {
	if total == 0 {
		_, err := fmt.Fprintln(out, "Nothing was rejected.")
		return err
	}
	if len(list) > 1 {
		if _, err := fmt.Fprintln(out, "Newest first, and of one file the last rows first:"); err != nil {
			return err
		}
	}
	for _, r := range rejections(list) {
		if _, err := fmt.Fprintf(out, "%s  %s  %s\n    %s\n", utc(r.At), r.Source, r.Reason, r.Body); err != nil {
			return err
		}
	}
	if more := total - int64(len(list)); more > 0 {
		_, err := fmt.Fprintf(out, "and %s more; list them with --limit %d\n", wording.Number(float64(more)), total)
		return err
	}
	return nil
}
