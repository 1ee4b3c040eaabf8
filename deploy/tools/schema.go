package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// kind is a kind of Kubernetes objects, and which document describes it.
type kind struct {
	group, version, name string
	document             string
}

// file is how kubeconform looks for the kind's schema.
func (k kind) file() string {
	suffix := "-" + k.version
	if k.group != "" {
		suffix = "-" + strings.Split(k.group, ".")[0] + suffix
	}
	return strings.ToLower(k.name) + suffix + ".json"
}

// builtin are the kinds of Kubernetes itself that a chart may hold here.
func builtin() []kind {
	return []kind{
		{"", "v1", "ConfigMap", "api__v1"}, {"", "v1", "Secret", "api__v1"},
		{"", "v1", "Service", "api__v1"}, {"", "v1", "ServiceAccount", "api__v1"},
		{"apps", "v1", "Deployment", "apis__apps__v1"}, {"batch", "v1", "Job", "apis__batch__v1"},
		{"autoscaling", "v2", "HorizontalPodAutoscaler", "apis__autoscaling__v2"},
		{"policy", "v1", "PodDisruptionBudget", "apis__policy__v1"},
		{"networking.k8s.io", "v1", "Ingress", "apis__networking.k8s.io__v1"},
		{"networking.k8s.io", "v1", "NetworkPolicy", "apis__networking.k8s.io__v1"},
	}
}

// object is a piece of JSON.
type object = map[string]any

// draft is the JSON Schema that OpenAPI 3.0 is nearest to.
const draft = "http://json-schema.org/draft-04/schema#"

// writeBuiltin writes the schemas of Kubernetes' own kinds into dir, from the
// OpenAPI documents of its source: folder is that of the module.
func writeBuiltin(folder, dir string) error {
	documents := map[string]object{}
	for _, k := range builtin() {
		components, ok := documents[k.document]
		if !ok {
			var err error
			if components, err = readComponents(filepath.Join(folder, "api/openapi-spec/v3", k.document+"_openapi.json")); err != nil {
				return err
			}
			documents[k.document] = components
		}
		name, err := describes(components, k)
		if err != nil {
			return err
		}
		used := object{}
		reach(components, name, used)
		schema := object{"$schema": draft, "allOf": []any{object{"$ref": "#/components/schemas/" + name}}, "components": object{"schemas": used}}
		if err := writeSchema(dir, k, schema); err != nil {
			return err
		}
	}
	return nil
}

func readComponents(path string) (object, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var document struct {
		Components struct{ Schemas object }
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	strict(document.Components.Schemas)
	return document.Components.Schemas, nil
}

// describes gives the name of the component that describes a kind.
func describes(components object, k kind) (string, error) {
	for name, component := range components {
		kinds, _ := component.(object)["x-kubernetes-group-version-kind"].([]any)
		for _, one := range kinds {
			if of, ok := one.(object); ok && of["group"] == k.group && of["version"] == k.version && of["kind"] == k.name {
				return name, nil
			}
		}
	}
	return "", fmt.Errorf("%s/%s %s: no component describes it", k.group, k.version, k.name)
}

// reach copies a component and all that it refers to.
func reach(components object, name string, used object) {
	if _, done := used[name]; done {
		return
	}
	used[name] = components[name]
	for _, to := range references(components[name], nil) {
		reach(components, to, used)
	}
}

func references(node any, found []string) []string {
	switch node := node.(type) {
	case object:
		if to, ok := node["$ref"].(string); ok {
			found = append(found, strings.TrimPrefix(to, "#/components/schemas/"))
		}
		for _, child := range node {
			found = references(child, found)
		}
	case []any:
		for _, child := range node {
			found = references(child, found)
		}
	}
	return found
}

// strict refuses, everywhere, fields that nobody described.
func strict(node any) {
	switch node := node.(type) {
	case object:
		_, described := node["properties"].(object)
		_, said := node["additionalProperties"]
		if open, _ := node["x-kubernetes-preserve-unknown-fields"].(bool); described && !said && !open {
			node["additionalProperties"] = false
		}
		for _, child := range node {
			strict(child)
		}
	case []any:
		for _, child := range node {
			strict(child)
		}
	}
}

// writeCustom writes the schemas of a custom resource's definition into dir.
func writeCustom(file, dir string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var definition struct {
		Spec struct {
			Group string
			Names struct{ Kind string }

			Versions []struct {
				Name   string
				Schema struct{ OpenAPIV3Schema object }
			}
		}
	}
	if err := yaml.Unmarshal(text, &definition); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, v := range definition.Spec.Versions {
		schema := v.Schema.OpenAPIV3Schema
		if schema == nil {
			return fmt.Errorf("%s: version %s has no schema", file, v.Name)
		}
		strict(schema)
		schema["$schema"] = draft
		k := kind{group: definition.Spec.Group, version: v.Name, name: definition.Spec.Names.Kind}
		if err := writeSchema(dir, k, schema); err != nil {
			return err
		}
	}
	return nil
}

func writeSchema(dir string, k kind, schema object) error {
	text, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, k.file()), text, 0o600)
}
