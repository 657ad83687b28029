package qdrant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	api "github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	grpcbackoff "google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"policykb/retrieval"
)

// Servers that may be used. Those before 1.16 keep no metadata with a collection;
// of those from 2 on nothing is known. Before 1.18.1 a point that is written just
// when the server begins to rebuild its segment is not found by vectors until the
// rebuilding ends (qdrant/qdrant pull request 9116), so that a document replaced at
// that moment is missing for as long.
const (
	oldestServer  = "1.16.0"
	faultlessFrom = "1.18.1"
	unknownMajor  = 2
)

const (
	// maxReply is the largest answer taken; gRPC's own limit of 4 MiB is less than a
	// page of holdings.
	maxReply = 64 << 20
	// window is how much of answers the server sends before it hears from us.
	window = 4 << 20
	// How long calls are tried again while the server is away. Someone waits for an
	// answer; a job can wait longer, and is tried again as a whole after that.
	readPatience  = time.Second
	writePatience = 15 * time.Second
)

// connection speaks to the server: each call has a deadline, and those that may
// succeed later are made again. Every call we make may be made twice.
type connection struct {
	*api.Client
	server  string
	timeout time.Duration
}

// dial prepares a connection and checks that a server of a known version answers.
func dial(ctx context.Context, o *Options) (_ *connection, err error) {
	host, portText, err := net.SplitHostPort(o.Server)
	if err != nil {
		return nil, fmt.Errorf("server %q: %w", o.Server, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("server %q: %w", o.Server, err)
	}
	certificates, err := o.certificates()
	if err != nil {
		return nil, err
	}
	if o.Key != "" && !o.TLS {
		o.Logger.Warn("the key of Qdrant's API is sent in the clear: use qdrants:// outside a private network", "server", o.Server)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // the client joins host and port as they are
	}
	client, err := api.NewClient(&api.Config{
		Host: host, Port: port, UseTLS: o.TLS, TLSConfig: certificates,
		PoolSize: 2, // so that a question does not wait behind a large write
		// The client's own check takes no context and succeeds without a server.
		SkipCompatibilityCheck: true,
		GrpcOptions: []grpc.DialOption{
			// WithUnaryInterceptor would take the place of the client's own.
			grpc.WithChainUnaryInterceptor(withKey(o.Key)),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReply)),
			// A list with its vectors fits, so that the server need not wait for us within one.
			grpc.WithInitialWindowSize(window), grpc.WithInitialConnWindowSize(window),
			// A server that was restarted is found again within seconds; gRPC would wait up to 2 minutes.
			grpc.WithConnectParams(grpc.ConnectParams{
				Backoff:           grpcbackoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
				MinConnectTimeout: 5 * time.Second,
			}),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("server %s: %w", o.Server, err)
	}
	c := &connection{Client: client, server: o.Server, timeout: o.Timeout}
	defer func() {
		if err != nil {
			err = errors.Join(err, client.Close())
		}
	}()
	var reply *api.HealthCheckReply
	err = c.write(ctx, "reach the server", func(ctx context.Context) (err error) {
		reply, err = client.HealthCheck(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, checkVersion(ctx, reply.GetVersion(), o.Logger)
}

// withKey sends the API key with every call.
func withKey(key Key) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		if key != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "api-key", string(key))
		}
		return invoke(ctx, method, request, reply, conn, options...)
	}
}

// checkVersion refuses servers that lack what is needed or may have changed it,
// and warns of those with a fault.
func checkVersion(ctx context.Context, version string, log *slog.Logger) error {
	have, err := parseVersion(version)
	if err != nil {
		return err
	}
	switch {
	case have[0] >= unknownMajor || before(have, oldestServer):
		return fmt.Errorf("the server is Qdrant %s; %s or a later 1.x is needed", version, oldestServer)
	case before(have, faultlessFrom):
		log.WarnContext(ctx, "this Qdrant may not find a document for a while that is replaced just when it rebuilds a segment; upgrade it to "+faultlessFrom+" or later", "version", version)
	}
	return nil
}

