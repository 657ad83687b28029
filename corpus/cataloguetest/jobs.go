package cataloguetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"policykb/corpus"
)

var jobTests = map[string]func(*testing.T, corpus.Catalogue){
	"Life":            testJobLife,
	"Enqueue":         testEnqueue,
	"OldestFirst":     testOldestFirst,
	"OnePerDocument":  testOnePerDocument,
	"LapsedLease":     testLapsedLease,
	"NotBefore":       testNotBefore,
	"Failure":         testFailure,
	"OtherDocument":   testOtherDocument,
	"Cancel":          testCancel,
	"CancelLapsed":    testCancelLapsed,
	"Retry":           testRetry,
	"RetryOutdated":   testRetryOutdated,
	"RemovedDocument": testRemovedDocument,
	"UnknownJob":      testUnknownJob,
	"List":            testListJobs,
}

// A lease that lapses at once, and one that does not while a test runs.
const (
	lapsed  = 0
	lasting = time.Hour
)

func enqueue(t *testing.T, c corpus.Catalogue, jobs ...corpus.Job) {
	t.Helper()
	if err := c.Enqueue(t.Context(), jobs...); err != nil {
		t.Fatal(err)
	}
}

// lease takes the job that must be next; "" means that there is none.
func lease(t *testing.T, c corpus.Catalogue, worker string, d time.Duration, want corpus.JobID) corpus.Job {
	t.Helper()
	j, ok, err := c.Lease(t.Context(), worker, d)
	if err != nil || j.ID != want || ok != (want != "") {
		t.Fatalf("Lease gave %q, %v, %v; want %q", j.ID, ok, err, want)
	}
	return j
}

// end finishes a job under its worker's lease.
func end(t *testing.T, c corpus.Catalogue, worker string, j corpus.Job, state corpus.JobState) {
	t.Helper()
	j.State = state
	if err := c.Finish(t.Context(), worker, j); err != nil {
		t.Fatal(err)
	}
}

// finish runs the next job to the state.
func finish(t *testing.T, c corpus.Catalogue, state corpus.JobState) {
	t.Helper()
	j, ok, err := c.Lease(t.Context(), "worker", lasting)
	if err != nil || !ok {
		t.Fatalf("Lease gave %v, %v", ok, err)
	}
	end(t, c, "worker", j, state)
}

// state checks where a job stands.
func state(t *testing.T, c corpus.Catalogue, id corpus.JobID, want corpus.JobState) corpus.Job {
	t.Helper()
	j := must[corpus.Job](t)(c.Job(t.Context(), id))
	if j.State != want {
		t.Errorf("job %s is %s, want %s", id, j.State, want)
	}
	return j
}

