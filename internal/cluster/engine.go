//go:build unix

package cluster

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/child"
	"github.com/outreach-engine/outreach/internal/sandbox"
)

//go:embed house
var house embed.FS

// callTimeout is how long engines wait for a provider. These answer at once.
const callTimeout = 10 * time.Second

// providers are stand-ins that this process serves, and that nothing goes
// wrong with.
type providers struct {
	box    *sandbox.Sandbox
	url    string
	server *http.Server
	served chan struct{}
}

func newProviders() (*providers, error) {
	box, err := sandbox.New(sandbox.Config{CallTimeout: callTimeout, Now: time.Now})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		box.Close()
		return nil, err
	}
	p := &providers{
		box: box, url: "http://" + listener.Addr().String(), served: make(chan struct{}),
		server: &http.Server{Handler: box.Handler(), ReadHeaderTimeout: callTimeout},
	}
	go func() { _ = p.server.Serve(listener); close(p.served) }() // it ends with close
	return p, nil
}

func (p *providers) close() {
	_ = p.server.Close()
	<-p.served
	p.box.Close()
}

// startEngines starts the engines, on one store and with the same rules.
func (c *cluster) startEngines() error {
	store, err := c.store()
	if err != nil {
		return err
	}
	if c.Store == "" { // one of somebody else may hold a password
		c.say("engines' store      %s", store)
	}
	if err := writeHouse(filepath.Join(c.Folder, "house")); err != nil {
		return err
	}
	if c.Crowd > 0 {
		if err := c.fill(store); err != nil {
			return err
		}
	}
	if c.providers, err = newProviders(); err != nil {
		return err
	}
	var admins []string
	for i := range c.Engines {
		admin, err := c.startEngine(fmt.Sprintf("engine-%d", i+1), store)
		if err != nil {
			return err
		}
		admins = append(admins, admin)
	}
	for i, p := range c.engines {
		if err := c.until(p.name, func(ctx context.Context) error { return ready(ctx, admins[i]) }); err != nil {
			return err
		}
		c.say("%-19s http://%s, for operators http://%s", p.name, p.address, admins[i])
	}
	return nil
}

// startEngine starts one, and gives the host:port of its admin port.
func (c *cluster) startEngine(name, store string) (admin string, err error) {
	var addresses [2]string
	for i := range addresses {
		port, err := child.FreePort()
		if err != nil {
			return "", err
		}
		addresses[i] = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	}
	address, admin := addresses[0], addresses[1]
	account := c.providers.box.Account()
	folder := filepath.Join(c.Folder, "house", "rules")
	if c.Crowd > 0 {
		folder = "" // the crowd's are in force
	}
	p, err := c.run(name, "outreach", []string{
		"serve", "--http", address, "--admin", admin, "--rules", folder, "--public-url", "http://" + address,
		"--temporal-address", c.namespace.address, "--temporal-namespace", Namespace, "--call-timeout", callTimeout.String(),
		"--sms", "twilio", "--twilio-base-url", c.providers.url, "--twilio-account-sid", account.TwilioSID, "--twilio-from", "+12125550100",
	}, []string{"OUTREACH_TWILIO_AUTH_TOKEN=" + account.TwilioAuthToken, "OUTREACH_STORE=" + store})
	if err != nil {
		return "", err
	}
	p.address = address
	c.engines = append(c.engines, p)
	return admin, nil
}

// store gives the engines' store, and makes its database.
func (c *cluster) store() (string, error) {
	if c.Store != "" {
		return c.Store, nil
	}
	const database = "outreach"
	there, err := c.postgres.HasDatabase(c.ctx, database)
	if err == nil && !there {
		err = c.postgres.CreateDatabase(c.ctx, database)
	}
	return c.postgres.URL(database), err
}

// writeHouse writes the rules and templates that the load is for: rules that
// differ in their names only, as one rule is looked after by one engine.
func writeHouse(folder string) error {
	files, err := fs.Sub(house, "house")
	if err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(folder), os.CopyFS(folder, files)); err != nil {
		return err
	}
	var data strings.Builder
	data.WriteString("events:\n")
	for i := range rules {
		fmt.Fprintf(&data, "  %s: {by: us}\n", eventName(i))
		rule := fmt.Sprintf(ruleText, eventName(i))
		if err := os.WriteFile(filepath.Join(folder, "rules", fmt.Sprintf("order-%d.yaml", i+1)), []byte(rule), 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(folder, "rules", "data.yaml"), []byte(data.String()), 0o600)
}

// rules is how many the load is for. A customer's event is one of them's.
const rules = 8

func eventName(rule int) string { return fmt.Sprintf("order_%d_shipped", rule+1) }

const ruleText = `description: One message by SMS, as soon as the order is on its way.
owner: cluster@example.com
topic: service
when: {event: %s}
steps:
  - {id: first, send: shipped, channel: sms, at: now}
`

// ready asks an engine's admin port.
func ready(ctx context.Context, admin string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/ready", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("it answers %d: %s", answer.StatusCode, text)
	}
	return err
}
