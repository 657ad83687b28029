package corpus

import (
	"context"
	"time"
)

// JobID names a job. Opaque.
type JobID string

// JobState is where a job stands.
type JobState string

// The states of a job. Done, unchanged, failed and cancelled are final.
const (
	JobQueued    JobState = "queued"
	JobRunning   JobState = "running"
	JobDone      JobState = "done"
	JobUnchanged JobState = "unchanged" // the same bytes or the same text were there already
	JobFailed    JobState = "failed"
	JobCancelled JobState = "cancelled"
)

// Final reports whether a job in this state will not move any more by itself.
func (s JobState) Final() bool { return s != JobQueued && s != JobRunning }

// Stage is the step of ingestion a running job is at.
type Stage string

// The stages, in order.
const (
	StageParse   Stage = "parse"
	StageClean   Stage = "clean"
	StageOutline Stage = "outline"
	StageChunk   Stage = "chunk"
	StageEmbed   Stage = "embed"
	StageIndex   Stage = "index"
)

// Job is a document on its way into the catalogue. It is stored together with
// the entry of its original, so that what was accepted is never forgotten.
type Job struct {
	ID        JobID
	Document  DocumentID
	State     JobState
	Stage     Stage
	Done      int // units of the stage finished, of Total
	Total     int
	Attempt   int // runs begun
	Error     *JobError
	Warnings  []string
	Original  Original
	Given     Metadata // what the sender said; wins over what is detected
	Scope     Scope    // of the documents that the sender may change
	Cancelled bool     // asked to stop
	NotBefore time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// JobError says why a job failed, for a program and for a person.
type JobError struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Jobs is the durable queue. A job runs under a lease: a worker that dies stops
// renewing it, and the job can be leased again.
type Jobs interface {
	// Enqueue stores jobs in state queued, all or none. When it returns they survive
	// the death of the process. Each needs an id and a document, or gives
	// [ErrInvalid]; an id that is there already gives [ErrConflict].
	Enqueue(ctx context.Context, jobs ...Job) error
	// Lease takes the oldest job that is queued, or running under a lapsed lease,
	// whose document no other running job works on; marks it running for the given
	// time and counts the attempt. It gives ok == false when there is none. The jobs
	// of one document run in the order in which they were enqueued: one that waits
	// for its NotBefore holds back those behind it, so that no version overtakes a
	// later one. A job asked to stop whose lease lapsed is cancelled, not leased.
	Lease(ctx context.Context, worker string, lease time.Duration) (job Job, ok bool, err error)
	// Progress renews the lease and notes where the job stands. It gives
	// [ErrConflict] when the worker lost the lease, and cancelled == true when the
	// job was asked to stop.
	Progress(ctx context.Context, id JobID, worker string, lease time.Duration, stage Stage, done, total int) (cancelled bool, err error)
	// Finish ends the worker's lease and stores the job's state, error and warnings,
	// and its document where the run found it to be another. A queued state puts the
	// job back, to be leased not before Job.NotBefore, or cancels it where it was
	// asked to stop. A worker that lost the lease gets [ErrConflict], the state
	// running [ErrInvalid].
	Finish(ctx context.Context, worker string, job Job) error
	// CancelJob asks a job to stop; a queued one is cancelled at once. A final one
	// gives [ErrConflict].
	CancelJob(ctx context.Context, id JobID) (Job, error)
	// RetryJob queues a failed or cancelled job again, its attempts counted from
	// the start. Any other gives [ErrConflict], as does one whose document a later
	// job has brought further.
	RetryJob(ctx context.Context, id JobID) (Job, error)
	// Job returns one job.
	Job(ctx context.Context, id JobID) (Job, error)
	// ListJobs lists jobs, those enqueued last first; an empty state means all, a
	// limit of 0 means 50.
	ListJobs(ctx context.Context, state JobState, limit int) ([]Job, error)
	// CountJobs counts jobs by state; a state without jobs is absent.
	CountJobs(ctx context.Context) (map[JobState]int, error)
}
