package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"policykb/corpus"
)

// jobColumns yields rows for scanJob.
const jobColumns = `id, document, state, stage, done, total, attempt, error, warnings,
	original_hash, original_name, original_type, original_size, given, scope, cancelled, not_before, created_at, updated_at`

const (
	jobByID = `SELECT ` + jobColumns + ` FROM jobs WHERE id = ?`

	enqueueJob = `INSERT INTO jobs (id, document, state, stage, done, total, attempt, error, warnings,
			original_hash, original_name, original_type, original_size, given, scope, cancelled, worker, lease_until, not_before, created_at, updated_at)
		VALUES (?, ?, ?, '', 0, 0, 0, '', ?, ?, ?, ?, ?, ?, ?, 0, '', 0, ?, ?, ?) ON CONFLICT (id) DO NOTHING`

	// Whoever has the folder's lock knows that no worker of before is alive.
	endLeases = `UPDATE jobs SET lease_until = 0 WHERE state = 'running'`

	cancelLapsed = `UPDATE jobs SET state = 'cancelled', worker = '', updated_at = ?1
		WHERE state = 'running' AND cancelled AND lease_until <= ?1`

	// The oldest open job of a document is the only one that may run: that keeps
	// versions in order, and no two jobs of a document running. The index gives the
	// jobs in their order, so that the first that may run ends the search.
	leaseJob = `UPDATE jobs SET state = 'running', worker = ?1, lease_until = ?2, attempt = attempt + 1, updated_at = ?3
		WHERE seq = (
			SELECT seq FROM jobs j INDEXED BY jobs_queue
			WHERE state IN ('queued', 'running') AND CASE state WHEN 'queued' THEN not_before ELSE lease_until END <= ?3
			AND NOT EXISTS (SELECT 1 FROM jobs o WHERE o.document = j.document AND o.seq < j.seq AND o.state IN ('queued', 'running'))
			ORDER BY seq LIMIT 1
		) RETURNING ` + jobColumns

	noteProgress = `UPDATE jobs SET lease_until = ?, stage = ?, done = ?, total = ?, updated_at = ?
		WHERE id = ? AND state = 'running' AND worker = ? RETURNING cancelled`

	finishJob = `UPDATE jobs SET state = CASE WHEN ?1 = 'queued' AND cancelled THEN 'cancelled' ELSE ?1 END,
			error = ?2, warnings = ?3, not_before = ?4, document = coalesce(nullif(?5, ''), document), worker = '', lease_until = 0, updated_at = ?6
		WHERE id = ?7 AND state = 'running' AND worker = ?8 RETURNING seq`
)

func scanJob(row scanner) (j corpus.Job, err error) {
	var failure, warnings, given, scope []byte
	var notBefore, created, updated int64
	o := &j.Original
	if err := row.Scan(&j.ID, &j.Document, &j.State, &j.Stage, &j.Done, &j.Total, &j.Attempt, &failure, &warnings,
		&o.Hash, &o.Name, &o.MediaType, &o.Size, &given, &scope, &j.Cancelled, &notBefore, &created, &updated); err != nil {
		return j, err
	}
	j.NotBefore, j.CreatedAt, j.UpdatedAt = instant(notBefore), instant(created), instant(updated)
	if err := errors.Join(decode(failure, "", &j.Error), decode(warnings, "[]", &j.Warnings), decode(given, "{}", &j.Given), decode(scope, "{}", &j.Scope)); err != nil {
		return j, fmt.Errorf("job %s: %w", j.ID, err)
	}
	return j, nil
}

// Enqueue stores jobs in state queued.
func (c *Catalogue) Enqueue(ctx context.Context, jobs ...corpus.Job) error {
	return c.write(ctx, "enqueue jobs", func(tx transaction) error {
		now := c.now()
		for _, j := range jobs {
			if j.ID == "" || j.Document == "" {
				return fmt.Errorf("%w job %q: it needs an id and a document", corpus.ErrInvalid, j.ID)
			}
			if j.CreatedAt.IsZero() {
				j.CreatedAt = now
			}
			result, err := tx.ExecContext(ctx, enqueueJob,
				j.ID, j.Document, corpus.JobQueued, encode(j.Warnings, "[]"),
				j.Original.Hash, j.Original.Name, j.Original.MediaType, j.Original.Size, encode(j.Given, "{}"), encode(j.Scope, "{}"), micros(j.NotBefore), micros(j.CreatedAt), micros(now))
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil || n == 0 {
				return errors.Join(err, fmt.Errorf("%w: job %s is there already", corpus.ErrConflict, j.ID))
			}
		}
		return nil
	})
}

// Lease takes the oldest job that may run.
func (c *Catalogue) Lease(ctx context.Context, worker string, lease time.Duration) (job corpus.Job, ok bool, err error) {
	err = c.write(ctx, "lease job", func(tx transaction) error {
		now := c.now()
		if _, err := tx.ExecContext(ctx, cancelLapsed, micros(now)); err != nil {
			return err
		}
		job, err = scanJob(tx.QueryRowContext(ctx, leaseJob, worker, micros(now.Add(lease)), micros(now)))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		ok = err == nil
		return err
	})
	if err != nil {
		return corpus.Job{}, false, err
	}
	return job, ok, nil
}

// Progress renews the lease and notes where the job stands.
func (c *Catalogue) Progress(ctx context.Context, id corpus.JobID, worker string, lease time.Duration, stage corpus.Stage, done, total int) (cancelled bool, err error) {
	err = c.write(ctx, "note progress", func(tx transaction) error {
		now := c.now()
		err := tx.QueryRowContext(ctx, noteProgress,
			micros(now.Add(lease)), stage, done, total, micros(now), id, worker).Scan(&cancelled)
		return leased(ctx, tx, id, worker, err)
	})
	return cancelled, err
}

