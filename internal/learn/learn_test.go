package learn_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/learn"
	"github.com/outreach-engine/outreach/internal/source"
)

type traits = map[string]customer.Value

// people shows so many customers, each with traits and events.
func people(n int, of func(i int) (traits, []customer.Event)) *learn.Seen {
	var seen learn.Seen
	for i := range n {
		id := customer.ID(fmt.Sprint("c", i))
		known, events := of(i)
		seen.Customer(id, known)
		for _, e := range events {
			e.Customer = id
			seen.Event(e)
		}
	}
	return &seen
}

func read(t testing.TB, text string) *dictionary.Dictionary {
	t.Helper()
	var ps source.Problems
	d := dictionary.Read("data.yaml", []byte(text), &ps)
	require.NoError(t, ps.Err(), text)
	return d
}

// dictionaryOf reads what a text declares; an empty one declares nothing.
func dictionaryOf(text string) *dictionary.Dictionary {
	var ps source.Problems
	return dictionary.Read("data.yaml", []byte(text), &ps)
}

// company is what a company of 40 customers sends.
func company() *learn.Seen {
	return people(40, func(i int) (traits, []customer.Event) {
		born := customer.Text(fmt.Sprintf("19%02d-03-01", 40+i))
		known := traits{
			"first_name": customer.Text([]string{"Ann", "Bo"}[i%2]), "plan": customer.Text([]string{"basic", "surf"}[i%2]),
			"plan_mb": customer.Number(float64(1000 * i)), "born": born, "customer_code": customer.Text(fmt.Sprintf("0%d", i)),
			"zip": customer.Text(fmt.Sprintf("0%04d", i)), "autopay": customer.Text([]string{"yes", "no"}[i/20]),
			"nickname": customer.Text("x"), "match": customer.Text("kept"), "notes": {},
		}
		return known, []customer.Event{
			{Name: "order_completed", Via: customer.ViaWeb, Properties: traits{
				"order_id": customer.Number(float64(i)), "total": customer.Number(1.5), "placed_at": customer.Number(1_790_000_000),
				"promised": customer.Text("2026-11-23T09:00:00Z"), "status": customer.Text([]string{"open", "paid", "late"}[i%3]),
			}},
			{Name: "invoice_sent", Via: customer.ViaServer},
			{Name: "message_clicked", Via: customer.ViaUs, Properties: traits{"extra": customer.Text("x")}},
			{Name: "identified"}, {Name: "2fa"}, {Name: "plan"},
		}
	})
}

func TestWhatWasReceivedIsProposed(t *testing.T) {
	t.Parallel()
	require.Equal(t, `# Came too, under names that data.yaml could not have: "2fa", "match", "plan"
traits:
  autopay: [no, yes] # 40 customers
  born: date # 40 customers
  customer_code: id # 40 customers
  first_name: text # 40 customers
  nickname: text # 40 customers
  notes: text # 0 customers
  plan: [basic, surf] # 40 customers
  plan_mb: number # 40 customers
  zip: id # 40 customers
events:
  invoice_sent: {} # 40 times, 40 customers; all from your own systems: if it is no act of the customer's own, add by: us
  order_completed: # 40 times, 40 customers
    order_id: id
    placed_at: time
    promised: time
    status: [late, open, paid]
    total: number
`, company().Propose(dictionary.Empty()).Fragment())
}

func TestOddValuesAreCounted(t *testing.T) {
	t.Parallel()
	seen := people(2000, func(i int) (traits, []customer.Event) {
		mb := customer.Number(float64(i))
		if i%200 == 0 {
			mb = customer.Text("unlimited")
		}
		return traits{"plan_mb": mb}, []customer.Event{{Name: "session", Properties: traits{"mb": mb}}}
	})
	require.Equal(t, "traits:\n  plan_mb: number # 2,000 customers, 10 odd\nevents:\n  session: # 2,000 times, 2,000 customers\n    mb: number # 2,000 values, 10 odd\n",
		seen.Propose(dictionary.Empty()).Fragment())
}

func TestNoValueOfFewIsShown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		customers int
		trait     string
		value     func(i int) string
	}{
		"few customers":            {19, "plan", func(i int) string { return []string{"basic", "surf"}[i%2] }},
		"a word of few":            {100, "plan", func(i int) string { return []string{"basic", "surf", "gold"}[min(i%2, 1)+i/97] }},
		"many words":               {400, "plan", func(i int) string { return fmt.Sprintf("w%c%c", 'a'+i%5, 'a'+i%20) }},
		"sentences":                {100, "plan", func(i int) string { return []string{"the small one", "the big one"}[i%2] }},
		"addresses":                {100, "contact", func(i int) string { return []string{"a@example.com", "b@example.com"}[i%2] }},
		"names by their trait":     {100, "last_name", func(i int) string { return []string{"Miller", "Smith"}[i%2] }},
		"what is said of a person": {100, "religion", func(i int) string { return []string{"one", "other"}[i%2] }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := people(c.customers, func(i int) (traits, []customer.Event) {
				return traits{c.trait: customer.Text(c.value(i))}, nil
			})
			p := seen.Propose(dictionary.Empty())
			require.Equal(t, []learn.Field{{Name: c.trait, Type: dictionary.Field{Kind: customer.KindText}, Seen: int64(c.customers), People: int64(c.customers)}}, p.Traits)
		})
	}
}

