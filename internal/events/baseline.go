// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package events

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/plan"
)

const actionBaseline = "MakeBaseline"

// BaselineMade tells that checks find what they need of a base.
func BaselineMade(kind, branch, base, profile string) Event {
	return normal("BaselineMade", actionBaseline, fmt.Sprintf("Branch %s at %s has a baseline for profile %s: %s.", branch, plan.Short(base), profile, strings.ToLower(kind)))
}

// BaselineFailing returns the event for a baseline that came to fail, or fails otherwise than before.
func BaselineFailing(before, after []metav1.Condition) []Event {
	e, changed := condition(before, after, prcheckv1.ConditionBaselineFailing, actionBaseline)
	if !changed {
		return nil
	}
	e.Reason = "BaselineFailed"
	return []Event{e}
}
