package llm

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policykb/retrieval/llm/llmtest"
)

func TestCassette(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(t.TempDir(), "cassette.jsonl")
			s := llmtest.New(t, llmtest.Step{Status: 503}, llmtest.Step{Reply: right()})
			recorder, err := Record(name, nil)
			if err != nil {
				t.Fatal(err)
			}
			if passed, _, err := write(context.Background(), NewWriter(open(t, kind, s, Options{Transport: recorder}), nil), passages()); err != nil || len(passed) != 1 {
				t.Fatalf("recording: %v, %v", passed, err)
			}
			recorder.base.(interface{ CloseIdleConnections() }).CloseIdleConnections()
			if err := recorder.Close(); err != nil {
				t.Fatal(err)
			}
			written, err := os.ReadFile(name)
			if err != nil || strings.Contains(string(written), "a-secret-key") || strings.Contains(string(written), s.URL) {
				t.Errorf("the cassette holds what it must not: %v", err)
			}
			s.Close()
			player, err := Replay(name)
			if err != nil {
				t.Fatal(err)
			}
			w := NewWriter(open(t, kind, s, Options{Transport: player}), nil)
			if passed, _, err := write(context.Background(), w, passages()); err != nil || len(passed) != 1 || passed[0].Text != rightStatement {
				t.Errorf("replaying: %v, %v", passed, err)
			}
			if _, _, err := write(context.Background(), w, passages()[:1]); !errors.Is(err, ErrNotRecorded) {
				t.Errorf("another question: %v", err)
			}
		})
	}
}
