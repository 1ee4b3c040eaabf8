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
	var paths []string
	proxied := 0
	walk(read, func(node object) {
		if list, ok := node["path"].([]any); ok {
			for _, p := range list {
				paths = append(paths, strings.TrimSuffix(fmt.Sprint(p), "*"))
			}
		}
		if node["handler"] == "reverse_proxy" {
			proxied++
		}
	})
	if slices.Sort(paths); !slices.Equal(paths, doors()) || proxied != 1 {
		all = append(all, fmt.Errorf("lets %v through, to %d places", paths, proxied))
	}
	return errors.Join(all...)
}

// walk shows every object of a piece of JSON.
func walk(node any, show func(object)) {
	switch node := node.(type) {
	case object:
		show(node)
		for _, child := range node {
			walk(child, show)
		}
	case []any:
		for _, child := range node {
			walk(child, show)
		}
	}
}