// before reports whether a version is older than another, which is well formed.
func before(have [3]int, other string) bool {
	than, err := parseVersion(other)
	return err == nil && slices.Compare(have[:], than[:]) < 0
}

// parseVersion reads a version such as 1.17.1 or 1.18.0-dev.
func parseVersion(version string) (numbers [3]int, err error) {
	release, _, _ := strings.Cut(version, "-")
	parts := strings.Split(release, ".")
	if len(parts) != len(numbers) {
		return numbers, fmt.Errorf("the server calls itself version %q, which is none of Qdrant's", version)
	}
	for i := range numbers {
		if numbers[i], err = strconv.Atoi(parts[i]); err != nil {
			return numbers, fmt.Errorf("the server calls itself version %q, which is none of Qdrant's", version)
		}
	}
	return numbers, nil
}

// read makes a call that someone waits for.
func (c *connection) read(ctx context.Context, doing string, call func(context.Context) error) error {
	return c.try(ctx, doing, readPatience, call)
}

// write makes a call on which a job depends.
func (c *connection) write(ctx context.Context, doing string, call func(context.Context) error) error {
	return c.try(ctx, doing, writePatience, call)
}

// try makes a call, again and again where that may help and patience lasts.
func (c *connection) try(ctx context.Context, doing string, patience time.Duration, call func(context.Context) error) error {
	pause := backoff.ExponentialBackOff{InitialInterval: 50 * time.Millisecond, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: 2 * time.Second}
	pause.Reset()
	began := time.Now()
	for {
		attempt, done := context.WithTimeout(ctx, c.timeout)
		err := call(attempt)
		done()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
		}
		wait := pause.NextBackOff()
		var limited *api.QdrantResourceExhaustedError
		if errors.As(err, &limited) {
			wait = time.Duration(limited.RetryAfterS)*time.Second + wait
		}
		if !mayPass(err) || time.Since(began)+wait > patience {
			return c.explain(doing, err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
		}
	}
}

// mayPass reports whether the same call may succeed later. ResourceExhausted
// without a hint when to come back is a message too large, which stays so.
func mayPass(err error) bool {
	var limited *api.QdrantResourceExhaustedError
	if errors.As(err, &limited) {
		return true
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Aborted:
		return true
	case codes.Canceled: // not by us: the server is going down
		return true
	}
	return false
}

// explain says what went wrong in words for the one who runs the server, and
// whether it may pass.
func (c *connection) explain(doing string, err error) error {
	var answer interface{ GRPCStatus() *status.Status }
	message := err.Error()
	if errors.As(err, &answer) {
		message = answer.GRPCStatus().Message()
	}
	if mayPass(err) {
		return fmt.Errorf("%s: Qdrant at %s: %s: %w", doing, c.server, message, retrieval.ErrUnavailable)
	}
	switch status.Code(err) {
	case codes.Unauthenticated, codes.PermissionDenied:
		return fmt.Errorf("%s: Qdrant at %s refuses the key: set QDRANT_API_KEY or QDRANT_API_KEY_FILE to one that may write (%s)", doing, c.server, message)
	case codes.NotFound:
		return fmt.Errorf("%s: Qdrant at %s: %s; policykb reindex builds the index again", doing, c.server, message)
	}
	return fmt.Errorf("%s: Qdrant at %s: %s (%s)", doing, c.server, message, status.Code(err))
}

// readConsistency is how many replicas answer a question; nil means one.
func readConsistency(name string) (*api.ReadConsistency, error) {
	switch name {
	case "":
		return nil, nil
	case "majority":
		return api.NewReadConsistencyType(api.ReadConsistencyType_Majority), nil
	case "quorum":
		return api.NewReadConsistencyType(api.ReadConsistencyType_Quorum), nil
	case "all":
		return api.NewReadConsistencyType(api.ReadConsistencyType_All), nil
	}
	return nil, fmt.Errorf("read consistency is %q, not majority, quorum or all: %w", name, retrieval.ErrInvalid)
}
