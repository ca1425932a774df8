// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command server receives webhooks, polls forges, mirrors repositories, keeps results, compares them, and shows the pages.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/forge/connect"
	"github.com/prcheck/prcheck/internal/forge/github"
	"github.com/prcheck/prcheck/internal/server"
	"github.com/prcheck/prcheck/internal/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// env returns a variable of the environment, for a flag's default: PRCHECK_ and the flag's name.
func env(name, otherwise string) string {
	if value, ok := os.LookupEnv(name); ok {
		return value
	}
	return otherwise
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	var c server.Config
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.PublicAddress, "public-address", env("PRCHECK_PUBLIC_ADDRESS", ":8080"), "listen here for pages, public API and webhooks (HTTP)")
	flags.StringVar(&c.InternalAddress, "internal-address", env("PRCHECK_INTERNAL_ADDRESS", ":8443"), "listen here for the manager and pods (TLS)")
	flags.StringVar(&c.ProbeAddress, "probe-address", env("PRCHECK_PROBE_ADDRESS", ":8081"), "listen here for /healthz, /readyz and /metrics")
	flags.StringVar(&c.TLSDir, "tls-dir", env("PRCHECK_TLS_DIR", ""), "folder with tls.crt and tls.key; read again when they change")
	flags.StringVar(&c.Data, "data", env("PRCHECK_DATA", ""), "folder for database, blobs and mirrors")
	flags.StringVar(&c.ExternalURL, "external-url", env("PRCHECK_EXTERNAL_URL", ""), "address under which people reach the server; reports link to it")
	flags.StringVar(&c.ManagerServiceAccount, "manager-service-account", env("PRCHECK_MANAGER_SERVICE_ACCOUNT", ""), "NAMESPACE/NAME of the manager's service account")
	flags.Int64Var(&c.MaxBundle, "max-bundle-bytes", 512<<20, "largest result that a pod may hand over, compressed")
	flags.Int64Var(&c.MaxKit, "max-kit-bytes", 1<<30, "largest kit that a baseline run may hand over, compressed")
	flags.DurationVar(&c.Retention.Unused, "keep-artifacts", 7*24*time.Hour, "how long kits of a base are kept that no check uses; the newest of each branch always is; 0: for ever")
	flags.Int64Var(&c.Retention.Bytes, "keep-artifacts-bytes", 4<<30, "size above which those kits go first that were not used for longest; 0: no limit")
	verbose := flags.Bool("verbose", false, "log more")
	flags.String("kubeconfig", "", "kubeconfig of the cluster; default: $KUBECONFIG, or the pod's own service account")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q; see --help", flags.Arg(0))
	}
	if path := flags.Lookup("kubeconfig").Value.String(); path != "" {
		if err := os.Setenv("KUBECONFIG", path); err != nil {
			return fmt.Errorf("setting KUBECONFIG: %w", err)
		}
	}
	log := logger(stderr, *verbose)
	kube, err := config.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the cluster (set KUBECONFIG outside of one): %w", err)
	}
	log.InfoContext(ctx, "Starting", "version", version.Version)
	return server.Run(ctx, c, server.Parts{
		Kube: kube, Evaluate: engine.Evaluate, KitKey: engine.PodKitKey, Log: log, Clock: clock.RealClock{},
		Forges: map[v1alpha1.ForgeType]connect.Build{v1alpha1.ForgeGitHub: connect.GitHub(github.NewRegistry(github.Options{Logger: log}))},
	})
}

// logger writes JSON, also for the libraries that bring loggers of their own.
func logger(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	handler := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
	ctrl.SetLogger(logr.FromSlogHandler(handler))
	klog.SetLogger(logr.FromSlogHandler(handler))
	return slog.New(handler)
}
