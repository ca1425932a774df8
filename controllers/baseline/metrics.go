// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// Outcomes of baseline runs.
const (
	outcomeMade   = "made"
	outcomeFailed = "failed"
)

var runs = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "prcheck_baseline_runs_total", Help: "Baseline runs that ended, by outcome; failed ones in a row should alert.",
}, []string{"outcome"})

func init() { metrics.Registry.MustRegister(runs) }

func count(outcome string) { runs.WithLabelValues(outcome).Inc() }
