// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package poller

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics of the poller. A nil *Metrics counts nothing.
type Metrics struct {
	polls *prometheus.CounterVec
	wakes *prometheus.CounterVec
	last  *prometheus.GaugeVec
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prcheck_polls_total", Help: "Listings of open pull requests, by outcome."}, []string{"outcome"}),
		wakes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prcheck_poll_wakes_total", Help: "Checks created or woken by the poller: what webhooks did not tell."}, []string{"reason"}),
		last: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "prcheck_last_poll_timestamp_seconds", Help: "When the open pull requests of a Repository were last listed in full, in seconds since 1970.",
		}, []string{"namespace", "repository"}),
	}
	reg.MustRegister(m.polls, m.wakes, m.last)
	return m
}

func (m *Metrics) polled(namespace, repository string, at time.Time, ok bool) {
	if m == nil {
		return
	}
	outcome := "failed"
	if ok {
		outcome = "listed"
		m.last.WithLabelValues(namespace, repository).Set(float64(at.Unix()))
	}
	m.polls.WithLabelValues(outcome).Inc()
}

// forget drops what is said of a Repository that is gone.
func (m *Metrics) forget(namespace, repository string) {
	if m != nil {
		m.last.DeleteLabelValues(namespace, repository)
	}
}

func (m *Metrics) woke(reason string) {
	if m != nil {
		m.wakes.WithLabelValues(reason).Inc()
	}
}
