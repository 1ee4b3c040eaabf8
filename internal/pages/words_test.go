package pages

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// TestEachLanguageSaysAll reads the table strictly, and holds that a text has
// the same places to fill in every language.
func TestEachLanguageSaysAll(t *testing.T) {
	t.Parallel()
	decoder := json.NewDecoder(strings.NewReader(embedded("words.json")))
	decoder.DisallowUnknownFields()
	var table map[string]words
	require.NoError(t, decoder.Decode(&table))
	require.Equal(t, []string{"de", "en", "es", "fr", "it", "nl", "pt"}, slices.Sorted(maps.Keys(table)))
	require.Equal(t, table, newLook().words)
	english := reflect.ValueOf(table[usualLanguage])
	for lang, t2 := range table {
		v := reflect.ValueOf(t2)
		for i := range v.NumField() {
			name, text := v.Type().Field(i).Name, v.Field(i).String()
			require.NotEmpty(t, strings.TrimSpace(text), "%s %s", lang, name)
			require.Equal(t, slices.Sorted(slices.Values(placeholder.FindAllString(english.Field(i).String(), -1))),
				slices.Sorted(slices.Values(placeholder.FindAllString(text, -1))), "%s %s", lang, name)
		}
	}
}

func TestWhichLanguage(t *testing.T) {
	t.Parallel()
	l := newLook()
	for _, c := range []struct{ locale, accept, want string }{
		{"de-AT", "fr", "de"},
		{"pt_BR", "", "pt"},
		{"", "", "en"},
		{"", "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"},
		{"ja", "sv, nl;q=0.4, es;q=0.6", "es"},
		{"ja", "sv;q=1", "en"},
		{"", "it;q=0, de;q=x", "en"},
		{"", ";;,,q=;", "en"},
	} {
		lang, found := l.wordsFor(c.locale, c.accept)
		require.Equal(t, c.want, lang, "%+v", c)
		require.Equal(t, l.words[c.want], found)
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	for topic, want := range map[string]string{"offers": "Offers", "tips-and-tricks": "Tips and tricks", "öffnung_neu": "Öffnung neu", "": "", "-": "-", "b": "B"} {
		require.Equal(t, want, title(topic))
	}
}

func TestMasked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		channel       customer.Channel
		address, want string
	}{
		{customer.Email, "jo.miller@example.com", "j…@example.com"},
		{customer.Email, "ø@example.com", "ø…@example.com"},
		{customer.Email, "@", "…@"},
		{customer.Email, "broken", "…"},
		{customer.SMS, "+12025550006", "…006"},
		{customer.SMS, "12345", "…"},
		{customer.Push, "token", ""},
	} {
		require.Equal(t, c.want, masked(c.channel, c.address))
	}
}

// TestTimesCanBeChosen holds that what the page keeps can be read.
func TestTimesCanBeChosen(t *testing.T) {
	t.Parallel()
	for _, h := range choosable() {
		if h.when != "" {
			_, err := sendtime.ParseWhen(h.when)
			require.NoError(t, err, h.name)
		}
		require.NotEmpty(t, newLook().words[usualLanguage].hours(h.name, ""), h.name)
		p := setHours(customer.Preferences{}, customer.SMS, h.name)
		require.Equal(t, h.name, hoursOf(p, customer.SMS))
		p = setHours(customer.Preferences{Hours: map[customer.Channel]string{customer.AnyChannel: "Mon 20:30"}}, customer.SMS, h.name)
		require.Equal(t, h.name, hoursOf(p, customer.SMS))
		require.Equal(t, ownHours, hoursOf(p, customer.Email))
	}
	_, err := sendtime.ParseWhen(whenever)
	require.NoError(t, err)
}

// TestEachPageInEachLanguage renders all of them with everything that they can
// show.
func TestEachPageInEachLanguage(t *testing.T) {
	t.Parallel()
	s := &server{look: newLook()}
	for lang, words := range s.look.words {
		state := State{
			Profile: customer.Profile{ID: "c1", Phone: "+12025550006", Email: "jo@example.com", PushTokens: []string{"a"}},
			Topics:  map[customer.Topic]bool{"offers": false}, Blocked: map[customer.Channel]string{customer.SMS: customer.StopReply, customer.Push: customer.Bounced},
			Company: "Larkline & Co",
		}
		signer, err := link.NewSigner([]link.Key{{1}})
		require.NoError(t, err)
		s.Links = signer
		v := &visit{state: state, lang: lang, words: words, link: link.Link{Topic: "offers"}, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
		choose := v.choices()
		choose.Saved = &saved{Lines: []string{"one"}}
		nothing := v.choices()
		nothing.Saved = &saved{}
		for _, page := range []any{
			leavePage{Text: v.about(words.LeaveText)}, leftPage{Title: words.LeftTitle, Text: v.about(words.LeftText), Undo: true, Choose: "../p/x"},
			choose, nothing, notice{words.GoneTitle, words.GoneText},
		} {
			recorder := httptest.NewRecorder()
			v.w = recorder
			s.show(v, http.StatusOK, page)
			body := recorder.Body.String()
			require.Equal(t, http.StatusOK, recorder.Code)
			require.Equal(t, lang, recorder.Header().Get("Content-Language"))
			require.Contains(t, body, `<html lang="`+lang+`">`)
			require.Contains(t, body, "Larkline &amp; Co")
			_, shown, _ := strings.Cut(body, "</head>")
			require.Empty(t, placeholder.FindString(shown), "%s %T", lang, page)
			require.True(t, strings.HasSuffix(body, "</html>\n"))
		}
	}
}
