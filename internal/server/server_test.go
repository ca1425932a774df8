// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	restclient "k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	kube "sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/forge/connect"
	"github.com/prcheck/prcheck/internal/forge/github"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/client"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/githubemu/emutest"
	envkube "github.com/prcheck/prcheck/test/kube"
)

var config *restclient.Config

func TestMain(m *testing.M) { envkube.Main(m, func(c *restclient.Config) { config = c }) }

const hookSecret = "webhook-secret"

// world is a running server with an API server and a forge.
type world struct {
	t      *testing.T
	kube   kube.Client
	gh     *emutest.Emulator
	public string
	client *client.Client
}

// freeAddress finds a port that nobody uses.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // only its number matters
	return l.Addr().String()
}

func newWorld(t *testing.T, namespace string, webhooks bool) *world {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	k, err := kube.New(config, kube.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, kube: k}
	public, internal, probe := freeAddress(t), freeAddress(t), freeAddress(t)
	w.public = "http://" + public
	var options []emutest.Option
	if webhooks {
		options = append(options, emutest.WithWebhook(w.public+"/hooks/"+namespace+"/overlay", hookSecret))
	}
	w.gh = emutest.Start(t, options...)
	w.gh.Repo(t, "octo/overlay", "")
	w.objects(namespace)
	tls := t.TempDir()
	ca := certificate(t, tls)
	w.serve(Config{PublicAddress: public, InternalAddress: internal, ProbeAddress: probe, TLSDir: tls, Data: t.TempDir(), ExternalURL: w.public, ManagerServiceAccount: namespace + "/manager", MaxBundle: 1 << 20})
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(w.token(namespace)), 0o600); err != nil {
		t.Fatal(err)
	}
	if w.client, err = client.New(client.Options{BaseURL: "https://" + internal, TokenFile: token, CAFile: ca}); err != nil {
		t.Fatal(err)
	}
	w.eventually("the server is ready", func() bool {
		resp, err := http.Get("http://" + probe + "/readyz")
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
	return w
}

func (w *world) serve(c Config) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	log := slog.New(slog.NewTextHandler(w.t.Output(), nil))
	go func() {
		done <- Run(ctx, c, Parts{
			Kube: config, Log: log, Clock: clock.RealClock{},
			Evaluate: func(fs.FS, plan.Plan) *verdict.Verdict {
				return &verdict.Verdict{Conclusion: finding.ConclusionSuccess}
			},
			Forges: map[v1alpha1.ForgeType]connect.Build{v1alpha1.ForgeGitHub: connect.GitHub(github.NewRegistry(github.Options{Logger: log}))},
		})
	}()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			w.t.Errorf("the server ended with %v", err)
		}
	})
}

func (w *world) objects(namespace string) {
	w.t.Helper()
	in := metav1.ObjectMeta{Namespace: namespace}
	named := func(name string) metav1.ObjectMeta { m := in; m.Name = name; return m }
	for _, object := range []kube.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		&corev1.ServiceAccount{ObjectMeta: named("manager")},
		&corev1.Secret{ObjectMeta: named("forge"), Data: map[string][]byte{"token": []byte(w.gh.Token)}},
		&corev1.Secret{ObjectMeta: named("hook"), Data: map[string][]byte{"secret": []byte(hookSecret)}},
		&v1alpha1.Repository{ObjectMeta: named("overlay"), Spec: v1alpha1.RepositorySpec{
			Forge:          v1alpha1.Forge{Type: v1alpha1.ForgeGitHub, URL: w.gh.URL, Owner: "octo", Name: "overlay"},
			CredentialsRef: v1alpha1.SecretReference{Name: "forge"}, RepositoryName: "overlay",
			Profiles: []v1alpha1.RepositoryProfile{{ProfileRef: v1alpha1.ProfileReference{Name: "p"}}},
			Triggers: v1alpha1.Triggers{PollInterval: &metav1.Duration{Duration: 5 * time.Second}, Webhook: &v1alpha1.WebhookTrigger{SecretRef: v1alpha1.SecretReference{Name: "hook"}}},
		}},
	} {
		if err := w.kube.Create(w.t.Context(), object); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) token(namespace string) string {
	w.t.Helper()
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		w.t.Fatal(err)
	}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{plan.AudienceServer}}}
	request, err = typed.CoreV1().ServiceAccounts(namespace).CreateToken(w.t.Context(), "manager", request, metav1.CreateOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	return request.Status.Token
}

