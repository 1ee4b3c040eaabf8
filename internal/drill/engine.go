package drill

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/sandbox"
	"github.com/outreach-engine/outreach/internal/store"
)

//go:embed house
var house embed.FS

// writeHouse writes rules and templates into a folder.
func writeHouse(dir string) error {
	files, err := fs.Sub(house, "house")
	if err != nil {
		return err
	}
	return os.CopyFS(dir, files)
}

// places are where things are.
type places struct {
	dir      string // of everything that is written
	bin      string // of the programs
	store    string // the engine's: file or postgres:// URL
	seats    []seat // of the engine's processes
	engine   string // host:port that takes events and callbacks
	temporal string
	sandbox  string // URL
	mail     string // host:port of the mail server, "" without one
	ports    *ports
}

// seat is what one process of the engine is told of itself.
type seat struct {
	name  string
	role  string
	http  string // host:port
	admin string // host:port
	rules string // folder that it loads at its start; "" none
}

// serves reports whether the process takes events and callbacks.
func (s seat) serves() bool { return s.role != roleWorker }

// The roles that are told apart here.
const (
	roleAll    = "all"
	roleIntake = "intake"
	roleWorker = "worker"
)

// temporalProcess is the embedded Temporal server, alone.
func (p places) temporalProcess() *process {
	return &process{
		name: "temporal", program: filepath.Join(p.bin, "outreach-dev"), ready: listens(p.temporal),
		args: []string{"--only", "temporal", "--temporal", p.temporal, "--ui", "", "--data", filepath.Join(p.dir, "temporal")},
	}
}

// engineProcess is a process of the product, with the sandbox for providers.
func (p places) engineProcess(a sandbox.Account, o Options, s seat) (*process, error) {
	account, err := a.FCMKeyFile(p.sandbox + "/token")
	if err != nil {
		return nil, err
	}
	made := &process{
		name: s.name, program: filepath.Join(p.bin, "outreach"), ready: answers("http://" + s.http + "/health"),
		args: []string{
			"serve", "--role", s.role, "--http", s.http, "--admin", s.admin, "--store", p.store, "--temporal-address", p.temporal, "--rules", s.rules,
			"--public-url", "http://" + p.engine, "--call-timeout", o.Call.String(), "--patience", o.Patience.String(),
			"--sms", "twilio", "--twilio-base-url", p.sandbox, "--twilio-account-sid", a.TwilioSID, "--twilio-from", "+12125550100",
			"--push", "fcm", "--fcm-base-url", p.sandbox,
		},
		env: []string{
			"OUTREACH_TWILIO_AUTH_TOKEN=" + a.TwilioAuthToken, "OUTREACH_SENDGRID_API_KEY=" + a.SendGridKey,
			"OUTREACH_SENDGRID_WEBHOOK_KEY=" + a.SendGridPublic,
			"OUTREACH_FCM_SERVICE_ACCOUNT=" + string(account),
		},
	}
	if !s.serves() {
		made.ready = answers("http://" + s.admin + "/ready")
	}
	if p.mail == "" {
		made.args = append(made.args, "--email", sendGrid, "--sendgrid-base-url", p.sandbox, "--sendgrid-from", sender)
		return made, nil
	}
	host, port, err := net.SplitHostPort(p.mail)
	made.args = append(made.args, "--email", mailServer, "--smtp-host", host, "--smtp-port", port, "--smtp-tls", "none", "--smtp-from", sender)
	return made, err
}

// sender is who sends the drill's mails.
const sender = "Drill <drill@drill.example.com>"

// look counts what is still to come: outreaches that have not ended, and
// attempts under way.
func look(ctx context.Context, path string) (left int, err error) {
	err = read(ctx, path, func(tx ledger.Tx) error {
		tallies, err := tx.Tallies()
		if err != nil {
			return err
		}
		for _, t := range tallies {
			if t.Status != ledger.Ended {
				left += int(t.Count)
			}
		}
		parts, err := tx.CountParts()
		left += int(parts[ledger.Sending])
		return err
	})
	return left, err
}

// read reads the engine's store.
func read(ctx context.Context, path string, fn func(ledger.Tx) error) (err error) {
	opened, err := store.Place(path).Open(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	return opened.Read(ctx, fn)
}

// engineFates gives what the store says of everybody's messages, and whose
// outreach has not ended, or is not there.
func engineFates(ctx context.Context, path string, list []person) (fates []fate, open map[string]bool, err error) {
	open = map[string]bool{}
	err = read(ctx, path, func(tx ledger.Tx) error {
		for _, p := range list {
			id, ok, err := tx.Resolve(p.ID)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			own, ends, err := fatesOf(tx, p.ID, id)
			if err != nil {
				return err
			}
			fates, open[p.ID] = append(fates, own...), !ends
		}
		return nil
	})
	return fates, open, err
}

func fatesOf(tx ledger.Tx, name string, id customer.ID) (fates []fate, ended bool, err error) {
	outreaches, err := tx.OutreachesOf(id, 0)
	if err != nil {
		return nil, false, err
	}
	ended = true
	for _, o := range outreaches {
		ended = ended && o.Status == ledger.Ended
		parts, err := tx.PartsOf(o.Ref)
		if err != nil {
			return nil, false, err
		}
		for _, p := range parts {
			fates = append(fates, fate{Customer: name, Rule: p.Rule, Step: p.Step, Channel: p.Channel, Status: p.Status, Reason: p.Reason, At: p.Updated})
		}
	}
	return fates, ended, nil
}
