package inbox_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

var shots = flag.String("shots", "", "folder to write pictures of the pages to")

// browser is a headless Chromium that is driven over its DevTools protocol,
// by the pipe of --remote-debugging-pipe: JSON texts, each ended by a zero.
// https://chromedevtools.github.io/devtools-protocol
type browser struct {
	t       *testing.T
	in      io.Writer
	session string

	mu      sync.Mutex
	id      int
	answers map[int]chan answer
	console []string // errors and refusals that the page's console had
}

type answer struct {
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed; the page is not looked at in a browser")
	}
	theirIn, ourIn, err := os.Pipe()
	require.NoError(t, err)
	ourOut, theirOut, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	require.NoError(t, cmd.Start())
	require.NoError(t, theirIn.Close())
	require.NoError(t, theirOut.Close())
	b := &browser{t: t, in: ourIn, answers: map[int]chan answer{}}
	read := make(chan struct{})
	go func() {
		defer close(read)
		b.listen(ourOut)
	}()
	t.Cleanup(func() {
		_, _ = b.try("", "Browser.close", nil) // it may be gone before it answers
		_ = cmd.Wait()
		<-read
		_ = ourIn.Close()
		_ = ourOut.Close()
	})
	b.attach()
	return b
}

// listen takes what the browser says until it ends.
func (b *browser) listen(r io.Reader) {
	in := bufio.NewReader(r)
	for {
		text, err := in.ReadBytes(0)
		if err != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, waiting := range b.answers {
				close(waiting)
			}
			b.answers = nil
			return
		}
		var said struct {
			ID     int             `json:"id"`
			Method string          `json:"method"`
			Params json.RawMessage `json:"params"`
			answer
		}
		if json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &said) != nil {
			continue
		}
		b.mu.Lock()
		switch said.Method {
		case "":
			if waiting := b.answers[said.ID]; waiting != nil {
				waiting <- said.answer
				delete(b.answers, said.ID)
			}
		case "Log.entryAdded", "Runtime.exceptionThrown":
			b.console = append(b.console, string(said.Params))
		}
		b.mu.Unlock()
	}
}

func (b *browser) try(session, method string, params any) (json.RawMessage, error) {
	b.mu.Lock()
	if b.answers == nil {
		b.mu.Unlock()
		return nil, io.ErrClosedPipe
	}
	b.id++
	id, waiting := b.id, make(chan answer, 1)
	b.answers[id] = waiting
	b.mu.Unlock()
	call := map[string]any{"id": id, "method": method}
	if params != nil {
		call["params"] = params
	}
	if session != "" {
		call["sessionId"] = session
	}
	text, err := json.Marshal(call)
	if err != nil {
		return nil, err
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		return nil, err
	}
	select {
	case a, ok := <-waiting:
		if !ok {
			return nil, io.ErrClosedPipe
		}
		if a.Error != nil {
			return nil, fmt.Errorf("%s: %s", method, a.Error.Message)
		}
		return a.Result, nil
	case <-time.After(30 * time.Second):
		return nil, fmt.Errorf("%s: no answer", method)
	}
}

func (b *browser) call(method string, params any) json.RawMessage {
	b.t.Helper()
	result, err := b.try(b.session, method, params)
	require.NoError(b.t, err)
	return result
}

// attach opens a tab and looks at what goes wrong in it.
func (b *browser) attach() {
	b.t.Helper()
	var target struct{ TargetID string }
	require.NoError(b.t, json.Unmarshal(b.call("Target.createTarget", map[string]any{"url": "about:blank"}), &target))
	var session struct{ SessionID string }
	require.NoError(b.t, json.Unmarshal(b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}), &session))
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		b.call(domain+".enable", nil)
	}
}

// eval gives the value of a script's expression, promises awaited.
func (b *browser) eval(script string) any {
	b.t.Helper()
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Text string }
	}
	require.NoError(b.t, json.Unmarshal(b.call("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true}), &r))
	require.Nil(b.t, r.ExceptionDetails, script)
	return r.Result.Value
}

// until waits for a script's expression to hold.
func (b *browser) until(script string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool { return b.eval(script) == true }, 20*time.Second, 50*time.Millisecond, script)
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": url})
	b.until(`document.readyState === "complete" && location.href !== "about:blank"`)
}

func (b *browser) said() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.console...)
}

// dress sets the window's width and the colours that the system asks for.
func (b *browser) dress(width int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]any{{"name": "prefers-color-scheme", "value": scheme}}})
}

// picture writes the whole page as a PNG when pictures are wanted.
func (b *browser) picture(name string) {
	b.t.Helper()
	if *shots == "" {
		return
	}
	var shot struct{ Data string }
	require.NoError(b.t, json.Unmarshal(b.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}), &shot))
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(*shots, name+".png"), data, 0o600))
}

// fits checks that nothing sticks out sideways.
func (b *browser) fits() {
	b.t.Helper()
	b.until(`document.documentElement.scrollWidth <= window.innerWidth`)
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
	b := startBrowser(t)
	url := serve(t, w.handler)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{1400, 400} {
			b.dress(width, scheme)
			b.open(url + "/inbox")
			b.until(`!document.getElementById("live").hidden`)
			b.fits()
			b.picture(fmt.Sprintf("inbox-%d-%s", width, scheme))
			b.open(url + "/inbox/customers/user-1")
			b.fits()
			b.picture(fmt.Sprintf("customer-%d-%s", width, scheme))
		}
	}
	b.dress(1400, "light")
	b.open(url + "/inbox")

	b.eval(`document.querySelector(".mail summary").click()`)
	b.until(`document.querySelector(".letter iframe").offsetHeight > 100`)
	b.eval(`document.querySelector("#list-sms .card:last-child .reply summary").click()`)
	b.picture("inbox-open")

	w.send(now, channel.Message{Key: key("cart", "c2mxgrace", "3", "remind", customer.SMS), Customer: "c2mxgrace", Channel: customer.SMS, To: "+12125550123", Template: "cart-reminder", Content: channel.Content{Text: "One more."}})
	b.until(`document.querySelector("#list-sms .card .bubble").textContent.includes("One more.")`)
	require.Equal(t, true, b.eval(`document.querySelector(".mail").open && document.querySelector("#list-sms .card:last-child .reply").open`), "what was open stays open")
	require.Equal(t, "7", b.eval(`document.querySelector("#counters .n").textContent`))

	b.eval(`(() => {
		const form = document.querySelector("#list-sms .card:last-child .reply form");
		form.elements.text.value = "STOP";
		form.requestSubmit();
	})()`)
	b.until(`[...document.querySelectorAll("#list-sms .card:last-child .bubble.mine")].some((e) => e.textContent.includes("STOP"))`)
	b.eval(`document.querySelector("#list-email .card form[data-act=clicked] button").click()`)
	b.until(`document.querySelector("#list-email .acts").textContent.includes("clicked")`)
	b.picture("inbox-played")
	acts := w.taker.all()
	require.Len(t, acts, 2)
	require.Equal(t, customer.MessageReplied, acts[0].Event.Name)
	require.Equal(t, customer.Text("STOP"), acts[0].Event.Properties["text"])
	require.Equal(t, customer.MessageClicked, acts[1].Event.Name)
	require.Empty(t, b.said())
}
