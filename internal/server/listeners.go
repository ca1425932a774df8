// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"

	"github.com/prcheck/prcheck/internal/receiver"
	"github.com/prcheck/prcheck/internal/results/auth"
	"github.com/prcheck/prcheck/internal/results/rest"
	"github.com/prcheck/prcheck/internal/web"
)

// shutdownGrace is how long requests may take to finish when the server ends.
const shutdownGrace = 20 * time.Second

// listeners are the three ports, bound, so that a taken one is an error at once.
type listeners struct {
	all []listening
}

type listening struct {
	name     string
	listener net.Listener
	server   *http.Server
}

func (s *server) listeners(hooks *receiver.Receiver) (*listeners, error) {
	typed, err := kubernetes.NewForConfig(s.Kube)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	who, err := auth.NewKube(typed, s.ManagerServiceAccount, s.Clock)
	if err != nil {
		return nil, err
	}
	s.ready = &readiness{store: s.store, kube: typed}
	count := newHTTPMetrics(s.registry)
	public, err := s.publicHandler(hooks)
	if err != nil {
		return nil, err
	}
	certificates := &certificates{dir: s.TLSDir, clock: s.Clock}
	l := &listeners{}
	for _, part := range []struct {
		name, address string
		handler       http.Handler
		tls           *tls.Config
	}{
		{"public", s.PublicAddress, public, nil},
		{"internal", s.InternalAddress, rest.Handler(s.service(), who), &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificates.get}},
		{"probe", s.ProbeAddress, s.probes(), nil},
	} {
		bound, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", part.address) //nolint:forbidigo // binding does not wait
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listening on %s (%s): %w", part.address, part.name, err), l.close())
		}
		if part.tls != nil {
			bound = tls.NewListener(bound, part.tls)
		}
		server := &http.Server{
			Handler: count.wrap(part.name, part.handler), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
			ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
		}
		l.all = append(l.all, listening{part.name, bound, server})
	}
	// Strangers reach the public listener: they must not hold connections for ever.
	l.all[0].server.ReadTimeout, l.all[0].server.WriteTimeout = time.Minute, 5*time.Minute
	return l, nil
}

func (l *listeners) close() error {
	var errs []error
	for _, part := range l.all {
		errs = append(errs, part.listener.Close())
	}
	return errors.Join(errs...)
}

// serve serves until ctx ends, then waits for running requests.
func (l *listeners) serve(ctx context.Context, log *slog.Logger) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, part := range l.all {
		group.Go(func() error {
			if err := part.server.Serve(part.listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serving %s: %w", part.name, err)
			}
			return nil
		})
		group.Go(func() error {
			<-ctx.Done()
			grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
			defer cancel()
			if err := part.server.Shutdown(grace); err != nil {
				log.WarnContext(grace, "Requests were cut off", "listener", part.name, "error", err)
				return part.server.Close()
			}
			return nil
		})
	}
	return group.Wait()
}

// publicHandler serves pages, public API and webhooks.
func (s *server) publicHandler(hooks *receiver.Receiver) (http.Handler, error) {
	external, err := url.Parse(s.ExternalURL)
	if err != nil {
		return nil, fmt.Errorf("reading --external-url: %w", err)
	}
	site := &web.Site{
		Store: s.store, Files: s.mirrors, Sources: s.sources, Progress: s.sources.progress, BasePath: external.Path, ExternalURL: s.ExternalURL,
		Log: s.Log, Clock: s.Clock,
	}
	pages, err := site.Handler()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /hooks/{path...}", hooks)
	mux.Handle("/", pages)
	if base := strings.TrimRight(external.Path, "/"); base != "" {
		return http.StripPrefix(base, mux), nil
	}
	return mux, nil
}

func (s *server) probes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if _, err := w.Write([]byte("ok\n")); err != nil {
			s.Log.Debug("A probe went away", "error", err)
		}
	})
	mux.Handle("GET /readyz", s.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
	return mux
}