// leased explains why a job was not found to be running under the worker's lease.
func leased(ctx context.Context, tx transaction, id corpus.JobID, worker string, err error) error {
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, err := job(ctx, tx, id); err != nil {
		return err
	}
	return fmt.Errorf("%w: worker %s does not hold the lease of job %s", corpus.ErrConflict, worker, id)
}

// Finish ends the worker's lease and stores how the job ended.
func (c *Catalogue) Finish(ctx context.Context, worker string, j corpus.Job) error {
	switch j.State {
	case corpus.JobQueued, corpus.JobDone, corpus.JobUnchanged, corpus.JobFailed, corpus.JobCancelled:
	default:
		return fmt.Errorf("finish job %s: %w: no job ends in state %q", j.ID, corpus.ErrInvalid, j.State)
	}
	failure := ""
	if j.Error != nil {
		failure = encode(j.Error, "")
	}
	return c.write(ctx, "finish job", func(tx transaction) error {
		var seq int64
		err := tx.QueryRowContext(ctx, finishJob,
			j.State, failure, encode(j.Warnings, "[]"), micros(j.NotBefore), j.Document, micros(c.now()), j.ID, worker).Scan(&seq)
		return leased(ctx, tx, j.ID, worker, err)
	})
}

// CancelJob asks a job to stop; a queued one is cancelled at once.
func (c *Catalogue) CancelJob(ctx context.Context, id corpus.JobID) (j corpus.Job, err error) {
	err = c.write(ctx, "cancel job", func(tx transaction) error {
		if j, err = job(ctx, tx, id); err != nil {
			return err
		}
		if j.State.Final() {
			return fmt.Errorf("%w: job %s is %s already", corpus.ErrConflict, id, j.State)
		}
		j, err = scanJob(tx.QueryRowContext(ctx, stop+`id = ? RETURNING `+jobColumns, micros(c.now()), id))
		return err
	})
	return j, err
}

// stop asks the open jobs that a condition names to stop.
const stop = `UPDATE jobs SET cancelled = 1, state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END, updated_at = ?
	WHERE state IN ('queued', 'running') AND `

// stopJobs asks the open jobs of a document to stop.
func (c *Catalogue) stopJobs(ctx context.Context, tx transaction, id corpus.DocumentID) error {
	_, err := tx.ExecContext(ctx, stop+`document = ?`, micros(c.now()), id)
	return err
}

// RetryJob queues a failed or cancelled job again.
func (c *Catalogue) RetryJob(ctx context.Context, id corpus.JobID) (j corpus.Job, err error) {
	err = c.write(ctx, "retry job", func(tx transaction) error {
		if j, err = job(ctx, tx, id); err != nil {
			return err
		}
		if j.State != corpus.JobFailed && j.State != corpus.JobCancelled {
			return fmt.Errorf("%w: job %s is %s; only a failed or cancelled one can be retried", corpus.ErrConflict, id, j.State)
		}
		var later corpus.JobID
		err := tx.QueryRowContext(ctx, `SELECT o.id FROM jobs j JOIN jobs o ON o.document = j.document AND o.seq > j.seq
			WHERE j.id = ? AND o.state IN ('running', 'done', 'unchanged') ORDER BY o.seq LIMIT 1`, id).Scan(&later)
		if err == nil {
			return fmt.Errorf("%w: job %s is outdated, job %s has brought document %s further", corpus.ErrConflict, id, later, j.Document)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		j, err = scanJob(tx.QueryRowContext(ctx, `UPDATE jobs SET state = 'queued', stage = '', done = 0, total = 0, attempt = 0, error = '', cancelled = 0, not_before = 0, updated_at = ?
			WHERE id = ? RETURNING `+jobColumns, micros(c.now()), id))
		return err
	})
	return j, err
}

// Job returns one job.
func (c *Catalogue) Job(ctx context.Context, id corpus.JobID) (j corpus.Job, err error) {
	err = c.read(ctx, "read job", func(tx transaction) error {
		j, err = job(ctx, tx, id)
		return err
	})
	return j, err
}

func job(ctx context.Context, tx transaction, id corpus.JobID) (corpus.Job, error) {
	j, err := scanJob(tx.QueryRowContext(ctx, jobByID, id))
	if errors.Is(err, sql.ErrNoRows) {
		return j, fmt.Errorf("job %s: %w", id, corpus.ErrNotFound)
	}
	return j, err
}

// ListJobs lists jobs, those enqueued last first.
func (c *Catalogue) ListJobs(ctx context.Context, state corpus.JobState, limit int) ([]corpus.Job, error) {
	limit, err := limited(limit)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	wanted := &conditions{}
	if state != "" {
		wanted.add(`state = ?`, state)
	}
	rows, err := c.reader.QueryContext(ctx, `SELECT `+jobColumns+` FROM jobs`+wanted.where()+` ORDER BY seq DESC LIMIT ?`, append(wanted.args, limit)...)
	jobs, err := collect(rows, err, scanJob)
	return jobs, c.fault("list jobs", err)
}

// CountJobs counts jobs by state.
func (c *Catalogue) CountJobs(ctx context.Context) (map[corpus.JobState]int, error) {
	counts := map[corpus.JobState]int{}
	rows, err := c.reader.QueryContext(ctx, `SELECT state, count(*) FROM jobs GROUP BY state`)
	err = each(rows, err, func(row scanner) error {
		var state corpus.JobState
		var n int
		err := row.Scan(&state, &n)
		counts[state] = n
		return err
	})
	return counts, c.fault("count jobs", err)
}
