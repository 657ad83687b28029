// Package qdranttest is a Qdrant for tests: a server that speaks its gRPC, keeps
// points in memory and computes every score from its definition. It does what the
// engine asks of a real one and refuses everything else, down to single fields,
// so that a test never passes because something was ignored. Faults are put in by
// the test (see [Server.Intercept]).
package qdranttest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	api "github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Version is the version that the server gives itself.
const Version = "1.18.3"

// Server is a running test server.
type Server struct {
	// Address is the host and port of its gRPC. It stays the same when the server is
	// stopped and started again.
	Address string

	t       testing.TB
	options []grpc.ServerOption
	serving *grpc.Server
	store   *store

	mu        sync.Mutex
	intercept func(context.Context, Call) error
	key       string
	version   string
	calls     map[string]int
}

// Call is one call that the server was asked to answer.
type Call struct {
	Method  string // its last part: Upsert, Query
	Request any
	server  *Server
}

// Start starts a server, which is stopped when the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, store: newStore(), version: Version, calls: make(map[string]int), Address: "127.0.0.1:0"}
	s.Restart()
	t.Cleanup(s.Stop)
	return s
}

// StartTLS starts a server that speaks TLS, and returns the file with the
// certificate that its clients must trust.
func StartTLS(t testing.TB) (s *Server, certificates string) {
	t.Helper()
	certificate, certificates := selfSigned(t)
	s = &Server{
		t: t, store: newStore(), version: Version, calls: make(map[string]int), Address: "127.0.0.1:0",
		options: []grpc.ServerOption{grpc.Creds(credentials.NewServerTLSFromCert(&certificate))},
	}
	s.Restart()
	t.Cleanup(s.Stop)
	return s, certificates
}

// selfSigned makes a certificate for this machine's loopback address.
func selfSigned(t testing.TB) (certificate tls.Certificate, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "qdranttest"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "certificate.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// Stop breaks all connections and refuses new ones, as a server does that was
// killed. What it acknowledged is kept.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.serving != nil {
		s.serving.Stop()
		s.serving = nil
	}
}

// Restart serves at the same address again, with what was kept.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	listener, err := net.Listen("tcp", s.Address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Address = listener.Addr().String()
	serving := grpc.NewServer(append([]grpc.ServerOption{grpc.UnaryInterceptor(s.answer), grpc.MaxRecvMsgSize(32 << 20)}, s.options...)...)
	api.RegisterQdrantServer(serving, &health{server: s})
	api.RegisterCollectionsServer(serving, &collections{store: s.store})
	api.RegisterPointsServer(serving, &points{store: s.store})
	s.serving = serving
	go func() {
		if err := serving.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			s.t.Errorf("serve: %v", err)
		}
	}()
}

// Intercept has f called before each call is answered; where it returns an error
// the call fails with that. f may wait, to be slow, or do half of what is asked
// ([Call.Half]). nil takes it away.
func (s *Server) Intercept(f func(ctx context.Context, call Call) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = f
}

// Lose deletes the points of all collections whose payload field has a value, as
// somebody might who meddles with them, and returns their number.
func (s *Server) Lose(field, value string) int { return s.store.lose(field, value) }

// PretendPoints makes the server say of every collection that it has so many
// points more than it has.
func (s *Server) PretendPoints(n int) { s.store.pretended.Store(int64(n)) }

// RequireKey refuses calls without the key.
func (s *Server) RequireKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = key
}

// PretendVersion makes the server call itself another version.
func (s *Server) PretendVersion(version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = version
}

// Calls is how often a method was called.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// Half writes the first half of an upsert's points and fails as a server does
// that dies over it. Other calls fail without doing anything.
func (c Call) Half() error {
	if request, ok := c.Request.(*api.UpsertPoints); ok {
		if err := c.server.store.upsert(request.GetCollectionName(), request.GetPoints()[:len(request.GetPoints())/2]); err != nil {
			return err
		}
	}
	return status.Error(codes.Unavailable, "the connection was reset")
}

// answer stands before every call.
func (s *Server) answer(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	method := info.FullMethod[strings.LastIndex(info.FullMethod, "/")+1:]
	s.mu.Lock()
	s.calls[method]++
	intercept, key := s.intercept, s.key
	s.mu.Unlock()
	if key != "" {
		given, _ := metadata.FromIncomingContext(ctx)
		if got := given.Get("api-key"); len(got) != 1 || got[0] != key {
			return nil, status.Error(codes.Unauthenticated, "Must provide an API key or an Authorization bearer token")
		}
	}
	if err := known(request); err != nil {
		return nil, err
	}
	if intercept != nil {
		if err := intercept(ctx, Call{method, request, s}); err != nil {
			return nil, err
		}
	}
	if ctx.Err() != nil {
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	return handle(ctx, request)
}

type health struct {
	api.UnimplementedQdrantServer
	server *Server
}

// HealthCheck implements the service.
func (h *health) HealthCheck(context.Context, *api.HealthCheckRequest) (*api.HealthCheckReply, error) {
	h.server.mu.Lock()
	defer h.server.mu.Unlock()
	return &api.HealthCheckReply{Title: "qdrant - vector search engine", Version: h.server.version}, nil
}
