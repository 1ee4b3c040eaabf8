//go:build unix

package cluster

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/pgserver"
)

// temporalConfig is what differs between the configurations of two clusters.
type temporalConfig struct {
	file, dynamic string           // where both files lie
	postgres      string           // host:port
	shards        int              // of history
	ports         map[string]ports // of each service
}

// ports are one service's: for calls, and for its peers to see that it lives.
type ports struct{ rpc, membership int }

func (c temporalConfig) address(service string) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.ports[service].rpc))
}

// text gives the server's static configuration.
// https://docs.temporal.io/references/configuration
func (c temporalConfig) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, `log: {stdout: true, level: warn}
persistence:
  defaultStore: main
  visibilityStore: visibility
  numHistoryShards: %d
  datastores:
    main: %s
    visibility: %s
global:
  membership: {maxJoinDuration: 30s, broadcastAddress: "127.0.0.1"}
services:
`, c.shards, c.datastore(mainDatabase), c.datastore(visibilityDatabase))
	for _, service := range slices.Sorted(slices.Values(services())) {
		fmt.Fprintf(&b, "  %s: {rpc: {grpcPort: %d, membershipPort: %d, bindOnIP: \"127.0.0.1\"}}\n", service, c.ports[service].rpc, c.ports[service].membership)
	}
	fmt.Fprintf(&b, `clusterMetadata:
  enableGlobalNamespace: false
  failoverVersionIncrement: 10
  masterClusterName: active
  currentClusterName: active
  clusterInformation:
    active: {enabled: true, initialFailoverVersion: 1, rpcName: frontend, rpcAddress: "%[1]s"}
dcRedirectionPolicy: {policy: noop}
publicClient: {hostPort: "%[1]s"}
dynamicConfigClient: {filepath: %[2]q, pollInterval: 10s}
`, c.address("frontend"), c.dynamic)
	return b.String()
}

// datastore is one database: as many connections for each process as four of
// them, and two engines, may have of PostgreSQL's.
func (c temporalConfig) datastore(name string) string {
	const connections = 20
	return fmt.Sprintf(`{sql: {pluginName: postgres12_pgx, databaseName: %s, connectAddr: %q, connectProtocol: tcp, user: %s, maxConns: %d, maxIdleConns: %[4]d, maxConnLifetime: 1h}}`,
		name, c.postgres, pgserver.Superuser, connections)
}

// dynamicText is the server's dynamic configuration: what differs from its
// defaults, and why.
// https://docs.temporal.io/references/dynamic-configuration
const dynamicText = `# The engine asks what runs, and so does who looks on: ten a second are too few for both.
frontend.namespaceRPS.visibility: [{value: 100}]
# Priorities need the new matcher, which is the default. Fairness between rules has to be switched on.
matching.enableFairness: [{value: true}]
# A worker that stops gets no task any more that nobody would do for five seconds.
frontend.enableCancelWorkerPollsOnShutdown: [{value: true}]
# It would call a public host.
frontend.enableServerVersionCheck: [{value: false}]
`
