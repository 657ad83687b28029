// Package api is the door of the house: HTTP in, JSON, text and events out.
//
// openapi.yaml says what may be asked and what is answered; the types and the
// routes in openapi.gen.go are generated from it, and every request is checked
// against it before a handler sees it. Handlers are thin: they turn a request
// into a call of the catalogue, the pipeline or the answering service (wire.go
// has the conversions) and its result into the response. An error of any of
// them becomes a problem in problem.go.
//
// The page for people is in the folder web and uses this API alone.
package api

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"policykb/corpus"
	"policykb/ingest"
	"policykb/ingest/parse"
	"policykb/retrieval"
	"policykb/retrieval/llm"
)

// Config says what a server works with. The parts of the house are required, the rest is not.
type Config struct {
	Catalogue corpus.Catalogue
	Originals corpus.Originals
	Index     *retrieval.Counted
	Embedder  retrieval.Embedder
	Answers   *retrieval.Service
	Pipeline  *ingest.Pipeline
	Fetcher   *ingest.Fetcher
	Pages     Pages        // nil shows them in this process
	Logger    *slog.Logger // nil means slog.Default
	Version   string       // of the program, for /healthz
	// Modelled counts what a language model has done, for /metrics; nil without one.
	Modelled func() llm.Counts
	// PublicURL is where readers reach the page, for the addresses that other
	// programs show; "" means by the name that each request gives this server.
	PublicURL string
	// Keys says who is let in; nil lets everybody do everything.
	Keys *KeyFile
	// Audit is told of every change and who asked for it; nil for nobody.
	Audit *slog.Logger
	// Feedback keeps what people say of answers; nil for nowhere.
	Feedback *FeedbackFile
	// Files are what a backup holds beside the catalogue and the originals, by name.
	// One that is not there ([fs.ErrNotExist]) is left out.
	Files map[string]func() (io.ReadSeekCloser, error)
	// LogQuestions puts questions into the log, which else holds none.
	LogQuestions bool
	// Limits bound what is done at once and how often.
	Limits Limits
	// Origins are those whose pages may ask, as https://policy.example.
	Origins []string
	// Proxies are the addresses or networks of proxies that say who asks: the address
	// in X-Forwarded-For, and the user in UserHeader.
	Proxies []string
	// UserHeader is the header in which Proxies name the user whom they let in, as
	// X-Forwarded-User; "" for none. Such a user needs no key and has UserRole, the
	// zero of which is [RoleReader]. Where it is set nobody else is let in without a key.
	UserHeader string
	UserRole   Role
	// Local is set where nobody is asked for a key: then only requests that name
	// this machine as their host are answered, so that a page of the web whose name
	// is made to lead here (DNS rebinding) reads nothing.
	Local bool
}

// Server answers HTTP requests. It is an http.Handler, safe for concurrent use.
type Server struct {
	catalogue corpus.Catalogue
	originals corpus.Originals
	index     *retrieval.Counted
	embedder  retrieval.Embedder
	answers   *retrieval.Service
	pipeline  *ingest.Pipeline
	fetcher   *ingest.Fetcher
	pages     Pages
	log       *slog.Logger
	keys      *KeyFile
	users     *forwardedUsers // nil where no proxy names them
	audit     *slog.Logger
	questions bool // are logged
	metrics   *metrics
	feedback  *FeedbackFile
	files     map[string]func() (io.ReadSeekCloser, error)
	version   string
	publicURL string
	started   time.Time
	asks      *gate
	uploads   *gate
	drawings  *gate
	budgets   *budgets // nil for any number
	foreign   *http.CrossOriginProtection
	validator *validator
	handler   http.Handler
	indexing  sync.Mutex // held while the index is made anew
}

var _ StrictServerInterface = (*Server)(nil)

// New makes a server.
func New(c Config) (*Server, error) {
	validator, err := newValidator()
	if err != nil {
		return nil, err
	}
	page, err := newPage()
	if err != nil {
		return nil, err
	}
	s := &Server{
		catalogue: c.Catalogue,
		originals: c.Originals,
		index:     c.Index,
		embedder:  c.Embedder,
		answers:   c.Answers,
		pipeline:  c.Pipeline,
		fetcher:   c.Fetcher,
		pages:     c.Pages,
		log:       c.Logger,
		keys:      c.Keys,
		audit:     c.Audit,
		questions: c.LogQuestions,
		feedback:  c.Feedback,
		files:     c.Files,
		version:   c.Version,
		publicURL: strings.TrimRight(c.PublicURL, "/"),
		started:   time.Now(),
		validator: validator,
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.pages == nil {
		s.pages = ownPages{}
	}
	limits := c.Limits.withDefaults()
	s.asks = newGate(limits.Asks, limits.AskQueue, maxAsk)
	s.uploads = newGate(limits.Uploads, limits.UploadQueue, 0)
	s.drawings = newGate(parse.MostDrawings, drawingQueue, maxDrawing)
	if limits.Rate > 0 {
		s.budgets = &budgets{perMinute: limits.Rate, all: make(map[string]*rate.Limiter)}
	}
	s.metrics = newMetrics(s)
	if c.Modelled != nil {
		s.metrics.registry.MustRegister(modelled{c.Modelled})
	}
	e := echo.New()
	e.HTTPErrorHandler = s.handleError
	proxies, err := networksOf(c.Proxies)
	if err != nil {
		return nil, err
	}
	e.IPExtractor = addressFrom(proxies)
	if s.users, err = newForwardedUsers(c.UserHeader, c.UserRole, proxies); err != nil {
		return nil, err
	}
	e.Use(identify, s.logAccess, traceRequests, harden, s.recoverPanic)
	cors, protection, err := letOrigins(c.Origins)
	if err != nil {
		return nil, err
	}
	s.foreign = protection
	if cors != nil {
		e.Use(cors)
	}
	if c.Local {
		e.Use(refuseForeignHosts)
	}
	e.Use(s.refuseForeignOrigins, compress(), s.identifyCaller, s.limitRate, s.auditChanges, s.refuseUnseen, s.limitLoad, keepRequest, validator.middleware)
	RegisterHandlers(e, NewStrictHandler(s, nil))
	s.registerMCP(e)
	if err := validator.registerDocs(e); err != nil {
		return nil, err
	}
	page.register(e)
	s.handler = writePatiently(answerHead(e), maxStall)
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }
