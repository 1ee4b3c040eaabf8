package devserver

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
)

const (
	loopback    = "127.0.0.1"
	clusterName = "active"
)

// AddrInUseError says that another program has an address that this server was told to take.
type AddrInUseError struct {
	Addr string // host:port, as it was asked for
}

func (e *AddrInUseError) Error() string {
	return fmt.Sprintf("address %s is taken: stop the program that listens there, or choose another port (0 picks a free one)", e.Addr)
}

// ports are listeners that hold the addresses until the server opens them itself, so that two servers which start at
// once never pick the same.
type ports struct {
	server map[primitives.ServiceName]net.Listener
	ui     net.Listener // nil without a Web UI
}

// reserve takes every port that o asks for, or none.
func reserve(o Options) (_ *ports, err error) {
	p := &ports{server: map[primitives.ServiceName]net.Listener{}}
	defer func() {
		if err != nil {
			p.release()
		}
	}()
	for service, addr := range map[primitives.ServiceName]string{
		primitives.FrontendService: o.Addr,
		primitives.HistoryService:  loopback + ":0",
		primitives.MatchingService: loopback + ":0",
		primitives.WorkerService:   loopback + ":0",
	} {
		l, err := listen(addr)
		if err != nil {
			return nil, err
		}
		p.server[service] = l
	}
	if o.UIAddr == "" {
		return p, nil
	}
	p.ui, err = listen(o.UIAddr)
	return p, err
}

func listen(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %q is not host:port: write it like 127.0.0.1:7233", addr)
	}
	if host == "" {
		host = loopback
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &AddrInUseError{Addr: addr}
	}
	if err != nil {
		return nil, fmt.Errorf("address %q is not one to listen on, choose another: %w", addr, err)
	}
	return l, nil
}

func (p *ports) releaseServer() {
	for _, l := range p.server {
		_ = l.Close()
	}
}

func (p *ports) release() {
	p.releaseServer()
	if p.ui != nil {
		_ = p.ui.Close()
	}
}

func (p *ports) frontendAddr() string { return dialable(p.server[primitives.FrontendService]) }

func (p *ports) hosts() map[primitives.ServiceName]static.Hosts {
	hosts := map[primitives.ServiceName]static.Hosts{}
	for service, l := range p.server {
		hosts[service] = static.SingleLocalHost(dialable(l))
	}
	return hosts
}

func bound(l net.Listener) netip.AddrPort {
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// dialable is where a client on this machine reaches l, also when l listens on every address.
func dialable(l net.Listener) string {
	b := bound(l)
	if b.Addr().IsUnspecified() {
		b = netip.AddrPortFrom(netip.MustParseAddr(loopback), b.Port())
	}
	return b.String()
}

// serverConfig is one cluster of one host and one history shard, without archival. More shards would only cost: they
// share one connection.
func serverConfig(p *ports, db *config.SQL) *config.Config {
	services := map[string]config.Service{}
	for service, l := range p.server {
		b := bound(l)
		services[string(service)] = config.Service{RPC: config.RPC{GRPCPort: int(b.Port()), BindOnIP: b.Addr().String()}}
	}
	return &config.Config{
		Services:     services,
		PublicClient: config.PublicClient{HostPort: p.frontendAddr()},
		Persistence: config.Persistence{
			DefaultStore:     sqlite.PluginName,
			VisibilityStore:  sqlite.PluginName,
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{sqlite.PluginName: {SQL: db}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: p.frontendAddr()},
			},
		},
	}
}

// dynamicConfig holds what differs from the server's defaults. Eager workflow starts and eager activities are on by
// default. Schedules and batch jobs stay, because the Web UI offers them.
func dynamicConfig(o Options) dynamicconfig.StaticClient {
	config := dynamicconfig.StaticClient{
		// Ten list and count calls a second are too few for a Web UI next to a busy program.
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 1000,
		// It would call a public host.
		dynamicconfig.EnableServerVersionCheck.Key(): false,
		// Timers wait so long for the clocks of other machines: there are none.
		dynamicconfig.TimerProcessorMaxTimeShift.Key(): 2 * time.Millisecond,
		// Scanners of leftovers that only a large cluster makes, and a queue for parents of many children. The server
		// does not stop their workers, so they would go on polling after Stop.
		dynamicconfig.TaskQueueScannerEnabled.Key():       false,
		dynamicconfig.HistoryScannerEnabled.Key():         false,
		dynamicconfig.EnableParentClosePolicyWorker.Key(): false,
		// A worker that stops gets no task any more that nobody would do.
		dynamicconfig.EnableCancelWorkerPollsOnShutdown.Key(): true,
		// One partition per task queue, in place of four that one host would poll in turn. Fixed for the life of a file:
		// with fewer partitions the tasks of the others would never be read.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
		// Each of the four services reads all namespaces this often. A change made while it runs shows after this long.
		dynamicconfig.NamespaceCacheRefreshInterval.Key(): 10 * time.Second,
	}
	if o.LongHistory > 0 {
		config[dynamicconfig.HistoryCountSuggestContinueAsNew.Key()] = o.LongHistory
	}
	return config
}
