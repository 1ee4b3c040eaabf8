//go:build unix

package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/outreach-engine/outreach/internal/child"
	"github.com/outreach-engine/outreach/internal/pgserver"
	"github.com/outreach-engine/outreach/workflows"
)

// services are Temporal's, in the order of their start.
func services() []string { return []string{"history", "matching", "frontend", "worker"} }

// The databases of Temporal, by the schema that they have.
const (
	mainDatabase       = "temporal"
	visibilityDatabase = "temporal_visibility"
)

// startTemporal starts a Temporal on the cluster's PostgreSQL, one process for
// each of its services, and makes the engine's namespace in it.
func (c *cluster) startTemporal() error {
	frontend := c.Temporal
	if frontend == "" {
		if err := c.prepareDatabases(); err != nil {
			return err
		}
		config, err := c.writeConfig()
		if err != nil {
			return err
		}
		frontend = config.address("frontend")
		for _, service := range services() {
			p, err := c.run("temporal-"+service, "temporal-server", []string{"--config-file", config.file, "--allow-no-auth", "start", "--service", service}, nil)
			if err != nil {
				return err
			}
			p.address = config.address(service)
			// The first one writes down what cluster this is; two at once are in each other's way.
			if err := c.until(p.name, p.listens); err != nil {
				return err
			}
			c.say("%-19s %s", p.name, p.address)
		}
	}
	return c.openNamespace(frontend)
}

// prepareDatabases makes Temporal's databases, and brings their tables up to
// what its version needs.
func (c *cluster) prepareDatabases() error {
	for database, schema := range map[string]string{mainDatabase: "temporal", visibilityDatabase: "visibility"} {
		there, err := c.postgres.HasDatabase(c.ctx, database)
		if err != nil {
			return err
		}
		if !there {
			if err := errors.Join(c.postgres.CreateDatabase(c.ctx, database), c.sqlTool(database, "setup-schema", "-v", "0.0")); err != nil {
				return err
			}
		}
		if err := c.sqlTool(database, "update-schema", "--schema-name", "postgresql/v12/"+schema); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) sqlTool(database string, args ...string) error {
	all := append([]string{
		"--plugin", "postgres12_pgx", "--endpoint", "127.0.0.1", "--port", strconv.Itoa(c.postgres.Port()),
		"--user", pgserver.Superuser, "--database", database,
	}, args...)
	cmd := exec.CommandContext(c.ctx, filepath.Join(c.Bin, "temporal-sql-tool"), all...) //nolint:gosec // Temporal's own
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s of %s: %w: %s", args[0], database, err, child.LastLines(string(out)))
	}
	return nil
}

// writeConfig writes what Temporal's processes read, with ports that nobody
// else has.
func (c *cluster) writeConfig() (temporalConfig, error) {
	folder := filepath.Join(c.Folder, "temporal")
	config := temporalConfig{
		file: filepath.Join(folder, "config.yaml"), dynamic: filepath.Join(folder, "dynamic.yaml"),
		postgres: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.postgres.Port())), shards: c.Shards, ports: map[string]ports{},
	}
	for _, service := range services() {
		var p ports
		var err error
		for _, port := range []*int{&p.rpc, &p.membership} {
			if *port, err = child.FreePort(); err != nil {
				return config, err
			}
		}
		config.ports[service] = p
	}
	err := errors.Join(os.MkdirAll(folder, 0o700),
		os.WriteFile(config.file, []byte(config.text()), 0o600), os.WriteFile(config.dynamic, []byte(dynamicText), 0o600))
	return config, err
}

// Namespace is where the engines of a cluster work.
const Namespace = "outreach"

// retention is how long ended workflows stay to be looked at.
const retention = 30 * 24 * time.Hour

// namespace is the engine's, and a client for it.
type namespace struct {
	client  client.Client
	address string
}

// openNamespace makes the namespace where it is missing, declares what the
// engine searches by, and waits until all of Temporal's processes know it.
func (c *cluster) openNamespace(address string) error {
	dialed, err := client.NewLazyClient(client.Options{
		HostPort: address, Namespace: Namespace, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return err
	}
	c.namespace = &namespace{dialed, address}
	if err := c.until("frontend", c.namespace.register); err != nil {
		return err
	}
	if err := c.until("search attributes", c.namespace.declare); err != nil {
		return err
	}
	return c.until("namespace", c.namespace.known)
}

func (n *namespace) register(ctx context.Context) error {
	_, err := n.client.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: Namespace, WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	if _, there := errors.AsType[*serviceerror.NamespaceAlreadyExists](err); there {
		return nil
	}
	return err
}

func (n *namespace) declare(ctx context.Context) error {
	service := n.client.OperatorService()
	listed, err := service.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: Namespace})
	if err != nil {
		return err
	}
	wanted := workflows.SearchAttributes()
	maps.DeleteFunc(wanted, func(name string, _ enumspb.IndexedValueType) bool {
		_, there := listed.GetCustomAttributes()[name]
		return there
	})
	if len(wanted) == 0 {
		return nil
	}
	_, err = service.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: Namespace, SearchAttributes: wanted})
	return err
}

// known asks by every attribute: a process that has not read them refuses.
func (n *namespace) known(ctx context.Context) error {
	query := ""
	for i, name := range slices.Sorted(maps.Keys(workflows.SearchAttributes())) {
		if i > 0 {
			query += " AND "
		}
		query += name + " = 'none'"
	}
	_, err := n.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: Namespace, Query: query})
	return err
}
