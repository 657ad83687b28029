package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// Limits keep the service answering when more is asked of it than it can do. What
// is zero has the default that is named.
type Limits struct {
	// Asks is how many questions and queries are worked on at once; 4 for each
	// processor and at least 16. AskQueue is how many wait for their turn; 80.
	Asks, AskQueue int
	// Uploads is how many requests bring documents at once; 16. UploadQueue is how
	// many wait; 48.
	Uploads, UploadQueue int
	// Rate is how many requests a minute each key may make, or each address where
	// there are no keys; 0 for any number. This machine is not limited where it
	// needs no key.
	Rate int
}

// withDefaults sets what is zero.
func (l Limits) withDefaults() Limits {
	for _, one := range []struct {
		value    *int
		standard int
	}{
		{&l.Asks, max(16, 4*runtime.GOMAXPROCS(0))}, {&l.AskQueue, 80}, {&l.Uploads, 16}, {&l.UploadQueue, 48},
	} {
		if *one.value == 0 {
			*one.value = one.standard
		}
	}
	return l
}

// Times that a request may take.
const (
	maxQueued  = 10 * time.Second // until it is worked on
	maxAsk     = 2 * time.Minute  // of a question or query
	maxDrawing = 20 * time.Second // of a look at a page of a PDF
)

// drawingQueue is how many looks at pages of PDFs wait.
const drawingQueue = 32

// gate lets so many requests in at once and so many wait. Others are sent away at
// once, so that those who are in are served in time.
type gate struct {
	inside, queue chan struct{}
	limit         time.Duration // of the work itself; 0 for none
	refused       atomic.Int64
}

func newGate(inside, queue int, limit time.Duration) *gate {
	return &gate{inside: make(chan struct{}, inside), queue: make(chan struct{}, inside+queue), limit: limit}
}

// gates says which operations pass which gate.
func (s *Server) gateFor(operation string) *gate {
	switch operation {
	case "ask", "search", "createChatCompletion", "searchVectorStore", "retrieve", "trace", mcpPath:
		return s.asks
	case "addDocuments", "replaceDocument":
		return s.uploads
	case "viewDocumentPage", "drawDocumentPage":
		return s.drawings
	}
	return nil
}

// limitLoad lets requests through their gate.
func (s *Server) limitLoad(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		g := s.gateFor(s.validator.operation(c.Request().Method, c.Path()))
		if g == nil {
			return next(c)
		}
		ctx := c.Request().Context()
		leave, err := g.enter(ctx)
		if err != nil {
			return err
		}
		defer leave()
		if g.limit > 0 {
			limited, cancel := context.WithTimeout(ctx, g.limit)
			defer cancel()
			c.SetRequest(c.Request().WithContext(limited))
		}
		return next(c)
	}
}

// enter waits for a place inside.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	full := refuse(http.StatusServiceUnavailable, "There is more to do than can be done now. Try again in a moment.")
	select {
	case g.queue <- struct{}{}:
	default:
		g.refused.Add(1)
		return nil, full
	}
	timer := time.NewTimer(maxQueued)
	defer timer.Stop()
	select {
	case g.inside <- struct{}{}:
		return func() { <-g.inside; <-g.queue }, nil
	case <-timer.C:
		g.refused.Add(1)
		err = full
	case <-ctx.Done():
		err = ctx.Err()
	}
	<-g.queue
	return nil, err
}

// budgets limit how often each caller may ask. They are safe for concurrent use.
type budgets struct {
	perMinute int
	mu        sync.Mutex
	all       map[string]*rate.Limiter
}

// maxBudgets bounds the callers that are remembered.
const maxBudgets = 10_000

// of returns the budget of a caller.
func (b *budgets) of(caller string, now time.Time) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.all[caller]
	if l != nil {
		return l
	}
	if len(b.all) >= maxBudgets {
		for name, other := range b.all {
			if other.TokensAt(now) >= float64(b.perMinute) { // nothing would be forgotten
				delete(b.all, name)
			}
		}
	}
	l = rate.NewLimiter(rate.Limit(float64(b.perMinute)/60), b.perMinute)
	b.all[caller] = l
	return l
}

// spend takes one request from the caller's budget and says what is left of it
// (draft-ietf-httpapi-ratelimit-headers).
func (b *budgets) spend(h http.Header, caller string) error {
	now := time.Now()
	l := b.of(caller, now)
	allowed := l.AllowN(now, 1)
	left := l.TokensAt(now)
	whole := time.Duration((float64(b.perMinute) - left) / float64(b.perMinute) * float64(time.Minute))
	h.Set("RateLimit-Policy", fmt.Sprintf(`"default";q=%d;w=60`, b.perMinute))
	h.Set("RateLimit", fmt.Sprintf(`"default";r=%d;t=%d`, max(0, int(left)), seconds(whole)))
	if allowed {
		return nil
	}
	wait := time.Duration((1 - left) / float64(b.perMinute) * float64(time.Minute))
	h.Set(echo.HeaderRetryAfter, strconv.Itoa(max(1, seconds(wait))))
	return refuse(http.StatusTooManyRequests, "More than %d requests a minute.", b.perMinute)
}

// seconds rounds up.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// limitRate keeps callers to their budgets.
func (s *Server) limitRate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.budgets == nil || s.validator.roleFor(c.Request().Method, c.Path()) == "" {
			return next(c)
		}
		who := callerOf(c.Request().Context())
		name := "key " + who.key.ID
		if who.local {
			address, _ := netip.ParseAddr(c.RealIP())
			if !address.IsValid() || address.Unmap().IsLoopback() {
				return next(c)
			}
			name = addressName(c)
		}
		if err := s.budgets.spend(c.Response().Header(), name); err != nil {
			return err
		}
		return next(c)
	}
}

// addressName names whoever has an address; of IPv6 a household has 2^64.
func addressName(c echo.Context) string {
	address, err := netip.ParseAddr(c.RealIP())
	if err != nil {
		return c.RealIP()
	}
	address = address.Unmap()
	if address.Is6() {
		household, _ := address.Prefix(64)
		return household.String()
	}
	return address.String()
}
