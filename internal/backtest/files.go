package backtest

import (
	"context"
	"path/filepath"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// File is one file with the map that says which column means what.
type File struct {
	Kind      importer.Kind
	Path, Map string
}

// Files are a past that stands in files, as package importer reads them. Those
// of customers are told first, since events may go by their zones.
type Files struct {
	List       []File
	Policy     *policy.Policy
	Zones      *sendtime.Zones
	EventName  func(outside string) string // as data.yaml declares it
	Topics     []string                    // of the policy
	Dictionary importer.Dictionary         // nil: the names of maps are not checked
	Now        time.Time                   // what is more than a day behind it is refused
}

// undated marks what a file of customers says of no particular time.
func undated() time.Time { return time.Unix(0, 0).UTC() }

// Check opens every file and reads its map: what is wrong with a map is a
// *source.InvalidError. warn is told once of each thing that is odd in a sound
// one.
func (f *Files) Check(warn func(source.Problem)) error {
	told := map[source.Problem]bool{}
	for _, file := range f.List {
		o := f.options(file, &reader{})
		o.Warn = func(p source.Problem) {
			if !told[p] {
				warn(p)
			}
			told[p] = true
		}
		if err := importer.Check(o); err != nil {
			return err
		}
	}
	return nil
}

// Tell implements Past.
func (f *Files) Tell(ctx context.Context, take func(Fact) error, progress Progress) ([]Source, error) {
	r := &reader{files: f, take: take, places: map[string]whereabouts{}}
	var sources []Source
	for _, kind := range []importer.Kind{importer.Customers, importer.Events} {
		for _, file := range f.List {
			if file.Kind != kind {
				continue
			}
			o := f.options(file, r)
			name := filepath.Base(file.Path)
			o.Progress = func(done, total int64) { progress(name, done, total) }
			report, err := importer.Run(ctx, o)
			if err != nil {
				return nil, err
			}
			sources = append(sources, sourceOf(name, report))
		}
	}
	return sources, nil
}

func (f *Files) options(file File, r *reader) importer.Options {
	return importer.Options{
		Kind: file.Kind, Path: file.Path, Map: file.Map, Taker: r, Keeper: r, Zones: r, EventName: f.EventName, Topics: f.Topics,
		Dictionary: f.Dictionary, Unsorted: true, Now: f.Now, Undated: undated(),
	}
}

func sourceOf(name string, report importer.Report) Source {
	s := Source{
		Name: name, Rows: report.Rows, Taken: report.Taken + report.Duplicates, Skipped: report.Skipped, Refused: report.Refused,
		Fields: report.Fields,
	}
	for _, trouble := range report.Trouble {
		s.Trouble = append(s.Trouble, trouble.String())
	}
	return s
}

// reader takes what the importer reads.
type reader struct {
	files  *Files
	take   func(Fact) error
	places map[string]whereabouts // of customers, by outside id
}

// whereabouts is what tells a customer's zone.
type whereabouts struct{ zone, phone, country, region string }

// Take implements importer.Taker.
func (r *reader) Take(_ context.Context, batch []observe.Incoming) ([]observe.Outcome, error) {
	outcomes := make([]observe.Outcome, len(batch))
	for i, in := range batch {
		r.locate(in)
		if err := r.take(Fact{Incoming: in, Undated: in.Event.At.Equal(undated())}); err != nil {
			return nil, err
		}
		outcomes[i].Status = observe.Taken
	}
	return outcomes, nil
}

// locate notes a customer's zone as a profile would have it.
func (r *reader) locate(in observe.Incoming) {
	if in.Event.Name != customer.Identified {
		return
	}
	known := r.places[in.User]
	p := customer.Profile{Zone: known.zone, Phone: known.phone, Country: known.country, Region: known.region}
	in.Change.Dial(&p, r.files.Policy.Country)
	in.Change.Locate(&p)
	r.places[in.User] = whereabouts{zone: p.Zone, phone: p.Phone, country: p.Country, region: p.Region}
}

// ZoneOf implements importer.ZoneLookup.
func (r *reader) ZoneOf(_ context.Context, external string) (string, error) {
	known, ok := r.places[external]
	if !ok {
		return "", nil
	}
	return r.files.Policy.ZoneOf(r.files.Zones, &customer.Profile{
		Zone: known.zone, Phone: known.phone, Country: known.country, Region: known.region,
	}).String(), nil
}

// Reject implements importer.Keeper: the importer's report names what was
// refused, and nobody keeps it.
func (r *reader) Reject(context.Context, []observe.Rejection) error { return nil }
