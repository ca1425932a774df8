// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"

	"github.com/prcheck/prcheck/internal/version"
)

// options are the flags.
type options struct {
	serverURL       string
	serverTokenFile string
	serverCAFile    string
	tlsSecret       string
	tlsDNSName      string
	runnerImage     string

	maxRuns          int
	concurrentChecks int
	jobTTL           time.Duration
	imageWait        time.Duration
	passTimeout      time.Duration

	baselinesOff   bool
	baselineEvery  time.Duration
	baselineSettle time.Duration
	baselineWait   time.Duration

	leaderElect     bool
	leaderNamespace string
	metricsAddress  string
	metricsPlain    bool
	probeAddress    string
	logLevel        string
}

func command() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:           "manager",
		Short:         "Run prcheck's controllers",
		Version:       version.Version,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.serverURL, "server-url", "", "address of the server's internal listener, e.g. https://prcheck-server-internal.prcheck-system.svc:8443; run pods use it, too (required)")
	f.StringVar(&o.serverTokenFile, "server-token-file", "/var/run/prcheck/token", "file with a service account token of audience prcheck-server")
	f.StringVar(&o.serverCAFile, "server-ca-file", filepath.Join(os.TempDir(), "prcheck-manager", "ca.crt"), "where the manager keeps the server's certificate authority, which it takes from --tls-secret")
	f.StringVar(&o.tlsSecret, "tls-secret", "", "NAMESPACE/NAME of the server's TLS Secret, which the manager fills and renews unless it was supplied without ca.key (required)")
	f.StringVar(&o.tlsDNSName, "tls-dns-name", "", "name in the server's certificate; default: the host of --server-url")
	f.StringVar(&o.runnerImage, "runner-image", "", "image of prcheck's runner, for fetch and publish in run pods (required)")
	f.IntVar(&o.maxRuns, "max-concurrent-runs", 20, "how many runs may have a Job at once, over all repositories")
	f.IntVar(&o.concurrentChecks, "concurrent-checks", 16, "how many checks are worked on at once; a merge is awaited in such a place")
	f.DurationVar(&o.jobTTL, "job-ttl", 10*time.Minute, "how long a finished Job is kept after its verdict was reported")
	f.DurationVar(&o.imageWait, "image-wait", 3*time.Minute, "how long a pod may wait for an image before the attempt counts as failed")
	f.DurationVar(&o.passTimeout, "pass-timeout", 2*time.Minute, "how long one pass of a controller may take")
	f.BoolVar(&o.baselinesOff, "no-baselines", false, "never look at target branches ahead of their pull requests; each check then makes what it needs of its base itself")
	f.DurationVar(&o.baselineEvery, "baseline-interval", time.Minute, "how often target branches are looked at for a new tip")
	f.DurationVar(&o.baselineSettle, "baseline-settle", 15*time.Second, "how long a target branch must stay where it is before its baseline is made")
	f.DurationVar(&o.baselineWait, "baseline-wait", 20*time.Minute, "how long a check that looks at the whole repository waits for what a baseline run finds on its base, before it looks at the base itself")
	f.BoolVar(&o.leaderElect, "leader-elect", false, "lead only while holding a lease; needed with more than one replica")
	f.StringVar(&o.leaderNamespace, "leader-election-namespace", "", "namespace of the lease; default: the pod's own")
	f.StringVar(&o.metricsAddress, "metrics-address", ":8443", "address of /metrics; 0 turns it off")
	f.BoolVar(&o.metricsPlain, "metrics-plain", false, "serve /metrics without TLS and without asking who reads, for tests")
	f.StringVar(&o.probeAddress, "probe-address", ":8081", "address of /healthz and /readyz; 0 turns it off")
	f.StringVar(&o.logLevel, "log-level", "info", "debug, info or error")
	return cmd
}

// validate says what is wrong with the flags, all of it at once.
func (o *options) validate() error {
	var problems []error
	for flag, value := range map[string]string{"--server-url": o.serverURL, "--tls-secret": o.tlsSecret, "--runner-image": o.runnerImage} {
		if value == "" {
			problems = append(problems, fmt.Errorf("%s is required", flag))
		}
	}
	if o.tlsSecret != "" && strings.Count(o.tlsSecret, "/") != 1 {
		problems = append(problems, fmt.Errorf("--tls-secret %q must be NAMESPACE/NAME", o.tlsSecret))
	}
	if o.maxRuns < 1 || o.concurrentChecks < 1 {
		problems = append(problems, errors.New("--max-concurrent-runs and --concurrent-checks must be at least 1"))
	}
	if o.baselineEvery < time.Second || o.baselineSettle < 0 {
		problems = append(problems, errors.New("--baseline-interval must be at least 1s, --baseline-settle at least 0s"))
	}
	return errors.Join(problems...)
}

func (o *options) secretKey() types.NamespacedName {
	namespace, name, _ := strings.Cut(o.tlsSecret, "/")
	return types.NamespacedName{Namespace: namespace, Name: name}
}
