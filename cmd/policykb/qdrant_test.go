package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"policykb/retrieval/qdrant/qdranttest"
)

// The scripts of testdata/qdrant use the program with its index in a Qdrant, which
// they stop and damage.
func TestQdrantScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/qdrant",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			server := qdranttest.Start(t)
			e.Values[theServer{}] = server
			e.Setenv("POLICYKB_LISTEN", "127.0.0.1:0")
			e.Setenv("POLICYKB_STARTER", "never")
			e.Setenv("POLICYKB_ENGINE", "qdrant://"+server.Address+"/policies")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"served": served,
			"qdrant": qdrantDoes,
			"asked":  asked,
		},
	})
}

// theServer is the key of a script's Qdrant.
type theServer struct{}

// qdrantDoes does something to the script's Qdrant:
//
//	qdrant stop | restart
//	qdrant stop-at N         as it is asked for the N-th time from now to write passages
//	qdrant lose FIELD VALUE  the points whose field has the value
//	qdrant called METHOD N   nothing, but it must have been called so often
func qdrantDoes(ts *testscript.TestScript, _ bool, arguments []string) {
	server := ts.Value(theServer{}).(*qdranttest.Server)
	switch arguments[0] {
	case "stop":
		server.Stop()
	case "restart":
		server.Intercept(nil)
		server.Restart()
	case "stop-at":
		n, err := strconv.ParseInt(arguments[1], 10, 64)
		ts.Check(err)
		var writes atomic.Int64
		server.Intercept(func(_ context.Context, c qdranttest.Call) error {
			if c.Method == "Upsert" && writes.Add(1) == n {
				go server.Stop() // which waits for this call
				return c.Half()
			}
			return nil
		})
	case "lose":
		if server.Lose(arguments[1], arguments[2]) == 0 {
			ts.Fatalf("there is no point whose %s is %s", arguments[1], arguments[2])
		}
	case "called":
		if n := strconv.Itoa(server.Calls(arguments[1])); n != arguments[2] {
			ts.Fatalf("%s was called %s times", arguments[1], n)
		}
	default:
		ts.Fatalf("qdrant %s is not known", arguments[0])
	}
}

// asked STATUS QUESTION [WORDS] asks the policykb at $address until it answers
// with the status, and then looks for the words in the answer. A refusal must say
// when to come back.
func asked(ts *testscript.TestScript, _ bool, arguments []string) {
	question, err := json.Marshal(map[string]string{"question": arguments[1]})
	ts.Check(err)
	last := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		response, err := http.Post("http://"+ts.Getenv("address")+"/v1/ask", "application/json", strings.NewReader(string(question)))
		ts.Check(err)
		body, err := io.ReadAll(response.Body)
		ts.Check(err)
		response.Body.Close()
		last = fmt.Sprintf("%d, Retry-After %q: %s", response.StatusCode, response.Header.Get("Retry-After"), body)
		switch {
		case response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") == "":
			ts.Fatalf("a refusal does not say when to come back: %s", last)
		case response.StatusCode == http.StatusInternalServerError:
			ts.Fatalf("it fails: %s", last)
		case strconv.Itoa(response.StatusCode) != arguments[0]:
			continue
		case len(arguments) < 3 || strings.Contains(string(body), arguments[2]):
			return
		}
	}
	ts.Fatalf("never answered with %s; the last answer was %s", strings.Join(arguments, " "), last)
}
