package embedded

import (
	"log/slog"
	"path/filepath"
	"testing"

	"policykb/retrieval"
	"policykb/retrieval/indextest"
)

// quiet is a logger for tests.
var quiet = slog.New(slog.DiscardHandler)

func open(t testing.TB, o Options) *Index {
	t.Helper()
	o.Logger = quiet
	x, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestIndex(t *testing.T) {
	t.Parallel()
	indextest.Run(t, func(t *testing.T) retrieval.Index {
		return open(t, Options{Path: filepath.Join(t.TempDir(), "index"), Model: "test", Dimensions: indextest.Dimensions})
	})
}
