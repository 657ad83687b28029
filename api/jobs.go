package api

import (
	"context"
	"iter"
	"slices"

	"policykb/corpus"
)

// maxListed is how many jobs can be listed.
const maxListed = 500

// ListJobs lists jobs, newest first. (GET /v1/jobs)
func (s *Server) ListJobs(ctx context.Context, r ListJobsRequestObject) (ListJobsResponseObject, error) {
	var state corpus.JobState
	if r.Params.State != nil {
		state = corpus.JobState(*r.Params.State)
	}
	key, limit := callerOf(ctx).key, *r.Params.Limit
	if !key.scope().Empty() {
		limit = maxListed // of which some may be seen
	}
	list, err := s.catalogue.ListJobs(ctx, state, limit)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(j corpus.Job) bool { return !s.seesJob(ctx, key, j) })
	list = list[:min(*r.Params.Limit, len(list))]
	return ListJobs200JSONResponse{Jobs: jobs(list)}, nil
}

// GetJob says where a job stands. (GET /v1/jobs/{id})
func (s *Server) GetJob(ctx context.Context, r GetJobRequestObject) (GetJobResponseObject, error) {
	j, err := s.pipeline.Job(ctx, corpus.JobID(r.ID))
	if err != nil {
		return nil, err
	}
	return GetJob200JSONResponse(job(j)), nil
}

// CancelJob asks a job to stop. (POST /v1/jobs/{id}/cancel)
func (s *Server) CancelJob(ctx context.Context, r CancelJobRequestObject) (CancelJobResponseObject, error) {
	j, err := s.pipeline.Cancel(ctx, corpus.JobID(r.ID))
	if err != nil {
		return nil, err
	}
	return CancelJob200JSONResponse(job(j)), nil
}

// RetryJob queues a failed or cancelled job again. (POST /v1/jobs/{id}/retry)
func (s *Server) RetryJob(ctx context.Context, r RetryJobRequestObject) (RetryJobResponseObject, error) {
	j, err := s.pipeline.Retry(ctx, corpus.JobID(r.ID))
	if err != nil {
		return nil, err
	}
	return RetryJob200JSONResponse(job(j)), nil
}

// WatchJob follows a job to its end. (GET /v1/jobs/{id}/events)
func (s *Server) WatchJob(ctx context.Context, r WatchJobRequestObject) (WatchJobResponseObject, error) {
	return newStream(s.jobEvents(ctx, corpus.JobID(r.ID)))
}

// jobEvents turns the movements of a job into events.
func (s *Server) jobEvents(ctx context.Context, id corpus.JobID) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		for j, err := range s.pipeline.Watch(ctx, id) {
			if !yield(event{"job", job(j)}, err) || err != nil {
				return
			}
		}
	}
}
