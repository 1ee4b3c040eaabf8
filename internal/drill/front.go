package drill

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// front stands before the processes that take events and callbacks, as a
// balancer does: each request goes to one of them in turn, and to the next one
// where nobody listens. A request that broke on its way is answered with 502:
// whoever made it makes it again.
type front struct {
	server *http.Server
	client *http.Client
	served chan struct{} // closed at its end

	mu     sync.Mutex
	turn   int
	behind []string // host:port
}

// frontPatience bounds one request.
const frontPatience = 10 * time.Second

// newFront serves on a port of its own; the address is given with it.
func newFront() (*front, string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	f := &front{served: make(chan struct{}), client: &http.Client{
		// A connection that is kept open breaks in a process that stops.
		Timeout: frontPatience, Transport: &http.Transport{DisableKeepAlives: true},
	}}
	f.server = &http.Server{Handler: f, ReadHeaderTimeout: frontPatience}
	go func() { _ = f.server.Serve(listener); close(f.served) }() // it ends with close
	return f, listener.Addr().String(), nil
}

func (f *front) close() {
	_ = f.server.Close()
	<-f.served
}

// lead says who stands behind it.
func (f *front) lead(addresses []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.behind = addresses
}

// list gives who stands behind it, from the one whose turn it is.
func (f *front) list() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.behind) == 0 {
		return nil
	}
	f.turn = (f.turn + 1) % len(f.behind)
	return append(append([]string{}, f.behind[f.turn:]...), f.behind[:f.turn]...)
}

// ServeHTTP passes a request on.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever asked is gone
	}
	for _, address := range f.list() {
		answer, err := f.pass(r, address, body)
		if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
			continue
		}
		if err == nil {
			err = copyAnswer(w, answer)
		}
		if err != nil {
			break
		}
		return
	}
	w.WriteHeader(http.StatusBadGateway)
}

func (f *front) pass(r *http.Request, address string, body []byte) (*http.Response, error) {
	url := *r.URL
	url.Scheme, url.Host = "http", address
	out, err := http.NewRequestWithContext(r.Context(), r.Method, url.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header, out.Host = r.Header.Clone(), r.Host
	return f.client.Do(out)
}

// copyAnswer answers as an engine did. Nothing is written where its answer
// broke off.
func copyAnswer(w http.ResponseWriter, answer *http.Response) error {
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return err
	}
	w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(text) // whoever asked may be gone
	return nil
}
