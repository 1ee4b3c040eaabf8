package importer_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/source"
)

func TestFaultsOfMaps(t *testing.T) {
	t.Parallel()
	const due = "id: user\nevent: a\nat: day\n"
	for name, c := range map[string]struct {
		kind importer.Kind
		text string
		want []string
	}{
		"fine":               {importer.Events, due, nil},
		"nothing due":        {importer.Events, "properties: {mb: mb}\n", []string{"1:1: id is missing", "1:1: at is missing", "1:1: event is missing"}},
		"a column wrong":     {importer.Events, "id: usr\nevent: a\nat: day\n", []string{`1:5: id: "usr": names a column that the file has not; did you mean user?`}},
		"a key wrong":        {importer.Events, due + "propertys: {mb: mb}\n", []string{"4:1: propertys: \"propertys\": is not a key that is known here; did you mean properties?"}},
		"a key of customers": {importer.Events, due + "email: mb\n", []string{`4:1: email: "email": is not a key that is known here`}},
		"a name":             {importer.Events, due + "properties: {megaBytes: mb}\n", []string{`4:14: properties.megaBytes: "megaBytes": is not a name that rules can use; write mega_bytes`}},
		"ours":               {importer.Events, "id: user\nevent: message_sent\nat: day\n", []string{`2:8: event: "message_sent": names no event of your own; give a name of your own, such as order_placed`}},
		"no zone":            {importer.Events, "id: user\nevent: a\nat: {from: day, format: YYYY-MM-DD}\n", []string{"3:5: at: zone is missing, and the format has no offset; add zone: customer"}},
		"a zone wrong":       {importer.Events, "id: user\nevent: a\nat: {from: day, zone: PST}\n", []string{`3:23: at.zone: "PST": is neither customer nor a time zone; zone "PST": is not an IANA name, write America/Los_Angeles`}},
		"a format wrong":     {importer.Events, "id: user\nevent: a\nat: {from: day, format: yyyy-mm-dd, zone: UTC}\n", []string{`3:25: at.format: "yyyy-mm-dd": holds what stands for no part of a time; write YYYY`}},
		"minutes":            {importer.Events, "id: user\nevent: a\nat: {from: day, format: YYYY-mm-DD, zone: UTC}\n", []string{`at.format: "YYYY-mm-DD": names no year, month or day; write YYYY`}},
		"no from":            {importer.Events, "id: user\nevent: a\nat: {zone: UTC}\n", []string{"at: from is missing; name the column that holds the time"}},
		"from and text":      {importer.Events, due + "properties: {mb: {from: mb, text: x}}\n", []string{"properties.mb: needs either from or text"}},
		"a brace":            {importer.Events, due + "message_id: {text: \"x{user\"}\n", []string{`message_id.text: "x{user": has a brace that names no column; write {column}`}},
		"a brace wrong":      {importer.Events, due + "message_id: {text: \"x{usr}\"}\n", []string{`names a column that the file has not; did you mean user?`}},
		"else alone":         {importer.Events, due + "properties: {mb: {from: mb, else: x}}\n", []string{"properties.mb.else: \"x\": stands without lookup"}},
		"via":                {importer.Events, due + "via: App\n", nil},
		"via us":             {importer.Events, due + "via: us\n", []string{`4:6: via: "us": is no place that events come from; write app, web or server, or {from: column} when a column says it`}},
		"via a column":       {importer.Events, due + "via: mb\n", []string{`4:6: via: "mb": is no place that events come from; write app, web or server, or {from: mb} when a column says it`}},
		"via of customers":   {importer.Customers, "id: user\nvia: app\n", []string{`2:1: via: "via": is not a key that is known here`}},
		"skip":               {importer.Events, due + "skip: {bm: x}\n", []string{`4:8: skip.bm: "bm": names a column that the file has not; known: user, mb, day`}},
		"prefers":            {importer.Customers, "id: user\nprefers: {fax: mb}\n", []string{`2:11: prefers.fax: "fax": is not a key that is known here`}},
		"delimiter":          {importer.Events, due + "delimiter: semicolon\n", []string{`4:12: delimiter: "semicolon": is not a delimiter; write tab`}},
		"a list":             {importer.Events, "- id\n", []string{"1:1: is a list where keys with values are due"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder()
			_, err := importer.Run(t.Context(), importing(t, r, c.kind, c.text, "f.csv", "user,mb,day\n1,2,2026-05-01T00:00:00Z\n"))
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			var invalid *source.InvalidError
			require.ErrorAs(t, err, &invalid)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			require.Empty(t, r.taken)
		})
	}
}

func TestTopicsOfMaps(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"consent: [offers, product-news]":         "",
		"consent: {offers: mb, product_news: mb}": "",
		"consent: [offers, ofers]":                `2:19: consent[1]: "ofers": is not a topic of policy.yaml; did you mean offers?`,
		"consent: {ofers: mb}":                    `2:11: consent.ofers: "ofers": is not a topic of policy.yaml; did you mean offers?`,
	} {
		r := newRecorder()
		o := importing(t, r, importer.Customers, "id: user\n"+text+"\n", "f.csv", "user,mb\n1,yes\n")
		o.Topics = []string{"offers", "product-news"}
		_, err := importer.Run(t.Context(), o)
		if want == "" {
			require.NoError(t, err, text)
			require.Equal(t, map[customer.Topic]bool{"offers": true, "product-news": true}, r.taken[0].Change.Consents, text)
			continue
		}
		require.ErrorContains(t, err, want, text)
		require.Empty(t, r.taken)
	}
}

