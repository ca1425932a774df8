// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package jobspec makes the Job of one run: four containers, each with its own user, folders and token, and every
// restriction that design.md, The pod, asks for. It is pure: the same input gives the same Job, byte for byte, so that a
// Job that exists already under its name is the one that was wanted. It neither reads nor writes a cluster.
package jobspec

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/profile"
)

// Names that the Repository controller and the pods agree on, all in the Repository's namespace.
const (
	// ServiceAccount of run pods. It has no rights in the cluster; its tokens only say which pod speaks.
	ServiceAccount = "prcheck-run"
	// CAConfigMap holds the certificate authority of the server.
	CAConfigMap = "prcheck-ca"
	// CAKey is the key in CAConfigMap.
	CAKey = "ca.crt"
	// NetworkPolicy bounds what run pods can reach.
	NetworkPolicy = "prcheck-run"
	// CacheClaim is the PersistentVolumeClaim of a namespace that has a cache on each node. Where there is none, runs have none.
	CacheClaim = "prcheck-cache"
	// CacheUser is the user of fetch in runs with a cache: whatever one run leaves in it, the next can change. No other process has it.
	CacheUser = 199_999
	// LabelRunPod selects run pods, in the NetworkPolicy.
	LabelRunPod = "prcheck.dev/run-pod"
)

// User ids: each run has four consecutive ones of its own, so that RLIMIT_NPROC, which counts per user across a node,
// does not let one run starve another.
const (
	firstUser    = 200_000
	usersPerRun  = 4
	userRanges   = 100_000
	userTrusted  = 0 // fetch and publish
	userPrepare  = 1
	userScan     = 2
	backstop     = 15 * time.Minute // beyond the stages' own limits: scheduling to started, image pulls, scheduling noise
	namePrefix   = "prc-"
	maxFailed    = 10
	gracePeriod  = 10
	tokenSeconds = 900
)

// Input is all that a Job is made of.
type Input struct {
	Check *prcheckv1.PullRequestCheck
	// Repository is set in the place of Check for a baseline run.
	Repository *prcheckv1.Repository
	// Profile gives resources, limits and pod overrides.
	Profile *prcheckv1.CheckProfile
	// Run is the run's full hash.
	Run string
	// Shards is into how many shards the run is divided, and Scanning how many of them the Job scans, a pod each; 0: it is not divided.
	Shards, Scanning int32
	// FailedNodes are kept off.
	FailedNodes []string
	// RunnerImage is the image of prcheck's own runner.
	RunnerImage string
	// Cache says that the namespace has CacheClaim.
	Cache bool
	// Server is the base address of the server's internal listener.
	Server string
}

// Name returns the name of a run's Job.
func Name(run string) string { return namePrefix + plan.Short(run) }

// Labels returns the labels of a run's Job and pods.
func Labels(check *prcheckv1.PullRequestCheck, profileName, run string) map[string]string {
	return map[string]string{
		prcheckv1.LabelManagedBy:  prcheckv1.ManagedBy,
		prcheckv1.LabelCheck:      check.Name,
		prcheckv1.LabelRepository: check.Spec.RepositoryRef.Name,
		prcheckv1.LabelProfile:    profileName,
		prcheckv1.LabelRun:        plan.Short(run),
	}
}

// User returns the first of the run's user ids.
func User(run string) (int64, error) {
	raw, err := hex.DecodeString(run)
	if err != nil || len(raw) < 8 {
		return 0, fmt.Errorf("run hash %q is not the hexadecimal SHA-256 of a run", run)
	}
	return firstUser + usersPerRun*int64(binary.BigEndian.Uint64(raw[:8])%userRanges), nil
}

// Build returns the Job of a run.
func Build(in Input) (*batchv1.Job, error) {
	user, err := User(in.Run)
	if err != nil {
		return nil, err
	}
	labels := in.labels()
	annotations := map[string]string{prcheckv1.AnnotationRun: in.Run}
	podLabels := maps.Clone(labels)
	podLabels[LabelRunPod] = "true"
	job := &batchv1.Job{
		TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		ObjectMeta: metav1.ObjectMeta{
			Name: Name(in.Run), Namespace: in.Profile.Namespace, Labels: labels, Annotations: annotations,
			OwnerReferences: []metav1.OwnerReference{in.ownerReference()},
		},
		Spec: batchv1.JobSpec{
			Parallelism: new(int32(1)), Completions: new(int32(1)),
			BackoffLimit:         new(int32(0)),
			PodReplacementPolicy: new(batchv1.Failed),
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: podLabels, Annotations: maps.Clone(annotations)},
				Spec:       podSpec(&in, user),
			},
		},
	}
	if in.Shards > 0 {
		index(job, in.Shards, in.Scanning)
	}
	return job, nil
}

