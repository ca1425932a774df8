// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package events makes the Kubernetes events of prcheck: one for each change that somebody may want to know of, none
// while nothing changes. It is pure; the controllers emit them, after the write that they speak of has landed.
package events

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/plan"
)

// Event is one event of the events.k8s.io API, without what the recorder fills in.
type Event struct {
	Type   string
	Reason string
	Action string
	Note   string
}

// Actions.
const (
	actionReport    = "Report"
	actionCheck     = "Check"
	actionRetry     = "Retry"
	actionSupersede = "Supersede"
	actionValidate  = "Validate"
)

// maxNote is the longest note that the API takes.
const maxNote = 1024

// Of returns the events for what changed between two states of a check.
func Of(before, after *prcheckv1.PullRequestCheck) []Event {
	result := []Event{}
	if old, head := before.Status.Revision.Head, after.Status.Revision.Head; old != "" && head != "" && old != head {
		result = append(result, normal("NewHead", actionSupersede, fmt.Sprintf("Head %s took over from %s.", plan.Short(head), plan.Short(old))))
	}
	if e, changed := condition(before.Status.Conditions, after.Status.Conditions, prcheckv1.ConditionStalled, actionCheck); changed {
		result = append(result, e)
	}
	return append(result, verdict(before, after)...)
}

// verdict tells once when a check has ended.
func verdict(before, after *prcheckv1.PullRequestCheck) []Event {
	now := meta.FindStatusCondition(after.Status.Conditions, prcheckv1.ConditionSucceeded)
	old := meta.FindStatusCondition(before.Status.Conditions, prcheckv1.ConditionSucceeded)
	if now == nil || now.Status == metav1.ConditionUnknown || (old != nil && old.Status == now.Status && old.Reason == now.Reason && old.Message == now.Message) {
		return nil
	}
	if now.Status == metav1.ConditionFalse {
		return []Event{warning(now.Reason, actionReport, now.Message)}
	}
	return []Event{normal(now.Reason, actionReport, now.Message)}
}

// condition tells of an abnormal-true condition that came, or that speaks of something else now.
func condition(before, after []metav1.Condition, kind, action string) (Event, bool) {
	now, old := meta.FindStatusCondition(after, kind), meta.FindStatusCondition(before, kind)
	if now == nil || now.Status != metav1.ConditionTrue {
		return Event{}, false
	}
	if old != nil && old.Status == now.Status && old.Reason == now.Reason && old.Message == now.Message {
		return Event{}, false
	}
	return warning(now.Reason, action, now.Message), true
}

// Ready returns the event for a change of the condition Ready, of a Repository or CheckProfile.
func Ready(before, after []metav1.Condition) []Event {
	now, old := meta.FindStatusCondition(after, prcheckv1.ConditionReady), meta.FindStatusCondition(before, prcheckv1.ConditionReady)
	if now == nil || (old != nil && old.Status == now.Status && old.Reason == now.Reason && old.Message == now.Message) {
		return nil
	}
	if now.Status == metav1.ConditionTrue {
		return []Event{normal(now.Reason, actionValidate, now.Message)}
	}
	return []Event{warning(now.Reason, actionValidate, now.Message)}
}

// KeywordsUnknown returns the event for a profile that came to name keywords which pkgcheck does not have.
func KeywordsUnknown(before, after []metav1.Condition) []Event {
	if e, changed := condition(before, after, prcheckv1.ConditionKeywordsUnknown, actionValidate); changed {
		return []Event{e}
	}
	return nil
}

// Rules tells, after a run, which rules were not what profile or prcheck took them for. The words are about the profile, and the same
// for each of its runs.
func Rules(unknownRules, noKeywords []string) []Event {
	result := []Event{}
	if len(noKeywords) > 0 {
		result = append(result, warning(prcheckv1.ReasonUnknownKeyword, actionCheck, fmt.Sprintf(
			"spec.severities names what the image's pkgcheck has no keyword for, and changes nothing: %s. Correct it, or remove it.", strings.Join(noKeywords, ", "))))
	}
	if len(unknownRules) > 0 {
		result = append(result, warning(prcheckv1.ReasonUnknownRules, actionCheck, fmt.Sprintf(
			"prcheck has no rules for keywords of the image's pkgcheck, and compares what they say word by word: %s. A newer prcheck may know them.", strings.Join(unknownRules, ", "))))
	}
	return result
}

// AttemptFailed tells operators what kubelet or stage said; contributors read the report.
func AttemptFailed(reason, job, node, detail string) Event {
	if node == "" {
		node = "no node"
	}
	return warning(reason, actionRetry, fmt.Sprintf("Job %s failed on %s: %s", job, node, detail))
}

// Dropped tells that the forge will never take a report.
func Dropped(context, why string) Event {
	return warning(prcheckv1.ReasonHeadGone, actionReport, fmt.Sprintf("The status %s was dropped: %s", context, why))
}

func normal(reason, action, note string) Event {
	return Event{corev1.EventTypeNormal, reason, action, cut(note)}
}

func warning(reason, action, note string) Event {
	return Event{corev1.EventTypeWarning, reason, action, cut(note)}
}

func cut(note string) string {
	runes := []rune(note)
	if len(note) <= maxNote {
		return note
	}
	for len(string(runes)) > maxNote-len("…") {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
