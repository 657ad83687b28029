package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"policykb/retrieval"
	"policykb/retrieval/embedded"
	"policykb/retrieval/qdrant"
)

// engineEmbedded is the engine inside the process.
const engineEmbedded = "embedded"

// openIndex opens the index of the engine that the settings name.
func openIndex(ctx context.Context, s *settings, embedder retrieval.Embedder, log *slog.Logger) (retrieval.Index, error) {
	if s.Engine == engineEmbedded {
		index, err := embedded.Open(embedded.Options{
			Path: s.indexPath(), Model: embedder.Model(), Dimensions: embedder.Dimensions(), Logger: log,
		})
		if err != nil {
			return nil, err
		}
		return index, nil
	}
	options, err := qdrantOptions(s, embedder, log)
	if err != nil {
		return nil, err
	}
	index, err := qdrant.Open(ctx, options)
	if err != nil {
		return nil, err // not the index, which would be no nil once it is an interface
	}
	return index, nil
}

// followEvery is how often Qdrant is asked whether policykb reindex has put another
// collection in the index's place.
const followEvery = 10 * time.Second

// follow keeps an index in Qdrant on the collection that is the index. What
// changed while the new one was filled is taken in once more.
func (b *base) follow(ctx context.Context) {
	index, ok := b.index.Index.(*qdrant.Index)
	if !ok {
		return
	}
	b.workers.Go(func() error {
		return index.Follow(ctx, followEvery, func(ctx context.Context) error {
			_, err := b.pipeline.Reindex(ctx, index, b.embedder, nil)
			return err
		})
	})
}

// qdrantOptions reads the settings of Qdrant; its key comes from the environment alone.
func qdrantOptions(s *settings, embedder retrieval.Embedder, log *slog.Logger) (qdrant.Options, error) {
	options, err := qdrant.ParseURL(s.Engine)
	if err != nil {
		return options, fmt.Errorf("--%w", err)
	}
	if options.Key, err = qdrant.KeyFromEnvironment(os.Getenv); err != nil {
		return options, err
	}
	options.Model, options.Dimensions, options.Logger = embedder.Model(), embedder.Dimensions(), log
	return options, nil
}
