package bench

import (
	"log"
	"os"
	"testing"
)

// scratch is a folder for what all benchmarks share.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "policykb-bench-"); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	if filledBleve.index != nil {
		filledBleve.index.Close()
	}
	if kept.catalogue != nil {
		kept.catalogue.Close()
	}
	os.RemoveAll(scratch)
	os.Exit(code)
}