func TestWhatIsDeclaredIsNotProposed(t *testing.T) {
	t.Parallel()
	d := read(t, "traits: {plan: text, plan_mb: number, born: date, autopay: text, customer_code: id, first_name: text, nickname: text, notes: text, zip: id}\n"+
		"events:\n  order_placed: {from: order_completed}\n  invoice_sent: {}\n")
	p := company().Propose(d)
	require.True(t, p.Empty(), p.Fragment())
}

func TestNamesMadeOfCustomersAreLeftOut(t *testing.T) {
	t.Parallel()
	seen := people(101, func(i int) (traits, []customer.Event) {
		return traits{fmt.Sprintf("ann%d_example_com", i): customer.Text("x"), "plan": customer.Text("basic")}, nil
	})
	require.Equal(t, "# Left out: 101 names that came with one customer each\ntraits:\n  plan: text # 101 customers\n", seen.Propose(dictionary.Empty()).Fragment())
}

func TestAnswersOfWebhooksKeepTheirNames(t *testing.T) {
	t.Parallel()
	seen := people(1, func(int) (traits, []customer.Event) {
		return traits{"coupon": customer.Text("x")}, []customer.Event{{Name: "risk"}, {Name: "handoff_done"}}
	})
	p := seen.Propose(read(t, "webhooks: {coupon: {code: text}, risk: {score: number}}\n"))
	require.Equal(t, learn.Proposal{Unnamed: []string{"coupon", "risk"}}, p)
}

const declared = `# What we know.
traits:
  plan: text   # as on the bill

  # when they were born
  born: date
# The events.
events:
  # The shop
  order_completed: {from: "Order {Completed}", order_id: id}   # paid
  invoice_sent:
    by: us
# The end.
`

const merged = `# What we know.
traits:
  plan: text   # as on the bill

  # when they were born
  born: date
  autopay: [no, yes] # 40 customers
  customer_code: id # 40 customers
  first_name: text # 40 customers
  nickname: text # 40 customers
  notes: text # 0 customers
  plan_mb: number # 40 customers
  zip: id # 40 customers
# The events.
events:
  # The shop
  order_completed: {from: "Order {Completed}", order_id: id, placed_at: time, promised: time, status: [late, open, paid], total: number}   # paid
  invoice_sent:
    by: us
# The end.
`

func TestMergeKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	p := company().Propose(read(t, declared))
	got, err := p.Merge([]byte(declared))
	require.NoError(t, err)
	require.Equal(t, merged, string(got))
	again := company().Propose(read(t, string(got)))
	require.True(t, again.Empty())
	same, err := again.Merge(got)
	require.NoError(t, err)
	require.Equal(t, string(got), string(same))
}

func TestMergeIntoOtherForms(t *testing.T) {
	t.Parallel()
	seen := people(1, func(int) (traits, []customer.Event) {
		return traits{"plan_mb": customer.Number(1)}, []customer.Event{{Name: "a", Properties: traits{"mb": customer.Number(1)}}, {Name: "b"}}
	})
	for name, c := range map[string]struct{ text, want string }{
		"nothing":         {" \n", "traits:\n  plan_mb: number # 1 customer\nevents:\n  a: # 1 time, 1 customer\n    mb: number\n  b: {} # 1 time, 1 customer\n"},
		"no section":      {"traits: {x: text}", "traits: {x: text, plan_mb: number}\nevents:\n  a: # 1 time, 1 customer\n    mb: number\n  b: {} # 1 time, 1 customer\n"},
		"other sections":  {"events:\n    a: {}\n", "events:\n    a: {mb: number}\n    b: {} # 1 time, 1 customer\ntraits:\n  plan_mb: number # 1 customer\n"},
		"empty braces":    {"traits: {}\nevents: { }\n", "traits: {plan_mb: number}\nevents: {a: {mb: number}, b: {} }\n"},
		"braces in lines": {"traits: {x: text,\n  y: [\"a}\", 'b'] # it's }\n  }\nevents:\n  a: {from: Don't}\n  c: {}", "traits: {x: text,\n  y: [\"a}\", 'b'], plan_mb: number # it's }\n  }\nevents:\n  a: {from: Don't, mb: number}\n  c: {}\n  b: {} # 1 time, 1 customer\n"},
		"a last comma":    {"traits: {x: text,}\n", "traits: {x: text, plan_mb: number}\nevents:\n  a: # 1 time, 1 customer\n    mb: number\n  b: {} # 1 time, 1 customer\n"},
		"a last event":    {"events:\n  a:\n    x: text # ü\n\n# end", "events:\n  a:\n    x: text # ü\n    mb: number\n  b: {} # 1 time, 1 customer\n\n# end\ntraits:\n  plan_mb: number # 1 customer\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := seen.Propose(dictionaryOf(c.text)).Merge([]byte(c.text))
			require.NoError(t, err)
			require.Equal(t, c.want, string(got))
		})
	}
}

