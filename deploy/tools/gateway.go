package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	// What the file says has to be known to it.
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// checkGateway reads the gateway's file as Caddy does, and holds that it lets
// the doors through and nothing else.
func checkGateway(_ context.Context, root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "deploy/caddy/Caddyfile"))
	if err != nil {
		return "", err
	}
	for _, site := range []string{":8080", "messages.example.com"} {
		if err := gateway(strings.ReplaceAll(string(text), "{$SITE}", site)); err != nil {
			return "", fmt.Errorf("%s: %w", site, err)
		}
	}
	return "lets " + strings.Join(doors(), " ") + " through, and nothing else", nil
}

// gateway checks the file of one site.
func gateway(text string) error {
	adapter := caddyfile.Adapter{ServerType: httpcaddyfile.ServerType{}}
	config, warnings, err := adapter.Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		return err
	}
	var all []error
	for _, w := range warnings {
		all = append(all, fmt.Errorf("%s:%d: %s", w.File, w.Line, w.Message))
	}
	var read any
	if err := json.Unmarshal(config, &read); err != nil {
		return err
	}
	let := proxied(read, nil)
	if len(let) != 1 || !slices.Equal(let[0], doors()) {
		all = append(all, fmt.Errorf("lets %v through", let))
	}
	return errors.Join(all...)
}

// proxied gives, for each place to which requests are handed on, the paths
// that have to match on the way there; none where anything comes there.
func proxied(node any, under []string) (let [][]string) {
	switch node := node.(type) {
	case object:
		if node["handler"] == "reverse_proxy" {
			slices.Sort(under)
			return [][]string{under}
		}
		if matchers, ok := node["match"].([]any); ok {
			under = pathsOf(matchers)
		}
		for _, child := range node {
			let = append(let, proxied(child, slices.Clone(under))...)
		}
	case []any:
		for _, child := range node {
			let = append(let, proxied(child, slices.Clone(under))...)
		}
	}
	return let
}

// pathsOf gives the paths that a route's matchers ask for.
func pathsOf(matchers []any) (paths []string) {
	for _, m := range matchers {
		one, _ := m.(object)
		list, _ := one["path"].([]any)
		for _, p := range list {
			paths = append(paths, strings.TrimSuffix(fmt.Sprint(p), "*"))
		}
	}
	return paths
}
