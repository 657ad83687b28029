package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"policykb": main})
}

// The scripts use the program as people do. Those of the folder testdata/script
// begin without a knowledge base.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("POLICYKB_LISTEN", "127.0.0.1:0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"served": served,
			"bytes":  writeBytes,
			"take":   take,
			"found":  found,
		},
	})
}

// served FOLDER waits until a policykb serves the folder, and puts its host and
// port into $address.
func served(ts *testscript.TestScript, _ bool, arguments []string) {
	path := ts.MkAbs(arguments[0] + "/lock")
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var by holder
		if text, err := os.ReadFile(path); err == nil && json.Unmarshal(text, &by) == nil && by.URL != "" {
			ts.Setenv("address", strings.TrimPrefix(by.URL, "http://"))
			return
		}
	}
	ts.Fatalf("nobody serves %s", arguments[0])
}

// take NAME FILE puts what a file holds into an environment variable.
func take(ts *testscript.TestScript, _ bool, arguments []string) {
	ts.Setenv(arguments[0], strings.TrimSpace(ts.ReadFile(arguments[1])))
}

// found NAME PATTERN waits until a file fits the pattern, and puts its path into an
// environment variable.
func found(ts *testscript.TestScript, _ bool, arguments []string) {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if files, err := filepath.Glob(ts.MkAbs(arguments[1])); err == nil && len(files) > 0 {
			ts.Setenv(arguments[0], files[0])
			return
		}
	}
	ts.Fatalf("no file fits %s", arguments[1])
}

// bytes FILE KIND writes a file that a script cannot hold.
func writeBytes(ts *testscript.TestScript, _ bool, arguments []string) {
	content := map[string][]byte{
		"empty":   nil,
		"picture": []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"),
		"broken":  append([]byte("一、支持标准\n\n每家企业每年最高80万元。"), 0xff, 0xfe, 0xff),
		"huge":    bytes.Repeat([]byte("算力券补贴。"), (64<<20)/18+1),
	}[arguments[1]]
	ts.Check(os.WriteFile(ts.MkAbs(arguments[0]), content, 0o600))
}