func TestMergeRefuses(t *testing.T) {
	t.Parallel()
	p := company().Propose(dictionary.Empty())
	_, err := p.Merge([]byte("traits: {plan: string}\n"))
	require.EqualError(t, err, `data.yaml: holds mistakes, mend them first (outreach check): data.yaml:1:16: traits.plan: "string": is not a type; write text, or the list of allowed texts in [ ]`)
	_, err = p.Merge([]byte("traits: {plan: text}\n"))
	require.ErrorContains(t, err, "what was learned does not fit into it")
}

// value draws what apps send: numbers, days, instants, words, odd texts.
func value() *rapid.Generator[customer.Value] {
	return rapid.OneOf(
		rapid.Map(rapid.Float64Range(-1e12, 1e14), customer.Number),
		rapid.Map(rapid.IntRange(0, 2_000_000_000), func(i int) customer.Value { return customer.Number(float64(i)) }),
		rapid.Map(rapid.SampledFrom([]string{"", "basic", "surf", "2026-11-23", "2026-13-40", "2026-11-23T09:00:00Z", "010", "+4915112345678", " 7", "1e3", "yes", "no",
			"null", "Ann Miller", "[a, b]", "# x", "a: b"}), customer.Text),
		rapid.Map(rapid.String(), customer.Text),
	)
}

// TestEachProposalIsSound holds that what is proposed reads back, and reads
// what was seen but for what it calls odd.
func TestEachProposalIsSound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"plan", "plan_mb", "order_id", "paid_at", "match", "from", "by", "Ä", "a b", "text", "x: y", rapid.String().Draw(t, "name")}
		pool := rapid.SliceOfN(value(), 1, 6).Draw(t, "pool")
		seenValues := map[string][]customer.Value{}
		draw := func(of string) traits {
			m := rapid.MapOfN(rapid.SampledFrom(names), rapid.SampledFrom(pool), 0, 5).Draw(t, "values")
			for name, v := range m {
				seenValues[of+name] = append(seenValues[of+name], v)
			}
			return m
		}
		seen := people(rapid.IntRange(0, 60).Draw(t, "customers"), func(int) (traits, []customer.Event) {
			known, event := draw(""), rapid.SampledFrom(names).Draw(t, "event")
			return known, []customer.Event{{Name: event, Properties: draw(event + ".")}}
		})
		p := seen.Propose(dictionary.Empty())
		if p.Empty() {
			return
		}
		var ps source.Problems
		d := dictionary.Read("data.yaml", []byte(p.Fragment()), &ps)
		require.NoError(t, ps.Err(), p.Fragment())
		holds := func(f learn.Field, got dictionary.Field, values []customer.Value) {
			require.Equal(t, f.Type, got)
			odd := int64(0)
			for _, v := range values {
				if !got.Reads(v) {
					odd++
				}
			}
			require.Equal(t, f.Odd, odd, "%v", f)
			require.LessOrEqual(t, odd*100, f.Seen)
		}
		for _, f := range p.Traits {
			holds(f, d.Traits[f.Name], seenValues[f.Name])
		}
		for _, e := range p.Events {
			require.Contains(t, d.Events, e.Name)
			for _, f := range e.Properties {
				holds(f, d.Events[e.Name].Properties[f.Name], seenValues[e.Name+"."+f.Name])
			}
		}
	})
}

// TestEachMergeKepsWhatIsThere holds that a merge only adds, and leaves nothing
// to propose.
func TestEachMergeKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	lines := []string{"plan: text", "plan_mb: number # MB", "order_id: id", `paid_at: [a, "b}"]`}
	rapid.Check(t, func(t *rapid.T) {
		part := func(label string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(lines), 0, 4, rapid.ID).Draw(t, label)
		}
		text := block("traits", "", part("traits")) + block("events", "", nil)
		if rapid.Bool().Draw(t, "events") {
			text += "events:\n  shop:\n" + indented("    ", append(part("properties"), "by: us")) + "  # behind\n  other: {from: \"X Y\"}\n"
		}
		seen := people(3, func(i int) (traits, []customer.Event) {
			all := traits{"plan": customer.Text("x"), "plan_mb": customer.Number(1), "order_id": customer.Number(2), "paid_at": customer.Number(3)}
			return all, []customer.Event{{Name: "shop", Properties: all}, {Name: "other", Properties: all}, {Name: "third"}}
		})
		got, err := seen.Propose(dictionaryOf(text)).Merge([]byte(text))
		require.NoError(t, err, text)
		require.True(t, contains(string(got), text), "%s\n---\n%s", text, got)
		require.True(t, seen.Propose(dictionaryOf(string(got))).Empty(), string(got))
	})
}

func block(key, indent string, lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return indent + key + ":\n" + indented(indent+"  ", lines)
}

func indented(indent string, lines []string) string {
	return indent + strings.Join(lines, "\n"+indent) + "\n"
}

// contains reports whether the bytes of part stand in whole in their order.
func contains(whole, part string) bool {
	for i := range len(whole) {
		if part != "" && whole[i] == part[0] {
			part = part[1:]
		}
	}
	return part == ""
}
