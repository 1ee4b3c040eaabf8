package pages_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

func TestThePreferencePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.state.Blocked = map[customer.Channel]string{customer.Push: customer.Unregistered}
	p := w.get(w.path(link.Preferences))
	require.Equal(t, http.StatusOK, p.status)
	require.Equal(t, url.Values{
		"shown":           {"topic.offers", "topic.service", "topic.tips-and-tricks", "topic.urgent", "block.email", "block.sms"},
		"was":             {"topic.offers", "topic.service", "topic.urgent"},
		"on":              {"topic.offers", "topic.service", "topic.urgent"},
		"hours.email":     {"any"},
		"was.hours.email": {"any"},
		"hours.sms":       {"any"},
		"was.hours.sms":   {"any"},
		"prefer":          {""},
		"was.prefer":      {""},
	}, fields(p.body))
	for _, shown := range []string{"Tips and tricks", "j…@example.com", "…006", "App notification", "Our messages do not arrive there."} {
		require.Contains(t, p.body, shown)
	}
	for _, hidden := range []string{"jo.miller", "2025550", "token-of-a-phone", "jo-77"} {
		require.NotContains(t, p.body, hidden, "an address is not shown whole")
	}
}

// TestWhatIsSaved changes one thing of the page as it was shown.
func TestWhatIsSaved(t *testing.T) {
	t.Parallel()
	prefers := func(p customer.Preferences) *customer.Preferences { return &p }
	set := func(field, value string) func(url.Values) { return func(f url.Values) { f.Set(field, value) } }
	add := func(name string) func(url.Values) { return func(f url.Values) { f.Add("on", name) } }
	drop := func(name string) func(url.Values) { return func(f url.Values) { untick(f, name) } }
	for name, c := range map[string]struct {
		before customer.Preferences
		blocks map[customer.Channel]string
		alter  func(url.Values)
		want   observe.Change
		says   string
	}{
		"nothing":                {alter: func(url.Values) {}, says: "Nothing has changed."},
		"a topic refused":        {alter: drop("topic.offers"), want: observe.Change{Consents: map[customer.Topic]bool{"offers": false}}, says: "Offers: you get no more of these"},
		"an assumed one refused": {alter: drop("topic.urgent"), want: observe.Change{Consents: map[customer.Topic]bool{"urgent": false}}, says: "Urgent: you get no more of these"},
		"a topic agreed to":      {alter: add("topic.tips-and-tricks"), want: observe.Change{Consents: map[customer.Topic]bool{"tips-and-tricks": true}}, says: "Tips and tricks: you get these messages"},
		"nothing by sms":         {alter: add("block.sms"), want: observe.Change{Blocks: map[customer.Channel]bool{customer.SMS: true}}, says: "Text message: nothing more"},
		"sms again": {
			blocks: map[customer.Channel]string{customer.SMS: customer.StopReply}, alter: drop("block.sms"),
			want: observe.Change{Blocks: map[customer.Channel]bool{customer.SMS: false}}, says: "Text message: on again",
		},
		"what bounced stays": {blocks: map[customer.Channel]string{customer.Email: customer.Bounced}, alter: func(f url.Values) {
			f.Add("shown", "block.email")
			f.Add("was", "block.email")
		}, says: "Nothing has changed."},
		"hours": {
			alter: set("hours.sms", "evenings"), says: "Text message: Evenings",
			want: observe.Change{Preferences: prefers(customer.Preferences{Hours: map[customer.Channel]string{customer.SMS: "daily 17:00-21:00"}})},
		},
		"hours beside those for any": {
			before: customer.Preferences{Hours: map[customer.Channel]string{customer.AnyChannel: "Mon 20:30"}}, alter: set("hours.email", "any"), says: "Email: Any time",
			want: observe.Change{Preferences: prefers(customer.Preferences{Hours: map[customer.Channel]string{customer.AnyChannel: "Mon 20:30", customer.Email: "any time"}})},
		},
		"hours no more": {
			before: customer.Preferences{Hours: map[customer.Channel]string{customer.SMS: "daily 08:00-12:00"}}, alter: set("hours.sms", "any"), says: "Text message: Any time",
			want: observe.Change{Preferences: prefers(customer.Preferences{})},
		},
		"a channel first": {
			before: customer.Preferences{Channels: []customer.Channel{customer.Push, customer.SMS}}, alter: set("prefer", "sms"), says: "What you like best: Text message",
			want: observe.Change{Preferences: prefers(customer.Preferences{Channels: []customer.Channel{customer.SMS, customer.Push}})},
		},
		"none first": {
			before: customer.Preferences{Channels: []customer.Channel{customer.Push, customer.SMS}}, alter: set("prefer", ""), says: "What you like best: no preference",
			want: observe.Change{Preferences: prefers(customer.Preferences{})},
		},
		"what nobody offered": {alter: func(f url.Values) {
			f.Add("shown", "topic.politics")
			f.Add("on", "topic.politics")
			f.Add("shown", "block.fax")
			f.Add("on", "block.fax")
			f.Set("hours.sms", "Mon 03:00")
			f.Set("prefer", "fax")
		}, says: "Nothing has changed."},
	} {
		w := newWorld(t)
		w.state.Profile.Preferences, w.state.Blocked = c.before, c.blocks
		path := w.path(link.Preferences)
		form := fields(w.get(path).body)
		c.alter(form)
		p := w.post(path, form.Encode())
		require.Equal(t, http.StatusOK, p.status, name)
		require.Contains(t, p.body, c.says, name)
		if c.want.IsZero() {
			require.Empty(t, w.taken, name)
			continue
		}
		require.Len(t, w.taken, 1, name)
		require.Equal(t, c.want, w.taken[0].Change, name)
		require.Equal(t, customer.ByPage, w.taken[0].Evidence.How)
		require.Equal(t, sendKey, w.taken[0].Evidence.Message)
		require.Equal(t, fields(w.get(path).body), fields(p.body), "%s: the page that is saved is the page that is opened", name)
		again := w.post(path, form.Encode())
		require.Contains(t, again.body, "Nothing has changed.", "%s: twice is once", name)
		require.Len(t, w.taken, 1, name)
	}
}