func testJobLife(t *testing.T, c corpus.Catalogue) {
	ctx, v := t.Context(), computing()
	given := corpus.Job{ID: "j", Document: v.Document, Original: v.Original, Given: v.Metadata, Scope: corpus.Scope{Cities: []string{"北京"}}, Warnings: []string{"编码按 GB18030 读取"}}
	enqueue(t, c, given)
	queued := state(t, c, "j", corpus.JobQueued)
	want := given
	want.State, want.CreatedAt, want.UpdatedAt = corpus.JobQueued, queued.CreatedAt, queued.UpdatedAt
	if !reflect.DeepEqual(queued, want) || !recent(queued.CreatedAt) {
		t.Errorf("queued:\n got %+v\nwant %+v", queued, want)
	}
	leased := lease(t, c, "w", lasting, "j")
	want.State, want.Attempt, want.UpdatedAt = corpus.JobRunning, 1, leased.UpdatedAt
	if !reflect.DeepEqual(leased, want) {
		t.Errorf("leased:\n got %+v\nwant %+v", leased, want)
	}
	if cancelled, err := c.Progress(ctx, "j", "w", lasting, corpus.StageEmbed, 3, 40); cancelled || err != nil {
		t.Errorf("Progress gave cancelled %v, %v", cancelled, err)
	}
	running := state(t, c, "j", corpus.JobRunning)
	want.Stage, want.Done, want.Total, want.UpdatedAt = corpus.StageEmbed, 3, 40, running.UpdatedAt
	if !reflect.DeepEqual(running, want) {
		t.Errorf("running:\n got %+v\nwant %+v", running, want)
	}
	running.Warnings = []string{"第3页没有文字"}
	end(t, c, "w", running, corpus.JobDone)
	done := state(t, c, "j", corpus.JobDone)
	want.State, want.Warnings, want.UpdatedAt = corpus.JobDone, running.Warnings, done.UpdatedAt
	if !reflect.DeepEqual(done, want) {
		t.Errorf("done:\n got %+v\nwant %+v", done, want)
	}
	lease(t, c, "w", lasting, "")
	_, err := c.Progress(ctx, "j", "w", lasting, corpus.StageIndex, 0, 0)
	is(t, "Progress of a finished job", err, corpus.ErrConflict)
	is(t, "finishing twice", c.Finish(ctx, "w", running), corpus.ErrInvalid) // still in state running
	running.State = corpus.JobFailed
	is(t, "finishing twice", c.Finish(ctx, "w", running), corpus.ErrConflict)
	state(t, c, "j", corpus.JobDone)
}

func testEnqueue(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	enqueue(t, c)
	enqueue(t, c, corpus.Job{ID: "a", Document: "d", State: corpus.JobDone, Attempt: 7}) // where it stands is not the sender's to say
	if j := state(t, c, "a", corpus.JobQueued); j.Attempt != 0 {
		t.Errorf("a new job counts %d attempts", j.Attempt)
	}
	is(t, "the same id again", c.Enqueue(ctx, corpus.Job{ID: "b", Document: "d"}, corpus.Job{ID: "a", Document: "d"}), corpus.ErrConflict)
	is(t, "a job without id", c.Enqueue(ctx, corpus.Job{ID: "b", Document: "d"}, corpus.Job{Document: "d"}), corpus.ErrInvalid)
	is(t, "a job without document", c.Enqueue(ctx, corpus.Job{ID: "b", Document: "d"}, corpus.Job{ID: "c"}), corpus.ErrInvalid)
	_, err := c.Job(ctx, "b")
	is(t, "a job of a refused batch", err, corpus.ErrNotFound)
}

func testOldestFirst(t *testing.T, c corpus.Catalogue) {
	now := time.Now()
	enqueue(t, c, corpus.Job{ID: "z", Document: "1", CreatedAt: now}, corpus.Job{ID: "y", Document: "2", CreatedAt: now.Add(-time.Hour)})
	enqueue(t, c, corpus.Job{ID: "a", Document: "3"})
	for _, id := range []corpus.JobID{"z", "y", "a", ""} { // in the order in which they were enqueued
		lease(t, c, "w", lasting, id)
	}
}

func testOnePerDocument(t *testing.T, c corpus.Catalogue) {
	enqueue(t, c, corpus.Job{ID: "v1", Document: "d"}, corpus.Job{ID: "v2", Document: "d"}, corpus.Job{ID: "v3", Document: "d"}, corpus.Job{ID: "other", Document: "e"})
	v1 := lease(t, c, "w1", lasting, "v1")
	lease(t, c, "w2", lasting, "other")
	lease(t, c, "w3", lasting, "")
	end(t, c, "w1", v1, corpus.JobFailed) // a failed job does not hold back the next
	v2 := lease(t, c, "w3", lasting, "v2")
	lease(t, c, "w1", lasting, "")
	end(t, c, "w3", v2, corpus.JobDone)
	lease(t, c, "w1", lasting, "v3")
}

