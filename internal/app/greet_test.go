package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/library"
)

const greetRule = `description: One message.
owner: team@example.com
topic: service
when: {event: order_shipped}
steps:
  - {id: first, send: shipped, channel: sms, at: now}
`

// writeTree writes files below a folder, and takes those away that are empty.
func writeTree(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		if text == "" {
			require.NoError(t, os.Remove(path))
		}
	}
}

// TestAStartSaysWhatItChanged loads a folder on one store again and again.
func TestAStartSaysWhatItChanged(t *testing.T) {
	t.Parallel()
	const began = `level=INFO msg="rules loaded at the start: they are in force for every process of the store" "in force"=`
	o, store, folder := Defaults(), openLedger(t), t.TempDir()
	o.Rules = filepath.Join(folder, "rules")
	start := func(files map[string]string) []string {
		writeTree(t, folder, files)
		return logged(o, func(o Options) {
			_, err := o.loadAtStart(t.Context(), library.New(store))
			require.NoError(t, err)
		})
	}
	first := map[string]string{
		"rules/data.yaml":           "events:\n  order_shipped: {by: us}\n",
		"rules/policy.yaml":         "zone: UTC\ncountry: US\ntopics:\n  service: {consent: assumed}\n",
		"templates/shipped/sms.txt": "It is on its way.\n",
	}
	for i := range 12 {
		first[fmt.Sprintf("rules/r%02d.yaml", i)] = greetRule
	}
	require.Equal(t, []string{began + `12 added="[r00 r01 r02 r03 r04 r05 r06 r07 r08 r09 and 2 more]" "also changed"="[data policy templates]"`}, start(first))
	require.Empty(t, start(nil), "nothing changed")
	require.Equal(t, []string{began + `12 added=[new] changed=[r01] removed=[r00]`}, start(map[string]string{
		"rules/r00.yaml": "", "rules/r01.yaml": strings.Replace(greetRule, "One", "A", 1), "rules/new.yaml": greetRule,
	}))
	require.Equal(t, []string{began + `12 "also changed"=[templates]`}, start(map[string]string{"templates/shipped/sms.txt": "It is there soon.\n"}))
}

// TestAWorkerWhoseInboxNobodySeesIsToldOf names the channels, once.
func TestAWorkerWhoseInboxNobodySeesIsToldOf(t *testing.T) {
	t.Parallel()
	const unseen = `level=WARN msg="a worker shows no inbox: the messages that go there are seen by nobody, and are gone when it ends; ` +
		`keep them with --inbox-file, see them with --role all, or give a provider" channels=`
	for name, c := range map[string]struct {
		change func(*Options)
		want   []string
	}{
		"all in one":     {func(o *Options) { o.Role = "all" }, nil},
		"intake":         {func(o *Options) { o.Role = "intake" }, nil},
		"worker":         {func(*Options) {}, []string{unseen + `"[sms email push]"`}},
		"one channel":    {func(o *Options) { o.SMS, o.Push = "twilio", "fcm" }, []string{unseen + "[email]"}},
		"providers":      {func(o *Options) { o.SMS, o.Email, o.Push = "twilio", "smtp", "fcm" }, nil},
		"in a file":      {func(o *Options) { o.InboxFile = "inbox.ndjson" }, nil},
		"others of ours": {func(o *Options) { o.Senders = map[customer.Channel]channel.Sender{} }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Defaults()
			o.Role = "worker"
			c.change(&o)
			require.Equal(t, c.want, append([]string(nil), logged(o, Options.warnOfUnseen)...))
		})
	}
}

func TestAWorkerSaysThatItTakesNoEvents(t *testing.T) {
	t.Parallel()
	o := Defaults()
	o.Role = "worker"
	require.Empty(t, logged(o, Options.tellOfUnusedHTTP), "nobody gave it")
	o.HTTP = "127.0.0.1:9000"
	require.Equal(t, []string{`level=INFO msg="a worker takes no events: --http is not used" http=127.0.0.1:9000`}, logged(o, Options.tellOfUnusedHTTP))
	require.Equal(t, "this worker waits", o.meanwhile())
	o.Role = "all"
	require.Empty(t, logged(o, Options.tellOfUnusedHTTP))
	require.Equal(t, "events are taken and kept", o.meanwhile())
}

// TestGreet has each role say where it is reached, to a reader and in JSON.
func TestGreet(t *testing.T) {
	t.Parallel()
	const admin = "outreach: health and figures at http://127.0.0.1:2/ready and /metrics\n"
	said := map[string]any{"msg": "health and figures", "ready": "http://127.0.0.1:2/ready", "metrics": "http://127.0.0.1:2/metrics"}
	for role, c := range map[Role]struct {
		running Running
		text    string
		json    []map[string]any
	}{
		All: {
			Running{Addr: "127.0.0.1:1", Admin: "127.0.0.1:2"}, "outreach: taking events at http://127.0.0.1:1, 22 rules in force\n" + admin,
			[]map[string]any{{"msg": "taking events", "at": "http://127.0.0.1:1", "rules": 22.0}, said},
		},
		Intake: {
			Running{Addr: "127.0.0.1:1"}, "outreach: taking events at http://127.0.0.1:1, 22 rules in force\n",
			[]map[string]any{{"msg": "taking events", "at": "http://127.0.0.1:1", "rules": 22.0}},
		},
		Worker: {
			Running{Admin: "127.0.0.1:2"}, "outreach: running outreaches, without events, 22 rules in force\n" + admin,
			[]map[string]any{{"msg": "running outreaches, without events", "rules": 22.0}, said},
		},
	} {
		c.running.Loaded.Rules = 22
		o := Defaults()
		o.Role = string(role)
		var out, log bytes.Buffer
		o.Greet(c.running, &out)
		require.Equal(t, c.text, out.String(), role)

		o.Log = "json"
		var err error
		o.Logger, err = o.NewLogger(&log)
		require.NoError(t, err)
		out.Reset()
		o.Greet(c.running, &out)
		require.Empty(t, out.String(), role)
		var lines []map[string]any
		for line := range strings.Lines(log.String()) {
			var one map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &one), line)
			delete(one, "time")
			require.Equal(t, "INFO", one["level"])
			delete(one, "level")
			lines = append(lines, one)
		}
		require.Equal(t, c.json, lines, role)
	}
}
