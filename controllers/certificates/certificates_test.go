// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

const dnsName = "prcheck-server-internal.prcheck-system.svc"

func keeper(t *testing.T, data map[string][]byte) (*Keeper, *clocktesting.FakeClock) {
	t.Helper()
	key := types.NamespacedName{Namespace: "prcheck-system", Name: "prcheck-server-tls"}
	api := fake.NewClientBuilder().WithObjects(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}, Data: data,
	}).Build()
	clock := clocktesting.NewFakeClock(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	return &Keeper{
		Client: api, Live: api, Secret: key, DNSName: dnsName, File: filepath.Join(t.TempDir(), "ca", "ca.crt"), Clock: clock,
	}, clock
}

func data(t *testing.T, k *Keeper) map[string][]byte {
	t.Helper()
	secret, err := k.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return secret.Data
}

// dial sees whether a client with the keeper's file would take the server.
func dial(t *testing.T, k *Keeper, at time.Time) error {
	t.Helper()
	ca, err := os.ReadFile(k.File)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(data(t, k)["tls.crt"], data(t, k)["tls.key"])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: dnsName, CurrentTime: at})
	return err
}

func TestEnsureFillsAnEmptySecret(t *testing.T) {
	k, clock := keeper(t, nil)
	if _, err := k.CA(t.Context()); !errors.Is(err, ErrNotThere) {
		t.Errorf("an empty Secret gave %v", err)
	}
	if err := k.ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := dial(t, k, clock.Now()); err != nil {
		t.Error(err)
	}
	if ca, err := k.CA(t.Context()); err != nil || ca == "" {
		t.Errorf("got authority %q, %v", ca, err)
	}
}

func TestEnsureKeepsWhatIsGoodAndRenewsInTime(t *testing.T) {
	k, clock := keeper(t, nil)
	if err := k.ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := data(t, k)
	if err := k.ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if string(data(t, k)["tls.crt"]) != string(first["tls.crt"]) {
		t.Error("a good certificate was replaced")
	}
	clock.Step(300 * 24 * time.Hour)
	if err := k.ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := data(t, k)
	if string(second["tls.crt"]) == string(first["tls.crt"]) || string(second[CAKey]) != string(first[CAKey]) {
		t.Error("65 days before its end the certificate should be renewed, and the authority kept")
	}
	if err := dial(t, k, clock.Now().Add(200*24*time.Hour)); err != nil {
		t.Error(err)
	}
	clock.Step(10 * 365 * 24 * time.Hour)
	if err := k.ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := dial(t, k, clock.Now()); err != nil {
		t.Errorf("after the authority's end: %v", err)
	}
}

func TestEnsureLeavesASuppliedSecretAlone(t *testing.T) {
	supplied := map[string][]byte{CAKey: []byte("their authority"), "tls.crt": []byte("their certificate"), "tls.key": []byte("their key")}
	k, _ := keeper(t, supplied)
	if err := k.ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := string(data(t, k)["tls.crt"]); got != "their certificate" {
		t.Errorf("it became %q", got)
	}
	if ca, err := os.ReadFile(k.File); err != nil || string(ca) != "their authority" {
		t.Errorf("the file holds %q, %v", ca, err)
	}
}
