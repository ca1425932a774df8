// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package certificates keeps the Secret with which the server serves its internal listener: it makes a certificate authority
// and a certificate, renews both before they end, and hands the authority to whoever must trust it. A supplied Secret
// (ca.crt, tls.crt, tls.key and no ca.key) is left alone. The cryptography is open-policy-agent/cert-controller's; its
// controller is not used, because it is made for webhooks and waits for the Secret to be mounted beside it.
package certificates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/open-policy-agent/cert-controller/pkg/rotator"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// Keys of the Secret.
const (
	CAKey    = "ca.crt"
	caSecret = "ca.key"
	certKey  = corev1.TLSCertKey
	keyKey   = corev1.TLSPrivateKeyKey
)

// Lifetimes.
const (
	caFor       = 10 * 365 * 24 * time.Hour
	certFor     = 365 * 24 * time.Hour
	renewBefore = 90 * 24 * time.Hour
	clockSkew   = time.Hour // nodes whose clocks are behind must trust it, too
)

// How often the Secret is looked at; after a failure sooner.
const (
	every      = time.Hour
	afterError = 5 * time.Second
)

// ErrNotThere says that the Secret holds no certificate authority yet.
var ErrNotThere = errors.New("the server's certificate is not there yet")

// Keeper keeps the Secret. It runs on the leader only.
type Keeper struct {
	Client client.Client
	// Live reads the Secret: Secrets are not cached.
	Live client.Reader
	// Secret must exist; the chart makes it empty.
	Secret types.NamespacedName
	// DNSName is the server's, as run pods and the manager dial it.
	DNSName string
	// File receives the authority, for the manager's own client. "" for none.
	File  string
	Clock clock.Clock
}

// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch

// NeedLeaderElection says that only the leader renews.
func (k *Keeper) NeedLeaderElection() bool { return true }

// Start looks after the Secret until the context ends.
func (k *Keeper) Start(ctx context.Context) error {
	for {
		wait := every
		if err := k.ensure(ctx); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // the manager ends: what failed then is of no interest
			}
			log.FromContext(ctx).Error(err, "Cannot keep the server's certificate", "secret", k.Secret.String())
			wait = afterError
		}
		select {
		case <-ctx.Done():
			return nil
		case <-k.Clock.After(wait):
		}
	}
}

// CA returns the certificate authority that the Secret holds, PEM.
func (k *Keeper) CA(ctx context.Context) (string, error) {
	secret, err := k.read(ctx)
	if err != nil {
		return "", err
	}
	if len(secret.Data[CAKey]) == 0 {
		return "", fmt.Errorf("%w: Secret %s has no key %s", ErrNotThere, k.Secret, CAKey)
	}
	return string(secret.Data[CAKey]), nil
}

func (k *Keeper) read(ctx context.Context) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	if err := k.Live.Get(ctx, k.Secret, secret); err != nil {
		return nil, fmt.Errorf("reading Secret %s (create it empty; --tls-secret names it): %w", k.Secret, err)
	}
	return secret, nil
}

func (k *Keeper) ensure(ctx context.Context) error {
	secret, err := k.read(ctx)
	if err != nil {
		return err
	}
	if supplied(secret) {
		return k.writeFile(secret)
	}
	maker := k.maker()
	due := k.Clock.Now().Add(renewBefore)
	goodCA := valid(secret.Data[CAKey], secret.Data[CAKey], secret.Data[caSecret], "", x509.ExtKeyUsageAny, due)
	if goodCA && valid(secret.Data[CAKey], secret.Data[certKey], secret.Data[keyKey], k.DNSName, x509.ExtKeyUsageServerAuth, due) {
		return k.writeFile(secret)
	}
	begin := k.Clock.Now().Add(-clockSkew)
	var authority *rotator.KeyPairArtifacts
	if goodCA {
		authority, err = parse(secret)
	} else {
		authority, err = maker.CreateCACert(begin, begin.Add(caFor))
	}
	if err != nil {
		return fmt.Errorf("making the certificate authority: %w", err)
	}
	certificate, key, err := maker.CreateCertPEM(authority, begin, begin.Add(certFor))
	if err != nil {
		return fmt.Errorf("making the server's certificate: %w", err)
	}
	secret.Data = map[string][]byte{CAKey: authority.CertPEM, caSecret: authority.KeyPEM, certKey: certificate, keyKey: key}
	if err := k.Client.Update(ctx, secret); err != nil {
		return fmt.Errorf("writing Secret %s: %w", k.Secret, err)
	}
	log.FromContext(ctx).Info("Renewed the server's certificate", "secret", k.Secret.String(), "newAuthority", !goodCA)
	return k.writeFile(secret)
}

// supplied says whether somebody else looks after the Secret: the authority's key is not there.
func supplied(secret *corev1.Secret) bool {
	return len(secret.Data[caSecret]) == 0 && len(secret.Data[certKey]) > 0 && len(secret.Data[CAKey]) > 0
}

func (k *Keeper) maker() *rotator.CertRotator {
	return &rotator.CertRotator{
		CAName: "prcheck", CAOrganization: "prcheck", DNSName: k.DNSName,
		ExtKeyUsages: &[]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

func valid(ca, certificate, key []byte, name string, usage x509.ExtKeyUsage, at time.Time) bool {
	ok, err := rotator.ValidCert(ca, certificate, key, name, &[]x509.ExtKeyUsage{usage}, at)
	return ok && err == nil
}

func parse(secret *corev1.Secret) (*rotator.KeyPairArtifacts, error) {
	pair, err := tls.X509KeyPair(secret.Data[CAKey], secret.Data[caSecret])
	if err != nil {
		return nil, fmt.Errorf("reading the certificate authority: %w", err)
	}
	block, _ := pem.Decode(secret.Data[caSecret])
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate authority's key: %w", err)
	}
	return &rotator.KeyPairArtifacts{Cert: pair.Leaf, Key: key, CertPEM: secret.Data[CAKey], KeyPEM: secret.Data[caSecret]}, nil
}

// writeFile replaces the file in one step, so that nobody reads half of it.
func (k *Keeper) writeFile(secret *corev1.Secret) error {
	if k.File == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(k.File), 0o700); err != nil {
		return fmt.Errorf("making the folder of %s: %w", k.File, err)
	}
	temporary := k.File + ".new"
	if err := os.WriteFile(temporary, secret.Data[CAKey], 0o600); err != nil {
		return fmt.Errorf("writing the certificate authority: %w", err)
	}
	if err := os.Rename(temporary, k.File); err != nil {
		return fmt.Errorf("writing the certificate authority: %w", err)
	}
	return nil
}
