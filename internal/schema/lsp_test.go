package schema_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/schema"
)

// server is the program that editors run for YAML, as `make editor` installs
// it.
const server = "../../.cache/editor/node_modules/yaml-language-server/bin/yaml-language-server"

// editor speaks with the language server as an editor does: JSON-RPC with a
// length before each message.
type editor struct {
	t       *testing.T
	ctx     context.Context
	in      io.Writer
	folder  string // where files are said to lie
	mu      sync.Mutex
	nextID  int
	answers map[int]chan json.RawMessage
	faults  map[string]chan []fault // by file, as published first
}

// fault is one mark in an editor.
type fault struct {
	Range struct {
		Start struct{ Line, Character int }
	}
	Message string
}

// message is one message of either side.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      *int            `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
}

// openEditor starts the server. Without one the test is skipped.
func openEditor(t *testing.T) *editor {
	t.Helper()
	if _, err := os.Stat(server); err != nil {
		t.Skip("yaml-language-server is not installed; run: make editor")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed, which runs yaml-language-server")
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(stop)
	cmd := exec.CommandContext(ctx, node, server, "--stdio")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	folder := t.TempDir()
	writeSchemas(t, filepath.Join(folder, ".schema"))
	e := &editor{t: t, ctx: ctx, in: in, folder: folder, answers: map[int]chan json.RawMessage{}, faults: map[string]chan []fault{}}
	listened := make(chan struct{})
	go func() { defer close(listened); e.listen(bufio.NewReader(out)) }()
	t.Cleanup(func() {
		stop()
		<-listened
		_ = cmd.Wait() // it was killed
	})
	e.begin()
	return e
}

// writeSchemas writes the schemas of the shipped words.
func writeSchemas(t *testing.T, folder string) {
	t.Helper()
	require.NoError(t, os.Mkdir(folder, 0o700))
	words := wordsOf(shipped(t))
	for _, kind := range schema.Kinds() {
		text, err := schema.Write(kind, words)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, kind.File()), text, 0o600))
	}
}

// begin does what editors do first, and asks for nothing from the network.
func (e *editor) begin() {
	e.ask("initialize", map[string]any{
		"processId": nil, "rootUri": "file://" + filepath.ToSlash(e.folder),
		"capabilities": map[string]any{"textDocument": map[string]any{
			"completion": map[string]any{"completionItem": map[string]any{"snippetSupport": true}},
		}},
	}, nil)
	e.tell("initialized", map[string]any{})
	e.tell("workspace/didChangeConfiguration", map[string]any{"settings": map[string]any{"yaml": map[string]any{
		"validate": true, "hover": true, "completion": true, "schemaStore": map[string]any{"enable": false},
	}}})
}

func (e *editor) send(m message) error {
	m.Version = "2.0"
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	_, err = fmt.Fprintf(e.in, "Content-Length: %d\r\n\r\n%s", len(text), text)
	return err
}

func (e *editor) params(v any) json.RawMessage {
	text, err := json.Marshal(v)
	require.NoError(e.t, err)
	return text
}

func (e *editor) tell(method string, params any) {
	require.NoError(e.t, e.send(message{Method: method, Params: e.params(params)}))
}

// ask waits for the answer to a question.
func (e *editor) ask(method string, params, into any) {
	e.t.Helper()
	e.mu.Lock()
	e.nextID++
	id, answer := e.nextID, make(chan json.RawMessage, 1)
	e.answers[id] = answer
	e.mu.Unlock()
	require.NoError(e.t, e.send(message{ID: &id, Method: method, Params: e.params(params)}))
	select {
	case text := <-answer:
		if into != nil {
			require.NoError(e.t, json.Unmarshal(text, into))
		}
	case <-e.ctx.Done():
		require.FailNow(e.t, "the language server did not answer", method)
	}
}

// listen takes what the server says until it ends.
func (e *editor) listen(from *bufio.Reader) {
	for {
		m, err := receive(from)
		if err != nil {
			return
		}
		switch {
		case m.Method == "textDocument/publishDiagnostics":
			var p struct {
				URI         string
				Diagnostics []fault
			}
			if json.Unmarshal(m.Params, &p) == nil {
				select {
				case e.published(p.URI) <- p.Diagnostics:
				default: // it was published before
				}
			}
		case m.Method != "" && m.ID != nil:
			if e.send(message{ID: m.ID, Result: json.RawMessage("null")}) != nil {
				return
			}
		case m.ID != nil:
			e.mu.Lock()
			e.answers[*m.ID] <- m.Result
			e.mu.Unlock()
		}
	}
}

func (e *editor) published(uri string) chan []fault {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.faults[uri] == nil {
		e.faults[uri] = make(chan []fault, 1)
	}
	return e.faults[uri]
}

// receive reads one message.
func receive(from *bufio.Reader) (m message, err error) {
	length := 0
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			return m, err
		}
		if line = strings.TrimSpace(line); line == "" {
			break
		}
		if size, ok := strings.CutPrefix(strings.ToLower(line), "content-length:"); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(size)); err != nil {
				return m, err
			}
		}
	}
	text := make([]byte, length)
	if _, err = io.ReadFull(from, text); err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}

// open shows a file in the editor, as one that lies beside the schemas.
func (e *editor) open(name, text string) (uri string) {
	uri = "file://" + filepath.ToSlash(filepath.Join(e.folder, name))
	e.tell("textDocument/didOpen", map[string]any{"textDocument": map[string]any{
		"uri": uri, "languageId": "yaml", "version": 1, "text": text,
	}})
	return uri
}

// marks waits for what an editor marks in a file.
func (e *editor) marks(uri string) []fault {
	e.t.Helper()
	select {
	case faults := <-e.published(uri):
		return faults
	case <-e.ctx.Done():
		require.FailNow(e.t, "the language server did not check", uri)
		return nil
	}
}
