package line_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel/line"
)

func TestWithPreheader(t *testing.T) {
	t.Parallel()
	const hidden = `<div style="display:none;max-height:0;overflow:hidden">5 &lt; 6</div>`
	for _, c := range []struct{ page, preheader, want string }{
		{`<html><body class="x"><p>Hi</p></body></html>`, "5 < 6", `<html><body class="x">` + hidden + `<p>Hi</p></body></html>`},
		{`<p>Hi</p>`, "5 < 6", hidden + `<p>Hi</p>`},
		{`<i>5 &lt; 6</i>`, "5 < 6", `<i>5 &lt; 6</i>`},
		{`<p>Hi</p>`, "", `<p>Hi</p>`},
	} {
		require.Equal(t, c.want, line.WithPreheader(c.page, c.preheader))
	}
}
