package isolate

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// setApart does nothing: a process that is killed here leaves what it called
// behind, which parsers bound by time.
func setApart(*exec.Cmd) {}

// killGroup does nothing; see setApart.
func killGroup(int) {}

// killedBySystem reports false: Windows does not end processes for want of memory.
func killedBySystem(*os.ProcessState) bool { return false }

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		return 0
	}
	var created, exited, kernel, user syscall.Filetime
	if err := syscall.GetProcessTimes(self, &created, &exited, &kernel, &user); err != nil {
		return 0
	}
	ticks := func(t syscall.Filetime) int64 { return int64(t.HighDateTime)<<32 | int64(t.LowDateTime) } // of 100 ns
	return time.Duration(ticks(kernel)+ticks(user)) * 100
}
