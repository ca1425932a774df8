// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics of the receiver. A nil *Metrics counts nothing.
type Metrics struct {
	deliveries *prometheus.CounterVec
	wakes      prometheus.Counter
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "prcheck_webhook_deliveries_total", Help: "Webhook deliveries by what became of them."}, []string{"outcome"}),
		wakes:      prometheus.NewCounter(prometheus.CounterOpts{Name: "prcheck_webhook_wakes_total", Help: "Checks created or woken for a delivery."}),
	}
	reg.MustRegister(m.deliveries, m.wakes)
	return m
}

func (m *Metrics) delivery(code int) {
	if m == nil {
		return
	}
	outcome := "malformed"
	switch code {
	case http.StatusAccepted:
		outcome = "stored"
	case http.StatusOK:
		outcome = "ignored"
	case http.StatusUnauthorized:
		outcome = "wrong_signature"
	case http.StatusNotFound:
		outcome = "unknown_path"
	case http.StatusServiceUnavailable:
		outcome = "unavailable"
	}
	m.deliveries.WithLabelValues(outcome).Inc()
}

func (m *Metrics) woke() {
	if m != nil {
		m.wakes.Inc()
	}
}
