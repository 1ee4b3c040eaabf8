package child

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// withParent has a process told when the one that started it is gone.
// https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
func withParent(attributes *syscall.SysProcAttr, signal syscall.Signal) {
	attributes.Pdeathsig = signal
}

// Children gives the processes that one started and that are still there.
func Children(pid int) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("processes: %w", err)
	}
	var list []int
	for _, entry := range entries {
		child, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if _, parent, ok := state(child); ok && parent == pid {
			list = append(list, child)
		}
	}
	return list, nil
}

// alive reports whether a process runs. One that ended and that nobody asked
// after does not.
func alive(pid int) bool {
	is, _, ok := state(pid)
	return ok && is != 'Z' && is != 'X'
}

// state reads one letter for what a process does, and its parent.
// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
func state(pid int) (is byte, parent int, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, 0, false
	}
	_, after, found := bytes.Cut(text[bytes.LastIndexByte(text, ')')+1:], []byte(" "))
	fields := bytes.Fields(after)
	if !found || len(fields) < 2 {
		return 0, 0, false
	}
	parent, err = strconv.Atoi(string(fields[1]))
	return fields[0][0], parent, err == nil
}
