package isolate

import "syscall"

// ceilingSlack is how far the system's limit lies above our own, for what the
// runtime holds beside what documents need.
const ceilingSlack = 512 << 20

// setCeiling has the system refuse memory beyond the limit, should the watch that
// looks now and then come too late. RLIMIT_DATA counts what can be written to;
// RLIMIT_AS would count the address space that Go reserves and never uses.
func setCeiling(memory int64) error {
	limit := uint64(memory + ceilingSlack)
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: limit, Max: limit})
}
