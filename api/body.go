package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// maxStall is how long a body may stop coming. An upload may take its time as a
// whole, but not hold a connection by sending nothing.
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
