// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Severity is what a profile makes of a keyword.
// +kubebuilder:validation:Enum=error;warning;style;info;staging;verbose;ignored
type Severity string

// ScopeStrategy says how much of the repository a run scans.
// +kubebuilder:validation:Enum=Auto;Full
type ScopeStrategy string

// The scope strategies.
const (
	ScopeAuto ScopeStrategy = "Auto" // what the change can affect, as the planner proves it
	ScopeFull ScopeStrategy = "Full" // everything, both sides
)

// SandboxMode says what happens where the sandbox cannot be applied.
// +kubebuilder:validation:Enum=Required;BestEffort
type SandboxMode string

// The sandbox modes.
const (
	SandboxRequired   SandboxMode = "Required"   // refuse to run; the check ends in error
	SandboxBestEffort SandboxMode = "BestEffort" // run, and record which parts were not applied
)

// Pkgcheck says how the pkgcheck driver runs.
type Pkgcheck struct {
	// profiles are the profile statuses that are scanned.
	// +kubebuilder:default={"stable","dev"}
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:items:Enum=stable;dev;exp
	// +optional
	Profiles []string `json:"profiles,omitempty"`
	// keywords to look for, each optionally with a leading - to leave it out, as pkgcheck's --keywords takes them. Empty: all that are on by default.
	// +listType=set
	// +kubebuilder:validation:MaxItems=512
	// +kubebuilder:validation:items:Pattern=`^-?[A-Za-z0-9]+$`
	// +kubebuilder:validation:items:MaxLength=80
	// +optional
	Keywords []string `json:"keywords,omitempty"`
	// commitChecks says whether pkgcheck's checks of commits (sign-off, message, dropped keywords, missing revision bumps and moves) look at
	// the pull request's own commits. Auto: all of them in ::gentoo; those of messages and sign-offs where the target branch's history is
	// signed off; none elsewhere. On: all of them. Off: none.
	// +kubebuilder:validation:Enum=Auto;On;Off
	// +kubebuilder:default=Auto
	// +optional
	CommitChecks CommitChecks `json:"commitChecks,omitempty"`
	// jobs is the number of worker processes. 0: the CPU limit, rounded up.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=256
	// +optional
	Jobs int32 `json:"jobs,omitempty"`
}

// Sharding says how scans of the whole repository are divided among pods.
type Sharding struct {
	// maxShards is how many pods one run has at most, each with a part of the packages. 1: one pod scans everything.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	// +optional
	MaxShards int32 `json:"maxShards,omitempty"`
	// target is how long the packages of one shard should take, by the times that earlier scans of the whole repository measured: there
	// are as many shards as that needs. Before the first such scan there are maxShards.
	// +kubebuilder:default="10m"
	// +optional
	Target metav1.Duration `json:"target,omitzero"`
}

// CommitChecks says whether a pull request's own commits are checked.
type CommitChecks string

// The choices.
const (
	CommitChecksAuto CommitChecks = "Auto"
	CommitChecksOn   CommitChecks = "On"
	CommitChecksOff  CommitChecks = "Off"
)

// StageTimeouts bound each stage of a run. The runner enforces them; the pod's own deadline is only the backstop.
type StageTimeouts struct {
	// fetch bounds the delivery of trees.
	// +kubebuilder:default="10m"
	// +optional
	Fetch metav1.Duration `json:"fetch,omitzero"`
	// prepare bounds the regeneration of metadata.
	// +kubebuilder:default="20m"
	// +optional
	Prepare metav1.Duration `json:"prepare,omitzero"`
	// scan bounds the QA tool, both sides together.
	// +kubebuilder:default="45m"
	// +optional
	Scan metav1.Duration `json:"scan,omitzero"`
	// package bounds what the QA tool does with one package on one side. One that takes longer is named, and costs the others nothing.
	// +kubebuilder:default="10m"
	// +optional
	Package metav1.Duration `json:"package,omitzero"`
	// publish bounds the upload of the results.
	// +kubebuilder:default="10m"
	// +optional
	Publish metav1.Duration `json:"publish,omitzero"`
}

// RunResources is what one container of a run's pod may use; the containers run one after the other.
type RunResources struct {
	// cpu is both request and limit.
	// +kubebuilder:default="1"
	// +optional
	CPU resource.Quantity `json:"cpu,omitzero"`
	// memory is what the QA tool itself may use. The pod asks for this plus its memory volumes.
	// +kubebuilder:default="2Gi"
	// +optional
	Memory resource.Quantity `json:"memory,omitzero"`
	// ephemeralStorage bounds trees, caches and outputs together.
	// +kubebuilder:default="8Gi"
	// +optional
	EphemeralStorage resource.Quantity `json:"ephemeralStorage,omitzero"`
}

