package isolate

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// machineMemory is how much memory in bytes this process may count on: that of
// the machine or, where it is less, of its container. 0 means that it is not known.
func machineMemory() int64 {
	var machine syscall.Sysinfo_t
	if syscall.Sysinfo(&machine) != nil {
		return 0
	}
	memory := int64(machine.Totalram) * int64(machine.Unit)
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		written, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(written)), 10, 64); err == nil { // not "max"
			memory = min(memory, limit)
		}
	}
	return memory
}
