//go:build !unix

package parse

import "os/exec"

// killTogether leaves it at killing the program itself, where processes have no
// groups.
func killTogether(*exec.Cmd) {}
