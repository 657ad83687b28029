package api

import (
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// answerHead answers HEAD as GET; the server sends no body.
func answerHead(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(r.Context()) // the server keeps its own to know what was asked
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// compress packs answers that are worth it. Originals come in ranges of bytes,
// event streams must not wait in a buffer, and of an answer in many small writes the
// middleware miscounts the one that reaches its minimum.
func compress() echo.MiddlewareFunc {
	const worthIt = 1 << 10 // bytes
	return middleware.GzipWithConfig(middleware.GzipConfig{
		MinLength: worthIt,
		Level:     gzip.BestSpeed, // the usual level takes half of the time of a long outline for a tenth less to send
		Skipper: func(c echo.Context) bool {
			path := c.Path()
			return wantsEvents(c.Request()) || strings.HasSuffix(path, "/original") || strings.HasSuffix(path, "/image") || strings.HasSuffix(path, "/events") ||
				path == "/v1/chat/completions" || path == "/v1/admin/backup" || path == "/metrics" || path == mcpPath || c.Request().Header.Get("Range") != ""
		},
	})
}

// letOrigins lets pages of other origins ask, which none may by default.
func letOrigins(origins []string) (echo.MiddlewareFunc, *http.CrossOriginProtection, error) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range origins {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, nil, fmt.Errorf("let the origin %q: %w", origin, err)
		}
	}
	if len(origins) == 0 {
		return nil, protection, nil
	}
	return middleware.CORSWithConfig(middleware.CORSConfig{
		AllowOrigins:  origins,
		AllowMethods:  []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowHeaders:  []string{echo.HeaderAuthorization, echo.HeaderContentType, "Mcp-Protocol-Version", "Mcp-Session-Id"},
		ExposeHeaders: []string{echo.HeaderXRequestID, "ETag", echo.HeaderRetryAfter, "RateLimit", "RateLimit-Policy"},
		MaxAge:        600,
	}), protection, nil
}

// addressFrom says how the address of a caller is found out: from its connection
// or, behind proxies that are trusted, from the header that they set.
func addressFrom(proxies []*net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect() // a header that any client can set says nothing
	}
	trusted := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, network := range proxies {
		trusted = append(trusted, echo.TrustIPRange(network))
	}
	return echo.ExtractIPFromXFFHeader(trusted...)
}

// networksOf reads addresses, and networks of them.
func networksOf(addresses []string) ([]*net.IPNet, error) {
	var networks []*net.IPNet
	for _, address := range addresses {
		if !strings.Contains(address, "/") {
			address += "/32"
			if strings.Contains(address, ":") {
				address = strings.TrimSuffix(address, "/32") + "/128"
			}
		}
		_, network, err := net.ParseCIDR(address)
		if err != nil {
			return nil, fmt.Errorf("trust the proxy %q: %w", address, err)
		}
		networks = append(networks, network)
	}
	return networks, nil
}
