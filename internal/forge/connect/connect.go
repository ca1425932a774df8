// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package connect turns a Repository object and the Secret it names into a forge.Provider. Providers are kept as long as
// neither changes, because they hold access tokens, conditional requests and rate limits.
package connect

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/forge"
)

// The keys of a Repository's credentials.
const (
	KeyToken          = "token"
	KeyAppID          = "appID"
	KeyInstallationID = "installationID"
	KeyPrivateKey     = "privateKey"
)

// SecretError says what is wrong with a Repository's Secret; it is a forge.ErrUnauthorized.
type SecretError struct {
	Namespace string
	Name      string
	// Key is the missing or unusable key, "" where the whole Secret is missing.
	Key     string
	Problem string
}

// Error names Secret, key and remedy.
func (e *SecretError) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("Secret %s/%s %s", e.Namespace, e.Name, e.Problem)
	}
	return fmt.Sprintf("key %q of Secret %s/%s %s", e.Key, e.Namespace, e.Name, e.Problem)
}

// Unwrap makes it a forge.ErrUnauthorized.
func (e *SecretError) Unwrap() error { return forge.ErrUnauthorized }

// Credentials are what a Secret holds: a token, or a GitHub App's installation.
type Credentials struct {
	Token          string
	AppID          int64
	InstallationID int64
	PrivateKey     []byte // PEM
}

// Build makes a provider for a forge with credentials.
type Build func(ctx context.Context, f v1alpha1.Forge, c Credentials) (forge.Provider, error)

// Connector makes and keeps providers.
type Connector struct {
	reader client.Reader // of Secrets; not a cache, which would hold every Secret of the cluster
	build  map[v1alpha1.ForgeType]Build

	mu   sync.Mutex
	kept map[types.UID]connection
}

type connection struct {
	version  string // of Repository and Secret
	provider forge.Provider
}

// New returns a connector that reads Secrets through reader.
func New(reader client.Reader, build map[v1alpha1.ForgeType]Build) *Connector {
	return &Connector{reader: reader, build: build, kept: map[types.UID]connection{}}
}

// Provider returns the forge of a Repository. A *SecretError says what its Secret lacks.
func (c *Connector) Provider(ctx context.Context, repo *v1alpha1.Repository) (forge.Provider, error) {
	secret := &corev1.Secret{}
	key := types.NamespacedName{Namespace: repo.Namespace, Name: repo.Spec.CredentialsRef.Name}
	if err := c.reader.Get(ctx, key, secret); apierrors.IsNotFound(err) {
		return nil, &SecretError{Namespace: key.Namespace, Name: key.Name, Problem: "does not exist: create it, or name another in spec.credentialsRef"}
	} else if err != nil {
		return nil, fmt.Errorf("reading Secret %s: %w", key, err)
	}
	version := fmt.Sprintf("%d %s %s", repo.Generation, secret.UID, secret.ResourceVersion)
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.kept[repo.UID]; ok && old.version == version {
		return old.provider, nil
	}
	credentials, err := Read(secret)
	if err != nil {
		return nil, err
	}
	build, ok := c.build[repo.Spec.Forge.Type]
	if !ok {
		return nil, fmt.Errorf("%w: prcheck cannot talk to forges of type %s", forge.ErrInvalid, repo.Spec.Forge.Type)
	}
	provider, err := build(ctx, repo.Spec.Forge, credentials)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", repo.Spec.Forge.URL, err)
	}
	c.kept[repo.UID] = connection{version: version, provider: provider}
	return provider, nil
}

// Read reads credentials: the token, or all of an App's three keys.
func Read(secret *corev1.Secret) (Credentials, error) {
	bad := func(key, problem string) error {
		return &SecretError{Namespace: secret.Namespace, Name: secret.Name, Key: key, Problem: problem}
	}
	if token, ok := secret.Data[KeyToken]; ok {
		text := strings.TrimSpace(string(token))
		if text == "" || strings.ContainsAny(text, "\r\n\x00 ") {
			return Credentials{}, bad(KeyToken, "holds no token: put one line without blanks there")
		}
		return Credentials{Token: text}, nil
	}
	if _, app := secret.Data[KeyAppID]; !app {
		return Credentials{}, bad(KeyToken, "is missing: add it, or appID, installationID and privateKey of a GitHub App")
	}
	var c Credentials
	for _, number := range []struct {
		key string
		to  *int64
	}{{KeyAppID, &c.AppID}, {KeyInstallationID, &c.InstallationID}} {
		data, ok := secret.Data[number.key]
		if !ok {
			return Credentials{}, bad(number.key, "is missing: a GitHub App needs appID, installationID and privateKey")
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
		if err != nil || n <= 0 {
			return Credentials{}, bad(number.key, "is no number")
		}
		*number.to = n
	}
	if c.PrivateKey = secret.Data[KeyPrivateKey]; len(c.PrivateKey) == 0 {
		return Credentials{}, bad(KeyPrivateKey, "is missing: a GitHub App needs appID, installationID and privateKey")
	}
	return c, nil
}
