package drill

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/sandbox"
)

var noon = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

// fine gives the books of a drill in which everything went out once, a second
// after it could.
func fine(messages int) books {
	b := books{people: people(messages), readyAt: map[string]time.Time{}, open: map[string]bool{}, lateIf: 30 * time.Second}
	for _, p := range b.people {
		b.readyAt[p.ID] = noon
		due := noon
		for _, s := range p.Steps {
			at := slices.IndexFunc(s.To, func(a address) bool { return !refused(a.To) && (!undelivered(a.To) || s.Undelivered) })
			if at < 0 {
				b.fates = append(b.fates, fate{p.ID, p.Rule, s.Name, s.To[0].Channel, ledger.Rejected, customer.BadAddress, due})
				continue
			}
			if at > 0 && undelivered(s.To[0].To) {
				b.taken = append(b.taken, took(p, s, s.To[0], due.Add(time.Second)))
			}
			b.taken = append(b.taken, took(p, s, s.To[at], due.Add(time.Second)))
			b.fates = append(b.fates, fate{p.ID, p.Rule, s.Name, s.To[at].Channel, ledger.Accepted, "", due.Add(time.Second)})
			due = due.Add(time.Second + pauseSeconds*time.Second)
		}
	}
	return b
}

func took(p person, s step, a address, at time.Time) sandbox.Taken {
	t := sandbox.Taken{
		Provider: map[customer.Channel]string{customer.SMS: "twilio", customer.Email: "sendgrid", customer.Push: "fcm"}[a.Channel],
		Key:      fmt.Sprintf("%s.id-of-%s.1.%s.%s", p.Rule, p.ID, s.Name, a.Channel), To: a.To, At: at, Undelivered: undelivered(a.To),
	}
	if a.Channel == customer.Push {
		t.Collapse = t.Key
	}
	return t
}

// find gives the first message taken for a rule's step.
func (b *books) find(t *testing.T, rule, step string) int {
	t.Helper()
	at := slices.IndexFunc(b.taken, func(taken sandbox.Taken) bool {
		ref, name, _, err := ledger.ParseKey(taken.Key)
		return err == nil && ref.Rule == rule && name == step
	})
	require.GreaterOrEqual(t, at, 0)
	return at
}

// without takes a message out of the providers' book and makes the design say
// something else of it.
func (b *books) without(t *testing.T, rule, step string, says ledger.PartStatus, why customer.Reason) {
	t.Helper()
	at := b.find(t, rule, step)
	gone := b.taken[at]
	b.taken = slices.Delete(b.taken, at, at+1)
	for i, f := range b.fates {
		if gone.Key[:len(rule)] == f.Rule && f.Step == step && slices.ContainsFunc(b.people, func(p person) bool {
			return p.ID == f.Customer && slices.Contains(p.addresses(), address{channelOf(gone), gone.To})
		}) {
			b.fates[i].Status, b.fates[i].Reason = says, why
		}
	}
}

// settle makes a rule's first message unknown from some time on.
func (b *books) settle(t *testing.T, rule string, at time.Time) {
	t.Helper()
	b.without(t, rule, "first", ledger.Unknown, "")
	for i, f := range b.fates {
		if f.Rule == rule && f.Status == ledger.Unknown {
			b.fates[i].At = at
			return
		}
	}
}

// later moves the message that took a first one's place.
func (b *books) later(t *testing.T, after time.Duration) {
	t.Helper()
	at := b.find(t, confirmed, "first")
	b.taken[at+1].At = b.taken[at].At.Add(after)
}

func channelOf(t sandbox.Taken) customer.Channel {
	_, _, c, _ := ledger.ParseKey(t.Key)
	return c
}

