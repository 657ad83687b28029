package llm

import "sync"

// Usage is what a call has cost, in tokens as the server counts them.
type Usage struct {
	Input, Output int
}

// Total is the sum of both.
func (u Usage) Total() int { return u.Input + u.Output }

// outcome is what a guard found out about the requests of one call. It is
// written while the client reads and read when the call has returned.
type outcome struct {
	mu      sync.Mutex
	err     error  // the first failure
	finish  string // why the model stopped, in the server's word
	refused bool
	usage   Usage
}

// fail keeps the first failure and returns it.
func (o *outcome) fail(err error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
	}
	return o.err
}

// note takes in what an event of the stream tells.
func (o *outcome) note(e event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if e.finish != "" {
		o.finish = e.finish
	}
	o.refused = o.refused || e.refused
	o.usage.Input = max(o.usage.Input, e.usage.Input)
	o.usage.Output = max(o.usage.Output, e.usage.Output)
}

// end returns all of it.
func (o *outcome) end() (finish string, refused bool, usage Usage, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.finish, o.refused, o.usage, o.err
}
