package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"policykb/api/client"
)

// reportLine says what became of one source, as a line of the file of --report.
type reportLine struct {
	Source     string           `json:"source"` // the path or address, as it was named or found
	State      client.JobState  `json:"state"`  // done, unchanged, failed or cancelled
	DocumentID *string          `json:"document_id"`
	JobID      *string          `json:"job_id"`
	Error      *client.JobError `json:"error"`
	Warnings   []string         `json:"warnings"`
}

// codeNotSent is the code of a source that never became a job: it could not be
// read, or the server did not take it.
const codeNotSent = "not_sent"

// reportOn puts what became of a source into a line.
func reportOn(s source, job client.Job, err error) reportLine {
	line := reportLine{Source: s.path, State: job.State, Error: job.Error, Warnings: append([]string{}, append(s.Warnings, job.Warnings...)...)}
	if job.ID != "" {
		line.JobID, line.DocumentID = &job.ID, &job.DocumentID
	}
	if err != nil {
		line.State, line.Error = client.JobStateFailed, &client.JobError{Code: codeNotSent, Detail: err.Error()}
	}
	return line
}

// report is the file of --report. Nil takes everything and keeps nothing.
type report struct {
	file *os.File
	err  error // the first
}

// openReport makes the file, or empties it; "" means none.
func openReport(path string) (*report, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return &report{file: file}, nil
}

// write adds a line at once, so that an interrupted run leaves what it has done.
func (r *report) write(line reportLine) {
	if r == nil {
		return
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(line)
	if err == nil {
		_, err = r.file.WriteString(b.String())
	}
	if r.err == nil {
		r.err = err
	}
}

// close says whether the report is whole.
func (r *report) close() error {
	if r == nil {
		return nil
	}
	if err := errors.Join(r.err, r.file.Close()); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