func testLapsedLease(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	enqueue(t, c, corpus.Job{ID: "v1", Document: "d"}, corpus.Job{ID: "v2", Document: "d"})
	lost := lease(t, c, "dead", lapsed, "v1")
	if cancelled, err := c.Progress(ctx, "v1", "dead", lapsed, corpus.StageParse, 0, 1); cancelled || err != nil {
		t.Errorf("a worker that is late, but that nobody replaced, gets cancelled %v, %v", cancelled, err)
	}
	if again := lease(t, c, "alive", lasting, "v1"); again.Attempt != 2 || again.Stage != corpus.StageParse {
		t.Errorf("leased again: %+v", again)
	}
	_, err := c.Progress(ctx, "v1", "dead", lasting, corpus.StageParse, 1, 1)
	is(t, "Progress of a worker that lost its lease", err, corpus.ErrConflict)
	lost.State = corpus.JobDone
	is(t, "Finish of a worker that lost its lease", c.Finish(ctx, "dead", lost), corpus.ErrConflict)
	state(t, c, "v1", corpus.JobRunning)
	lease(t, c, "third", lasting, "") // v2 waits for v1
	end(t, c, "alive", lost, corpus.JobDone)
	lease(t, c, "third", lasting, "v2")
}

func testNotBefore(t *testing.T, c corpus.Catalogue) {
	later := time.Now().Add(time.Hour)
	enqueue(t, c, corpus.Job{ID: "v1", Document: "d"}, corpus.Job{ID: "v2", Document: "d"}, corpus.Job{ID: "later", Document: "e", NotBefore: later})
	j := lease(t, c, "w", lasting, "v1")
	j.NotBefore, j.Error = later, &corpus.JobError{Code: "unavailable", Detail: "the embedder does not answer"}
	end(t, c, "w", j, corpus.JobQueued)
	if got := state(t, c, "v1", corpus.JobQueued); !got.NotBefore.Equal(later.Truncate(time.Microsecond)) || !reflect.DeepEqual(got.Error, j.Error) {
		t.Errorf("put back: %+v, want not before %v, error %+v", got, later, j.Error)
	}
	lease(t, c, "w", lasting, "") // v2 would overtake v1
	must[corpus.Job](t)(c.CancelJob(t.Context(), "v1"))
	v2 := lease(t, c, "w", lasting, "v2")
	v2.NotBefore = time.Now().Add(-time.Second)
	end(t, c, "w", v2, corpus.JobQueued)
	if again := lease(t, c, "w", lasting, "v2"); again.Attempt != 2 {
		t.Errorf("attempt %d, want 2", again.Attempt)
	}
}

func testFailure(t *testing.T, c corpus.Catalogue) {
	enqueue(t, c, corpus.Job{ID: "j", Document: "d"})
	j := lease(t, c, "w", lasting, "j")
	j.Error = &corpus.JobError{Code: "encrypted", Detail: "92_encrypted.pdf needs a password"}
	end(t, c, "w", j, corpus.JobFailed)
	if got := state(t, c, "j", corpus.JobFailed); !reflect.DeepEqual(got.Error, j.Error) {
		t.Errorf("the job failed with %+v, want %+v", got.Error, j.Error)
	}
	if err := c.Finish(t.Context(), "w", corpus.Job{ID: "j", State: "paused"}); err == nil {
		t.Error("a state that is none is taken")
	}
}

func testOtherDocument(t *testing.T, c corpus.Catalogue) {
	enqueue(t, c, corpus.Job{ID: "j", Document: "new"})
	j := lease(t, c, "w", lasting, "j")
	j.Document = "computing" // the run recognised it
	end(t, c, "w", j, corpus.JobDone)
	if got := state(t, c, "j", corpus.JobDone); got.Document != "computing" {
		t.Errorf("the job is of document %s", got.Document)
	}
}

