-- Copyright 2026 The prcheck authors.
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up

-- What the shards of divided runs handed over, until and after the run is settled. An attempt that goes on where an earlier one failed has rows
-- of its own for what was kept.
CREATE TABLE parts (
	run_id   BIGINT NOT NULL REFERENCES runs (id),
	shard    INTEGER NOT NULL, -- from 1
	digest   TEXT NOT NULL,    -- of names and contents, however packed
	blob     TEXT NOT NULL,    -- as it was received
	size     BIGINT NOT NULL,
	received BIGINT NOT NULL,
	PRIMARY KEY (run_id, shard)
);

-- What the newest finished full scan of a repository measured.
CREATE TABLE package_times (
	namespace  TEXT NOT NULL,
	repository TEXT NOT NULL,
	profile    TEXT NOT NULL,
	run_id     BIGINT NOT NULL REFERENCES runs (id),
	data       TEXT NOT NULL, -- JSON
	PRIMARY KEY (namespace, repository, profile)
);

-- +goose Down
DROP TABLE package_times;
DROP TABLE parts;
