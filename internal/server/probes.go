// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/results/store"
)

// readiness says whether the server can do its work: database and cluster answer.
type readiness struct {
	store  *store.Store
	kube   kubernetes.Interface
	synced atomic.Bool
}

// probeTimeout is shorter than the kubelet's patience.
const probeTimeout = 2 * time.Second

// ServeHTTP answers 200 or 503 with the reason.
func (r *readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), probeTimeout)
	defer cancel()
	if err := r.check(ctx); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (r *readiness) check(ctx context.Context) error {
	if !r.synced.Load() {
		return fmt.Errorf("the cluster's Repositories and checks are not read yet")
	}
	if err := r.store.Ping(ctx); err != nil {
		return err
	}
	if err := r.kube.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error(); err != nil {
		return fmt.Errorf("the cluster does not answer: %w", err)
	}
	return nil
}

// certificates serves the key pair of a folder, also after it was renewed.
type certificates struct {
	dir   string
	clock clock.PassiveClock

	mu     sync.Mutex
	pair   *tls.Certificate
	looked time.Time
	stamp  string
}

// lookEvery is how often the folder is looked at.
const lookEvery = 5 * time.Second

func (c *certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	if c.pair != nil && now.Sub(c.looked) < lookEvery {
		return c.pair, nil
	}
	certFile, keyFile := filepath.Join(c.dir, "tls.crt"), filepath.Join(c.dir, "tls.key")
	stamp, err := stampOf(certFile, keyFile)
	if err == nil && stamp != c.stamp {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(certFile, keyFile); err == nil {
			c.pair, c.stamp = &pair, stamp
		}
	}
	c.looked = now
	if c.pair == nil {
		return nil, fmt.Errorf("no certificate in %s yet: %w", c.dir, err)
	}
	return c.pair, nil // the old one, where the new one is not complete yet
}

func stampOf(files ...string) (string, error) {
	var stamp strings.Builder
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&stamp, "%s %d %d;", name, info.ModTime().UnixNano(), info.Size())
	}
	return stamp.String(), nil
}

// httpMetrics count requests by listener, route and class of answer: all bounded.
type httpMetrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newHTTPMetrics(reg prometheus.Registerer) *httpMetrics {
	m := &httpMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prcheck_http_requests_total", Help: "Requests by listener, route and class of the answer."}, []string{"listener", "route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "prcheck_http_request_duration_seconds", Help: "Time to answer, by listener and route.",
			Buckets: []float64{.005, .02, .05, .2, .5, 2, 10, 30, 120},
		}, []string{"listener", "route"}),
	}
	reg.MustRegister(m.requests, m.seconds)
	return m
}

func (m *httpMetrics) wrap(listener string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timer := prometheus.NewTimer(prometheus.ObserverFunc(func(seconds float64) {
			m.seconds.WithLabelValues(listener, r.Pattern).Observe(seconds) // the mux has set the pattern by then
		}))
		seen := &statusWriter{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(seen, r)
		timer.ObserveDuration()
		m.requests.WithLabelValues(listener, r.Pattern, fmt.Sprintf("%dxx", seen.code/100)).Inc()
	})
}

// statusWriter remembers the answer's code.
type statusWriter struct {
	http.ResponseWriter
	code int
}

func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController through.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
