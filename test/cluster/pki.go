// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// validity is how long a cluster's certificates hold: longer than any cluster for tests lives.
const validity = 30 * 24 * time.Hour

// authority signs a cluster's certificates.
type authority struct {
	dir  string
	now  time.Time
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// identity is what one certificate says.
type identity struct {
	file   string // NAME.crt and NAME.key in the authority's folder
	name   string
	groups []string
	hosts  []string // DNS names and addresses, for servers
	// kubeconfig asks for one: this is a client of the API server that reads its access from a file.
	kubeconfig bool
}

// newAuthority makes the authority NAME with its certificate in NAME.crt.
func newAuthority(dir, name string, now time.Time) (*authority, error) {
	a := &authority{dir: dir, now: now}
	template := a.template(pkix.Name{CommonName: name})
	template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = nil
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the key of %s: %w", name, err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("making the certificate of %s: %w", name, err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, fmt.Errorf("making the certificate of %s: %w", name, err)
	}
	a.key = key
	return a, writePair(dir, name, der, key)
}

func (a *authority) template(subject pkix.Name) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: subject, BasicConstraintsValid: true,
		NotBefore: a.now.Add(-time.Hour), NotAfter: a.now.Add(validity),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
}

// issue signs a certificate with a new key.
func (a *authority) issue(id identity) error {
	template := a.template(pkix.Name{CommonName: id.name, Organization: id.groups})
	for _, host := range id.hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making the key of %s: %w", id.name, err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return fmt.Errorf("signing the certificate of %s: %w", id.name, err)
	}
	return writePair(a.dir, id.file, der, key)
}

func writePair(dir, file string, der []byte, key *ecdsa.PrivateKey) error {
	crt := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(filepath.Join(dir, file+".crt"), crt, 0o644); err != nil {
		return fmt.Errorf("writing a certificate: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("writing the key of %s: %w", file, err)
	}
	content := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	if err := os.WriteFile(filepath.Join(dir, file+".key"), content, 0o600); err != nil {
		return fmt.Errorf("writing the key of %s: %w", file, err)
	}
	return nil
}
