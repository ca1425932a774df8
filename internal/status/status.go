// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package status says where a check stands: from the facts that a pass of the reconciler established it computes the
// check's conclusion, counts and conditions. It is the only setter of conditions, and it is pure: it never looks at
// conditions to decide anything, only to keep their transition times.
package status

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
)

// maxMessage is the longest message of a condition.
const maxMessage = 1024

// Note is a reason with a sentence that says what to do, or what is awaited.
type Note struct {
	Reason  string
	Message string
}

// Input is what a pass established.
type Input struct {
	// Facts is the status as the phases left it. Its conditions are those of the last write.
	Facts prcheckv1.PullRequestCheckStatus
	// Generation of the check that the pass looked at.
	Generation int64
	// Advisory names the profiles whose verdict does not count.
	Advisory map[string]bool
	// Waiting says why a pass ended early although nobody must act: the forge is asked, the server does not answer.
	Waiting *Note
	// Stalls say who must do what before anything can happen.
	Stalls []Note
	// Open holds, for each profile whose run is open, why: waiting for a slot, running.
	Open map[string]Note
	// Unreported is the number of profiles whose verdict the forge should know and does not yet.
	Unreported int
	Now        metav1.Time
}

// Compute returns the status to write.
func Compute(in *Input) prcheckv1.PullRequestCheckStatus {
	result := *in.Facts.DeepCopy()
	result.ObservedGeneration = in.Generation
	voting := voting(result.Profiles, in.Advisory)
	worst := worstOf(voting)
	result.Conclusion, result.Counts = "", prcheckv1.FactCounts{}
	if worst != nil {
		result.Conclusion, result.Counts = worst.Conclusion, worst.Counts
	}
	set := setter{conditions: &result.Conditions, generation: in.Generation, now: in.Now}
	set.condition(prcheckv1.ConditionSucceeded, succeeded(in, worst))
	set.present(prcheckv1.ConditionReconciling, reconciling(in, result.Profiles))
	set.present(prcheckv1.ConditionStalled, stalled(in.Stalls))
	return result
}

type state struct {
	status metav1.ConditionStatus
	Note
}

// succeeded is True for any verdict, False where prcheck could not reach one, Unknown while it is open.
func succeeded(in *Input, worst *prcheckv1.ProfileStatus) state {
	if worst == nil {
		return state{metav1.ConditionUnknown, openNote(in)}
	}
	if in.Unreported > 0 && worst.Conclusion != string(finding.ConclusionSuperseded) {
		note := Note{prcheckv1.ReasonReporting, "The verdict stands; the forge has not acknowledged it yet."}
		if in.Waiting != nil {
			note.Message += " " + in.Waiting.Message
		}
		return state{metav1.ConditionUnknown, note}
	}
	return concluded(worst)
}

func concluded(worst *prcheckv1.ProfileStatus) state {
	line := worst.Line
	if line == "" {
		line = "Concluded: " + worst.Conclusion
	}
	switch finding.Conclusion(worst.Conclusion) {
	case finding.ConclusionSkipped:
		return state{metav1.ConditionTrue, Note{prcheckv1.ReasonSkipped, sentence(line)}}
	case finding.ConclusionNeutral:
		reason := prcheckv1.ReasonVerdict
		if worst.Reason == prcheckv1.ReasonConflict {
			reason = prcheckv1.ReasonConflict
		}
		return state{metav1.ConditionTrue, Note{reason, sentence(line)}}
	case finding.ConclusionSuperseded:
		return state{metav1.ConditionFalse, Note{worst.Reason, supersededMessage(worst.Reason)}}
	case finding.ConclusionError:
		reason := ErrorReason(worst.Reason)
		return state{metav1.ConditionFalse, Note{reason, sentence(line) + " " + advice(reason, worst)}}
	default:
		return state{metav1.ConditionTrue, Note{prcheckv1.ReasonVerdict, sentence(line)}}
	}
}

func supersededMessage(reason string) string {
	if reason == prcheckv1.ReasonCancelled {
		return "Cancelled by spec.cancelled; nothing is reported for this head. Unset it and set spec.retest to a new word to check again."
	}
	return "The pull request was closed before there was a verdict. It is checked when it is reopened."
}

// ErrorReason maps the reason of a verdict that could not be reached to the reason of the condition.
func ErrorReason(reason string) string {
	switch reason {
	case prcheckv1.ReasonImageUnavailable:
		return prcheckv1.ReasonImageUnavailable
	case plan.ReasonInfrastructure, plan.ReasonFetchFailed, plan.ReasonPublishFailed:
		return prcheckv1.ReasonInfrastructureFailed
	case plan.ReasonTimeout, plan.ReasonOutOfMemory, plan.ReasonOutputLimit, plan.ReasonDiskFull:
		return prcheckv1.ReasonLimitExceeded
	}
	return prcheckv1.ReasonScanFailed
}

func advice(reason string, profile *prcheckv1.ProfileStatus) string {
	var act string
	switch reason {
	case prcheckv1.ReasonImageUnavailable:
		act = fmt.Sprintf("Check spec.image and spec.pod.imagePullSecrets of CheckProfile %s", profile.Name)
	case prcheckv1.ReasonInfrastructureFailed:
		act = fmt.Sprintf("Look at the nodes that failed (%s) and at the events of the Jobs", orNone(profile.FailedNodes))
	case prcheckv1.ReasonLimitExceeded:
		act = fmt.Sprintf("Raise that limit in CheckProfile %s, if the change is not the reason", profile.Name)
	default:
		act = "Read the log in the report"
	}
	return act + "; then set spec.retest to a new word to check again."
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none was reached"
	}
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), ", ")
}

