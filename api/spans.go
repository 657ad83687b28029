package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel"
	spanned "go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// tracer makes a span of each request.
var tracer = otel.Tracer("policykb/api")

// traceRequests makes a span of each request but those of probes and files of the
// page, under the caller's own where it names one. A span names the route and not
// the address, which may hold words of a question.
func traceRequests(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		route := c.Path()
		if isProbe(route) {
			return next(c)
		}
		r := c.Request()
		ctx := otel.GetTextMapPropagator().Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := tracer.Start(ctx, r.Method+" "+route, oteltrace.WithSpanKind(oteltrace.SpanKindServer), oteltrace.WithAttributes(
			spanned.String("http.request.method", r.Method), spanned.String("http.route", route), spanned.String("url.scheme", c.Scheme()),
			spanned.String("http.request.header.x_request_id", c.Response().Header().Get(echo.HeaderXRequestID))))
		defer span.End()
		c.SetRequest(r.WithContext(ctx))
		err := next(c)
		if err != nil {
			c.Error(err) // answered here, so that the status is known
		}
		status := c.Response().Status
		span.SetAttributes(spanned.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		return nil
	}
}

// isProbe reports whether a route is asked by machines again and again, or serves a
// file of the page.
func isProbe(route string) bool {
	return route == "/healthz" || route == "/metrics" || route == "/readyz" || route == assetsPath
}
