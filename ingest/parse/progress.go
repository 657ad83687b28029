package parse

import "context"

type progressKey struct{}

// WithProgress has [Parse] say how far it has come with what takes long: of the
// pages to recognise, how many are done. tell is called by the goroutine of Parse.
func WithProgress(ctx context.Context, tell func(done, total int)) context.Context {
	return context.WithValue(ctx, progressKey{}, tell)
}

// Progress returns what a context of [WithProgress] was given, or does nothing.
func Progress(ctx context.Context) func(done, total int) {
	if tell, ok := ctx.Value(progressKey{}).(func(done, total int)); ok {
		return tell
	}
	return func(int, int) {}
}
