-- Copyright 2026 The prcheck authors.
-- SPDX-License-Identifier: Apache-2.0

-- What baseline runs leave for later runs. Contents are files beside the database, named by their hash.

-- +goose Up
CREATE TABLE artifacts (
	id         INTEGER PRIMARY KEY,
	namespace  TEXT NOT NULL,
	repository TEXT NOT NULL,
	kind       TEXT NOT NULL,
	key        TEXT NOT NULL,  -- names everything that decides the content
	line       TEXT NOT NULL,  -- those of which one can seed another
	branch     TEXT NOT NULL,
	base       TEXT NOT NULL,  -- commit
	run        TEXT NOT NULL,  -- hash of the run that made it
	blob       TEXT NOT NULL,
	size       BIGINT NOT NULL,
	created    BIGINT NOT NULL,
	used       BIGINT NOT NULL,
	UNIQUE (namespace, repository, kind, key)
);
CREATE INDEX artifacts_line ON artifacts (namespace, repository, kind, line, created);

-- +goose Down
DROP TABLE artifacts;