func testCancel(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	enqueue(t, c, corpus.Job{ID: "queued", Document: "d"}, corpus.Job{ID: "running", Document: "e"}, corpus.Job{ID: "put back", Document: "f"})
	if j := must[corpus.Job](t)(c.CancelJob(ctx, "queued")); j.State != corpus.JobCancelled || !j.Cancelled {
		t.Errorf("a queued job: %+v", j)
	}
	_, err := c.CancelJob(ctx, "queued")
	is(t, "cancelling twice", err, corpus.ErrConflict)
	j := lease(t, c, "w", lasting, "running")
	for range 2 {
		if j := must[corpus.Job](t)(c.CancelJob(ctx, "running")); j.State != corpus.JobRunning || !j.Cancelled {
			t.Errorf("a running job: %+v", j)
		}
	}
	if cancelled, err := c.Progress(ctx, "running", "w", lasting, corpus.StageEmbed, 1, 2); !cancelled || err != nil {
		t.Errorf("Progress of a cancelled job gave %v, %v", cancelled, err)
	}
	end(t, c, "w", j, corpus.JobCancelled)
	state(t, c, "running", corpus.JobCancelled)
	j = lease(t, c, "w", lasting, "put back")
	must[corpus.Job](t)(c.CancelJob(ctx, "put back"))
	end(t, c, "w", j, corpus.JobQueued)
	state(t, c, "put back", corpus.JobCancelled)
	lease(t, c, "w", lasting, "")
}

func testCancelLapsed(t *testing.T, c corpus.Catalogue) {
	enqueue(t, c, corpus.Job{ID: "v1", Document: "d"}, corpus.Job{ID: "v2", Document: "d"})
	lease(t, c, "dead", lapsed, "v1")
	must[corpus.Job](t)(c.CancelJob(t.Context(), "v1"))
	lease(t, c, "alive", lasting, "v2")
	state(t, c, "v1", corpus.JobCancelled)
}

func testRetry(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	enqueue(t, c, corpus.Job{ID: "j", Document: "d", NotBefore: time.Now().Add(-time.Minute)})
	_, err := c.RetryJob(ctx, "j")
	is(t, "retrying a queued job", err, corpus.ErrConflict)
	j := lease(t, c, "w", lasting, "j")
	_, err = c.RetryJob(ctx, "j")
	is(t, "retrying a running job", err, corpus.ErrConflict)
	must[bool](t)(c.Progress(ctx, "j", "w", lasting, corpus.StageIndex, 2, 3))
	j.Error = &corpus.JobError{Code: "unavailable"}
	end(t, c, "w", j, corpus.JobFailed)
	if j := must[corpus.Job](t)(c.RetryJob(ctx, "j")); j.State != corpus.JobQueued || j.Error != nil || j.Stage != "" || j.Done != 0 || j.Total != 0 || !j.NotBefore.IsZero() {
		t.Errorf("retried: %+v", j)
	}
	must[corpus.Job](t)(c.CancelJob(ctx, "j"))
	if j := must[corpus.Job](t)(c.RetryJob(ctx, "j")); j.State != corpus.JobQueued || j.Cancelled {
		t.Errorf("retried: %+v", j)
	}
	j = lease(t, c, "w", lasting, "j")
	if j.Attempt != 1 {
		t.Errorf("attempt %d, want 1: a retried job is counted from the start", j.Attempt)
	}
	end(t, c, "w", j, corpus.JobUnchanged)
	_, err = c.RetryJob(ctx, "j")
	is(t, "retrying a job that ended well", err, corpus.ErrConflict)
}

func testRetryOutdated(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	enqueue(t, c, corpus.Job{ID: "v1", Document: "d"}, corpus.Job{ID: "v2", Document: "d"}, corpus.Job{ID: "v3", Document: "d"})
	finish(t, c, corpus.JobFailed) // v1
	must[corpus.Job](t)(c.RetryJob(ctx, "v1"))
	v1 := lease(t, c, "w", lasting, "v1") // before v2, which has not begun
	end(t, c, "w", v1, corpus.JobFailed)
	v2 := lease(t, c, "w", lasting, "v2")
	_, err := c.RetryJob(ctx, "v1")
	is(t, "retrying beside a later running job", err, corpus.ErrConflict)
	end(t, c, "w", v2, corpus.JobFailed)
	must[corpus.Job](t)(c.RetryJob(ctx, "v1")) // v2 has changed nothing
	finish(t, c, corpus.JobFailed)
	finish(t, c, corpus.JobDone) // v3
	for _, id := range []corpus.JobID{"v1", "v2"} {
		_, err := c.RetryJob(ctx, id)
		is(t, "retrying a job behind a later version", err, corpus.ErrConflict)
	}
}

