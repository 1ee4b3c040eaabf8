package preview_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/browsertest"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/preview"
)

var shots = flag.String("shots", "", "folder to write pictures of the pages to")

// shipped reads the rules and templates of this repository.
func shipped(t *testing.T) *bundle.Bundle {
	t.Helper()
	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	b, _ := bundle.Check(files)
	require.NotEmpty(t, b.Templates.Names())
	return b
}

// look takes a picture of the page, and keeps it when pictures are wanted.
func look(t *testing.T, b *browsertest.Browser, name string) image.Image {
	t.Helper()
	data := b.Picture()
	if *shots != "" {
		require.NoError(t, os.WriteFile(filepath.Join(*shots, name+".png"), data, 0o600))
	}
	picture, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return picture
}

// rect gives where an element stands in the picture of the page.
func rect(t *testing.T, b *browsertest.Browser, selector string) image.Rectangle {
	t.Helper()
	text, ok := b.Eval(fmt.Sprintf(`(() => {
		const r = document.querySelector(%q).getBoundingClientRect();
		return JSON.stringify([r.left + scrollX, r.top + scrollY, r.right + scrollX, r.bottom + scrollY].map(Math.round));
	})()`, selector)).(string)
	require.True(t, ok)
	var edges [4]int
	require.NoError(t, json.Unmarshal([]byte(text), &edges))
	return image.Rect(edges[0], edges[1], edges[2], edges[3])
}

// brightness gives the mean of a part of a picture: 0 black, 1 white.
func brightness(picture image.Image, part image.Rectangle) float64 {
	part = part.Intersect(picture.Bounds())
	sum, n := 0.0, 0
	for y := part.Min.Y; y < part.Max.Y; y += 3 {
		for x := part.Min.X; x < part.Max.X; x += 3 {
			r, g, b, _ := picture.At(x, y).RGBA()
			sum += float64(r+g+b) / 3 / 0xffff
			n++
		}
	}
	return sum / float64(max(n, 1))
}

// painted reports whether a part of a picture holds both dark and light.
func painted(picture image.Image, part image.Rectangle) bool {
	least, most := 1.0, 0.0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x += 2 {
			r, g, b, _ := picture.At(x, y).RGBA()
			one := float64(r+g+b) / 3 / 0xffff
			least, most = min(least, one), max(most, one)
		}
	}
	return most-least > 0.6
}

// TestTheFileInABrowser opens the file that the command writes.
func TestTheFileInABrowser(t *testing.T) {
	t.Parallel()
	all := shipped(t)
	b := browsertest.Start(t)
	for _, name := range []string{"usage-warning", "monday-hello"} {
		person, err := preview.Sample(all, name, preview.FirstSample, now)
		require.NoError(t, err)
		p, err := preview.Show(all, preview.Request{Template: name, Person: person})
		require.NoError(t, err)
		page, err := p.HTML()
		require.NoError(t, err)
		file := filepath.Join(t.TempDir(), name+".html")
		require.NoError(t, os.WriteFile(file, page, 0o600))
		for _, width := range []int{1280, 400} {
			for _, system := range []string{"light", "dark"} {
				b.Dress(width, system)
				b.Open((&url.URL{Scheme: "file", Path: file}).String())
				b.Fits()
				picture := look(t, b, fmt.Sprintf("%s-%d-%s", name, width, system))
				if p.Email != nil { // whatever the system asks for, both are shown
					require.Eventually(t, func() bool {
						picture = look(t, b, fmt.Sprintf("%s-%d-%s", name, width, system))
						return painted(picture, rect(t, b, ".client.light iframe")) && painted(picture, rect(t, b, ".client.dark iframe"))
					}, 20*time.Second, 50*time.Millisecond, "%s: there are words in both mails", name)
					require.Greater(t, brightness(picture, rect(t, b, ".client.light")), 0.8, "%s light", name)
					require.Less(t, brightness(picture, rect(t, b, ".client.dark")), 0.3, "%s dark", name)
					require.Less(t, brightness(picture, rect(t, b, ".client.dark iframe")), 0.3, "%s: the mail itself", name)
				}
				if p.SMS != nil {
					require.Equal(t, p.SMS.Text, b.Eval(`document.querySelector(".bubble").textContent`))
				}
				require.Equal(t, true, b.Eval(`[...document.querySelectorAll("iframe")].every((f) => f.getAttribute("sandbox") === "")`))
			}
		}
	}
	require.Empty(t, b.Said())
	for _, address := range b.Asked() {
		require.Regexp(t, `^(file|about|data):`, address)
	}
}

