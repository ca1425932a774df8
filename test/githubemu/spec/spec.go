// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package spec holds GitHub's published documents that the emulator obeys: the OpenAPI document, cut to
// what a pull-request checker may call, and one example payload for each webhook. See NOTICE.md for where
// they come from and their licence.
package spec

import _ "embed"

// OpenAPI is the document in JSON, OpenAPI 3.0.
//
//go:embed openapi.json
var OpenAPI []byte

// Webhooks maps an event's name to its example payloads, in JSON.
//
//go:embed webhooks.json
var Webhooks []byte
