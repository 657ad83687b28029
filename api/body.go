package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// maxStall is how long a body may stop coming, or an answer stop being taken. Each may
// take its time as a whole, but not hold a connection by doing nothing.
const maxStall = 30 * time.Second

// errStalled marks a body that stopped coming.
var errStalled = errors.New("stalled")

// patientBody is a body each read of which is bounded in time. Between reads no
// deadline is left on the connection, where it would end the handler's context.
type patientBody struct {
	io.ReadCloser
	control *http.ResponseController
	stall   time.Duration
}

// Read implements io.Reader.
func (b *patientBody) Read(p []byte) (int, error) {
	// Connections without deadlines, as in tests, are read without.
	_ = b.control.SetReadDeadline(time.Now().Add(b.stall))
	n, err := b.ReadCloser.Read(p)
	_ = b.control.SetReadDeadline(time.Time{})
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("%w: %w", errStalled, err)
	}
	return n, err
}

// patientWriter is an answer each write of which is bounded in time.
type patientWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
}

// Write implements io.Writer.
func (w *patientWriter) Write(p []byte) (int, error) {
	w.extend()
	return w.ResponseWriter.Write(p)
}

// extend gives the client its time anew. Connections without deadlines, as in tests,
// are written to without.
func (w *patientWriter) extend() { _ = w.control.SetWriteDeadline(time.Now().Add(w.stall)) }

// Unwrap lets [http.ResponseController] reach the connection.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// writePatiently bounds the time that a client takes no more of its answer.
func writePatiently(next http.Handler, stall time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		patient := &patientWriter{w, http.NewResponseController(w), stall}
		defer patient.extend() // what is still in the server's buffer
		next.ServeHTTP(patient, r)
	})
}
