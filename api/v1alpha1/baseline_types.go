// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BaselineKind says what a baseline is.
// +kubebuilder:validation:Enum=Kit;Findings
type BaselineKind string

// The kinds of baselines.
const (
	BaselineKit      BaselineKind = "Kit"      // what every check needs of its base
	BaselineFindings BaselineKind = "Findings" // what a profile finds on the whole base
)

// AwaitedBaseline is the baseline that a profile of a check waits for: what is found on the whole base, made once for all checks.
type AwaitedBaseline struct {
	// key names what is awaited.
	// +kubebuilder:validation:MaxLength=64
	// +required
	Key string `json:"key,omitempty"`
	// branch is the target branch.
	// +kubebuilder:validation:MaxLength=255
	// +required
	Branch string `json:"branch,omitempty"`
	// base is the commit.
	// +kubebuilder:validation:MaxLength=64
	// +required
	Base string `json:"base,omitempty"`
	// since is when the waiting began.
	// +required
	Since metav1.Time `json:"since,omitzero"`
}

// BaselineState says how far a baseline is.
// +kubebuilder:validation:Enum=Waiting;Running;Ready;Failed
type BaselineState string

// The states of a baseline.
const (
	BaselineWaiting BaselineState = "Waiting" // its run waits for a slot
	BaselineRunning BaselineState = "Running" // its Job runs
	BaselineReady   BaselineState = "Ready"   // the server has it
	BaselineFailed  BaselineState = "Failed"  // its last run failed; another follows
)

// BaselineStatus is what is known of the baseline of one target branch, for the profiles of one toolchain: what runs on a base leave for
// the checks of pull requests, which do without where there is none.
type BaselineStatus struct {
	// kind says what it is.
	// +required
	Kind BaselineKind `json:"kind,omitempty"`
	// profile is the CheckProfile by which it is made.
	// +kubebuilder:validation:MaxLength=63
	// +required
	Profile string `json:"profile,omitempty"`
	// branch is the target branch.
	// +kubebuilder:validation:MaxLength=255
	// +required
	Branch string `json:"branch,omitempty"`
	// base is the commit of the branch.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Base string `json:"base,omitempty"`
	// key names what is made, by everything that decides it.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Key string `json:"key,omitempty"`
	// state says how far it is.
	// +optional
	State BaselineState `json:"state,omitempty"`
	// snapshot is the digest of the profile as the run was planned with it.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Snapshot string `json:"snapshot,omitempty"`
	// run is the hash of the last run.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Run string `json:"run,omitempty"`
	// attempt is the number of that run, for this key.
	// +optional
	Attempt int32 `json:"attempt,omitempty"`
	// job is the run's Job, once it was seen.
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Job string `json:"job,omitempty"`
	// awaited says that checks wait for it.
	// +optional
	Awaited bool `json:"awaited,omitempty"`
	// since is when the run took its place in the queue.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
	// failures is how many runs in a row failed, whatever the base was.
	// +optional
	Failures int32 `json:"failures,omitempty"`
	// failedNodes are kept off.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=253
	// +optional
	FailedNodes []string `json:"failedNodes,omitempty"`
	// retryAt is when the next run follows a failed one, unless the branch moves before.
	// +optional
	RetryAt *metav1.Time `json:"retryAt,omitempty"`
	// reason says why the last run failed, or why it waits.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Reason string `json:"reason,omitempty"`
	// message says the same in a sentence.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	Message string `json:"message,omitempty"`
}
