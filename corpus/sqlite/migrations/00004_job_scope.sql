-- +goose Up

-- What the sender of a job may change. Jobs of before were anybody's to send.
ALTER TABLE jobs ADD COLUMN scope TEXT NOT NULL DEFAULT '{}'; -- JSON: {"cities": ["…"], "tags": ["…"]}
