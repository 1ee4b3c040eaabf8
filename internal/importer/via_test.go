package importer_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/importer"
)

func TestWhereEventsComeFrom(t *testing.T) {
	t.Parallel()
	const (
		app, web, server = customer.ViaApp, customer.ViaWeb, customer.ViaServer
		file             = "u,t,place\n" +
			"1,2026-05-01T00:00:00Z,app\n" +
			"1,2026-05-02T00:00:00Z, Web\n" +
			"1,2026-05-03T00:00:00Z,\n" +
			"1,2026-05-04T00:00:00Z,kiosk\n"
	)
	for name, c := range map[string]struct {
		text    string
		want    []customer.Via
		trouble []importer.Trouble
	}{
		"not said": {"", []customer.Via{server, server, server, server}, nil},
		"one":      {"via: app\n", []customer.Via{app, app, app, app}, nil},
		"a column": {"via: {from: place}\n", []customer.Via{app, web, server, server}, []importer.Trouble{
			{Line: 5, Reason: "via: is neither app, web nor server, write one of them in the file or through the map's lookup"}}},
		"a lookup": {"via: {from: place, none: Web, lookup: {app: server, kiosk: app}}\n", []customer.Via{server, server, server, app}, nil},
		"no lookup": {"via: {from: place, lookup: {kiosk: app, Web: web}}\n", []customer.Via{server, web, server, app}, []importer.Trouble{
			{Line: 2, Reason: "via: is not in the map's lookup, add it there or give else"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder()
			report, err := importer.Run(t.Context(), importing(t, r, importer.Events, "id: u\nevent: a\nat: t\n"+c.text, "e.csv", file))
			require.NoError(t, err)
			require.Equal(t, 4, report.Taken)
			require.Equal(t, c.trouble, report.Trouble)
			var got []customer.Via
			for _, in := range r.taken {
				got = append(got, in.Event.Via)
			}
			require.Equal(t, c.want, got)
		})
	}
}