func testRemovedDocument(t *testing.T, c corpus.Catalogue) {
	store(t, c, computing())
	enqueue(t, c, corpus.Job{ID: "running", Document: "computing"}, corpus.Job{ID: "queued", Document: "computing"}, corpus.Job{ID: "other", Document: "economy"})
	lease(t, c, "w", lasting, "running")
	if err := c.Remove(t.Context(), "computing"); err != nil {
		t.Fatal(err)
	}
	if j := state(t, c, "running", corpus.JobRunning); !j.Cancelled {
		t.Error("the running job of a removed document is not asked to stop")
	}
	state(t, c, "queued", corpus.JobCancelled)
	state(t, c, "other", corpus.JobQueued)
}

func testUnknownJob(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	_, err := c.Job(ctx, "nowhere")
	is(t, "Job", err, corpus.ErrNotFound)
	_, err = c.CancelJob(ctx, "nowhere")
	is(t, "CancelJob", err, corpus.ErrNotFound)
	_, err = c.RetryJob(ctx, "nowhere")
	is(t, "RetryJob", err, corpus.ErrNotFound)
	_, err = c.Progress(ctx, "nowhere", "w", lasting, corpus.StageParse, 0, 0)
	is(t, "Progress", err, corpus.ErrNotFound)
	is(t, "Finish", c.Finish(ctx, "w", corpus.Job{ID: "nowhere", State: corpus.JobDone}), corpus.ErrNotFound)
}

func testListJobs(t *testing.T, c corpus.Catalogue) {
	ctx := t.Context()
	for i := range 60 {
		enqueue(t, c, corpus.Job{ID: corpus.JobID(fmt.Sprintf("%02d", i)), Document: corpus.DocumentID(fmt.Sprint(i))})
	}
	for _, state := range []corpus.JobState{corpus.JobDone, corpus.JobFailed, corpus.JobDone} {
		finish(t, c, state)
	}
	for _, test := range []struct {
		state       corpus.JobState
		limit, want int
		first, last corpus.JobID
	}{
		{"", 0, 50, "59", "10"},
		{"", 500, 60, "59", "00"},
		{"", 2, 2, "59", "58"},
		{corpus.JobDone, 0, 2, "02", "00"},
		{corpus.JobFailed, 5, 1, "01", "01"},
		{corpus.JobQueued, 500, 57, "59", "03"},
	} {
		jobs := must[[]corpus.Job](t)(c.ListJobs(ctx, test.state, test.limit))
		if len(jobs) != test.want || jobs[0].ID != test.first || jobs[len(jobs)-1].ID != test.last {
			t.Errorf("ListJobs(%q, %d) gave %d jobs, want %d from %s to %s", test.state, test.limit, len(jobs), test.want, test.first, test.last)
		}
	}
	if jobs, err := c.ListJobs(ctx, corpus.JobCancelled, 0); err != nil || len(jobs) != 0 {
		t.Errorf("ListJobs of a state without jobs gave %v, %v", jobs, err)
	}
	_, err := c.ListJobs(ctx, "", -1)
	is(t, "ListJobs with a negative limit", err, corpus.ErrInvalid)
	want := map[corpus.JobState]int{corpus.JobQueued: 57, corpus.JobDone: 2, corpus.JobFailed: 1}
	if got := must[map[corpus.JobState]int](t)(c.CountJobs(ctx)); !reflect.DeepEqual(got, want) {
		t.Errorf("CountJobs gave %v, want %v", got, want)
	}
}
