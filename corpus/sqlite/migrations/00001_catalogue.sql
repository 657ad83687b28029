-- The catalogue: documents, their versions, texts and passages, the jobs that
-- make them, and small things beside. There is no way down: to go back to an
-- older program, restore a backup.
--
-- Times are microseconds since 1970, UTC; 0 is no time. Dates are written
-- 20230523, with 00 for an unknown month or day; 0 is an unknown date. Lists and
-- records that are never searched by are JSON.

-- +goose Up

-- "pkb1": marks the file as a catalogue of policykb.
PRAGMA application_id = 0x706b6231;

-- What an analyst added. The rest of what is known of a document stands with its
-- current version.
CREATE TABLE documents (
	key        INTEGER PRIMARY KEY,
	id         TEXT    NOT NULL UNIQUE,
	current    INTEGER NOT NULL REFERENCES versions (key) DEFERRABLE INITIALLY DEFERRED,
	successor  INTEGER REFERENCES documents (key) ON DELETE SET NULL, -- took this one's place
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX documents_current ON documents (current);
CREATE INDEX documents_newest ON documents (created_at DESC, id);
CREATE INDEX documents_successor ON documents (successor) WHERE successor IS NOT NULL;

-- The states of a document, numbered from 1. The current one is the last.
CREATE TABLE versions (
	key            INTEGER PRIMARY KEY,
	document       INTEGER NOT NULL REFERENCES documents (key) ON DELETE CASCADE,
	number         INTEGER NOT NULL,
	title          TEXT    NOT NULL,
	city           TEXT    NOT NULL, -- the gazetteer's short name
	district       TEXT    NOT NULL,
	issuer         TEXT    NOT NULL,
	doc_number     TEXT    NOT NULL, -- 发文字号
	issued_on      INTEGER NOT NULL,
	effective_from INTEGER NOT NULL,
	effective_to   INTEGER NOT NULL,
	kind           TEXT    NOT NULL,
	status         TEXT    NOT NULL,
	source_url     TEXT    NOT NULL,
	language       TEXT    NOT NULL,
	tags           TEXT    NOT NULL, -- JSON: ["…"]
	words          TEXT    NOT NULL, -- title, issuer and number, folded: what a listing matches
	original_hash  TEXT    NOT NULL,
	original_name  TEXT    NOT NULL,
	original_type  TEXT    NOT NULL,
	original_size  INTEGER NOT NULL, -- bytes
	text_hash      TEXT    NOT NULL, -- SHA-256 of the text, hex
	characters     INTEGER NOT NULL, -- code points of the text
	passages       INTEGER NOT NULL,
	created_at     INTEGER NOT NULL,
	origins        TEXT    NOT NULL, -- lines: field, where from, and the span in the text it was read in
	outline        TEXT    NOT NULL, -- JSON: the sections
	UNIQUE (document, number)
) STRICT;

CREATE INDEX versions_original ON versions (original_hash);
CREATE INDEX versions_title ON versions (title);
CREATE INDEX versions_source ON versions (source_url) WHERE source_url <> '';

-- The canonical texts, each in parts of 640 code points (the last one shorter),
-- so that a passage is read without the whole document it stands in.
CREATE TABLE texts (
	version INTEGER NOT NULL REFERENCES versions (key) ON DELETE CASCADE,
	part    INTEGER NOT NULL, -- from 0
	text    TEXT    NOT NULL,
	PRIMARY KEY (version, part)
) STRICT;

-- The passages. They hold no text of their own: a passage's text is the
-- version's text from start to stop, and cannot be anything else.
CREATE TABLE passages (
	version  INTEGER NOT NULL REFERENCES versions (key) ON DELETE CASCADE,
	ordinal  INTEGER NOT NULL, -- from 0
	kind     TEXT    NOT NULL,
	start    INTEGER NOT NULL, -- code points
	stop     INTEGER NOT NULL, -- exclusive
	headings TEXT    NOT NULL, -- JSON: ["…"], from the top down
	header   TEXT    NOT NULL, -- of a table
	page     INTEGER NOT NULL,
	PRIMARY KEY (version, ordinal)
) STRICT, WITHOUT ROWID;

-- The last version number of each removed document: should the document come
-- back, its passages must not go by the names of those that are gone.
CREATE TABLE removed (
	id     TEXT    PRIMARY KEY,
	number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Documents on their way in, in the order in which they came.
CREATE TABLE jobs (
	seq           INTEGER PRIMARY KEY AUTOINCREMENT,
	id            TEXT    NOT NULL UNIQUE,
	document      TEXT    NOT NULL, -- a document's id; the document may not be there yet
	state         TEXT    NOT NULL,
	stage         TEXT    NOT NULL,
	done          INTEGER NOT NULL, -- of total, in the stage
	total         INTEGER NOT NULL,
	attempt       INTEGER NOT NULL,
	error         TEXT    NOT NULL, -- JSON, or ''
	warnings      TEXT    NOT NULL, -- JSON: ["…"]
	original_hash TEXT    NOT NULL,
	original_name TEXT    NOT NULL,
	original_type TEXT    NOT NULL,
	original_size INTEGER NOT NULL,
	given         TEXT    NOT NULL, -- JSON: the sender's metadata
	cancelled     INTEGER NOT NULL, -- 1: asked to stop
	worker        TEXT    NOT NULL, -- holds the lease, while running
	lease_until   INTEGER NOT NULL,
	not_before    INTEGER NOT NULL,
	created_at    INTEGER NOT NULL,
	updated_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX jobs_open ON jobs (document, seq) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_queue ON jobs (seq) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_state ON jobs (state, seq);
CREATE INDEX jobs_document ON jobs (document, seq);
CREATE INDEX jobs_original ON jobs (original_hash);

CREATE TABLE settings (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Embeddings by model and text, so that no text is embedded twice.
CREATE TABLE vectors (
	model     TEXT NOT NULL,
	text_hash TEXT NOT NULL,
	vector    BLOB NOT NULL, -- float32, little endian
	PRIMARY KEY (model, text_hash)
) STRICT;
