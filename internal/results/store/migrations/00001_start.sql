-- Copyright 2026 The prcheck authors.
-- SPDX-License-Identifier: Apache-2.0

-- Instants are nanoseconds since 1970, UTC. What is only read as a whole is JSON in a column.

-- +goose Up
CREATE TABLE runs (
	id           INTEGER PRIMARY KEY,
	hash         TEXT NOT NULL UNIQUE,
	namespace    TEXT NOT NULL,
	repository   TEXT NOT NULL,
	number       BIGINT NOT NULL,
	profile      TEXT NOT NULL,
	attempt      INTEGER NOT NULL,
	head         TEXT NOT NULL,
	created      BIGINT NOT NULL,
	digest       TEXT NOT NULL,           -- of the record, to tell the same from a different one
	record       TEXT NOT NULL,           -- JSON without the plan
	state        TEXT NOT NULL,
	conclusion   TEXT NOT NULL DEFAULT '',
	finished     BIGINT NOT NULL DEFAULT 0,
	summary      TEXT NOT NULL DEFAULT '' -- JSON, once a verdict stands
);
CREATE INDEX runs_pull ON runs (namespace, repository, number, created);

CREATE TABLE plans (
	run_id BIGINT PRIMARY KEY REFERENCES runs (id),
	data   TEXT NOT NULL -- JSON
);

CREATE TABLE bundles (
	run_id   BIGINT PRIMARY KEY REFERENCES runs (id),
	digest   TEXT NOT NULL,  -- of names and contents, however packed
	blob     TEXT NOT NULL,  -- as it was received
	size     BIGINT NOT NULL,
	received BIGINT NOT NULL
);

CREATE TABLE logs (
	run_id BIGINT NOT NULL REFERENCES runs (id),
	stage  TEXT NOT NULL,
	blob   TEXT NOT NULL,
	size   BIGINT NOT NULL,
	PRIMARY KEY (run_id, stage)
);

CREATE TABLE verdicts (
	run_id BIGINT PRIMARY KEY REFERENCES runs (id),
	data   TEXT NOT NULL -- JSON without the items
);

CREATE TABLE facts (
	run_id      BIGINT NOT NULL REFERENCES runs (id),
	seq         INTEGER NOT NULL,  -- place among the verdict's items
	class       TEXT NOT NULL,
	shown       TEXT NOT NULL,     -- class of its problem as reports show it: note for a new one that does not gate
	problem_seq INTEGER NOT NULL,  -- place of its problem in reports
	rule        TEXT NOT NULL,
	level       TEXT NOT NULL,
	category    TEXT NOT NULL,
	package     TEXT NOT NULL,
	item        TEXT NOT NULL,     -- JSON
	PRIMARY KEY (run_id, seq)
);
CREATE INDEX facts_problem ON facts (run_id, problem_seq);
CREATE INDEX facts_shown ON facts (run_id, shown, problem_seq);

CREATE TABLE deliveries (
	id         TEXT PRIMARY KEY,
	path       TEXT NOT NULL,
	event      TEXT NOT NULL,
	namespace  TEXT NOT NULL,
	repository TEXT NOT NULL,
	payload    TEXT NOT NULL,
	received   BIGINT NOT NULL,
	handled    BIGINT NOT NULL DEFAULT 0,
	tries      INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX deliveries_handled ON deliveries (handled, received);

-- What the poller knew of a pull request when a check was last woken.
CREATE TABLE pulls (
	namespace   TEXT NOT NULL,
	repository  TEXT NOT NULL,
	number      BIGINT NOT NULL,
	fingerprint TEXT NOT NULL,
	woken       BIGINT NOT NULL,
	rewoken     INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (namespace, repository, number)
);

-- +goose Down
DROP TABLE pulls;
DROP TABLE deliveries;
DROP TABLE facts;
DROP TABLE verdicts;
DROP TABLE logs;
DROP TABLE bundles;
DROP TABLE plans;
DROP TABLE runs;
