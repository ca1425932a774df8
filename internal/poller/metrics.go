// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package poller

import "github.com/prometheus/client_golang/prometheus"

// Metrics of the poller. A nil *Metrics counts nothing.
type Metrics struct {
	polls *prometheus.CounterVec
	wakes *prometheus.CounterVec
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prcheck_polls_total", Help: "Listings of open pull requests, by outcome."}, []string{"outcome"}),
		wakes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prcheck_poll_wakes_total", Help: "Checks created or woken by the poller: what webhooks did not tell."}, []string{"reason"}),
	}
	reg.MustRegister(m.polls, m.wakes)
	return m
}

func (m *Metrics) polled(ok bool) {
	if m == nil {
		return
	}
	outcome := "failed"
	if ok {
		outcome = "listed"
	}
	m.polls.WithLabelValues(outcome).Inc()
}

func (m *Metrics) woke(reason string) {
	if m != nil {
		m.wakes.WithLabelValues(reason).Inc()
	}
}
