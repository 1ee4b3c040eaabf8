//go:build unix && !linux

package child

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
)

// withParent does nothing: only Linux tells a process that its parent is
// gone.
func withParent(*syscall.SysProcAttr, syscall.Signal) {}

// Children gives the processes that one started and that are still there.
func Children(pid int) ([]int, error) {
	text, err := exec.Command("ps", "-axo", "pid=,ppid=").Output()
	if err != nil {
		return nil, fmt.Errorf("processes: %w", err)
	}
	var list []int
	for line := range strings.Lines(string(text)) {
		var child, parent int
		if _, err := fmt.Sscan(line, &child, &parent); err == nil && parent == pid {
			list = append(list, child)
		}
	}
	return list, nil
}

// alive reports whether a process is there.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }
