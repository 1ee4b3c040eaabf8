package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// listed is what is read of a list.
type listed struct {
	Next     *string `json:"next_page_uri"`
	Messages []struct {
		Sid, To, From, Body, Status string
		DateSent                    *string `json:"date_sent"`
	}
}

func get(t *testing.T, a Account, address string) (page listed, status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	require.NoError(t, err)
	r.SetBasicAuth(a.TwilioSID, a.TwilioAuthToken)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&page))
	return page, answer.StatusCode
}

// shelf is a sandbox with messages that were taken a while ago, and its list.
func shelf(t *testing.T) (s *Sandbox, base, list string) {
	t.Helper()
	s, base = open(t, "")
	now := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	s.config.Now = func() time.Time { return now }
	s.book.now = func() time.Time { return now.Add(-24 * time.Hour) }
	for i := range 5 {
		s.book.put(Taken{Provider: twilioName, To: fmt.Sprintf("+1212555010%d", i%2), Text: "It\u2019s due", from: "+12125550101"},
			lags{sent: time.Second, arrives: time.Duration(i) * 12 * time.Hour}, func(n int) string { return fmt.Sprintf("SM%d", n) })
	}
	s.book.now = s.config.Now
	s.book.put(Taken{Provider: twilioName, To: "+12125550100", from: "MG1"}, lags{sent: time.Second, arrives: time.Minute}, func(int) string { return "SM6" })
	s.book.put(Taken{Provider: twilioName, To: "+12125550100"}, lags{listed: time.Millisecond}, func(int) string { return "SM7" })
	s.book.put(Taken{Provider: sendGridName, To: "ada@example.com"}, lags{}, func(int) string { return "mail" })
	return s, base, base + "/2010-04-01/Accounts/" + twilioSID + "/Messages.json"
}

func TestListsGoByTheirFilters(t *testing.T) {
	t.Parallel()
	s, _, list := shelf(t)
	for name, tc := range map[string]struct {
		query url.Values
		want  []string
	}{
		"all":               {url.Values{}, []string{"SM6", "SM5", "SM4", "SM3", "SM2", "SM1"}},
		"to one":            {url.Values{"To": {"+12125550100"}}, []string{"SM6", "SM5", "SM3", "SM1"}},
		"from one":          {url.Values{"From": {"MG1"}}, []string{"SM6"}},
		"sent on a day":     {url.Values{"DateSent": {"2026-11-22"}}, []string{"SM5", "SM4", "SM3", "SM2", "SM1"}},
		"not sent":          {url.Values{"DateSent": {"2026-11-23"}}, nil},
		"sent since":        {url.Values{"DateSent>": {"2026-11-22T12:00:01Z"}}, []string{"SM5", "SM4", "SM3", "SM2", "SM1"}},
		"sent before":       {url.Values{"DateSent<": {"2026-11-22T12:00:00Z"}}, nil},
		"sent in a stretch": {url.Values{"DateSent>": {"2026-11-22"}, "DateSent<": {"2026-11-22"}, "To": {"+12125550101"}}, []string{"SM4", "SM2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, status := get(t, s.Account(), list+"?"+tc.query.Encode())
			require.Equal(t, http.StatusOK, status)
			var got []string
			for _, m := range page.Messages {
				got = append(got, m.Sid)
			}
			require.Equal(t, tc.want, got)
		})
	}
	_, status := get(t, s.Account(), list+"?DateSent=yesterday")
	require.Equal(t, http.StatusBadRequest, status)
}

func TestListsSayWhereMessagesStand(t *testing.T) {
	t.Parallel()
	s, _, list := shelf(t)
	page, _ := get(t, s.Account(), list)
	var got []string
	for _, m := range page.Messages {
		got = append(got, m.Sid+" "+m.Status)
		require.Equal(t, m.Status == "queued", m.DateSent == nil)
	}
	require.Equal(t, []string{"SM6 queued", "SM5 sent", "SM4 sent", "SM3 delivered", "SM2 delivered", "SM1 delivered"}, got)
	require.Equal(t, "It's due", page.Messages[1].Body, "smart encoding changed it")
}

func TestListsComeInPages(t *testing.T) {
	t.Parallel()
	s, base, list := shelf(t)
	var got []string
	pages := 0
	for address := list + "?PageSize=2&To=%2B12125550100"; ; pages++ {
		page, status := get(t, s.Account(), address)
		require.Equal(t, http.StatusOK, status)
		for _, m := range page.Messages {
			got = append(got, m.Sid)
		}
		if page.Next == nil {
			break
		}
		if pages == 0 { // it does not move what comes next
			s.book.put(Taken{Provider: twilioName, To: "+12125550100"}, lags{}, func(int) string { return "SM9" })
		}
		address = base + *page.Next
	}
	require.Equal(t, 1, pages)
	require.Equal(t, []string{"SM6", "SM5", "SM3", "SM1"}, got)
}
