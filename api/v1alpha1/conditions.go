// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Conditions of a PullRequestCheck. They are for people and tools; the reconciler never reads them back.
const (
	// ConditionSucceeded (normal-true, always present) says whether the check ran to a verdict: Unknown while it is open, True when there is a
	// verdict, whatever it is (a pull request with new problems is not a failed check), False when prcheck could not reach one.
	ConditionSucceeded = "Succeeded"
	// ConditionReconciling (abnormal-true, present only when True) says that something is still under way.
	ConditionReconciling = "Reconciling"
	// ConditionStalled (abnormal-true, present only when True) says that nothing will happen until somebody acts; its message says who must do what.
	ConditionStalled = "Stalled"
	// ConditionReady (normal-true, always present on Repository and CheckProfile) says that the object can be used.
	ConditionReady = "Ready"
	// ConditionBaselineFailing (abnormal-true, present only when True, on Repository) says that a target branch has no baseline, because its
	// last runs failed. Checks do without, and take longer.
	ConditionBaselineFailing = "BaselineFailing"
	// ConditionKeywordsUnknown (abnormal-true, present only when True, on CheckProfile) says that the profile names keywords which prcheck's
	// own tables of pkgcheck do not have: a slip, unless the image's pkgcheck is another.
	ConditionKeywordsUnknown = "KeywordsUnknown"
)

// Reasons of conditions and events.
const (
	// ReasonVerdict: the check ran to a verdict.
	ReasonVerdict = "Verdict"
	// ReasonConflict: head and base changed the same lines.
	ReasonConflict = "MergeConflict"
	// ReasonSkipped: the repository's policy left the pull request out.
	ReasonSkipped = "Skipped"
	// ReasonClosed: the pull request is closed.
	ReasonClosed = "Closed"
	// ReasonCancelled: spec.cancelled is set.
	ReasonCancelled = "Cancelled"
	// ReasonPullRequestNotFound: the forge knows no pull request of that number.
	ReasonPullRequestNotFound = "PullRequestNotFound"
	// ReasonResolving: the forge is asked, the merge is awaited.
	ReasonResolving = "Resolving"
	// ReasonWaiting: planned, waits for a slot.
	ReasonWaiting = "WaitingForSlot"
	// ReasonRunning: a Job runs.
	ReasonRunning = "Running"
	// ReasonRetrying: the infrastructure failed, a further attempt follows.
	ReasonRetrying = "Retrying"
	// ReasonReporting: the verdict stands, the forge has not acknowledged it yet.
	ReasonReporting = "Reporting"
	// ReasonInfrastructureFailed: every attempt failed through no fault of the pull request.
	ReasonInfrastructureFailed = "InfrastructureFailed"
	// ReasonScanFailed: the QA tool did not complete; see the report.
	ReasonScanFailed = "ScanFailed"
	// ReasonLimitExceeded: a limit of the profile was hit.
	ReasonLimitExceeded = "LimitExceeded"
	// ReasonRepositoryNotFound: repositoryRef names nothing.
	ReasonRepositoryNotFound = "RepositoryNotFound"
	// ReasonProfileNotFound: a profileRef names nothing.
	ReasonProfileNotFound = "ProfileNotFound"
	// ReasonInvalidProfile: the profile cannot be used, e.g. its severities name a keyword that the tool does not have.
	ReasonInvalidProfile = "InvalidProfile"
	// ReasonUnknownKeyword: the profile names a keyword that pkgcheck does not have.
	ReasonUnknownKeyword = "UnknownKeyword"
	// ReasonUnknownRules: the image's pkgcheck reports keywords that prcheck has no rules for.
	ReasonUnknownRules = "UnknownRules"
	// ReasonCredentialsInvalid: the forge refuses the credentials, or the Secret lacks a key.
	ReasonCredentialsInvalid = "CredentialsInvalid"
	// ReasonForbidden: the credentials lack a permission.
	ReasonForbidden = "PermissionMissing"
	// ReasonHeadGone: the head commit vanished (force push, deleted fork).
	ReasonHeadGone = "HeadGone"
	// ReasonImageUnavailable: the toolchain image cannot be pulled.
	ReasonImageUnavailable = "ImageUnavailable"
	// ReasonForgeUnavailable: the forge does not answer, or asks to wait.
	ReasonForgeUnavailable = "ForgeUnavailable"
	// ReasonServerUnavailable: prcheck's server does not answer.
	ReasonServerUnavailable = "ServerUnavailable"
	// ReasonSuspended: spec.suspend is set.
	ReasonSuspended = "Suspended"
	// ReasonReady: the object can be used.
	ReasonReady = "Ready"
)
