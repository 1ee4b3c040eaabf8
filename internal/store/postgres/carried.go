package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// What whoever carries whole tables has to know beside the ledger: how to
// connect, how texts and message ids are kept, and where events of an instant
// go.

// Config reads a URL as Open does, and sees that the server answers. A
// transaction on it may be idle for as long as it likes.
func Config(ctx context.Context, url string) (*pgx.ConnConfig, error) {
	s, err := connected(ctx, url, Options{})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	config := s.config.Copy()
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	config.RuntimeParams["lock_timeout"] = "15s"
	return config, nil
}

// Kept gives a text as a column keeps it, and Told what such a text stands for.
func Kept(text string) string { return kept(text) }

// Told gives the text that Kept was given. What was not UTF-8 stays U+FFFD.
func Told(text string) string { return unescaped.Replace(text) }

// EventID gives what event_ids keeps of a message id.
func EventID(message string) []byte {
	id := idOf(message)
	return id[:]
}

// Explain adds to an error of the server what there is to do about it, where
// that is known.
func Explain(err error) error {
	if mend := remedy(err); mend != "" {
		return fmt.Errorf("%w; %s", err, mend)
	}
	return err
}

// MonthSQL gives the commands that make the partition of an instant, in
// microseconds, where it is not there yet. They are to run within a
// transaction, at once.
func MonthSQL(at int64) string {
	name, from, to := monthOf(at)
	return monthSQL(name, from, to)
}

func monthSQL(name string, from, to int64) string {
	return fmt.Sprintf(`SELECT pg_advisory_xact_lock(%d);
		CREATE TABLE IF NOT EXISTS %s (LIKE events INCLUDING ALL);
		DO $$ BEGIN
			IF NOT EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = CAST('events' AS regclass) AND inhrelid = CAST('%s' AS regclass)) THEN
				ALTER TABLE events ATTACH PARTITION %s FOR VALUES FROM (%d) TO (%d);
			END IF;
		END $$;`, lockKey("months", ""), name, name, name, from, to)
}
