package importer_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/source"
)

// declared declares two traits and two events.
type declared struct{}

func (declared) TraitNames() []string { return []string{"plan", "score"} }
func (declared) EventNames() []string { return []string{"page_visited", "visit"} }
func (declared) PropertyNames(event string) []string {
	return map[string][]string{"page_visited": {"page"}, "visit": {"mb"}}[event]
}

// TestNamesOfMaps: a name that data.yaml does not declare is a warning, and the
// rows are taken all the same.
func TestNamesOfMaps(t *testing.T) {
	t.Parallel()
	const customers, events = importer.Customers, importer.Events
	for text, c := range map[string]struct {
		kind importer.Kind
		want []string
	}{
		"traits: {plan: mb, email: mb, region: mb}":          {customers, nil},
		"traits: {plam: mb}":                                 {customers, []string{`map.yaml:2:10: warning: traits.plam: "plam": is not a trait of data.yaml; did you mean plan?`}},
		"traits: {plan: mb, favourite: mb}":                  {customers, []string{`map.yaml:2:20: warning: traits.favourite: "favourite": is not a trait of data.yaml; declare it there, so that rules can use it`}},
		"event: visit\nat: day\nproperties: {mb: mb}":        {events, nil},
		"event: visited\nat: day\nproperties: {mb: mb}":      {events, []string{`map.yaml:2:8: warning: event: "visited": is not an event of data.yaml; did you mean visit?`}},
		"event: visit\nat: day\nproperties: {mbs: mb}":       {events, []string{`map.yaml:4:14: warning: properties.mbs: "mbs": is not a property of data.yaml; did you mean mb?`}},
		"event: visit\nat: day\nproperties: {page: mb}":      {events, []string{`map.yaml:4:14: warning: properties.page: "page": is not a property of data.yaml; declare it there, so that rules can use it`}},
		"event: {from: mb}\nat: day\nproperties: {page: mb}": {events, nil},
		"event: {from: mb}\nat: day\nproperties: {pgae: mb}": {events, []string{`map.yaml:4:14: warning: properties.pgae: "pgae": is not a property of data.yaml; did you mean page?`}},
	} {
		r := newRecorder()
		o := importing(t, r, c.kind, "id: user\n"+text+"\n", "f.csv", "user,mb,day\n1,2,2026-05-01T00:00:00Z\n")
		var said []string
		o.Dictionary, o.Warn = declared{}, func(p source.Problem) {
			p.File = filepath.Base(p.File)
			said = append(said, p.String())
		}
		report, err := importer.Run(t.Context(), o)
		require.NoError(t, err, text)
		require.Equal(t, 1, report.Taken, text)
		require.Equal(t, c.want, said, text)
		o.Dictionary, said = nil, nil
		_, err = importer.Run(t.Context(), o)
		require.NoError(t, err, text)
		require.Empty(t, said, text)
	}
}
