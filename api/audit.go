package api

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"

	"policykb/corpus"
)

// entry is what one request changed.
type entry struct {
	documents []string
	jobs      []string
}

// note adds jobs and their documents to what the request changes.
func note(ctx context.Context, jobs ...corpus.Job) {
	noted := callerOf(ctx).noted
	if noted == nil {
		return
	}
	for _, j := range jobs {
		noted.jobs = append(noted.jobs, string(j.ID))
		noted.documents = append(noted.documents, string(j.Document))
	}
}

// auditChanges notes who asked for which change, and what came of it.
func (s *Server) auditChanges(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		method := c.Request().Method
		if s.audit == nil || method == http.MethodGet || !s.validator.roleFor(method, c.Path()).includes(RoleAnalyst) {
			return next(c)
		}
		who := callerOf(c.Request().Context())
		who.noted = &entry{}
		withCaller(c, who)
		err := next(c)
		status := c.Response().Status
		if err != nil {
			status = problemOf(err).Status
		}
		s.audit.LogAttrs(context.WithoutCancel(c.Request().Context()), slog.LevelInfo, "change",
			slog.String("who", who.key.Name),
			slog.String("key", who.key.ID),
			slog.String("from", c.RealIP()),
			slog.String("method", method),
			slog.String("route", c.Path()),
			slog.String("id", c.Param("id")),
			slog.Any("documents", who.noted.documents),
			slog.Any("jobs", who.noted.jobs),
			slog.Int("status", status),
			slog.String("request", c.Response().Header().Get(echo.HeaderXRequestID)))
		return err
	}
}
