//go:build unix

package parse

import (
	"os/exec"
	"syscall"
)

// killTogether makes the program the head of a group of processes that is killed
// as a whole: LibreOffice is a script that starts others.
func killTogether(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
