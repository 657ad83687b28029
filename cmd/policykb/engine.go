package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"policykb/retrieval"
	"policykb/retrieval/embedded"
	"policykb/retrieval/qdrant"
)

// engineEmbedded is the engine inside the process.
const engineEmbedded = "embedded"

// openIndex opens the index of the engine that the settings name.
func openIndex(ctx context.Context, s *settings, embedder retrieval.Embedder, log *slog.Logger) (retrieval.Index, error) {
	if s.Engine == engineEmbedded {
		return embedded.Open(embedded.Options{
			Path: s.indexPath(), Model: embedder.Model(), Dimensions: embedder.Dimensions(), Logger: log,
		})
	}
	options, err := qdrantOptions(s, embedder, log)
	if err != nil {
		return nil, err
	}
	return qdrant.Open(ctx, options)
}

// qdrantOptions reads the settings of Qdrant; its key comes from the environment alone.
func qdrantOptions(s *settings, embedder retrieval.Embedder, log *slog.Logger) (qdrant.Options, error) {
	options, err := qdrant.ParseURL(s.Engine)
	if err != nil {
		return options, fmt.Errorf("--engine: %w", err)
	}
	if options.Key, err = qdrant.KeyFromEnvironment(os.Getenv); err != nil {
		return options, err
	}
	options.Model, options.Dimensions, options.Logger = embedder.Model(), embedder.Dimensions(), log
	return options, nil
}
