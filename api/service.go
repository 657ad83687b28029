package api

import (
	"bytes"
	"context"
	"time"
)

// Health says that the process lives. (GET /healthz)
func (s *Server) Health(context.Context, HealthRequestObject) (HealthResponseObject, error) {
	return Health200JSONResponse{Status: HealthStatusOk, Version: s.version}, nil
}

// readinessTimeout bounds the checks of one readiness probe.
const readinessTimeout = 5 * time.Second

// Readiness says whether every part answers. (GET /readyz)
func (s *Server) Readiness(ctx context.Context, _ ReadinessRequestObject) (ReadinessResponseObject, error) {
	ctx, cancel := context.WithTimeout(ctx, readinessTimeout)
	defer cancel()
	parts := map[string]func() error{
		"catalogue": func() error { return s.catalogue.Ping(ctx) },
		"index": func() error {
			_, err := s.index.Stats(ctx)
			return err
		},
		"embedder": func() error {
			_, err := s.embedder.EmbedQuery(ctx, "政策")
			return err
		},
	}
	ready, checks := true, make(map[string]string, len(parts))
	for name, check := range parts {
		checks[name] = "ok"
		if err := check(); err != nil {
			ready, checks[name] = false, err.Error()
			s.log.WarnContext(ctx, "not ready", "part", name, "error", err)
		}
	}
	if !ready {
		return Readiness503JSONResponse{Status: ReadinessStatusNotReady, Checks: checks}, nil
	}
	return Readiness200JSONResponse{Status: ReadinessStatusReady, Checks: checks}, nil
}

// Specification returns openapi.yaml. (GET /openapi.yaml)
func (s *Server) Specification(context.Context, SpecificationRequestObject) (SpecificationResponseObject, error) {
	return Specification200ApplicationYamlResponse{
		Body: bytes.NewReader(specification), ContentLength: int64(len(specification)),
	}, nil
}
