package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
)

// pin is a module that is read and not built: where schemas come from.
type pin struct {
	module, version, sum string
}

// The sources of schemas, with the sums of their contents.
var (
	kubernetes = pin{"k8s.io/kubernetes", "v1.37.2", "h1:A2VDEiObzkYqFTKhSsn0ZEb0RlLEXpHWj93gi2HqEwE="}
	operator   = pin{"github.com/prometheus-operator/prometheus-operator", "v0.85.0", "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s="}
	keda       = pin{"github.com/kedacore/keda/v2", "v2.21.0", "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps="}
)

// folder gives the folder that holds the module, which is fetched when it is
// not there. One that cannot be fetched is errSkipped.
func (p pin) folder(ctx context.Context) (string, error) {
	command := exec.CommandContext(ctx, "go", "mod", "download", "-json", p.module+"@"+p.version)
	command.Dir = os.TempDir() // the pins are no dependencies of this module
	command.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := command.Output()
	var found struct{ Dir, Sum, Error string }
	if json.NewDecoder(bytes.NewReader(out)).Decode(&found) != nil || found.Dir == "" {
		return "", fmt.Errorf("%w: %s %s cannot be fetched: %s", errSkipped, p.module, p.version, reason(found.Error, err))
	}
	if found.Sum != p.sum {
		return "", fmt.Errorf("%s %s: its sum is %s and not %s", p.module, p.version, found.Sum, p.sum)
	}
	return found.Dir, nil
}

func reason(said string, err error) string {
	if said != "" || err == nil {
		return said
	}
	return err.Error()
}
