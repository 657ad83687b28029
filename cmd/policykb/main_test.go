package main

import (
	"bytes"
	"strings"
	"testing"
)

// A terminal that speaks GB18030 hands over bytes that are no UTF-8.
func TestWordsOfAnotherEncoding(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"ask", "search"} {
		var out, errs bytes.Buffer
		code := run([]string{command, "--data", t.TempDir(), "\xb3\xc9\xb6\xbc"}, strings.NewReader(""), &out, &errs)
		if code != exitUsage || !strings.Contains(errs.String(), "UTF-8") {
			t.Errorf("%s: exit code %d, %q", command, code, errs.String())
		}
	}
}

func TestCheckListen(t *testing.T) {
	t.Parallel()
	for address, allowed := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:8080": true, "[::1]:0": true, "127.1.2.3:80": true,
		"0.0.0.0:8080": false, ":8080": false, "[::]:8080": false, "10.0.0.5:8080": false, "policy.example:80": false,
		"8080": false, "": false,
	} {
		if err := (&settings{Listen: address}).checkListen(); (err == nil) != allowed {
			t.Errorf("--listen %q: %v", address, err)
		}
	}
	if err := (&settings{Listen: "0.0.0.0:8080", Open: true}).checkListen(); err != nil {
		t.Error(err)
	}
}