// eventually waits for what happens soon; a minute is a failure.
func (w *world) eventually(what string, happened func() bool) {
	w.t.Helper()
	err := wait.PollUntilContextTimeout(w.t.Context(), 50*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) { return happened(), nil })
	if err != nil {
		w.t.Fatalf("never happened: %s", what)
	}
}

// requested returns the check's annotation, "" where there is no check.
func (w *world) requested(namespace string, number int) string {
	check := &v1alpha1.PullRequestCheck{}
	key := types.NamespacedName{Namespace: namespace, Name: "overlay-" + string(rune('0'+number))}
	if err := w.kube.Get(w.t.Context(), key, check); err != nil {
		return ""
	}
	return check.Annotations[v1alpha1.AnnotationRequestedAt]
}

func certificate(t *testing.T, dir string) (ca string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	crt := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	err = errors.Join(os.WriteFile(filepath.Join(dir, "tls.crt"), crt, 0o600), os.WriteFile(filepath.Join(dir, "tls.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "tls.crt")
}

func TestWebhookToMergeToReport(t *testing.T) {
	const ns = "hooked"
	w := newWorld(t, ns, true)
	number := w.gh.Pull(t, "octo/overlay", "Bump", map[string]githubemu.File{"a": {Text: "b"}})
	w.eventually("the check is created", func() bool { return w.requested(ns, number) != "" })
	first := w.requested(ns, number)
	head, err := w.gh.PushPull(t.Context(), "octo/overlay", number, githubemu.Content{Files: map[string]githubemu.File{"a": {Text: "c"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.eventually("the check is woken", func() bool { return w.requested(ns, number) > first })
	merge, err := w.client.Merge(t.Context(), results.MergeRequest{Namespace: ns, Repository: "overlay", Number: int64(number), Head: head, Branch: "master"})
	if err != nil || merge.State != results.MergeReady || len(merge.Changed) != 1 {
		t.Fatalf("merge = %+v, %v", merge, err)
	}
	hash := strings.Repeat("ab", 32)
	record := results.RunRecord{
		Hash: hash, Namespace: ns, Repository: "overlay", Check: "overlay-1", Number: int64(number), Title: "Bump", Profile: "p", Attempt: 1, Created: time.Now(),
		Plan: plan.Plan{Version: plan.Version, Revision: merge.Revision}, GitURL: w.gh.URL + "/octo/overlay.git",
	}
	summary, err := w.client.PutRun(t.Context(), record)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(summary.ReportURL)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(page), "Waiting for a free slot") {
		t.Errorf("the report page: %d, %v", resp.StatusCode, err)
	}
}

func TestPollingFindsEverythingWithoutWebhooks(t *testing.T) {
	const ns = "polled"
	w := newWorld(t, ns, false)
	number := w.gh.Pull(t, "octo/overlay", "Bump", map[string]githubemu.File{"a": {Text: "b"}})
	last := ""
	changed := func(what string) {
		t.Helper()
		w.eventually(what, func() bool { return w.requested(ns, number) > last })
		last = w.requested(ns, number)
	}
	changed("a new pull request is found")
	if err := w.gh.Label(t.Context(), "octo/overlay", number, "octo", "noci"); err != nil {
		t.Fatal(err)
	}
	changed("a label is found")
	if err := w.gh.ClosePull(t.Context(), "octo/overlay", number, "octo"); err != nil {
		t.Fatal(err)
	}
	changed("the closing is found")
}
