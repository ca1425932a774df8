// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ForgeType names a kind of forge.
// +kubebuilder:validation:Enum=GitHub
type ForgeType string

// ForgeGitHub is github.com or a GitHub Enterprise Server.
const ForgeGitHub ForgeType = "GitHub"

// Forge says where the repository is hosted.
type Forge struct {
	// type is the kind of forge.
	// +required
	Type ForgeType `json:"type,omitempty"`
	// url is the forge's address for people and git, without a trailing slash.
	// +kubebuilder:default="https://github.com"
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://[^/]+(/[^?#]*[^/])?$')",message="url must be http(s)://HOST[:PORT][/PATH] without a trailing slash, e.g. https://github.com"
	// +optional
	URL string `json:"url,omitempty"`
	// apiURL is the address of the REST API. Empty: api.github.com for github.com, else url + /api/v3.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://[^/]+(/[^?#]*)?$')",message="apiURL must be http(s)://HOST[:PORT][/PATH], e.g. https://api.github.com"
	// +optional
	APIURL string `json:"apiURL,omitempty"`
	// owner is the user or organisation.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	// +required
	Owner string `json:"owner,omitempty"`
	// name is the repository's name on the forge.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	// +required
	Name string `json:"name,omitempty"`
}

// SecretReference names a Secret in the Repository's namespace.
type SecretReference struct {
	// name of the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name,omitempty"`
}

// ProfileReference names a CheckProfile in the Repository's namespace.
type ProfileReference struct {
	// name of the CheckProfile.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +required
	Name string `json:"name,omitempty"`
}

// Voting says whether a profile's verdict counts.
// +kubebuilder:validation:Enum=Voting;Advisory
type Voting string

// The ways in which a profile takes part.
const (
	VotingVotes    Voting = "Voting"   // its verdict counts for the check's conclusion
	VotingAdvisory Voting = "Advisory" // it is reported, and never blocks
)

// RepositoryProfile is one way in which the repository's pull requests are checked.
type RepositoryProfile struct {
	// profileRef is the CheckProfile.
	// +required
	ProfileRef ProfileReference `json:"profileRef,omitzero"`
	// context is the name under which the forge shows the status. It may be left out (prcheck) only where there is a single profile.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	// +optional
	Context string `json:"context,omitempty"`
	// voting says whether the profile's verdict counts.
	// +kubebuilder:default=Voting
	// +optional
	Voting Voting `json:"voting,omitempty"`
}

