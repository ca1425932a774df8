// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"maps"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/jobspec"
)

// waitingOf returns the run of a profile that waits for its Job. A run whose Job was seen once is not admitted again: what became
// of that Job is for the reconciler to say.
func waitingOf(check *prcheckv1.PullRequestCheck, p *prcheckv1.ProfileStatus) (Run, bool) {
	if p.Run == "" || p.Job != "" || p.Conclusion != "" {
		return Run{}, false
	}
	run := Run{
		Check:      types.NamespacedName{Namespace: check.Namespace, Name: check.Name},
		Repository: types.NamespacedName{Namespace: check.Namespace, Name: check.Spec.RepositoryRef.Name},
		Profile:    p.Name, Hash: p.Run,
	}
	if check.Status.Queue.Since != nil {
		run.Since = check.Status.Queue.Since.Time
	}
	return run, true
}

func jobKey(run Run) types.NamespacedName {
	return types.NamespacedName{Namespace: run.Repository.Namespace, Name: jobspec.Name(run.Hash)}
}

// reasons say why runs wait. They live in memory only.
type reasons struct {
	mu      sync.Mutex
	byRun   map[string]string
	changed chan event.GenericEvent
}

// Reason returns why a run waits, as a sentence, or "".
func (l *Loop) Reason(run string) string {
	l.reasons.mu.Lock()
	defer l.reasons.mu.Unlock()
	return l.reasons.byRun[run]
}

// Changed returns the channel that tells the reconciler of checks whose reason changed. Call it before the manager starts.
func (l *Loop) Changed() <-chan event.GenericEvent {
	l.reasons.mu.Lock()
	defer l.reasons.mu.Unlock()
	if l.reasons.changed == nil {
		l.reasons.changed = make(chan event.GenericEvent, 1024)
	}
	return l.reasons.changed
}

// replace takes over the reasons of a pass and tells of those that changed. A full channel loses nothing that matters: a reason
// is only shown, and the next pass of the check reads it.
func (r *reasons) replace(waiting []Run, now map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, run := range waiting {
		if r.byRun[run.Hash] == now[run.Hash] || r.changed == nil || run.Baseline {
			continue
		}
		check := &prcheckv1.PullRequestCheck{ObjectMeta: metav1.ObjectMeta{Namespace: run.Check.Namespace, Name: run.Check.Name}}
		select {
		case r.changed <- event.GenericEvent{Object: check}:
		default:
		}
	}
	r.byRun = maps.Clone(now)
}
