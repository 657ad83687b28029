package qdrant

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"policykb/retrieval"
)

// Options say where the server is, what the index is for and how the server is
// to keep it. The defaults are sound for one server and up to some millions of
// passages. Server and Collection are required.
type Options struct {
	Server     string // host:port of gRPC
	Collection string // the alias under which the index is found
	TLS        bool
	CA         string // file of certificates that TLS trusts beside the system's
	Key        Key    // of the API; "" where the server asks for none

	// Model names the embedder of the vectors and Dimensions their length; 0
	// without an embedder. An index made otherwise is not opened ([ErrMismatch]).
	Model      string
	Dimensions int

	// Timeout bounds one call to the server; 0 means [DefaultTimeout].
	Timeout time.Duration

	// How a new collection is laid out. An existing one stays as it is.
	Shards           int // 0: one a node
	Replicas         int // of each shard; 0: one
	WriteConsistency int // replicas that must have a change before it counts; 0: all of them
	OnDisk           bool
	// Quantization of dense vectors. Whatever it is, hits are scored again with the
	// vectors themselves.
	Quantization Quantization

	// ReadConsistency is how many replicas are asked what the index holds: "" (one),
	// majority, quorum or all. Searches always ask one.
	ReadConsistency string
	// Exact makes searches by vector compare all vectors instead of walking the HNSW graph.
	Exact bool

	// LookOn opens an index to which another policykb writes: it is not made where
	// there is none, and what looks half done is left alone.
	LookOn bool

	Logger *slog.Logger // nil means slog.Default
}

// Quantization is how dense vectors are made smaller.
type Quantization string

// Kinds of quantization. The zero value is int8 once there are [quantizeAbove] points.
const (
	QuantizationAuto   Quantization = ""
	QuantizationNone   Quantization = "none"
	QuantizationInt8   Quantization = "int8"
	QuantizationBinary Quantization = "binary"
)

// DefaultTimeout bounds one call to the server.
const DefaultTimeout = 10 * time.Second

const defaultPort = "6334"

// Key is a secret that never shows itself in logs or messages.
type Key string

// String implements fmt.Stringer; it does not tell the key.
func (k Key) String() string {
	if k == "" {
		return "no key"
	}
	return "a key"
}

// GoString implements fmt.GoStringer; it does not tell the key.
func (k Key) GoString() string { return k.String() }

// LogValue implements slog.LogValuer; it does not tell the key.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText implements encoding.TextMarshaler; it does not tell the key.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// ParseURL reads
//
//	qdrant://HOST[:6334]/COLLECTION   or   qdrants://… for TLS
//
// with the settings, all optional, ca (a file), timeout, shards, replicas,
// write_consistency, read_consistency, on_disk, quantization and exact, named as
// in [Options]. A key does not belong into a URL and is refused; see [KeyFromEnvironment].
func ParseURL(address string) (Options, error) {
	o, err := parseURL(address)
	if err != nil {
		return Options{}, fmt.Errorf("engine %s: %w", redacted(address), err)
	}
	return o, nil
}

