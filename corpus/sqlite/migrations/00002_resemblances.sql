-- Which documents have nearly the same text.

-- +goose Up

-- Of the current version of each document: texts that are much alike have some
-- of these numbers in common.
CREATE TABLE bands (
	band     INTEGER NOT NULL,
	document INTEGER NOT NULL REFERENCES documents (key) ON DELETE CASCADE,
	PRIMARY KEY (band, document)
) STRICT, WITHOUT ROWID;

CREATE INDEX bands_document ON bands (document);

-- Each pair stands here twice, once from either side.
CREATE TABLE resemblances (
	document INTEGER NOT NULL REFERENCES documents (key) ON DELETE CASCADE,
	other    INTEGER NOT NULL REFERENCES documents (key) ON DELETE CASCADE,
	likeness REAL    NOT NULL, -- 0 to 1
	PRIMARY KEY (document, other)
) STRICT, WITHOUT ROWID;

CREATE INDEX resemblances_other ON resemblances (other);