// PodOverrides are the parts of the run's pod that a cluster needs to have a say in.
type PodOverrides struct {
	// nodeSelector of the pod.
	// +kubebuilder:validation:MaxProperties=32
	// +optional
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// tolerations of the pod.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	// +optional
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`
	// runtimeClassName of the pod.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	RuntimeClassName *string `json:"runtimeClassName,omitempty"`
	// priorityClassName of the pod.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	PriorityClassName string `json:"priorityClassName,omitempty"`
	// imagePullSecrets of the pod.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	// +optional
	ImagePullSecrets []corev1.LocalObjectReference `json:"imagePullSecrets,omitempty"`
}

// CheckProfileSpec says how a pull request is checked. An edit applies to heads that come after it.
// +kubebuilder:validation:XValidation:rule="!has(self.gateInheritedRules) || self.gateInheritedRules.all(x, x.matches('^-?[A-Z]') || x in self.gate)",fieldPath=".gateInheritedRules",message="a level in gateInheritedRules must be in gate, too: an inherited problem cannot weigh more than a new one"
// +kubebuilder:validation:XValidation:rule="!has(self.gateInheritedRules) || (has(self.gateInherited) && self.gateInherited) || self.gateInheritedRules.all(x, !x.startsWith('-')) || self.gateInheritedRules.exists(x, !x.matches('^-?[A-Z]'))",fieldPath=".gateInheritedRules",message="a keyword with a leading - is an exception from gateInherited: true or from a level in gateInheritedRules, and there is neither"
type CheckProfileSpec struct {
	// image is the toolchain, by digest: the same image judges both sides, today and when a run is repeated.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^@ ]+@sha256:[0-9a-f]{64}$')",message="image must be named by digest, NAME@sha256:…, so that base and head are judged by the same tool"
	// +required
	Image string `json:"image,omitempty"`
	// pkgcheck runs pkgcheck under prcheck's driver.
	// +required
	Pkgcheck *Pkgcheck `json:"pkgcheck,omitempty"`
	// severities overrides the tool's own level, keyword by keyword.
	// +kubebuilder:validation:MaxProperties=512
	// +optional
	Severities map[string]Severity `json:"severities,omitempty"`
	// gate lists the levels whose new facts make a pull request fail.
	// +kubebuilder:default={"error"}
	// +listType=set
	// +kubebuilder:validation:MaxItems=6
	// +kubebuilder:validation:items:Enum=error;warning;style;info;staging;verbose
	// +optional
	Gate []Severity `json:"gate,omitempty"`
	// gateInherited makes inherited facts of every gating level fail, too: each new version must be clean.
	// +optional
	GateInherited bool `json:"gateInherited,omitempty"`
	// gateInheritedRules says rule by rule which inherited facts of a gating level fail: those of a level (error), those of a keyword
	// (NonexistentDeps), and with a leading - those of a keyword that gateInherited or a level would make fail (-RedundantVersion).
	// +listType=set
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MaxLength=80
	// +kubebuilder:validation:XValidation:rule="self.all(x, x.matches('^(error|warning|style|info|staging|verbose|-?[A-Z][A-Za-z0-9]+)$'))",message="each entry is a level (error, warning, style, info, staging, verbose) or a keyword as pkgcheck show --keywords writes it, with a leading - to leave it out"
	// +kubebuilder:validation:XValidation:rule="self.all(x, !self.exists(y, y == '-' + x))",message="a keyword cannot be in the list with and without a leading -"
	// +optional
	GateInheritedRules []string `json:"gateInheritedRules,omitempty"`
	// scope says how much is scanned.
	// +kubebuilder:default=Auto
	// +optional
	Scope ScopeStrategy `json:"scope,omitempty"`
	// sharding divides scans of the whole repository among pods.
	// +kubebuilder:default={}
	// +optional
	Sharding Sharding `json:"sharding,omitzero"`
	// timeouts bound each stage (of a run that is divided, those of each pod), and each package.
	// +kubebuilder:default={}
	// +optional
	Timeouts StageTimeouts `json:"timeouts,omitzero"`
	// resources bound each container.
	// +kubebuilder:default={}
	// +optional
	Resources RunResources `json:"resources,omitzero"`
	// sandbox says what happens where the sandbox cannot be applied.
	// +kubebuilder:default=Required
	// +optional
	Sandbox SandboxMode `json:"sandbox,omitempty"`
	// pod overrides parts of the run's pod.
	// +kubebuilder:default={}
	// +optional
	Pod PodOverrides `json:"pod,omitzero"`
}

// CheckProfileStatus says whether the profile can be used.
type CheckProfileStatus struct {
	// conditions: see the constants in conditions.go for each one's polarity.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// observedGeneration is the newest generation that the conditions speak of; -1 before the first look.
	// +kubebuilder:default=-1
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}

// CheckProfile says how pull requests are checked: toolchain, scan, severities and limits.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=prcprofile,categories=prcheck
// +kubebuilder:printcolumn:name="Scope",type=string,JSONPath=`.spec.scope`
// +kubebuilder:printcolumn:name="Sandbox",type=string,JSONPath=`.spec.sandbox`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Image",type=string,priority=1,JSONPath=`.spec.image`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type CheckProfile struct {
	metav1.TypeMeta `json:",inline"`
	// metadata of the object.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec says how a pull request is checked.
	// +required
	Spec CheckProfileSpec `json:"spec,omitzero"`
	// status says whether the profile can be used.
	// +default={"observedGeneration": -1}
	// +optional
	Status CheckProfileStatus `json:"status,omitzero"`
}

// CheckProfileList is a list of profiles.
// +kubebuilder:object:root=true
type CheckProfileList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []CheckProfile `json:"items"`
}
