// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Annotations and labels that prcheck reads and writes.
const (
	// AnnotationRequestedAt asks for another look at the forge: the server sets it to an opaque, ever growing word (RFC 3339 with nanoseconds) when the forge or the poller said that something happened.
	AnnotationRequestedAt = "prcheck.dev/requested-at"
	// AnnotationRun is the full run hash, on a Job and its pods.
	AnnotationRun = "prcheck.dev/run"
	// AnnotationShards is into how many shards the run is divided, on the Indexed Job of one that is.
	AnnotationShards = "prcheck.dev/shards"
	// LabelCheck is the name of the PullRequestCheck, on a Job and its pods.
	LabelCheck = "prcheck.dev/check"
	// LabelBaseline is the name of the Repository, on the Job of a baseline run and its pods, in the place of LabelCheck.
	LabelBaseline = "prcheck.dev/baseline"
	// LabelRepository is the name of the Repository, on checks, Jobs and pods.
	LabelRepository = "prcheck.dev/repository"
	// LabelProfile is the name of the CheckProfile, on a Job and its pods.
	LabelProfile = "prcheck.dev/profile"
	// LabelRun is the first 12 hex digits of the run hash, on a Job and its pods.
	LabelRun = "prcheck.dev/run"
	// LabelManagedBy is set to "prcheck" on everything that prcheck creates; caches hold nothing else.
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// ManagedBy is the value of LabelManagedBy.
	ManagedBy = "prcheck"
)

// RepositoryReference names a Repository in the same namespace.
type RepositoryReference struct {
	// name of the Repository.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +required
	Name string `json:"name,omitempty"`
}

// PullRequestCheckSpec names the pull request. The wishes below are each handled once.
// +kubebuilder:validation:XValidation:rule="self.repositoryRef.name == oldSelf.repositoryRef.name && self.number == oldSelf.number",message="repositoryRef and number cannot change: a check is one pull request; make another check"
type PullRequestCheckSpec struct {
	// repositoryRef is the Repository that the pull request belongs to.
	// +required
	RepositoryRef RepositoryReference `json:"repositoryRef,omitzero"`
	// number of the pull request.
	// +kubebuilder:validation:Minimum=1
	// +required
	Number int64 `json:"number,omitempty"`
	// retest is a token: a new value runs the newest head once more.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Retest string `json:"retest,omitempty"`
	// cancelled stops what runs and reports nothing more for this head.
	// +optional
	Cancelled bool `json:"cancelled,omitempty"`
}

// Revision is what was judged.
type Revision struct {
	// head is the pull request's commit.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Head string `json:"head,omitempty"`
	// base is the target branch's tip that the head was merged with.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Base string `json:"base,omitempty"`
	// merge is the commit that merges head into base; empty on a conflict.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Merge string `json:"merge,omitempty"`
	// tree is the merge commit's tree.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Tree string `json:"tree,omitempty"`
	// branch is the target branch.
	// +kubebuilder:validation:MaxLength=255
	// +optional
	Branch string `json:"branch,omitempty"`
	// conflicts are the paths that both sides changed, at most 100, sorted.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=1024
	// +optional
	Conflicts []string `json:"conflicts,omitempty"`
}

// FactCounts counts facts by class.
type FactCounts struct {
	// new facts.
	// +optional
	New int32 `json:"new,omitempty"`
	// existing facts.
	// +optional
	Existing int32 `json:"existing,omitempty"`
	// fixed facts.
	// +optional
	Fixed int32 `json:"fixed,omitempty"`
	// inherited facts.
	// +optional
	Inherited int32 `json:"inherited,omitempty"`
	// unveiled facts.
	// +optional
	Unveiled int32 `json:"unveiled,omitempty"`
	// hidden facts.
	// +optional
	Hidden int32 `json:"hidden,omitempty"`
	// unstable facts.
	// +optional
	Unstable int32 `json:"unstable,omitempty"`
}

// QueueStatus says since when a check waits. Its place and reason are computed when asked for, never stored.
type QueueStatus struct {
	// since is when the pull request took its place; a newer head keeps it.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
}

// ShardStatus says how far a run is whose packages are divided among pods.
type ShardStatus struct {
	// total number of shards.
	// +required
	Total int32 `json:"total,omitempty"`
	// scanning is how many shards the run's Job has; an earlier attempt finished the others.
	// +required
	Scanning int32 `json:"scanning,omitempty"`
	// done is how many shards are finished, those of earlier attempts among them.
	// +optional
	Done int32 `json:"done,omitempty"`
}

