-- +goose Up

-- Where pages begin within a passage: [{"at": …, "page": …}], '' for nowhere.
ALTER TABLE passages ADD COLUMN turns TEXT NOT NULL DEFAULT '';