func TestTopicsOfRows(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	o := importing(t, r, importer.Customers, "id: user\ntraits: {consent: topics, plan: plan}\n", "f.csv", "user,topics,plan\n1,\"offers, ofers\",surf\n")
	o.Topics = []string{"offers", "service"}
	report, err := importer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, importer.Report{Rows: 1, Taken: 1, Fields: 1, Trouble: []importer.Trouble{
		{Line: 2, Reason: "consent.ofers: is not a topic of policy.yaml; did you mean offers?"},
	}}, report)
	require.Equal(t, observe.Change{
		Consents: map[customer.Topic]bool{"offers": true}, Traits: map[string]customer.Value{"plan": customer.Text("surf")},
	}, r.taken[0].Change)
}

func TestAColumnThatNoRowHas(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	_, err := importer.Run(t.Context(), importing(t, r, importer.Events, "id: usr\nevent: a\nat: t\n", "f.ndjson", `{"user": "1", "t": 1777593600}`))
	require.ErrorContains(t, err, `"usr": names a column that no row of the file has; did you mean user?`)
	require.Empty(t, r.taken)
}

func TestNobodyToAskForZones(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	o := importing(t, r, importer.Events, "id: u\nevent: a\nat: {from: t, zone: customer}\n", "f.csv", "u,t\n1,2026-05-01\n")
	report, err := importer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []importer.Trouble{{Line: 2, Reason: "at: the customer's zone is not known, import the customers first or name a zone in the map"}}, report.Trouble)
	o.Zones = nil
	_, err = importer.Run(t.Context(), o)
	require.ErrorContains(t, err, "says zone: customer, and there is nobody to ask for it; name an IANA zone")
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for at, c := range map[string]struct{ text, want string }{
		`t`:                                  {"2026-05-01T10:00:00+02:00", "2026-05-01T08:00:00Z"},
		`{from: t, zone: Europe/Berlin}`:     {"2026-05-01 10:00", "2026-05-01T08:00:00Z"},
		`{from: t, format: unix}`:            {"1777593600", "2026-05-01T00:00:00Z"},
		`{from: t, format: unix, zone: UTC}`: {"1777593600000", "2026-05-01T00:00:00Z"},
		`{from: t, format: M/D/YY h:mm AM, zone: America/New_York}`:          {"5/1/26 9:05 PM", "2026-05-02T01:05:00Z"},
		`{from: t, format: "DD MMM YYYY hh:mm:ss", zone: UTC}`:               {"01 May 2026 21:05:07.250", "2026-05-01T21:05:07.25Z"},
		`{from: t, format: "YYYY-MM-DDThh:mmZ"}`:                             {"2026-05-01T10:00+02:00", "2026-05-01T08:00:00Z"},
		`{from: {from: t, first: " ("}, format: YYYY/MM/DD, zone: UTC}`:      {"2026/05/01 (Fri)", "2026-05-01T00:00:00Z"},
		`{from: {text: "{u}-05-{t}"}, format: YYYY-MM-DD, zone: Asia/Tokyo}`: {"01", "2026-04-30T15:00:00Z"},
	} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			r := newRecorder()
			report, err := importer.Run(t.Context(), importing(t, r, importer.Events, "id: u\nevent: a\nat: "+at+"\n", "f.csv", "u,t\n2026,"+c.text+"\n"))
			require.NoError(t, err)
			require.Empty(t, report.Trouble)
			require.Equal(t, c.want, r.taken[0].Event.At.Format("2006-01-02T15:04:05.999999Z07:00"))
		})
	}
}

func FuzzMap(f *testing.F) {
	for _, s := range []string{customersMap, eventsMap, "id: u\nevent: {from: t}\nat: {from: t, format: unix}\n", "delimiter: tab\n", "consent: {a: u}\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []importer.Kind{importer.Customers, importer.Events} {
			r := newRecorder()
			report, err := importer.Run(t.Context(), importing(t, r, kind, text, "f.csv", "u,t\n1,2026-05-01T00:00:00Z\n"))
			var invalid *source.InvalidError
			if errors.As(err, &invalid) {
				require.NotEmpty(t, invalid.Problems)
				require.Empty(t, r.taken)
				for _, p := range invalid.Problems {
					whole := p.Path == "" && p.Line == 0 && slices.Contains(source.WholeFile(), p.Message)
					require.True(t, whole || p.Line > 0 && p.Column > 0, p.String())
				}
				continue
			}
			require.Equal(t, report.Rows, report.Taken+report.Skipped+report.Refused)
		}
	})
}

func FuzzFile(f *testing.F) {
	for _, s := range []string{"u,t\n1,2026-05-01T00:00:00Z\n", "u;t\n\"1\n\";x\n", "\xef\xbb\xbf{\"u\": 1, \"t\": 1}\n", "u,t\n\"\n\"\n\"", "u\tt\n\n1\t2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := newRecorder()
		report, err := importer.Run(t.Context(), importing(t, r, importer.Events, "id: u\nevent: a\nat: t\n", "f.csv", text))
		if err != nil {
			return
		}
		require.Equal(t, report.Rows, report.Taken+report.Duplicates+report.TooLate+report.Skipped+report.Refused)
		require.LessOrEqual(t, report.Rows, strings.Count(text, "\n")+1)
	})
}