// index makes the Job one of several pods: which shard a pod scans, the server says by its completion index. A shard that fails leaves the
// others alone, and is the next attempt's.
func index(job *batchv1.Job, shards, scanning int32) {
	job.Annotations[prcheckv1.AnnotationShards] = strconv.Itoa(int(shards))
	job.Spec.CompletionMode = new(batchv1.IndexedCompletion)
	job.Spec.Parallelism, job.Spec.Completions = new(scanning), new(scanning)
	job.Spec.BackoffLimit = nil // would end the Job at the first pod that fails
	job.Spec.BackoffLimitPerIndex = new(int32(0))
	job.Spec.Template.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{
		MaxSkew: 1, TopologyKey: corev1.LabelHostname, WhenUnsatisfiable: corev1.ScheduleAnyway,
		LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{prcheckv1.LabelRun: job.Labels[prcheckv1.LabelRun]}},
	}}
}

// Shards returns into how many shards the run of a Job is divided, and how many of them are finished, those of earlier attempts among them;
// 0 where it is not divided.
func Shards(job *batchv1.Job) (total, done int32) {
	given, err := strconv.ParseInt(job.Annotations[prcheckv1.AnnotationShards], 10, 32)
	if err != nil || job.Spec.Completions == nil {
		return 0, 0
	}
	total = int32(given)
	return total, min(max(total-*job.Spec.Completions, 0)+job.Status.Succeeded, total)
}

func podSpec(in *Input, user int64) corev1.PodSpec {
	overrides := in.Profile.Spec.Pod
	stages := containers(in, user)
	return corev1.PodSpec{
		RestartPolicy:                 corev1.RestartPolicyNever,
		ServiceAccountName:            ServiceAccount,
		AutomountServiceAccountToken:  new(false),
		EnableServiceLinks:            new(false),
		ActiveDeadlineSeconds:         new(deadline(in.Profile)),
		TerminationGracePeriodSeconds: new(int64(gracePeriod)),
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot:   new(true),
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		InitContainers:    stages[:len(stages)-1],
		Containers:        stages[len(stages)-1:],
		Volumes:           volumes(in),
		Affinity:          affinity(in.FailedNodes),
		NodeSelector:      overrides.NodeSelector,
		Tolerations:       overrides.Tolerations,
		RuntimeClassName:  overrides.RuntimeClassName,
		PriorityClassName: overrides.PriorityClassName,
		ImagePullSecrets:  overrides.ImagePullSecrets,
	}
}

// deadline is the backstop behind the runner's own limits. It stands on the pod, not on the Job: a Job's would count the
// time that the pod waits for a node.
func deadline(checkProfile *prcheckv1.CheckProfile) int64 {
	limits := profile.Timeouts(&checkProfile.Spec.Timeouts)
	return int64((limits.Fetch + limits.Prepare + limits.Scan + limits.Publish + backstop) / time.Second)
}

// affinity keeps a later attempt off the nodes where earlier ones failed. The node's name is a field, one value a
// requirement; its label kubernetes.io/hostname may differ.
func affinity(failed []string) *corev1.Affinity {
	if len(failed) == 0 {
		return nil
	}
	nodes := slices.Compact(slices.Sorted(slices.Values(failed)))
	fields := []corev1.NodeSelectorRequirement{}
	for _, node := range nodes[:min(len(nodes), maxFailed)] {
		fields = append(fields, corev1.NodeSelectorRequirement{
			Key: metav1.ObjectNameField, Operator: corev1.NodeSelectorOpNotIn, Values: []string{node},
		})
	}
	return &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchFields: fields}},
		},
	}}
}

// quantity returns given, or the API's default where no API server filled it in.
func quantity(given resource.Quantity, byDefault string) resource.Quantity {
	if given.IsZero() {
		return resource.MustParse(byDefault)
	}
	return given
}