func TestTally(t *testing.T) {
	t.Parallel()
	const messages = 46
	for name, tc := range map[string]struct {
		change func(*testing.T, *books)
		want   func(*Numbers)
	}{
		"all is well": {func(*testing.T, *books) {}, func(*Numbers) {}},
		"one was never taken, whatever is said": {
			func(t *testing.T, b *books) { b.without(t, "by-sms", "first", ledger.Accepted, "") },
			func(n *Numbers) {
				n.Accepted, n.Lost = n.Accepted-1, 1
				n.Details = []string{"lost: first of c00000 (by-sms): the store says accepted"}
			},
		},
		"one that exists was given up as though it did not": {
			func(t *testing.T, b *books) { b.without(t, "by-sms", "first", ledger.Rejected, customer.BadAddress) },
			func(n *Numbers) {
				n.Accepted, n.Lost = n.Accepted-1, 1
				n.Details = []string{"lost: first of c00000 (by-sms): the store says rejected (bad_address)"}
			},
		},
		"nobody can know of one": {
			func(t *testing.T, b *books) { b.without(t, "by-email", "first", ledger.Unknown, customer.Unknown) },
			func(n *Numbers) {
				n.Accepted, n.Unknown, n.UnknownBy = n.Accepted-1, 1, map[customer.Channel]int{customer.Email: 1}
			},
		},
		"one is unknown, and went out": {
			func(_ *testing.T, b *books) { b.fates[0].Status = ledger.Unknown },
			func(n *Numbers) {
				n.Unknown, n.Reached, n.UnknownBy = 1, 1, map[customer.Channel]int{customer.SMS: 1}
			},
		},
		"one came twice": {
			func(t *testing.T, b *books) { b.taken = append(b.taken, b.taken[b.find(t, "by-email", "first")]) },
			func(n *Numbers) {
				n.Duplicated = 1
				n.Details = []string{"duplicated: first of c00001 (by-email) was taken 2 times: sendgrid 12:00:01.000, sendgrid 12:00:01.000"}
			},
		},
		"one came by both of its channels": {
			func(t *testing.T, b *books) {
				again := b.taken[b.find(t, "sms-first", "first")]
				again.Provider, again.To = "sendgrid", "c00007@drill.example.com"
				again.Key = again.Key[:len(again.Key)-len("sms")] + "email"
				b.taken = append(b.taken, again)
			},
			func(n *Numbers) {
				n.Duplicated = 1
				n.Details = []string{"duplicated: first of c00007 (sms-first) was taken 2 times: twilio 12:00:01.000, sendgrid 12:00:01.000"}
			},
		},
		"one came out of a second outreach": {
			func(t *testing.T, b *books) {
				again := b.taken[b.find(t, "by-sms", "first")]
				again.Key = "by-sms.id-of-c00000.2.first.sms"
				b.taken = append(b.taken, again)
			},
			func(n *Numbers) {
				n.Duplicated = 1
				n.Details = []string{`duplicated: twilio took "by-sms.id-of-c00000.2.first.sms" for an address, and nobody was to get it there`}
			},
		},
		"one went to somebody else": {
			func(t *testing.T, b *books) {
				b.taken[b.find(t, "by-sms", "first")].To = "+12129999999"
			},
			func(n *Numbers) {
				n.Accepted, n.Lost, n.Duplicated = n.Accepted-1, 1, 1
				n.Details = []string{
					`duplicated: twilio took "by-sms.id-of-c00000.1.first.sms" for an address, and nobody was to get it there`,
					"lost: first of c00000 (by-sms): the store says accepted",
				}
			},
		},
		"a repeated push takes the place of the first": {
			func(t *testing.T, b *books) { b.taken = append(b.taken, b.taken[b.find(t, "by-push", "first")]) },
			func(n *Numbers) { n.Replaced = 1 },
		},
		"a repeated push stands beside the first": {
			func(t *testing.T, b *books) {
				again := b.taken[b.find(t, "by-push", "first")]
				again.Collapse = "another"
				b.taken = append(b.taken, again)
			},
			func(n *Numbers) {
				n.Duplicated = 1
				n.Details = []string{"duplicated: first of c00002 (by-push) was taken 2 times: fcm 12:00:01.000, fcm 12:00:01.000"}
			},
		},
		"one does not end": {
			func(t *testing.T, b *books) {
				b.without(t, "by-sms", "first", ledger.Sending, "")
				b.open["c00000"] = true
			},
			func(n *Numbers) {
				n.Accepted, n.Stuck = n.Accepted-1, 1
				n.Details = []string{"stuck: first of c00000 (by-sms): the store says sending"}
			},
		},
		"one has its outcome and does not end": {
			func(_ *testing.T, b *books) { b.open["c00000"] = true },
			func(n *Numbers) {
				n.Stuck = 1
				n.Details = []string{"stuck: first of c00000 (by-sms) has its outcome, and the outreach goes on: the store says accepted"}
			},
		},
		"the second of one whose first is unknown waits for that to be settled": {
			func(t *testing.T, b *books) {
				b.settle(t, "mixed", noon.Add(time.Minute))
				b.taken[b.find(t, "mixed", "second")].At = noon.Add(64 * time.Second)
			},
			func(n *Numbers) {
				n.Accepted, n.Unknown, n.UnknownBy = n.Accepted-1, 1, map[customer.Channel]int{customer.Email: 1}
			},
		},
		"the second of one whose first is unknown is no exception": {
			func(t *testing.T, b *books) {
				b.settle(t, "mixed", noon.Add(time.Minute))
				b.without(t, "mixed", "second", ledger.Planned, "")
				b.open["c00009"] = true
			},
			func(n *Numbers) {
				n.Accepted, n.Unknown, n.UnknownBy, n.Stuck = n.Accepted-2, 1, map[customer.Channel]int{customer.Email: 1}, 2
				n.Details = []string{
					"stuck: first of c00009 (mixed) has its outcome, and the outreach goes on: the store says unknown",
					"stuck: second of c00009 (mixed): the store says planned",
				}
			},
		},
		"one did not arrive, and no other channel was tried": {
			func(t *testing.T, b *books) {
				at := b.find(t, confirmed, "first") + 1 // the mail that took the SMS's place
				b.taken = slices.Delete(b.taken, at, at+1)
			},
			func(n *Numbers) {
				n.FellBack, n.Lost, n.Forsaken = 0, 1, 1
				n.Details = []string{"lost: first of c00008 (sms-confirmed): the store says accepted"}
			},
		},
		"one came by a second channel since no word came of the first": {
			func(t *testing.T, b *books) {
				b.taken[b.find(t, confirmed, "first")].Undelivered = false
				b.later(t, confirmWithin)
			},
			func(n *Numbers) { n.FellBack, n.Doubted = 0, 1 },
		},
		"one came by a second channel too early": {
			func(t *testing.T, b *books) {
				b.taken[b.find(t, confirmed, "first")].Undelivered = false
				b.later(t, time.Second)
			},
			func(n *Numbers) {
				n.FellBack, n.Duplicated = 0, 1
				n.Details = []string{"duplicated: first of c00008 (sms-confirmed) was taken 2 times: twilio 12:00:01.000, sendgrid 12:00:02.000"}
			},
		},
		"one is late": {
			func(t *testing.T, b *books) { b.taken[b.find(t, "by-sms", "first")].At = noon.Add(31 * time.Second) },
			func(n *Numbers) { n.Late = 1 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := fine(messages)
			tc.change(t, &b)
			want := Numbers{Messages: messages, Accepted: messages - 2, Refused: 2, Returned: 4, FellBack: 1}
			tc.want(&want)
			got := tally(b)
			got.Lateness = nil
			require.Equal(t, want, got)
			require.Equal(t, want.Lost+want.Duplicated+want.Stuck == 0, got.Green())
		})
	}
}

