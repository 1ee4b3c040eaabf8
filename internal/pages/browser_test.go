package pages_test

import (
	"bytes"
	"flag"
	"fmt"
	"image/png"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/browsertest"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/internal/observe"
)

var shots = flag.String("shots", "", "folder to write pictures of the pages to")

// look takes a picture, keeps it when pictures are wanted, and gives how bright
// the page's corner is: 0 black, 1 white.
func look(t *testing.T, b *browsertest.Browser, name string) float64 {
	t.Helper()
	data := b.Picture()
	if *shots != "" {
		require.NoError(t, os.WriteFile(filepath.Join(*shots, name+".png"), data, 0o600))
	}
	picture, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	red, green, blue, _ := picture.At(2, 2).RGBA()
	return float64(red+green+blue) / 3 / 0xffff
}

// readable gives the least contrast of any text on the page with what is
// behind it, by WCAG 2.2's definition, and the least height of what is pressed.
const readable = `(() => {
	const parts = (c) => c.match(/[\d.]+/g).map(Number);
	const lum = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
	const behind = (e) => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
	let least = 21;
	for (const e of document.body.querySelectorAll("*")) {
		if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
		const [a, b] = [lum(parts(getComputedStyle(e).color)), lum(behind(e))];
		least = Math.min(least, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
	}
	return least;
})()`

const smallest = `Math.min(99, ...[...document.querySelectorAll("button, label, select")].map((e) => e.getBoundingClientRect().height))`

// press presses something until the page that it leads to is there: a busy
// browser loses a press now and then, and pressing twice does no harm.
func press(b *browsertest.Browser, selector, there string) {
	b.Until(fmt.Sprintf(`(() => {
		if (document.readyState !== "complete") return false;
		if (%s) return true;
		if (Date.now() - (window.pressedAt ?? 0) > 5000) {
			window.pressedAt = Date.now();
			document.querySelector(%q).click();
		}
		return false;
	})()`, there, selector))
}

func heading(text string) string {
	return fmt.Sprintf(`document.querySelector("h1")?.textContent === %q`, text)
}

// TestOnAPhone goes from an unsubscribe link to the preference page, by
// pressing only.
func TestOnAPhone(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	for _, width := range []int{360, 1100} {
		for _, scheme := range []string{"light", "dark"} {
			w := newWorld(t)
			w.state.Profile.Preferences.Hours = map[customer.Channel]string{customer.SMS: "Mon-Fri 18:00-21:00"}
			server := httptest.NewServer(w.handler)
			t.Cleanup(server.Close)
			b.Dress(width, scheme)
			sees := func(name, text string) {
				t.Helper()
				b.Until(`document.readyState === "complete" && ` + heading(text))
				b.Fits()
				require.GreaterOrEqual(t, b.Eval(readable), 4.5, "%s %s: WCAG 2.2 1.4.3", name, scheme)
				require.GreaterOrEqual(t, b.Eval(smallest), 44.0, "%s: what is pressed is as large as a finger", name)
				bright := look(t, b, name+"-"+strconv.Itoa(width)+"-"+scheme)
				require.Equal(t, scheme == "light", bright > 0.5, "%s %s", name, scheme)
			}
			b.Open(server.URL + w.path(link.Unsubscribe))
			sees("leave", "Unsubscribe")
			press(b, "button", heading("You are unsubscribed"))
			sees("left", "You are unsubscribed")
			press(b, "button", heading("You are subscribed again"))
			sees("undone", "You are subscribed again")
			press(b, "a", heading("Your messages"))
			sees("choose", "Your messages")
			b.Eval(`document.querySelector("[value='topic.offers']").click()`)
			b.Eval(`document.querySelector("[value='block.sms']").click()`)
			b.Eval(`document.querySelector("[name='hours.email']").value = "evenings"`)
			b.Eval(`document.querySelector("[name=prefer][value=email]").click()`)
			press(b, "button", `document.querySelector("[role=status]") !== null`)
			sees("saved", "Your messages")
			require.Len(t, w.taken, 3)
			require.Equal(t, observe.Change{
				Consents: map[customer.Topic]bool{"offers": false}, Blocks: map[customer.Channel]bool{customer.SMS: true},
				Preferences: &customer.Preferences{
					Channels: []customer.Channel{customer.Email},
					Hours:    map[customer.Channel]string{customer.SMS: "Mon-Fri 18:00-21:00", customer.Email: "daily 17:00-21:00"},
				},
			}, w.taken[2].Change)
			b.Open(server.URL + "/u/not-a-link")
			sees("sorry", "This link does not work")
			for _, address := range b.Asked() {
				require.Regexp(t, `^(http://127\.0\.0\.1:\d+/[up]/|data:)`, address, "nothing comes from elsewhere")
			}
		}
	}
	for _, said := range b.Said() {
		require.Contains(t, said, "403 (Forbidden)", "the console has nothing else to complain of")
	}
}
