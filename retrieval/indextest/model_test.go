package indextest

import (
	"testing"

	"policykb/retrieval"
)

// The model keeps the contract itself.
func TestModel(t *testing.T) {
	t.Parallel()
	Run(t, func(t *testing.T) retrieval.Index { return NewModel() })
}