// TestWhatCameWithoutASendKeyIsCountedByItsAddress has a provider that was told
// no send key: two equal texts are the first and the second.
func TestWhatCameWithoutASendKeyIsCountedByItsAddress(t *testing.T) {
	t.Parallel()
	b := fine(46)
	for i := range b.taken {
		b.taken[i].Key = ""
	}
	n := tally(b)
	require.Equal(t, []int{44, 0, 0}, []int{n.Accepted, n.Lost, n.Duplicated})
	b.taken = append(b.taken, b.taken[0])
	require.Equal(t, 1, tally(b).Duplicated)
}

func TestLateness(t *testing.T) {
	t.Parallel()
	b := fine(46)
	at := b.find(t, "again", "second")
	b.taken[at].At = b.taken[at].At.Add(time.Hour)
	n := tally(b)
	require.Equal(t, 1, n.Late)
	require.Equal(t, []time.Duration{time.Second, time.Second, time.Hour + time.Second},
		[]time.Duration{n.Quantile(0), n.Quantile(0.5), n.Quantile(1)})
	require.Zero(t, (&Numbers{}).Quantile(0.5))
}

func TestPeople(t *testing.T) {
	t.Parallel()
	for _, messages := range []int{1, 2, 19, 20, 500, 10_000} {
		n, owner := 0, map[string]string{}
		for _, p := range people(messages) {
			n += len(p.Steps)
			for _, a := range p.addresses() {
				require.Empty(t, owner[a.To], "each customer has addresses of their own")
				owner[a.To] = p.ID
			}
		}
		require.Equal(t, messages, n)
	}
}
