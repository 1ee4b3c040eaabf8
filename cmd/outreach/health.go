package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// adminVariable names where a process's admin port is, for serve and health.
const adminVariable = "OUTREACH_ADMIN"

// adminDefault is where serve has its admin port when nothing is said.
const adminDefault = "127.0.0.1:8081"

// healthPatience is how long a process may take to answer. Its own checks give
// up after 3 s each.
const healthPatience = 5 * time.Second

func healthCommand() *cobra.Command {
	var admin string
	var live bool
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask a running engine whether it is ready.",
		Long: "Ask the admin port of a running engine whether it is ready, and say what is not. Ends with 0 when it is, 1 when it\n" +
			"is not or does not answer. It needs neither the store nor Temporal, nor anything else beside this program: it is\n" +
			"made for the health checks of containers. --live asks only whether the process runs.",
		Example: "  outreach health\n  outreach health --live --admin http://127.0.0.1:8081",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&admin, "admin", adminDefault, "host:port or URL of the admin port ("+adminVariable+")")
	cmd.Flags().BoolVar(&live, "live", false, "ask only whether the process runs")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if value, ok := os.LookupEnv(adminVariable); ok && !cmd.Flags().Changed("admin") {
			admin = value
		}
		base, err := adminURL(admin)
		if err != nil {
			return usageError(err)
		}
		path := "/ready"
		if live {
			path = "/live"
		}
		return askHealth(cmd.Context(), base+path, cmd.OutOrStdout())
	}
	return cmd
}

// adminURL gives the URL, without a path, by which this machine reaches an
// admin port. A port that listens everywhere is asked on the loopback.
func adminURL(admin string) (string, error) {
	if strings.HasPrefix(admin, "http://") || strings.HasPrefix(admin, "https://") {
		at, err := url.Parse(admin)
		if err != nil || at.Host == "" {
			return "", fmt.Errorf("--admin: %q is no URL; write one such as http://%s", admin, adminDefault)
		}
		return at.Scheme + "://" + at.Host, nil
	}
	if admin == "off" {
		return "", errors.New("--admin: the admin port is off, so nobody can be asked; give the engine one with " + adminVariable)
	}
	host, port, err := net.SplitHostPort(admin)
	if err != nil || port == "" {
		return "", fmt.Errorf("--admin: %q is neither a host:port nor a URL; write one such as %s", admin, adminDefault)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

// askHealth asks once. What answers anything but 200 is an error that names
// the checks that are not well.
func askHealth(ctx context.Context, address string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{}} // no proxy: this is a neighbour
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("engine: %w; is it running, and is its admin port there?", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("engine: %s: %w", address, err)
	}
	if response.StatusCode == http.StatusOK {
		_, err = fmt.Fprintln(out, "ok")
		return err
	}
	return fmt.Errorf("engine: %s answers %s%s", address, response.Status, unwell(body))
}

// unwell names the checks of a /ready answer that failed, "" where it has none.
func unwell(body []byte) string {
	var answer struct {
		Checks []struct {
			Name   string `json:"name"`
			OK     bool   `json:"ok"`
			Detail string `json:"detail"`
		} `json:"checks"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	var b strings.Builder
	for _, check := range answer.Checks {
		if !check.OK {
			fmt.Fprintf(&b, "\n  %s: %s", check.Name, check.Detail)
		}
	}
	return b.String()
}
