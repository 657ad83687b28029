package sqlite

import (
	"path/filepath"
	"testing"

	"policykb/corpus"
	"policykb/corpus/cataloguetest"
)

// openIn opens the catalogue of a data folder.
func openIn(t testing.TB, dir string) *Catalogue {
	t.Helper()
	c, err := Open(t.Context(), filepath.Join(dir, "catalogue.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	cataloguetest.Run(t, func(t *testing.T) corpus.Catalogue { return openIn(t, t.TempDir()) })
}

func TestCatalogueIsDurable(t *testing.T) {
	t.Parallel()
	cataloguetest.Durable(t, func(t *testing.T, dir string) corpus.Catalogue { return openIn(t, dir) })
}
