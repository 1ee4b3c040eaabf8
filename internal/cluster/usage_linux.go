package cluster

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/outreach-engine/outreach/internal/child"
)

// tick is the unit of processor time in /proc on all of Linux's architectures
// that Go has.
const tick = time.Second / 100

// whose says of whom the use is counted.
type whose int

const (
	alone whose = iota
	withChildren
)

// usedBy reads what a process used, and its children: those that are there, and
// those that ended. What cannot be read counts as nothing.
// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
func usedBy(pid int, of whose) used {
	const own, ended = 11, 13 // fields after the name: two for each
	u := used{processor: ticks(pid, own), memory: memory(pid)}
	if of == alone {
		return u
	}
	u.processor += ticks(pid, ended)
	children, err := child.Children(pid)
	if err != nil {
		return u
	}
	for _, c := range children {
		u.processor += ticks(c, own)
		u.memory += memory(c)
	}
	return u
}

// ticks reads two fields of /proc/PID/stat: time in the program, and in the
// kernel for it.
func ticks(pid, field int) time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	var sum time.Duration
	for i := field; i < field+2 && i < len(fields); i++ {
		n, err := strconv.ParseInt(string(fields[i]), 10, 64)
		if err == nil {
			sum += time.Duration(n) * tick
		}
	}
	return sum
}

// memory reads a process's proportional set size.
// https://www.kernel.org/doc/html/latest/filesystems/proc.html
func memory(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/smaps_rollup")
	if err != nil {
		return 0
	}
	const kilo = 1 << 10
	for line := range bytes.Lines(text) {
		var size int64
		if n, _ := fmt.Sscanf(string(line), "Pss: %d kB", &size); n == 1 {
			return size * kilo
		}
	}
	return 0
}
