package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/yannh/kubeconform/pkg/validator"
)

// custom are the definitions of custom resources that a chart may hold here.
func custom() map[pin][]string {
	return map[pin][]string{
		operator: {
			"example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
			"example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
		},
		keda: {"config/crd/bases/keda.sh_scaledobjects.yaml"},
	}
}

// schemas writes every schema into a new folder in dir, and gives a validator
// that knows them and asks nobody else.
func schemas(ctx context.Context, dir string) (validator.Validator, error) {
	folder, err := kubernetes.folder(ctx)
	if err != nil {
		return nil, err
	}
	if err := writeBuiltin(folder, dir); err != nil {
		return nil, err
	}
	for from, files := range custom() {
		folder, err := from.folder(ctx)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if err := writeCustom(filepath.Join(folder, file), dir); err != nil {
				return nil, err
			}
		}
	}
	return validator.New([]string{dir + "/{{ .ResourceKind }}{{ .KindSuffix }}.json"}, validator.Opts{Strict: true})
}

// withSchemas gives a validator whose files go with close.
func withSchemas(ctx context.Context) (v validator.Validator, done func(), err error) {
	dir, err := os.MkdirTemp("", "schemas")
	if err != nil {
		return nil, nil, err
	}
	if v, err = schemas(ctx, dir); err != nil {
		_ = os.RemoveAll(dir)
		return nil, nil, err
	}
	return v, func() { _ = os.RemoveAll(dir) }, nil
}

// conform holds objects, as YAML, to the schemas of their kinds. It gives how
// many there were.
func conform(v validator.Validator, text string) (int, error) {
	var all []error
	count := 0
	for _, result := range v.Validate("rendered", io.NopCloser(strings.NewReader(text))) {
		switch result.Status {
		case validator.Empty:
		case validator.Valid:
			count++
		default:
			signature, err := result.Resource.Signature()
			if err != nil {
				all = append(all, err)
				continue
			}
			all = append(all, fmt.Errorf("%s %s: %w", signature.Kind, signature.Name, result.Err))
		}
	}
	return count, errors.Join(all...)
}
