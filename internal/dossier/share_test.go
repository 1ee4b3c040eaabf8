package dossier_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// sharing notes by which values customers are said to be found.
type sharing struct {
	ledger.Tx
	said []map[string]string
}

func (s *sharing) Share(id customer.ID, values map[string]string) error {
	s.said = append(s.said, values)
	return s.Tx.Share(id, values)
}

// TestSomebodyNewIsSharedOnceThereIsAValue holds that the store is not asked for
// those who come without a value, and told whenever one came or went.
func TestSomebodyNewIsSharedOnceThereIsAValue(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.desk.Library.Load(t.Context(), bundle.Files{
		Rules: map[string][]byte{
			"data.yaml": []byte("traits: {region: id}\nevents: {outage_started: {by: us, region: id}}"),
			"outage.yaml": []byte("description: Tell a region.\nowner: care@example.com\ntopic: service\nabout: region\n" +
				"when: {event: outage_started}\nsteps: [{send: hello, at: now}]\n"),
		},
		Templates: map[string][]byte{"hello/sms.txt": []byte("Hello")},
	}, o.now)
	require.NoError(t, err)
	o.write(func(tx ledger.Tx) error {
		s := &sharing{Tx: tx}
		d := o.desk.Begin(s, "ben", o.now)
		require.NoError(t, d.Save())
		require.Empty(t, s.said)
		for _, region := range []string{"north", ""} {
			d.Profile.Traits = map[string]customer.Value{}
			if region != "" {
				d.Profile.Traits["region"] = customer.Text(region)
			}
			d.Change()
			require.NoError(t, d.Save())
		}
		require.Equal(t, []map[string]string{{"region": "north"}, {}}, s.said)
		found, err := tx.Sharing("region", "north", "", 5)
		require.Empty(t, found)
		return err
	})
}