// ProfileStatus is where one profile stands at the revision.
type ProfileStatus struct {
	// name of the CheckProfile.
	// +kubebuilder:validation:MaxLength=63
	// +required
	Name string `json:"name,omitempty"`
	// context on the forge.
	// +kubebuilder:validation:MaxLength=100
	// +optional
	Context string `json:"context,omitempty"`
	// run is the hash of the current run, 64 hex digits.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Run string `json:"run,omitempty"`
	// snapshot is the digest of the profile as it was when the run was planned.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Snapshot string `json:"snapshot,omitempty"`
	// attempt tells the runs of this head apart: it counts from 1 and grows with every run, whatever the reason for it.
	// +optional
	Attempt int32 `json:"attempt,omitempty"`
	// failures counts the attempts that the infrastructure failed since the head came, or since the last retest.
	// +optional
	Failures int32 `json:"failures,omitempty"`
	// job is the name of the run's Job.
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Job string `json:"job,omitempty"`
	// continues is the hash of the run before, whose findings the next one goes on with; empty: it starts anew.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Continues string `json:"continues,omitempty"`
	// shards says how far a run is whose packages are divided among pods.
	// +optional
	Shards *ShardStatus `json:"shards,omitempty"`
	// failedNodes are kept off by later attempts.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MaxLength=253
	// +optional
	FailedNodes []string `json:"failedNodes,omitempty"`
	// conclusion of the run; empty while it is open.
	// +kubebuilder:validation:Enum=success;failure;neutral;skipped;error;superseded;""
	// +optional
	Conclusion string `json:"conclusion,omitempty"`
	// reason is a machine-readable word for the conclusion.
	// +kubebuilder:validation:MaxLength=100
	// +optional
	Reason string `json:"reason,omitempty"`
	// line is the first line of the report, at most 140 characters.
	// +kubebuilder:validation:MaxLength=560
	// +optional
	Line string `json:"line,omitempty"`
	// counts are facts by class.
	// +optional
	Counts FactCounts `json:"counts,omitzero"`
	// reportURL is where the report can be read.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	ReportURL string `json:"reportURL,omitempty"`
	// awaits is the baseline that the run is not planned before, for a bounded time.
	// +optional
	Awaits *AwaitedBaseline `json:"awaits,omitempty"`
	// acknowledged is the hash of the report that the forge accepted last (head, context, state, description, link).
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Acknowledged string `json:"acknowledged,omitempty"`
}

// PullRequestCheckStatus is where the check stands. The reconciler is its only writer.
type PullRequestCheckStatus struct {
	// conditions: see the constants in conditions.go for each one's polarity.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// observedGeneration is the newest generation that the status speaks of; -1 before the first look.
	// +kubebuilder:default=-1
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// lastHandledRequest echoes the annotation prcheck.dev/requested-at.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	LastHandledRequest string `json:"lastHandledRequest,omitempty"`
	// lastHandledRetest echoes spec.retest.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	LastHandledRetest string `json:"lastHandledRetest,omitempty"`
	// revision is what is, or was last, judged.
	// +optional
	Revision Revision `json:"revision,omitzero"`
	// queue says since when the check waits.
	// +optional
	Queue QueueStatus `json:"queue,omitzero"`
	// conclusion is the worst of the voting profiles; empty while one is open.
	// +kubebuilder:validation:Enum=success;failure;neutral;skipped;error;superseded;""
	// +optional
	Conclusion string `json:"conclusion,omitempty"`
	// counts are the facts of the profile whose conclusion is shown.
	// +optional
	Counts FactCounts `json:"counts,omitzero"`
	// profiles say where each profile stands at the revision.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Profiles []ProfileStatus `json:"profiles,omitempty"`
}

// PullRequestCheck is one pull request of one repository; the newest head wins.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=prc,categories=prcheck
// +kubebuilder:selectablefield:JSONPath=`.spec.repositoryRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.number`
// +kubebuilder:printcolumn:name="PR",type=integer,JSONPath=`.spec.number`
// +kubebuilder:printcolumn:name="Head",type=string,JSONPath=`.status.revision.head`
// +kubebuilder:printcolumn:name="Succeeded",type=string,JSONPath=`.status.conditions[?(@.type=="Succeeded")].status`
// +kubebuilder:printcolumn:name="Conclusion",type=string,JSONPath=`.status.conclusion`
// +kubebuilder:printcolumn:name="New",type=integer,JSONPath=`.status.counts.new`
// +kubebuilder:printcolumn:name="Fixed",type=integer,JSONPath=`.status.counts.fixed`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Succeeded")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Succeeded")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type PullRequestCheck struct {
	metav1.TypeMeta `json:",inline"`
	// metadata of the object.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec names the pull request.
	// +required
	Spec PullRequestCheckSpec `json:"spec,omitzero"`
	// status is where the check stands.
	// +default={"observedGeneration": -1}
	// +optional
	Status PullRequestCheckStatus `json:"status,omitzero"`
}

// PullRequestCheckList is a list of checks.
// +kubebuilder:object:root=true
type PullRequestCheckList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []PullRequestCheck `json:"items"`
}