// TestWhatCameMeanwhileStands saves a page that was shown before a STOP, an
// unsubscribe and another topic came.
func TestWhatCameMeanwhileStands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.path(link.Preferences)
	form := fields(w.get(path).body)
	w.state.Blocked = map[customer.Channel]string{customer.SMS: customer.StopReply}
	w.state.Profile.Consents["offers"] = customer.Consent{At: now.Add(time.Minute)}
	w.state.Topics["news"] = true
	w.state.Profile.Preferences.Hours = map[customer.Channel]string{customer.Email: "Mon 20:30"}
	form.Add("on", "topic.tips-and-tricks")
	form.Set("hours.sms", "weekends")
	require.Contains(t, w.post(path, form.Encode()).body, "Tips and tricks: you get these messages")
	require.Len(t, w.taken, 1)
	require.Equal(t, observe.Change{
		Consents: map[customer.Topic]bool{"tips-and-tricks": true},
		Preferences: &customer.Preferences{Hours: map[customer.Channel]string{
			customer.Email: "Mon 20:30", customer.SMS: "Sat-Sun 09:00-20:00",
		}},
	}, w.taken[0].Change)
}

func TestHoursOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.state.Profile.Preferences.Hours = map[customer.Channel]string{customer.SMS: "Mon-Fri 18:00-21:00 & <more>"}
	p := w.get(w.path(link.Preferences))
	require.Contains(t, p.body, "As you told us: Mon-Fri 18:00-21:00 &amp; &lt;more&gt;")
	require.Equal(t, "own", fields(p.body).Get("hours.sms"))
}

func TestSomebodyWithoutAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.state.Profile.Email, w.state.Profile.PushTokens = "", nil
	require.Equal(t, []string(nil), fields(w.get(w.path(link.Preferences)).body)["prefer"], "one channel is no choice")
	w.state.Profile.Phone = ""
	p := w.get(w.path(link.Preferences))
	require.Equal(t, http.StatusOK, p.status)
	require.NotContains(t, p.body, "How we reach you")
}

func TestAForgedForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.post(w.path(link.Preferences), "on=topic.offers&hours.sms=evenings&prefer=sms")
	require.Equal(t, http.StatusOK, p.status, "the token is all the authority there is")
	require.Len(t, w.taken, 1)
	require.Empty(t, w.taken[0].Change.Consents, "what was not shown is not changed")
}

// FuzzForm saves anything: it ends in a page, and asks only for what is there
// to be chosen.
func FuzzForm(f *testing.F) {
	f.Add("shown=topic.offers&was=topic.offers&hours.sms=evenings&was.hours.sms=any&prefer=sms")
	f.Add("shown=block.sms&on=block.sms&shown=topic.&on=topic.&hours.=any&hours.fax=any&prefer=any")
	f.Fuzz(func(t *testing.T, form string) {
		w := newWorld(t)
		p := w.post(w.path(link.Preferences), form)
		require.Contains(t, []int{http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge}, p.status)
		for _, in := range w.taken {
			for topic := range in.Change.Consents {
				require.Contains(t, w.state.Topics, topic)
			}
			for c := range in.Change.Blocks {
				require.NotEmpty(t, w.state.Profile.Address(c))
			}
			if in.Change.Preferences == nil {
				continue
			}
			for c, when := range in.Change.Preferences.Hours {
				require.NotEmpty(t, w.state.Profile.Address(c))
				_, err := sendtime.ParseWhen(when)
				require.NoError(t, err)
			}
			for _, c := range in.Change.Preferences.Channels {
				require.NotEmpty(t, w.state.Profile.Address(c))
			}
		}
	})
}
