package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/pgserver"
)

// The stores that may be drilled.
const (
	onSQLite   = "sqlite"
	onPostgres = "postgres"
)

// database is a PostgreSQL of the drill's own. What it says is durable is on
// disk: it is killed like the others.
type database struct{ server *pgserver.Server }

var _ victim = database{}

// openDatabase starts one in a folder, and gives the URL of an empty database.
func openDatabase(ctx context.Context, dir string) (database, string, error) {
	log, err := os.Create(filepath.Join(dir, "postgres.log"))
	if err != nil {
		return database{}, "", err
	}
	const name = "drill"
	server, err := pgserver.Start(ctx, pgserver.Options{Folder: filepath.Join(dir, "postgres"), Log: log, Settings: map[string]string{"fsync": "on"}})
	if err != nil {
		return database{}, "", err
	}
	if err := server.CreateDatabase(ctx, name); err != nil {
		return database{}, "", errors.Join(err, server.Kill())
	}
	return database{server}, server.URL(name), nil
}

func (d database) kill() { _ = d.server.Kill() } // start says whether it is there

// start starts it, after it stopped in good order where it runs.
func (d database) start() error {
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	return d.server.Restart(ctx)
}

// awaitReady has nothing to wait for: start did.
func (database) awaitReady(context.Context) error { return nil }

// seatsOf gives what each process of the engine is told.
func (o Options) seatsOf(dir string, ports *ports) ([]seat, error) {
	const firstPort, apart = 21200, 10
	if !o.fleet() {
		address, err := ports.free(firstPort - 2*apart*apart)
		return []seat{{name: "engine", role: roleAll, http: address, admin: "127.0.0.1:0", rules: filepath.Join(dir, "rules")}}, err
	}
	roles := o.Roles
	if len(roles) == 0 {
		roles = []string{roleAll}
	}
	var list []seat
	for i := range max(o.Engines, 1) {
		s, err := ports.seat("engine-"+strconv.Itoa(i+1), roles[i%len(roles)], firstPort+2*apart*i)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// seat finds addresses for a process that is one of several.
func (p *ports) seat(name, role string, port int) (s seat, err error) {
	const apart = 10
	s = seat{name: name, role: role}
	if s.http, err = p.free(port); err == nil {
		s.admin, err = p.free(port + apart)
	}
	return s, err
}

// command runs one of the product's commands on the store.
func (p places) command(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, "outreach"), append(args, "--store", p.store)...) //nolint:gosec // the harness's own program
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("outreach %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// insist runs a command until it goes well, since the store may be away.
func (p places) insist(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		err := p.command(ctx, args...)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(againAfter):
		}
	}
}

// limit adds a rate to the rules that were written.
func limit(dir string, perSecond int) error {
	if perSecond == 0 {
		return nil
	}
	file, err := os.OpenFile(filepath.Join(dir, "rules", "policy.yaml"), os.O_APPEND|os.O_WRONLY, 0) //nolint:gosec // the harness's own folder
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "rates: {%s: %d per second}\n", limited, perSecond)
	return errors.Join(err, file.Close())
}

// limited is the provider that has a rate.
const limited = "twilio"