// redacted is an address without what may be a secret in it.
func redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "of the given address"
	}
	u.User = nil
	query := u.Query()
	for name := range query {
		if strings.Contains(strings.ToLower(name), "key") {
			query.Set(name, "hidden")
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// collectionName is what collections may be called: it stands in URLs and file names.
var collectionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$`)

func parseURL(address string) (o Options, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return o, errors.New("it is no URL")
	}
	switch u.Scheme {
	case "qdrant":
	case "qdrants":
		o.TLS = true
	default:
		return o, fmt.Errorf("the scheme is %q, not qdrant or qdrants", u.Scheme)
	}
	if u.User != nil {
		return o, errors.New("a key in the URL would be seen by others: set QDRANT_API_KEY or QDRANT_API_KEY_FILE")
	}
	if u.Hostname() == "" {
		return o, errors.New("it names no host")
	}
	o.Server = net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), defaultPort))
	o.Collection = strings.TrimPrefix(u.Path, "/")
	if !collectionName.MatchString(o.Collection) {
		return o, fmt.Errorf("the collection is called %q: write qdrant://HOST:PORT/NAME with letters, digits, _, . and - in the name", o.Collection)
	}
	for name, values := range u.Query() {
		if err := o.set(name, values[len(values)-1]); err != nil {
			return o, fmt.Errorf("%s: %w", name, err)
		}
	}
	return o, o.check()
}

// set reads one setting of a URL.
func (o *Options) set(name, value string) (err error) {
	switch name {
	case "ca":
		o.CA = value
	case "timeout":
		o.Timeout, err = time.ParseDuration(value)
	case "shards":
		o.Shards, err = strconv.Atoi(value)
	case "replicas":
		o.Replicas, err = strconv.Atoi(value)
	case "write_consistency":
		o.WriteConsistency, err = strconv.Atoi(value)
	case "read_consistency":
		o.ReadConsistency = value
	case "on_disk":
		o.OnDisk, err = strconv.ParseBool(value)
	case "exact":
		o.Exact, err = strconv.ParseBool(value)
	case "quantization":
		o.Quantization = Quantization(value)
		if value == "auto" {
			o.Quantization = QuantizationAuto
		}
	default:
		err = errors.New("there is no such setting")
	}
	return err
}

// check reports why options cannot be used, and sets defaults.
func (o *Options) check() error {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	switch {
	case o.Server == "" || o.Collection == "":
		return fmt.Errorf("a server and a collection are needed: %w", retrieval.ErrInvalid)
	case o.Timeout < 0 || o.Timeout > time.Hour:
		return fmt.Errorf("a timeout of %v is not possible: %w", o.Timeout, retrieval.ErrInvalid)
	case o.Dimensions < 0 || o.Dimensions > 65535:
		return fmt.Errorf("vectors of %d dimensions cannot be kept: %w", o.Dimensions, retrieval.ErrInvalid)
	case min(o.Shards, o.Replicas, o.WriteConsistency) < 0:
		return fmt.Errorf("%d shards, %d replicas and a write consistency of %d are not possible: %w", o.Shards, o.Replicas, o.WriteConsistency, retrieval.ErrInvalid)
	case o.WriteConsistency > max(1, o.Replicas):
		return fmt.Errorf("a write consistency of %d is more than the %d replicas: %w", o.WriteConsistency, max(1, o.Replicas), retrieval.ErrInvalid)
	}
	switch o.Quantization {
	case QuantizationAuto, QuantizationNone, QuantizationInt8, QuantizationBinary:
	default:
		return fmt.Errorf("quantization is %q, not auto, none, int8 or binary: %w", o.Quantization, retrieval.ErrInvalid)
	}
	if _, err := readConsistency(o.ReadConsistency); err != nil {
		return err
	}
	return nil
}

// KeyFromEnvironment returns the key of the API: the value of QDRANT_API_KEY, or
// what the file named by QDRANT_API_KEY_FILE holds; "" where neither is set.
func KeyFromEnvironment(getenv func(string) string) (Key, error) {
	key, file := getenv("QDRANT_API_KEY"), getenv("QDRANT_API_KEY_FILE")
	switch {
	case key != "" && file != "":
		return "", errors.New("QDRANT_API_KEY and QDRANT_API_KEY_FILE are both set: keep one")
	case file == "":
		return Key(strings.TrimSpace(key)), nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("QDRANT_API_KEY_FILE: %w", err)
	}
	if key = strings.TrimSpace(string(text)); key == "" {
		return "", fmt.Errorf("QDRANT_API_KEY_FILE: %s is empty", file)
	}
	return Key(key), nil
}

// certificates is the TLS configuration; nil without TLS.
func (o *Options) certificates() (*tls.Config, error) {
	if !o.TLS {
		if o.CA != "" {
			return nil, fmt.Errorf("a file of certificates says nothing without TLS: write qdrants:// (%w)", retrieval.ErrInvalid)
		}
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CA == "" {
		return config, nil
	}
	pem, err := os.ReadFile(o.CA)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	if config.RootCAs, err = x509.SystemCertPool(); err != nil {
		config.RootCAs = x509.NewCertPool()
	}
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate: %w", o.CA, retrieval.ErrInvalid)
	}
	return config, nil
}
