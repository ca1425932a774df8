// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/prcheck/prcheck/internal/forge"
)

// tokens are the forms of GitHub's tokens and of signed web tokens. Their length and alphabet have changed before and are not relied on.
var tokens = regexp.MustCompile(`\b(?:gh[a-z]_|github_pat_|eyJ)[A-Za-z0-9_.\-]{8,}`)

const redacted = "[redacted]"

// scrub takes secrets out of text.
func scrub(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, redacted)
		}
	}
	return tokens.ReplaceAllString(text, redacted)
}

// redact gives an error whose text, and whose chain's, holds no secret.
func redact(err error, secrets ...string) error {
	text := err.Error()
	clean := scrub(text, secrets...)
	if clean == text {
		return err
	}
	for _, known := range []error{
		ErrTooManyStatuses, forge.ErrNotFound, forge.ErrUnauthorized, forge.ErrForbidden, forge.ErrGone, forge.ErrInvalid,
		forge.ErrUnavailable, context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, known) {
			return fmt.Errorf("%w: %s", known, clean)
		}
	}
	return errors.New(clean)
}

// maxTold is how much of GitHub's own message an error repeats.
const maxTold = 300

// tidy makes a message of GitHub's fit for an error: one line, printable, not too long.
func tidy(message string) string {
	message = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, message)
	message = strings.Join(strings.Fields(message), " ")
	if runes := []rune(message); len(runes) > maxTold {
		message = string(runes[:maxTold]) + "…"
	}
	return message
}
