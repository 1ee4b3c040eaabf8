package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/yannh/kubeconform/pkg/validator"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/yaml"
)

const (
	chartFolder = "deploy/helm/outreach"
	namespace   = "marketing"
	release     = "outreach"
)

// checkChart lints the chart and renders it in every form; what comes out
// conforms to Kubernetes' schemas and to the laws of this house.
func checkChart(ctx context.Context, root string) (string, error) {
	v, done, err := withSchemas(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	objects, err := lookAtChart(v, root)
	return fmt.Sprintf("lint, %d forms, %d objects by the schemas of Kubernetes %s", len(forms()), objects, kubernetes.version), err
}

// lookAtChart gives how many objects all forms have together, and all that is
// wrong with them.
func lookAtChart(v validator.Validator, root string) (objects int, err error) {
	var all []error
	for _, f := range forms() {
		if err := lintChart(filepath.Join(root, chartFolder), f.values); err != nil {
			all = append(all, fmt.Errorf("%s: %w", f.name, err))
		}
		text, err := render(root, f)
		if err != nil {
			all = append(all, fmt.Errorf("%s: %w", f.name, err))
			continue
		}
		n, err := conform(v, text)
		objects += n
		all = append(all, named(f.name, err), named(f.name, lawful(f, text)))
	}
	return objects, errors.Join(all...)
}

func named(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// lintChart gives what Helm's linter has against the chart, hints apart.
func lintChart(dir string, values object) error {
	var all []error
	for _, m := range lint.RunAll(dir, values, namespace).Messages {
		if m.Severity >= support.WarningSev {
			all = append(all, m)
		}
	}
	return errors.Join(all...)
}

// render gives the chart's objects in a form, hooks among them, as Helm would
// hand them to a cluster.
func render(root string, f form) (string, error) {
	c, err := loader.LoadDir(filepath.Join(root, chartFolder))
	if err != nil {
		return "", err
	}
	if f.files {
		if err := addFiles(c, root); err != nil {
			return "", err
		}
	}
	rendered, err := renderChart(c, f.values)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		if strings.HasSuffix(name, ".yaml") {
			b.WriteString("---\n" + rendered[name] + "\n")
		}
	}
	return b.String(), nil
}

func renderChart(c *chart.Chart, values object) (map[string]string, error) {
	capabilities := common.DefaultCapabilities
	options := common.ReleaseOptions{Name: release, Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(c, values, options, capabilities)
	if err != nil {
		return nil, err
	}
	return engine.Render(c, all)
}

// addFiles puts the repository's rules and templates where somebody would who
// has the chart carry them.
func addFiles(c *chart.Chart, root string) error {
	for _, folder := range []string{"rules", "templates"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, path)
			c.Files = append(c.Files, &common.File{Name: "files/" + filepath.ToSlash(name), Data: text})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// parse gives the objects of a YAML stream.
func parse(text string) ([]object, error) {
	var list []object
	for _, part := range strings.Split(text, "\n---") {
		var o object
		if err := yaml.UnmarshalStrict([]byte(strings.TrimPrefix(part, "---")), &o); err != nil {
			return nil, err
		}
		if len(o) > 0 {
			list = append(list, o)
		}
	}
	return list, nil
}
