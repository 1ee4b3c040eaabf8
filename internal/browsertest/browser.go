// Package browsertest drives a headless Chromium for tests that look at pages.
// It decides nothing about what a page should look like, and fetches nothing
// by itself.
package browsertest

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Browser is a headless Chromium that is driven over its DevTools protocol,
// by the pipe of --remote-debugging-pipe: JSON texts, each ended by a zero.
// https://chromedevtools.github.io/devtools-protocol
type Browser struct {
	t       *testing.T
	in      io.Writer
	session string
	width   int

	mu      sync.Mutex
	id      int
	answers map[int]chan answer
	console []string // errors and refusals that the page's console had
	asked   []string // addresses that the page asked for
}

type answer struct {
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// Start starts Chromium with one tab, and stops it with the test. Where there
// is none the test is skipped, with words.
func Start(t *testing.T) *Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a browser: some seconds")
	}
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
	b := &Browser{t: t, in: ourIn, answers: map[int]chan answer{}}
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
func (b *Browser) listen(r io.Reader) {
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
		case "Network.requestWillBeSent":
			var sent struct{ Request struct{ URL string } }
			if json.Unmarshal(said.Params, &sent) == nil {
				b.asked = append(b.asked, sent.Request.URL)
			}
		}
		b.mu.Unlock()
	}
}

func (b *Browser) try(session, method string, params any) (json.RawMessage, error) {
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

// Call gives what the browser answers to a method of its protocol.
func (b *Browser) Call(method string, params any) json.RawMessage {
	b.t.Helper()
	result, err := b.try(b.session, method, params)
	require.NoError(b.t, err)
	return result
}

// attach opens a tab and looks at what goes wrong in it.
func (b *Browser) attach() {
	b.t.Helper()
	var target struct{ TargetID string }
	require.NoError(b.t, json.Unmarshal(b.Call("Target.createTarget", map[string]any{"url": "about:blank"}), &target))
	var session struct{ SessionID string }
	require.NoError(b.t, json.Unmarshal(b.Call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}), &session))
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.Call(domain+".enable", nil)
	}
}

// Eval gives the value of a script's expression, promises awaited.
func (b *Browser) Eval(script string) any {
	b.t.Helper()
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Text string }
	}
	require.NoError(b.t, json.Unmarshal(b.Call("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true}), &r))
	require.Nil(b.t, r.ExceptionDetails, script)
	return r.Result.Value
}

// Until waits for a script's expression to hold.
func (b *Browser) Until(script string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool { return b.Eval(script) == true }, 20*time.Second, 50*time.Millisecond, script)
}

// Open goes to an address and waits for it to be there.
func (b *Browser) Open(url string) {
	b.t.Helper()
	b.Call("Page.navigate", map[string]any{"url": url})
	b.Until(`document.readyState === "complete" && location.href !== "about:blank"`)
}

// Said gives the errors and refusals that the page's console had.
func (b *Browser) Said() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.console)
}

// Asked gives every address that the tab asked for, documents included.
func (b *Browser) Asked() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.asked)
}

// Dress sets the window's width and the colours that the system asks for.
func (b *Browser) Dress(width int, scheme string) {
	b.t.Helper()
	b.width = width
	b.size(usualHeight)
	b.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]any{{"name": "prefers-color-scheme", "value": scheme}}})
}

const usualHeight = 900

func (b *Browser) size(height int) {
	b.t.Helper()
	b.Call("Emulation.setDeviceMetricsOverride", map[string]any{"width": b.width, "height": height, "deviceScaleFactor": 1, "mobile": b.width < 600})
}

// Picture gives the whole page as a PNG. The window is as high as the page
// meanwhile, since frames that are not seen are not painted.
func (b *Browser) Picture() []byte {
	b.t.Helper()
	height, ok := b.Eval(`document.documentElement.scrollHeight`).(float64)
	require.True(b.t, ok)
	b.size(max(int(height), usualHeight))
	defer b.size(usualHeight)
	b.Eval(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`)
	var shot struct{ Data string }
	require.NoError(b.t, json.Unmarshal(b.Call("Page.captureScreenshot", nil), &shot))
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	require.NoError(b.t, err)
	return data
}

// Fits checks that nothing sticks out sideways.
func (b *Browser) Fits() {
	b.t.Helper()
	b.Until(`document.documentElement.scrollWidth <= window.innerWidth`)
}