// MasterRepository is another repository that a scan needs: its packages, eclasses and profiles are the target's masters.
// +kubebuilder:validation:ExactlyOneOf=commit;branch
type MasterRepository struct {
	// name is the master's repository name as the target's metadata/layout.conf says it.
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_][A-Za-z0-9_-]*$`
	// +kubebuilder:validation:MaxLength=40
	// +required
	Name string `json:"name,omitempty"`
	// url to clone from (http, https).
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +required
	URL string `json:"url,omitempty"`
	// commit pins the master to one commit.
	// +kubebuilder:validation:Pattern=`^[0-9a-f]{40}$`
	// +optional
	Commit string `json:"commit,omitempty"`
	// branch is followed; its tip is pinned for an hour at a time, so that pull requests are judged on equal terms.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +optional
	Branch string `json:"branch,omitempty"`
}

// WebhookTrigger makes the server look as soon as the forge says that something happened.
type WebhookTrigger struct {
	// secretRef is the Secret whose key "secret" signs the deliveries.
	// +required
	SecretRef SecretReference `json:"secretRef,omitzero"`
	// path below the server's /hooks/ where the forge delivers. Default: NAMESPACE/NAME of the Repository.
	// +kubebuilder:validation:Pattern=`^[a-zA-Z0-9][a-zA-Z0-9._/-]*$`
	// +kubebuilder:validation:MaxLength=200
	// +optional
	Path string `json:"path,omitempty"`
}

// Triggers say how the server learns of pull requests. Polling is always on: it finds what a lost delivery would have told.
type Triggers struct {
	// webhook receives the forge's deliveries.
	// +optional
	Webhook *WebhookTrigger `json:"webhook,omitempty"`
	// pollInterval is the time between two listings of the open pull requests.
	// +kubebuilder:default="1m"
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5s') && duration(self) <= duration('24h')",message="pollInterval must be between 5s and 24h"
	// +optional
	PollInterval *metav1.Duration `json:"pollInterval,omitempty"`
}

// BaselinePolicy says when bases are looked at.
// +kubebuilder:validation:Enum=Ahead;Off
type BaselinePolicy string

// The policies of baselines.
const (
	BaselinesAhead BaselinePolicy = "Ahead" // as soon as a target branch moved
	BaselinesOff   BaselinePolicy = "Off"   // never: each check makes what it needs of its base itself
)

// Policy says what is checked, and how much at a time.
type Policy struct {
	// skipLabels leave a pull request out while it carries one of them; its status stays pending and says so.
	// +kubebuilder:default={"noci"}
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=100
	// +optional
	SkipLabels []string `json:"skipLabels,omitempty"`
	// concurrency is how many Jobs of this repository may run at once.
	// +kubebuilder:default=8
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Concurrency int32 `json:"concurrency,omitempty"`
	// attempts is how often a run is tried in all when the infrastructure failed. A verdict is never retried.
	// +kubebuilder:default=3
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	// +optional
	Attempts int32 `json:"attempts,omitempty"`
	// baselines says when the target branches are looked at for the checks to come.
	// +kubebuilder:default=Ahead
	// +optional
	Baselines BaselinePolicy `json:"baselines,omitempty"`
}

// RepositorySpec says which repository is watched and how.
// +kubebuilder:validation:XValidation:rule="self.profiles.size() == 1 || self.profiles.all(p, has(p.context))",message="with more than one profile every profile needs a context of its own, e.g. prcheck/strict"
// +kubebuilder:validation:XValidation:rule="self.profiles.all(p, self.profiles.exists_one(q, (has(q.context) ? q.context : 'prcheck') == (has(p.context) ? p.context : 'prcheck')))",message="the contexts of the profiles must differ"
// +kubebuilder:validation:XValidation:rule="!has(self.masters) || self.masters.all(m, m.name != self.repositoryName)",message="a repository cannot be its own master"
type RepositorySpec struct {
	// forge is where the repository is hosted.
	// +required
	Forge Forge `json:"forge,omitzero"`
	// credentialsRef is the Secret with which prcheck reads pull requests and writes statuses: key "token", or for a
	// GitHub App "appID", "installationID" and "privateKey" (PEM).
	// +required
	CredentialsRef SecretReference `json:"credentialsRef,omitzero"`
	// branches whose pull requests are checked. Empty: all.
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=255
	// +optional
	Branches []string `json:"branches,omitempty"`
	// repositoryName is the configured repository name that the QA tool sees; "gentoo" turns the checks for ::gentoo on.
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_][A-Za-z0-9_-]*$`
	// +kubebuilder:validation:MaxLength=40
	// +required
	RepositoryName string `json:"repositoryName,omitempty"`
	// masters are the other repositories that a scan needs.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=8
	// +optional
	Masters []MasterRepository `json:"masters,omitempty"`
	// profiles are the ways in which each pull request is checked.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +required
	Profiles []RepositoryProfile `json:"profiles,omitempty"`
	// triggers say how the server learns of pull requests.
	// +kubebuilder:default={}
	// +optional
	Triggers Triggers `json:"triggers,omitzero"`
	// policy says what is checked, and how much at a time.
	// +kubebuilder:default={}
	// +optional
	Policy Policy `json:"policy,omitzero"`
	// suspend stops new runs and reports; what runs is left to finish.
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// RepositoryStatus says whether the repository can be watched.
type RepositoryStatus struct {
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
	// baselines are what runs on the target branches alone leave for the checks of pull requests.
	// +listType=map
	// +listMapKey=branch
	// +listMapKey=kind
	// +listMapKey=profile
	// +kubebuilder:validation:MaxItems=512
	// +optional
	Baselines []BaselineStatus `json:"baselines,omitempty"`
}

// Repository is one forge repository that is watched. Its Jobs run in its namespace.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=prcrepo,categories=prcheck
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 40",message="a Repository's name may have at most 40 characters: checks are named NAME-NUMBER"
// +kubebuilder:printcolumn:name="Owner",type=string,JSONPath=`.spec.forge.owner`
// +kubebuilder:printcolumn:name="Name",type=string,JSONPath=`.spec.forge.name`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Repository struct {
	metav1.TypeMeta `json:",inline"`
	// metadata of the object.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec says which repository is watched and how.
	// +required
	Spec RepositorySpec `json:"spec,omitzero"`
	// status says whether it can be watched.
	// +default={"observedGeneration": -1}
	// +optional
	Status RepositoryStatus `json:"status,omitzero"`
}

// RepositoryList is a list of repositories.
// +kubebuilder:object:root=true
type RepositoryList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []Repository `json:"items"`
}
