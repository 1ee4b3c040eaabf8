package devserver

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
)

// uiTimeout bounds the wait for the Web UI's first answer, which comes within milliseconds.
const uiTimeout = 5 * time.Second

type webUI struct {
	server *uiserver.Server
	addr   string // host:port for a browser on this machine
}

// startUI starts the Web UI on l's address, for the server at frontend, and returns once it answers. The UI opens the
// port itself and ends the process when it cannot, so l holds the port up to the last moment.
func startUI(ctx context.Context, l net.Listener, frontend, namespace string) (*webUI, error) {
	u := &webUI{
		addr:   dialable(l),
		server: uiserver.NewServer(uioptions.WithConfigProvider(uiConfig(bound(l), frontend, namespace))),
	}
	_ = l.Close()
	go func() { _ = u.server.Start() }()
	if err := u.awaitAnswer(ctx); err != nil {
		u.stop()
		return nil, err
	}
	return u, nil
}

func uiConfig(at netip.AddrPort, frontend, namespace string) *uiconfig.Config {
	host := at.Addr().String()
	if at.Addr().Is6() {
		host = "[" + host + "]" // it is put before ":port" as it is
	}
	return &uiconfig.Config{
		TemporalGRPCAddress: frontend,
		Host:                host,
		Port:                int(at.Port()),
		EnableUI:            true,
		DefaultNamespace:    namespace,
		DisableNewsFetch:    true,
		HideLogs:            true,
		CORS:                uiconfig.CORS{CookieInsecure: true}, // plain http
	}
}

// awaitAnswer returns once the port is open.
func (u *webUI) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, uiTimeout)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("web ui at %s does not answer: %w", u.addr, ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (u *webUI) stop() { u.server.Stop() }
