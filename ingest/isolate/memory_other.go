//go:build !linux

package isolate

// machineMemory is not known here.
func machineMemory() int64 { return 0 }
