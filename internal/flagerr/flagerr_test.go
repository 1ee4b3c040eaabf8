package flagerr_test

import (
	"errors"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/flagerr"
)

func TestExplainSaysWhatToWrite(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("program", pflag.ContinueOnError)
	flags.Int("customers", 0, "")
	flags.Float64("rate", 0, "")
	flags.Bool("fresh", false, "")
	flags.Duration("drain", time.Second, "")
	for arg, want := range map[string]string{
		"--customers=abc": `--customers: "abc" is no whole number; write digits alone, as in --customers 50000`,
		"--rate=many":     `--rate: "many" is no number; write digits alone, as in --rate 2.5`,
		"--fresh=maybe":   `--fresh: "maybe" is neither true nor false; write --fresh, or leave it out`,
		"--drain=90":      `--drain: "90" is no span of time; write a number and s, m or h, as in --drain 90s`,
		"--nothing":       "unknown flag: --nothing",
	} {
		require.EqualError(t, flagerr.Explain(flags.Parse([]string{arg})), want)
	}
	other := errors.New("another")
	require.Equal(t, other, flagerr.Explain(other))
}
