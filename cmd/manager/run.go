// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"time"

	"github.com/go-logr/logr"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers/admission"
	"github.com/prcheck/prcheck/controllers/baseline"
	"github.com/prcheck/prcheck/controllers/certificates"
	"github.com/prcheck/prcheck/controllers/checkprofile"
	"github.com/prcheck/prcheck/controllers/pullrequestcheck"
	"github.com/prcheck/prcheck/controllers/repository"
	"github.com/prcheck/prcheck/internal/forge/connect"
	"github.com/prcheck/prcheck/internal/forge/github"
	resultsclient "github.com/prcheck/prcheck/internal/results/client"
)

// The lease: another replica leads within nine seconds of a crash, at once after an orderly end.
const (
	leaseFor    = 9 * time.Second
	renewBefore = 6 * time.Second
	retryLease  = 2 * time.Second
	leaseName   = "prcheck-manager"
)

func run(ctx context.Context, o *options) error {
	logger, err := newLogger(o.logLevel)
	if err != nil {
		return err
	}
	ctrl.SetLogger(logr.FromSlogHandler(logger.Handler()))
	kube, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the cluster (in a pod, or by KUBECONFIG): %w", err)
	}
	return start(ctx, kube, o, logger)
}

func start(ctx context.Context, kube *rest.Config, o *options, logger *slog.Logger) error {
	mgr, err := ctrl.NewManager(kube, managerOptions(o))
	if err != nil {
		return fmt.Errorf("connecting to the cluster: %w", err)
	}
	if err := addControllers(ctx, mgr, o, logger); err != nil {
		return err
	}
	for name, add := range map[string]func(string, healthz.Checker) error{"healthz": mgr.AddHealthzCheck, "readyz": mgr.AddReadyzCheck} {
		if err := add(name, healthz.Ping); err != nil {
			return fmt.Errorf("adding the probe %s: %w", name, err)
		}
	}
	return mgr.Start(ctx)
}

func newLogger(level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("--log-level %q: use debug, info or error", level)
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: l})), nil
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(prcheckv1.AddToScheme(scheme))
	return scheme
}

func managerOptions(o *options) ctrl.Options {
	metrics := metricsserver.Options{BindAddress: o.metricsAddress}
	if !o.metricsPlain {
		metrics.SecureServing = true
		metrics.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	return ctrl.Options{
		Scheme:                        newScheme(),
		Metrics:                       metrics,
		HealthProbeBindAddress:        o.probeAddress,
		LeaderElection:                o.leaderElect,
		LeaderElectionID:              leaseName,
		LeaderElectionNamespace:       o.leaderNamespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 new(leaseFor),
		RenewDeadline:                 new(renewBefore),
		RetryPeriod:                   new(retryLease),
		Cache:                         cacheOptions(),
		Client:                        client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}}}},
		Controller: config.Controller{
			EnableWarmup: new(true), UsePriorityQueue: new(true), ReconciliationTimeout: o.passTimeout,
		},
	}
}

// cacheOptions keep the cache small: Jobs and pods of prcheck only, without what no controller reads.
func cacheOptions() cache.Options {
	ours := labels.SelectorFromSet(labels.Set{prcheckv1.LabelManagedBy: prcheckv1.ManagedBy})
	return cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject: map[client.Object]cache.ByObject{
			&batchv1.Job{}: {Label: ours, Transform: stripJob},
			&corev1.Pod{}:  {Label: ours, Transform: stripPod},
			&corev1.Node{}: {Transform: stripNode},
		},
	}
}

func stripJob(object any) (any, error) {
	if job, ok := object.(*batchv1.Job); ok {
		job.ManagedFields = nil
		// A divided run is judged by these.
		job.Spec = batchv1.JobSpec{Completions: job.Spec.Completions, CompletionMode: job.Spec.CompletionMode}
	}
	return object, nil
}

func stripPod(object any) (any, error) {
	if pod, ok := object.(*corev1.Pod); ok {
		pod.ManagedFields = nil
		pod.Spec = corev1.PodSpec{NodeName: pod.Spec.NodeName}
	}
	return object, nil
}

func stripNode(object any) (any, error) {
	if node, ok := object.(*corev1.Node); ok {
		node.ManagedFields, node.Annotations = nil, nil
		node.Status = corev1.NodeStatus{}
	}
	return object, nil
}

func addControllers(ctx context.Context, mgr ctrl.Manager, o *options, logger *slog.Logger) error {
	server, err := resultsclient.New(resultsclient.Options{BaseURL: o.serverURL, TokenFile: o.serverTokenFile, CAFile: o.serverCAFile})
	if err != nil {
		return fmt.Errorf("--server-url: %w", err)
	}
	keeper, err := newKeeper(mgr, o)
	if err != nil {
		return err
	}
	forges := connect.New(mgr.GetAPIReader(), map[prcheckv1.ForgeType]connect.Build{
		prcheckv1.ForgeGitHub: connect.GitHub(github.NewRegistry(github.Options{Logger: logger})),
	})
	loop := &admission.Loop{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Clock: clock.RealClock{},
		Config: admission.Config{MaxRuns: o.maxRuns, RunnerImage: o.runnerImage, Server: o.serverURL},
	}
	recorder := mgr.GetEventRecorder("prcheck-manager")
	checks := &pullrequestcheck.Reconciler{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Forges: forges, Server: server, Queue: loop, Events: recorder, Clock: clock.RealClock{},
		Config: pullrequestcheck.Config{ImageWait: o.imageWait, KeepJobs: o.jobTTL, NoBaselines: o.baselinesOff, BaselineWait: o.baselineWait},
	}
	repositories := &repository.Reconciler{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Forges: forges, Events: recorder, Clock: clock.RealClock{},
		CA: keeper.CA, Server: o.serverURL,
	}
	baselines := &baseline.Reconciler{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Server: server, Queue: loop, Events: recorder, Clock: clock.RealClock{},
		Config: baseline.Config{Off: o.baselinesOff, Every: o.baselineEvery, Settle: o.baselineSettle, ImageWait: o.imageWait, KeepJobs: o.jobTTL},
	}
	profiles := &checkprofile.Reconciler{Client: mgr.GetClient(), Events: recorder, Clock: clock.RealClock{}}
	for name, add := range map[string]func() error{
		"certificates":  func() error { return mgr.Add(keeper) },
		"admission":     func() error { return loop.SetupWithManager(mgr) },
		"pull request":  func() error { return checks.SetupWithManager(ctx, mgr, loop.Changed(), o.concurrentChecks) },
		"repository":    func() error { return repositories.SetupWithManager(mgr, o.secretKey()) },
		"baseline":      func() error { return baselines.SetupWithManager(mgr) },
		"check profile": func() error { return profiles.SetupWithManager(mgr) },
	} {
		if err := add(); err != nil {
			return fmt.Errorf("adding the %s controller: %w", name, err)
		}
	}
	return nil
}

func newKeeper(mgr ctrl.Manager, o *options) (*certificates.Keeper, error) {
	name := o.tlsDNSName
	if name == "" {
		address, err := url.Parse(o.serverURL)
		if err != nil {
			return nil, fmt.Errorf("--server-url: %w", err)
		}
		name = address.Hostname()
	}
	return &certificates.Keeper{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Secret: o.secretKey(), DNSName: name, File: o.serverCAFile, Clock: clock.RealClock{},
	}, nil
}
