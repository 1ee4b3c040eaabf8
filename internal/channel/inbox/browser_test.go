package inbox_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/browsertest"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

var shots = flag.String("shots", "", "folder to write pictures of the pages to")

// picture writes the whole page as a PNG when pictures are wanted.
func picture(t *testing.T, b *browsertest.Browser, name string) {
	t.Helper()
	if *shots != "" {
		require.NoError(t, os.WriteFile(filepath.Join(*shots, name+".png"), b.Picture(), 0o600))
	}
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// TestPageInBrowser plays a customer as a person at the page would.
func TestPageInBrowser(t *testing.T) {
	t.Parallel()
	w := seed(t)
	b := browsertest.Start(t)
	url := serve(t, w.handler)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{1400, 400} {
			b.Dress(width, scheme)
			b.Open(url + "/inbox")
			b.Until(`!document.getElementById("live").hidden`)
			b.Fits()
			picture(t, b, fmt.Sprintf("inbox-%d-%s", width, scheme))
			b.Open(url + "/inbox/customers/user-1")
			b.Fits()
			picture(t, b, fmt.Sprintf("customer-%d-%s", width, scheme))
		}
	}
	b.Dress(1400, "light")
	b.Open(url + "/inbox")

	b.Eval(`document.querySelector(".mail summary").click()`)
	b.Until(`document.querySelector(".letter iframe").offsetHeight > 100`)
	b.Eval(`document.querySelector("#list-sms .card:last-child .reply summary").click()`)
	picture(t, b, "inbox-open")

	w.send(now, channel.Message{Key: key("cart", "c2mxgrace", "3", "remind", customer.SMS), Customer: "c2mxgrace", Channel: customer.SMS, To: "+12125550123", Template: "cart-reminder", Content: channel.Content{Text: "One more."}})
	b.Until(`document.querySelector("#list-sms .card .bubble").textContent.includes("One more.")`)
	require.Equal(t, true, b.Eval(`document.querySelector(".mail").open && document.querySelector("#list-sms .card:last-child .reply").open`), "what was open stays open")
	require.Equal(t, "7", b.Eval(`document.querySelector("#counters .n").textContent`))

	b.Eval(`(() => {
		const form = document.querySelector("#list-sms .card:last-child .reply form");
		form.elements.text.value = "STOP";
		form.requestSubmit();
	})()`)
	b.Until(`[...document.querySelectorAll("#list-sms .card:last-child .bubble.mine")].some((e) => e.textContent.includes("STOP"))`)
	b.Eval(`document.querySelector("#list-email .card form[data-act=clicked] button").click()`)
	b.Until(`document.querySelector("#list-email .acts").textContent.includes("clicked")`)
	picture(t, b, "inbox-played")
	acts := w.taker.all()
	require.Len(t, acts, 2)
	require.Equal(t, customer.MessageReplied, acts[0].Event.Name)
	require.Equal(t, customer.Text("STOP"), acts[0].Event.Properties["text"])
	require.Equal(t, customer.MessageClicked, acts[1].Event.Name)
	require.Empty(t, b.Said())
}
