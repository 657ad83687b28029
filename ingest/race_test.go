//go:build race

package ingest

// The race detector runs out of memory in words and ways of its own.
func init() { raceDetector = true }
