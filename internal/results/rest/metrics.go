// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/results/store"
)

// Metrics of the internal listener. A nil *Metrics counts nothing.
type Metrics struct {
	results *prometheus.CounterVec
	refusal *prometheus.CounterVec
	merges  prometheus.Counter
	denials prometheus.Counter
	kits    *prometheus.CounterVec
	made    *prometheus.CounterVec
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		results: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prcheck_results_total", Help: "Results of runs that were stored and compared, by conclusion."}, []string{"conclusion"}),
		refusal: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prcheck_results_refused_total", Help: "Results that were refused because something else stands; reason different must alert."}, []string{"reason"}),
		merges:  prometheus.NewCounter(prometheus.CounterOpts{Name: "prcheck_merge_failures_total", Help: "Requests for a merge that failed and will be repeated."}),
		denials: prometheus.NewCounter(prometheus.CounterOpts{Name: "prcheck_pod_requests_denied_total", Help: "Requests of pods whose token was refused."}),
	}
	m.kits = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prcheck_kit_requests_total", Help: "Requests of pods for the kit of their base, by what came of them: hit or miss."}, []string{"outcome"})
	m.made = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prcheck_artifacts_stored_total", Help: "Artifacts that baseline runs handed over, by kind."}, []string{"kind"})
	reg.MustRegister(m.results, m.refusal, m.merges, m.denials, m.kits, m.made)
	return m
}

func (m *Metrics) concluded(c finding.Conclusion) {
	if m != nil {
		m.results.WithLabelValues(string(c)).Inc()
	}
}

func (m *Metrics) refused(reason string) {
	if m != nil {
		m.refusal.WithLabelValues(reason).Inc()
	}
}

// asked counts a request for a kit.
func (m *Metrics) asked(err error) {
	if m == nil {
		return
	}
	outcome := "hit"
	if err != nil {
		outcome = "miss"
	}
	m.kits.WithLabelValues(outcome).Inc()
}

func (m *Metrics) stored(kind store.ArtifactKind) {
	if m != nil {
		m.made.WithLabelValues(string(kind)).Inc()
	}
}

func (m *Metrics) mergeFailed() {
	if m != nil {
		m.merges.Inc()
	}
}

func (m *Metrics) denied() {
	if m != nil {
		m.denials.Inc()
	}
}
