package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"time"

	"policykb/corpus"
	"policykb/retrieval/evaluate"
)

// maxFeedback is how much feedback is kept, in bytes.
const maxFeedback = 64 << 20

// FeedbackFile keeps what people said of answers, one JSON object a line. It is
// safe for concurrent use.
type FeedbackFile struct {
	path string
	mu   sync.Mutex
}

// NewFeedbackFile names the file; it is made with the first feedback.
func NewFeedbackFile(path string) *FeedbackFile { return &FeedbackFile{path: path} }

// keptFeedback is feedback as it is kept: with who gave it and when, and with the
// names of documents, which may be gone when it is read.
type keptFeedback struct {
	Feedback
	By    string            `json:"by"`
	At    time.Time         `json:"at"`
	Files map[string]string `json:"files,omitempty"` // names of originals by document
}

// add keeps feedback; it is on the disk when this returns.
func (f *FeedbackFile) add(kept keptFeedback) error {
	line, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keep feedback: %w", err)
	}
	if info, err := file.Stat(); err == nil && info.Size() > maxFeedback {
		return errors.Join(refuse(http.StatusInsufficientStorage, "There is no room for more feedback."), file.Close())
	}
	_, err = file.Write(append(line, '\n'))
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("keep feedback: %w", err)
	}
	return nil
}

// all returns what was kept.
func (f *FeedbackFile) all() ([]keptFeedback, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the feedback: %w", err)
	}
	defer file.Close() // nothing was written
	var all []keptFeedback
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxBody)
	for lines.Scan() {
		var kept keptFeedback
		if json.Unmarshal(lines.Bytes(), &kept) != nil {
			continue // the end of a line that a crash cut off
		}
		all = append(all, kept)
	}
	return all, lines.Err()
}

// GiveFeedback keeps what somebody says of an answer. (POST /v1/feedback)
func (s *Server) GiveFeedback(ctx context.Context, r GiveFeedbackRequestObject) (GiveFeedbackResponseObject, error) {
	who := callerOf(ctx).key
	kept := keptFeedback{Feedback: *r.Body, By: who.Name, At: time.Now().UTC(), Files: make(map[string]string)}
	for _, e := range r.Body.Evidence {
		d, err := s.seen(ctx, who, corpus.DocumentID(e.DocumentID))
		if err != nil {
			return nil, err
		}
		kept.Files[e.DocumentID] = d.Original.Name
	}
	if s.feedback == nil {
		return nil, refuse(http.StatusNotFound, "No feedback is kept here.")
	}
	if err := s.feedback.add(kept); err != nil {
		return nil, err
	}
	return GiveFeedback204Response{}, nil
}

// ExportFeedback gives the feedback as evaluation questions. (GET /v1/feedback)
func (s *Server) ExportFeedback(context.Context, ExportFeedbackRequestObject) (ExportFeedbackResponseObject, error) {
	var body bytes.Buffer
	if s.feedback != nil {
		all, err := s.feedback.all()
		if err != nil {
			return nil, err
		}
		lines := json.NewEncoder(&body)
		lines.SetEscapeHTML(false)
		for _, kept := range all {
			if err := lines.Encode(kept.question()); err != nil {
				return nil, err
			}
		}
	}
	return ExportFeedback200ApplicationXNdjsonResponse{Body: &body, ContentLength: int64(body.Len())}, nil
}

// question makes an evaluation question of feedback.
func (k keptFeedback) question() evaluate.Question {
	q := evaluate.Question{
		Question: k.Question, Type: evaluate.TypeFact, AnswerKeys: list(k.AnswerKeys, same), Evidence: []evaluate.Evidence{},
		Note: fmt.Sprintf("%s, by %s on %s", k.Verdict, k.By, k.At.Format(time.DateOnly)),
	}
	if k.Verdict == FeedbackVerdictUnanswerable {
		q.Type = evaluate.TypeUnanswerable
	}
	if k.Answer != nil {
		q.Answer = *k.Answer
	}
	if k.City != nil {
		q.City = *k.City
	}
	if k.Comment != nil {
		q.Note += ": " + *k.Comment
	}
	for _, e := range k.Evidence {
		q.Evidence = append(q.Evidence, evaluate.Evidence{File: k.Files[e.DocumentID], Quote: e.Quote})
	}
	return q
}
