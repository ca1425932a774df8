// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const longestJWT = 10 * time.Minute

// claims are those of an App's JSON web token. GitHub takes the issuer as a number or as text.
type claims struct {
	Issuer  any   `json:"iss"`
	Issued  int64 `json:"iat"`
	Expires int64 `json:"exp"`
}

func badJWT(message string) *apiError {
	return &apiError{status: http.StatusUnauthorized, message: message}
}

// verifyJWT takes an App's token apart, without a library: what is refused, and in which words, is the point here.
func (s *Server) verifyJWT(token string) (*actor, *apiError) {
	undecodable := badJWT("A JSON web token could not be decoded")
	parts := strings.Split(token, ".")
	var header struct {
		Algorithm string `json:"alg"`
	}
	var cl claims
	if !decodePart(parts[0], &header) || !decodePart(parts[1], &cl) || header.Algorithm != "RS256" {
		return nil, undecodable
	}
	app := s.issuer(cl.Issuer)
	if app == nil {
		return nil, &apiError{status: http.StatusNotFound, message: "Integration not found"}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err != nil || app.key == nil || rsa.VerifyPKCS1v15(app.key, crypto.SHA256, sum[:], signature) != nil {
		return nil, undecodable
	}
	now := s.clock.Now()
	issued, expires := time.Unix(cl.Issued, 0), time.Unix(cl.Expires, 0)
	switch {
	case cl.Issued == 0 || issued.After(now):
		return nil, badJWT("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	case !expires.After(now):
		return nil, badJWT("'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
	case expires.Sub(now) > longestJWT:
		return nil, badJWT("'Expiration time' claim ('exp') is too far in the future")
	}
	return &actor{login: app.slug, app: app, limit: "app " + app.slug}, nil
}

func decodePart(part string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(raw, into) == nil
}

// issuer finds an App by its number or client id.
func (s *Server) issuer(iss any) *app {
	switch v := iss.(type) {
	case float64:
		return s.apps[int64(v)]
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return s.apps[n]
		}
		for _, a := range s.apps {
			if a.clientID == v {
				return a
			}
		}
	}
	return nil
}