// openNote is the one reason shown while the check is open: what must be done first, then what is awaited, then where the
// profile stands that is least far.
func openNote(in *Input) Note {
	if len(in.Stalls) > 0 {
		return join(in.Stalls)
	}
	if in.Waiting != nil {
		return *in.Waiting
	}
	notes := []Note{}
	for _, profile := range in.Facts.Profiles {
		if note, open := in.Open[profile.Name]; open && profile.Conclusion == "" {
			notes = append(notes, note)
		}
	}
	if len(notes) == 0 {
		return Note{prcheckv1.ReasonResolving, "The pull request is read from the forge and merged with its target branch."}
	}
	order := []string{prcheckv1.ReasonRetrying, prcheckv1.ReasonWaiting, prcheckv1.ReasonRunning}
	return slices.MinFunc(notes, func(a, b Note) int { return slices.Index(order, a.Reason) - slices.Index(order, b.Reason) })
}

func reconciling(in *Input, profiles []prcheckv1.ProfileStatus) *Note {
	if len(in.Stalls) > 0 {
		return nil
	}
	open := len(profiles) == 0 || slices.ContainsFunc(profiles, func(p prcheckv1.ProfileStatus) bool { return p.Conclusion == "" })
	switch {
	case in.Waiting != nil:
		return in.Waiting
	case open:
		return new(openNote(in))
	case in.Unreported > 0:
		return &Note{prcheckv1.ReasonReporting, "The verdict stands; the forge has not acknowledged it yet."}
	}
	return nil
}

func stalled(stalls []Note) *Note {
	if len(stalls) == 0 {
		return nil
	}
	return new(join(stalls))
}

// join makes one note of several: the first one's reason, everybody's message, in a fixed order.
func join(notes []Note) Note {
	sorted := slices.SortedFunc(slices.Values(notes), func(a, b Note) int {
		return strings.Compare(a.Reason+a.Message, b.Reason+b.Message)
	})
	messages := []string{}
	for _, note := range slices.Compact(sorted) {
		messages = append(messages, note.Message)
	}
	return Note{sorted[0].Reason, strings.Join(messages, " ")}
}

func voting(profiles []prcheckv1.ProfileStatus, advisory map[string]bool) []prcheckv1.ProfileStatus {
	result := slices.DeleteFunc(slices.Clone(profiles), func(p prcheckv1.ProfileStatus) bool { return advisory[p.Name] })
	if len(result) == 0 {
		return profiles // with nobody to vote, the advice is all there is
	}
	return result
}

// severity orders conclusions, worst first (pages.md §3).
var severity = []string{
	string(finding.ConclusionFailure), string(finding.ConclusionError), string(finding.ConclusionNeutral),
	string(finding.ConclusionSuperseded), string(finding.ConclusionSkipped), string(finding.ConclusionSuccess),
}

// worstOf returns nil while one is open.
func worstOf(profiles []prcheckv1.ProfileStatus) *prcheckv1.ProfileStatus {
	var worst *prcheckv1.ProfileStatus
	for i := range profiles {
		if profiles[i].Conclusion == "" {
			return nil
		}
		if worst == nil || rank(&profiles[i]) < rank(worst) {
			worst = &profiles[i]
		}
	}
	return worst
}

func rank(p *prcheckv1.ProfileStatus) int { return slices.Index(severity, p.Conclusion) }

func sentence(line string) string {
	if line == "" || strings.HasSuffix(line, ".") {
		return line
	}
	return line + "."
}

// setter writes conditions.
type setter struct {
	conditions *[]metav1.Condition
	generation int64
	now        metav1.Time
}

func (s setter) condition(kind string, st state) {
	meta.SetStatusCondition(s.conditions, metav1.Condition{
		Type: kind, Status: st.status, Reason: st.Reason, Message: Cut(st.Message),
		ObservedGeneration: s.generation, LastTransitionTime: s.now,
	})
}

// present sets an abnormal-true condition, or removes it.
func (s setter) present(kind string, note *Note) {
	if note == nil {
		meta.RemoveStatusCondition(s.conditions, kind)
		return
	}
	s.condition(kind, state{metav1.ConditionTrue, *note})
}

// Cut shortens a message to what a condition may hold, at a rune's boundary.
func Cut(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	cut := maxMessage - len("…")
	for cut > 0 && !utf8.RuneStart(message[cut]) {
		cut--
	}
	return message[:cut] + "…"
}

// SetKeywordsUnknown sets the condition of that name, or removes it where there is nothing to say.
func SetKeywordsUnknown(conditions *[]metav1.Condition, generation int64, note *Note, now metav1.Time) {
	setter{conditions: conditions, generation: generation, now: now}.present(prcheckv1.ConditionKeywordsUnknown, note)
}

// SetReady sets the condition Ready of a Repository or CheckProfile.
func SetReady(conditions *[]metav1.Condition, generation int64, ready bool, note Note, now metav1.Time) {
	st := state{metav1.ConditionFalse, note}
	if ready {
		st.status = metav1.ConditionTrue
	}
	setter{conditions: conditions, generation: generation, now: now}.condition(prcheckv1.ConditionReady, st)
}

// SetBaselines sets or removes the condition BaselineFailing of a Repository.
func SetBaselines(conditions *[]metav1.Condition, generation int64, failing *Note, now metav1.Time) {
	if failing == nil {
		meta.RemoveStatusCondition(conditions, prcheckv1.ConditionBaselineFailing)
		return
	}
	setter{conditions: conditions, generation: generation, now: now}.condition(prcheckv1.ConditionBaselineFailing, state{metav1.ConditionTrue, *failing})
}
