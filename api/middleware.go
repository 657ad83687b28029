package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// identify gives every request an id of our own, which the client finds in the
// response and the operator in the log.
func identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderXRequestID, rand.Text())
		return next(c)
	}
}

// logAccess notes every request but the probes', and counts all. Neither questions
// nor texts are noted.
func (s *Server) logAccess(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		begun := time.Now()
		err := next(c)
		if err != nil {
			c.Error(err) // answered here, so that the status is known
		}
		took := time.Since(begun)
		if s.metrics != nil {
			s.metrics.count(c, took)
		}
		level := slog.LevelInfo
		if isProbe(c.Path()) {
			level = slog.LevelDebug
		}
		s.log.LogAttrs(c.Request().Context(), level, "request",
			slog.String("method", c.Request().Method),
			slog.String("route", c.Path()),
			slog.Int("status", c.Response().Status),
			slog.Int64("bytes", c.Response().Size),
			slog.Duration("took", took),
			slog.String("from", c.RealIP()),
			slog.String("key", callerOf(c.Request().Context()).key.ID),
			slog.String("request", c.Response().Header().Get(echo.HeaderXRequestID)))
		return nil
	}
}

// contentPolicy lets the page load its own files and nothing else: documents are
// hostile, and what slips through must neither run nor call home.
const contentPolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// harden sets the headers that keep a browser from doing more than it should.
func harden(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set(echo.HeaderContentSecurityPolicy, contentPolicy)
		h.Set(echo.HeaderXContentTypeOptions, "nosniff")
		h.Set(echo.HeaderXFrameOptions, "DENY")
		h.Set(echo.HeaderReferrerPolicy, "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		return next(c)
	}
}

// recoverPanic turns a panic into a problem. The connection of a response that
// had begun is cut, so that half an answer is not taken for a whole one.
func (s *Server) recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			r := recover()
			if r == nil {
				return
			}
			if r == http.ErrAbortHandler {
				panic(r)
			}
			if c.Response().Committed {
				s.log.ErrorContext(c.Request().Context(), "request panicked in the middle of its answer",
					"request", c.Response().Header().Get(echo.HeaderXRequestID), "panic", r, "stack", string(debug.Stack()))
				panic(http.ErrAbortHandler)
			}
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}()
		return next(c)
	}
}

// refuseForeignOrigins keeps pages of other sites from changing anything through
// the browser of somebody who has this server open.
func (s *Server) refuseForeignOrigins(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.foreign.Check(c.Request()); err != nil {
			return refuse(http.StatusForbidden, "A page of another site may not ask this.")
		}
		return next(c)
	}
}

// refuseForeignHosts answers only those who call this machine by a name of its own.
func refuseForeignHosts(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		host := c.Request().Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		address, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if !strings.EqualFold(host, "localhost") && (err != nil || !address.IsLoopback()) {
			return refuse(http.StatusMisdirectedRequest, "This server answers to localhost only.")
		}
		return next(c)
	}
}

// requestKey is the key of the request in its own context.
type requestKey struct{}

// keepRequest lets strict handlers see the request's headers.
func keepRequest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), requestKey{}, r)))
		return next(c)
	}
}

// requestOf returns the request that the context belongs to.
func requestOf(ctx context.Context) *http.Request {
	return ctx.Value(requestKey{}).(*http.Request)
}
