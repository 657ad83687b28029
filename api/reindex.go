package api

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"time"
)

// Reindex makes the index anew from the catalogue, beside the questions. (POST /v1/admin/reindex)
func (s *Server) Reindex(ctx context.Context, _ ReindexRequestObject) (ReindexResponseObject, error) {
	steps := s.reindexing(ctx)
	if wantsEvents(requestOf(ctx)) {
		return newStream(steps)
	}
	for step, err := range steps {
		if err != nil {
			return nil, err
		}
		if made, ok := step.data.(Reindexed); ok {
			return Reindex200JSONResponse(made), nil
		}
	}
	return nil, fmt.Errorf("making the index anew broke off")
}

// indexed is how far making the index anew has come, in documents.
type indexed struct {
	Done  int `json:"done"`
	Total int `json:"total"`
}

// reindexing makes the index anew and tells how far it has come. Steps that the
// client is too slow to hear of are left out.
func (s *Server) reindexing(ctx context.Context) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		if !s.indexing.TryLock() {
			yield(event{}, refuse(http.StatusConflict, "The index is being made anew already."))
			return
		}
		defer s.indexing.Unlock()
		begun := time.Now()
		ctx, stop := context.WithCancel(ctx)
		told, ended := make(chan indexed, 1), make(chan error, 1)
		go func() {
			_, err := s.pipeline.Reindex(ctx, s.index, s.embedder, func(done, total int) {
				select {
				case told <- indexed{done, total}:
				default:
				}
			})
			ended <- err
		}()
		for {
			select {
			case far := <-told:
				if !yield(event{"progress", far}, nil) {
					stop()
					<-ended
					return
				}
			case err := <-ended:
				stop()
				yield(s.reindexed(ctx, begun, err))
				return
			}
		}
	}
}

// reindexed says what the index holds when it has been made.
func (s *Server) reindexed(ctx context.Context, begun time.Time, err error) (event, error) {
	if err != nil {
		return event{}, err
	}
	stats, err := s.index.Stats(context.WithoutCancel(ctx))
	if err != nil {
		return event{}, err
	}
	return event{"done", Reindexed{Documents: stats.Documents, Points: stats.Points, TookMs: milliseconds(time.Since(begun))}}, nil
}
