-- Which texts repeal which others.

-- +goose Up

-- What the current version of each document repeals. The repealed text is known by
-- its title alone: it need not be in the catalogue.
CREATE TABLE repeals (
	document INTEGER NOT NULL REFERENCES documents (key) ON DELETE CASCADE,
	ordinal  INTEGER NOT NULL, -- from 0, in the order of the text
	title    TEXT    NOT NULL,
	number   TEXT    NOT NULL, -- 发文字号, or ''
	start    INTEGER NOT NULL, -- of the title in the text, code points
	stop     INTEGER NOT NULL, -- exclusive
	PRIMARY KEY (document, ordinal)
) STRICT, WITHOUT ROWID;

CREATE INDEX repeals_title ON repeals (title);
