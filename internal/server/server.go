// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package server puts the server together: store, mirrors, listeners, receiver and poller, with one life for all of them.
package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	restclient "k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/cluster"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/forge/connect"
	"github.com/prcheck/prcheck/internal/gitmirror"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/poller"
	"github.com/prcheck/prcheck/internal/receiver"
	"github.com/prcheck/prcheck/internal/results/rest"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/internal/wake"
)

// Config is what the command line says.
type Config struct {
	PublicAddress   string
	InternalAddress string
	ProbeAddress    string
	TLSDir          string
	Data            string
	ExternalURL     string
	// ManagerServiceAccount is NAMESPACE/NAME.
	ManagerServiceAccount string
	MaxBundle             int64
	// MaxKit is the largest kit that a baseline run may hand over, compressed. Retention says which kits are kept.
	MaxKit    int64
	Retention store.Retention
}

// Validate says what is wrong with the configuration.
func (c *Config) Validate() error {
	u, err := url.Parse(c.ExternalURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("--external-url must be the address under which people reach the server, e.g. https://prcheck.example.org, not %q", c.ExternalURL)
	}
	if c.Data == "" {
		return errors.New("--data must name the folder for database, blobs and mirrors")
	}
	if c.TLSDir == "" {
		return errors.New("--tls-dir must name the folder with tls.crt and tls.key")
	}
	if !strings.Contains(c.ManagerServiceAccount, "/") {
		return fmt.Errorf("--manager-service-account must be NAMESPACE/NAME, not %q", c.ManagerServiceAccount)
	}
	return nil
}

// Parts are what the server is given from outside.
type Parts struct {
	Kube *restclient.Config
	// Evaluate reads a bundle and judges it.
	Evaluate func(bundle fs.FS, p plan.Plan) *verdict.Verdict
	// KitKey names the kit of a plan's base.
	KitKey func(p plan.Plan) basekit.Key
	// Forges make providers.
	Forges map[v1alpha1.ForgeType]connect.Build
	Log    *slog.Logger
	Clock  clock.WithTicker
}

// maintainEvery is how often mirrors are packed.
const maintainEvery = 6 * time.Hour

// server is what the parts of one process share.
type server struct {
	Config
	Parts

	cluster  cluster.Cluster
	store    *store.Store
	mirrors  *gitmirror.Mirrors
	sources  *sources
	waker    *wake.Waker
	registry *prometheus.Registry
	ready    *readiness
}

// Run serves until ctx ends, then lets requests finish.
func Run(ctx context.Context, config Config, parts Parts) error {
	if err := config.Validate(); err != nil {
		return err
	}
	s := &server{Config: config, Parts: parts, registry: prometheus.NewRegistry()}
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := s.connect(); err != nil {
		return err
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx)) // of what requests need: ends after the listeners
	defer stop()
	if err := s.open(life); err != nil {
		return err
	}
	err := s.serve(ctx, life, stop)
	return errors.Join(err, s.store.Close())
}

// connect prepares the clients of the cluster. Nothing is asked yet: the server starts without it, and is not ready.
func (s *server) connect() error {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return fmt.Errorf("registering kinds: %w", err)
	}
	var err error
	s.cluster, err = cluster.New(s.Kube, func(o *cluster.Options) {
		o.Scheme = scheme
		o.Client.Cache = &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}
	})
	if err != nil {
		return fmt.Errorf("connecting to the cluster: %w", err)
	}
	connector := connect.New(s.cluster.GetAPIReader(), s.Forges)
	s.sources = &sources{repositories: s.cluster.GetClient(), connector: connector}
	s.waker = &wake.Waker{Client: s.cluster.GetClient(), Live: s.cluster.GetAPIReader(), Clock: s.Clock}
	return nil
}

func (s *server) open(life context.Context) error {
	scratch := s.scratchDir()
	if err := errors.Join(os.RemoveAll(scratch), os.MkdirAll(scratch, 0o700)); err != nil {
		return fmt.Errorf("making room for bundles: %w", err)
	}
	var err error
	if s.store, err = store.Open(life, s.Data, s.Clock); err != nil {
		return err
	}
	s.mirrors, err = gitmirror.Open(life, gitmirror.Options{Dir: filepath.Join(s.Data, "mirrors"), Log: s.Log, Clock: s.Clock})
	if err != nil {
		return errors.Join(err, s.store.Close())
	}
	return nil
}

func (s *server) scratchDir() string { return filepath.Join(s.Data, "scratch") }

// serve runs everything. Whatever ends, ends all.
func (s *server) serve(ctx, life context.Context, stop context.CancelFunc) error {
	hooks := s.receiver()
	listeners, err := s.listeners(hooks) //nolint:contextcheck // handlers take the context of each request
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer stop()
		return listeners.serve(ctx, s.Log)
	})
	group.Go(func() error { return s.cluster.Start(life) })
	group.Go(func() error {
		if !s.cluster.GetCache().WaitForCacheSync(ctx) {
			return nil // ctx ended before the cluster answered
		}
		s.ready.synced.Store(true)
		s.Log.InfoContext(ctx, "Serving", "public", s.PublicAddress, "internal", s.InternalAddress, "probes", s.ProbeAddress)
		work, workCtx := errgroup.WithContext(ctx)
		work.Go(func() error { return hooks.Run(workCtx) })
		work.Go(func() error { return s.poller().Run(workCtx) })
		work.Go(func() error { return s.mirrors.Maintain(workCtx, maintainEvery) })
		work.Go(func() error { return s.keepArtifacts(workCtx) })
		return work.Wait()
	})
	return group.Wait()
}

func (s *server) receiver() *receiver.Receiver {
	return &receiver.Receiver{
		Repositories: s.cluster.GetClient(), Secrets: s.cluster.GetAPIReader(), Store: s.store, Waker: s.waker, Clock: s.Clock, Log: s.Log,
		Metrics: receiver.NewMetrics(s.registry),
	}
}

func (s *server) poller() *poller.Poller {
	return &poller.Poller{
		Reader: s.cluster.GetClient(), Providers: s.sources.connector.Provider, Store: s.store, Waker: s.waker, Clock: s.Clock, Log: s.Log,
		Metrics: poller.NewMetrics(s.registry),
	}
}

func (s *server) service() *rest.Service {
	return &rest.Service{
		Store: s.store, Mirrors: s.mirrors, Sources: s.sources, Packages: s.mirrors.Packages, Evaluate: s.Evaluate, KitKey: s.KitKey, ReportURL: s.reportURL,
		Log: s.Log, Clock: s.Clock,
		Metrics: rest.NewMetrics(s.registry), ScratchDir: s.scratchDir(), MaxBundle: s.MaxBundle, MaxKit: s.MaxKit,
	}
}

func (s *server) reportURL(hash string) string {
	return strings.TrimRight(s.ExternalURL, "/") + "/run/" + plan.Short(hash)
}
