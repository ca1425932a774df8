// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/prcheck/prcheck/internal/finding"
)

// Metrics of the internal listener. A nil *Metrics counts nothing.
type Metrics struct {
	results *prometheus.CounterVec
	refusal *prometheus.CounterVec
	merges  prometheus.Counter
	denials prometheus.Counter
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		results: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prcheck_results_total", Help: "Results of runs that were stored and compared, by conclusion."}, []string{"conclusion"}),
		refusal: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prcheck_results_refused_total", Help: "Results that were refused because something else stands; reason different must alert."}, []string{"reason"}),
		merges:  prometheus.NewCounter(prometheus.CounterOpts{Name: "prcheck_merge_failures_total", Help: "Requests for a merge that failed and will be repeated."}),
		denials: prometheus.NewCounter(prometheus.CounterOpts{Name: "prcheck_pod_requests_denied_total", Help: "Requests of pods whose token was refused."}),
	}
	reg.MustRegister(m.results, m.refusal, m.merges, m.denials)
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
