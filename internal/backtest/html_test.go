package backtest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTMP(t *testing.T) {
	o := filed(shipped(t), moment(t, "2026-05-01 00:00"), company(t, 400)...)
	o.Samples = 3
	r := play(t, o)
	var b bytes.Buffer
	require.NoError(t, r.HTML(&b))
	require.NoError(t, os.WriteFile(filepath.Join("/tmp/btshots", "report.html"), b.Bytes(), 0o600))
}
