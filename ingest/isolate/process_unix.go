//go:build unix

package isolate

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// setApart puts the process into a group of its own, with all that it will call,
// so that they can be ended together and an interrupt at the terminal is not
// theirs.
func setApart(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends the process and what it called.
func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) } // all may have ended

// killedBySystem reports whether somebody else killed the process, as a system
// short of memory does.
func killedBySystem(state *os.ProcessState) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// processorTime is what this process has used so far, the programs it called
// left out.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
