package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"policykb/corpus"
)

// caller is who asks.
type caller struct {
	key   Key    // of nobody where nobody is asked for a key
	local bool   // no key was asked for
	noted *entry // what the request changes, for the audit log
}

// callerKey is the key of the caller in a request's context.
type callerKey struct{}

// callerOf returns who asks.
func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// withCaller sets who asks.
func withCaller(c echo.Context, who caller) {
	r := c.Request()
	c.SetRequest(r.WithContext(context.WithValue(r.Context(), callerKey{}, who)))
}

// Trusted is the server for those who own the data folder: they are asked for no key.
func (s *Server) Trusted() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := caller{key: Key{Name: "local", Role: RoleAdmin}, local: true}
		s.handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, who)))
	})
}

// identifyCaller finds out who asks and refuses those who may not. What a route
// needs stands in the specification; the page is open to all.
func (s *Server) identifyCaller(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		who := callerOf(c.Request().Context())
		if s.keys == nil && s.users == nil && !who.local {
			who = caller{key: Key{Name: "local", Role: RoleAdmin}, local: true}
		}
		needed := s.validator.roleFor(c.Request().Method, c.Path())
		if needed == "" {
			return next(c)
		}
		if !who.local {
			key, ok, err := s.keyOf(c.Request())
			if err != nil {
				return err
			}
			if !ok {
				if s.budgets != nil { // keys are not to be guessed
					if err := s.budgets.spend(c.Response().Header(), addressName(c)); err != nil {
						return err
					}
				}
				c.Response().Header().Add(echo.HeaderWWWAuthenticate, "Bearer")
				c.Response().Header().Add(echo.HeaderWWWAuthenticate, `Basic realm="policykb", charset="UTF-8"`)
				return refuse(http.StatusUnauthorized, "Send a key that is valid: Authorization: Bearer KEY.")
			}
			who.key = key
		}
		if !who.key.Role.includes(needed) {
			return refuse(http.StatusForbidden, "This needs the role %s; the key has the role %s.", needed, who.key.Role)
		}
		withCaller(c, who)
		return next(c)
	}
}

// keyOf finds the key that a request shows, else the user whom a proxy names.
func (s *Server) keyOf(r *http.Request) (key Key, ok bool, err error) {
	if secret := secretOf(r); s.keys != nil && secret != "" {
		if key, ok, err = s.keys.find(secret, time.Now()); ok || err != nil {
			return key, ok, err
		}
	}
	key, ok = s.users.of(r)
	return key, ok, nil
}

// secretOf is the secret that a request shows: as a bearer's token, or as the
// password that a browser asks for.
func secretOf(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	scheme, secret, _ := strings.Cut(r.Header.Get(echo.HeaderAuthorization), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(secret)
}

// nowhere is the id of no document.
const nowhere corpus.DocumentID = "-"

// within narrows a filter to the documents that the caller may see.
func (s *Server) within(ctx context.Context, key Key, f corpus.Filter) (corpus.Filter, error) {
	scope := key.scope()
	if scope.Empty() {
		return f, nil
	}
	if len(f.City) == 0 && len(f.Tags) == 0 {
		f.City, f.Tags = scope.Cities, scope.Tags
		return f, nil
	}
	ids, err := s.fitting(ctx, scope.Filter(), func(d corpus.Document) bool {
		return len(f.DocumentID) == 0 || slices.Contains(f.DocumentID, d.ID)
	})
	if len(ids) == 0 {
		ids = []corpus.DocumentID{nowhere}
	}
	f.DocumentID = ids
	return f, err
}

// sees reports whether a document lies within the key's scope.
func (k Key) sees(m corpus.Metadata) bool { return k.scope().Holds(m) }

// links are the documents that others are linked with, as far as a key sees them.
type links struct {
	catalogue corpus.Catalogue
	key       Key
	seen      map[corpus.DocumentID]bool
}

func (s *Server) links(key Key) *links {
	return &links{s.catalogue, key, make(map[corpus.DocumentID]bool)}
}

// keep leaves out of a document what it is linked with and the key does not see.
func (l *links) keep(ctx context.Context, d *corpus.Document) (err error) {
	if l.key.scope().Empty() {
		return nil
	}
	hide := func(id corpus.DocumentID) bool {
		seen, known := l.seen[id]
		if id == "" || err != nil || known {
			return !seen
		}
		other, failed := l.catalogue.Document(ctx, id)
		if failed != nil && !errors.Is(failed, corpus.ErrNotFound) {
			err = failed
		}
		l.seen[id] = failed == nil && l.key.sees(other.Metadata)
		return !l.seen[id]
	}
	if hide(d.Supersedes) {
		d.Supersedes = ""
	}
	if hide(d.Superseded) {
		d.Superseded = ""
	}
	d.Resembles = slices.DeleteFunc(slices.Clone(d.Resembles), func(r corpus.Resemblance) bool { return hide(r.Document) })
	return err
}

// refuseUnseen answers as if documents outside the caller's scope were not there.
func (s *Server) refuseUnseen(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		who, ctx := callerOf(c.Request().Context()), c.Request().Context()
		if who.key.scope().Empty() || c.Param("id") == "" {
			return next(c)
		}
		switch {
		case strings.HasPrefix(c.Path(), "/v1/documents/"):
			if _, err := s.seen(ctx, who.key, corpus.DocumentID(c.Param("id"))); err != nil {
				return err
			}
		case strings.HasPrefix(c.Path(), "/v1/jobs/"):
			job, err := s.pipeline.Job(ctx, corpus.JobID(c.Param("id")))
			if err != nil {
				return err
			}
			if !s.seesJob(ctx, who.key, job) {
				return refuse(http.StatusNotFound, "job %s: not found", job.ID)
			}
		}
		return next(c)
	}
}

// seen returns a document that the key may see; any other is not found.
func (s *Server) seen(ctx context.Context, key Key, id corpus.DocumentID) (corpus.Document, error) {
	d, err := s.catalogue.Document(ctx, id)
	if err == nil && !key.sees(d.Metadata) {
		return corpus.Document{}, refuse(http.StatusNotFound, "document %s: not found", id)
	}
	return d, err
}

// seesJob reports whether a job's document lies within the key's scope, or is said to.
func (s *Server) seesJob(ctx context.Context, key Key, job corpus.Job) bool {
	if key.scope().Empty() {
		return true
	}
	if d, err := s.catalogue.Document(ctx, job.Document); err == nil {
		return key.sees(d.Metadata)
	}
	return key.sees(job.Given)
}

// checkGiven refuses metadata that would put a document outside the caller's scope.
func checkGiven(key Key, m corpus.Metadata) error {
	m.City = cities([]string{m.City})[0]
	if key.sees(m) {
		return nil
	}
	detail := "The key is kept to "
	if len(key.Cities) > 0 {
		detail += "documents of " + strings.Join(key.Cities, ", ") + ": give the city. "
	}
	if len(key.Tags) > 0 {
		detail += "documents with a tag of " + strings.Join(key.Tags, ", ") + ": give the tags."
	}
	return refuse(http.StatusForbidden, "%s", strings.TrimSpace(detail))
}
