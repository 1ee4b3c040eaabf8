//go:build unix

package cluster

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// print writes the figures of a crowd for people.
func (m *million) print(w io.Writer) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	fmt.Fprintf(&b, "\n%d customers with %d events each, %d rules\n", m.Crowd, crowdEvents, crowdRules)
	line("%-44s %10s", "outreach explain, half within", percentile(m.explains, 50).Round(time.Millisecond))
	line("%-44s %10s", "outreach explain, all within", m.explains[len(m.explains)-1].Round(time.Millisecond))
	line("%-44s %10s", "a customer's page, half within", percentile(m.pages, 50).Round(time.Millisecond))
	line("%-44s %10s", "a customer's page, all within", m.pages[len(m.pages)-1].Round(time.Millisecond))
	line("%-44s %10.0f", "events taken a second, few messages beside", m.alone)
	line("%-44s %10.0f", "events taken a second by each busy core", m.alone/m.cores)
	line("%-44s %10.0f", "events taken a second, while many are reached", m.beside)
	line("%-44s %9.0f%%", "which is, of those", 100*m.beside/max(m.alone, 1))
	line("%-44s %10s", "urgent ones beside events, half within", percentile(m.calmly, 50).Round(time.Millisecond))
	line("%-44s %10s", "urgent ones beside events, 99 in 100 within", percentile(m.calmly, 99).Round(time.Millisecond))
	fmt.Fprintf(&b, "a rule that matches %d customers at once\n", m.want)
	planned := "not yet"
	if m.planned > 0 {
		planned = m.planned.Round(time.Second).String()
	}
	line("%-44s %10s", "all are planned after", planned)
	line("%-44s %10d", "messages sent within "+m.sending.Round(time.Second).String(), m.sent)
	line("%-44s %10.1f", "messages sent a second", float64(m.sent)/m.sending.Seconds())
	line("%-44s %10s", "urgent ones meanwhile, half within", percentile(m.urgent, 50).Round(time.Millisecond))
	line("%-44s %10s", "urgent ones meanwhile, 99 in 100 within", percentile(m.urgent, 99).Round(time.Millisecond))
	line("%-20s %14s %14s %10s", "process", "idle, cores", "busy, cores", "memory MB")
	const mega = 1 << 20
	for _, name := range slices.Sorted(maps.Keys(m.busy)) {
		line("%-20s %14.3f %14.3f %10d", name, m.idle[name].processor.Seconds()/idleFor.Seconds(),
			m.busy[name].processor.Seconds()/m.sending.Seconds(), m.busy[name].memory/mega)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