// TestPlainTextInABrowser switches from HTML to the plain text.
func TestPlainTextInABrowser(t *testing.T) {
	t.Parallel()
	all := shipped(t)
	b := browsertest.Start(t)
	server := httptest.NewServer(preview.Handler(preview.Options{Current: func() (*bundle.Bundle, string) { return all, "1" }}))
	t.Cleanup(server.Close)
	b.Dress(1280, "light")
	b.Open(server.URL + "/preview")
	b.Fits()
	look(t, b, "list-1280-light")
	b.Dress(400, "dark")
	b.Fits()
	look(t, b, "list-400-dark")
	b.Dress(1280, "light")
	b.Open(server.URL + "/preview/payment-failed?locale=de")
	b.Fits()
	look(t, b, "served-1280-light")
	b.Eval(`document.getElementById("as-text").click()`)
	b.Until(`document.querySelector(".client.dark pre").offsetHeight > 100 && document.querySelector(".client.dark iframe").offsetHeight === 0`)
	picture := look(t, b, "text-1280-light")
	require.Greater(t, brightness(picture, rect(t, b, ".client.light pre")), 0.8)
	require.Less(t, brightness(picture, rect(t, b, ".client.dark pre")), 0.3)
	require.Empty(t, b.Said())
}

// TestAnEditInABrowser loads another version while the page is open.
func TestAnEditInABrowser(t *testing.T) {
	t.Parallel()
	first, second := company(t, sms("Larkline: the first text")), company(t, sms("Larkline: the second text"))
	var edited, refused atomic.Bool
	b := browsertest.Start(t)
	server := httptest.NewServer(preview.Handler(preview.Options{
		Current: func() (*bundle.Bundle, string) {
			if edited.Load() {
				return second, "2"
			}
			return first, "1"
		},
		Refused: refusedWhen(&refused),
	}))
	t.Cleanup(server.Close)
	b.Dress(1280, "light")
	b.Open(server.URL + "/preview/a")
	require.Equal(t, "Larkline: the first text", b.Eval(`document.querySelector(".bubble").textContent`))
	edited.Store(true)
	b.Until(`document.querySelector(".bubble")?.textContent === "Larkline: the second text"`)
	refused.Store(true)
	b.Until(`document.querySelector(".refused")?.textContent.includes("templates/a/sms.txt:1:1: is wrong") === true`)
	require.Empty(t, b.Said())
}

// TestAMailReachesNothing shows a mail that tries to load and to run all sorts
// of things.
func TestAMailReachesNothing(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(trap.Close)
	body := strings.ReplaceAll(`<style>@import "TRAP/a.css"; @font-face { font-family: x; src: url(TRAP/f.woff); } p { background: url(TRAP/b.png); font-family: x; }</style>
<link rel="stylesheet" href="TRAP/c.css"><img src="TRAP/d.png" srcset="TRAP/e.png 2x" alt="A picture" width="200"><table background="TRAP/t.png"><tr><td>x</td></tr></table>
<p>Words</p><script>fetch("TRAP/s"); parent.document.title = "reached";</script><iframe src="TRAP/i"></iframe><object data="TRAP/o"></object>
<form action="TRAP/p"><input autofocus></form><meta http-equiv="refresh" content="0; url=TRAP/m"><video src="TRAP/v" autoplay></video>`, "TRAP", trap.URL)
	page, err := show(t, email(body)).HTML()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "trap.html")
	require.NoError(t, os.WriteFile(file, page, 0o600))
	b := browsertest.Start(t)
	b.Dress(1280, "light")
	b.Open((&url.URL{Scheme: "file", Path: file}).String())
	b.Fits()
	look(t, b, "trap-1280-light")
	require.NotEqual(t, "reached", b.Eval(`document.title`))
	require.Zero(t, reached.Load())
}
