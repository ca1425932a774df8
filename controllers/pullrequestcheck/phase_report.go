// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pullrequestcheck

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	"github.com/prcheck/prcheck/internal/events"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/report"
)

// announce tells the forge within seconds that a new head was seen, before the merge is awaited.
func (r *Reconciler) announce(ctx context.Context, s *scope) error {
	for _, p := range s.openProfiles() {
		if p.Acknowledged != "" {
			continue
		}
		if err := r.put(ctx, s, p); err != nil {
			return err
		}
	}
	return nil
}

// report makes the forge show what is known of the head, and never of an older one.
func (r *Reconciler) report(ctx context.Context, s *scope) error {
	st := s.status()
	s.unreported = s.countUnreported()
	for i := range st.Profiles {
		p := &st.Profiles[i]
		if s.reported(p) {
			continue
		}
		if final(p.Conclusion) {
			s.pull = nil // read afresh: the head may have changed since this pass began
			pull, err := r.readPull(ctx, s)
			if err != nil {
				return err
			}
			if overtaken, err := r.overtaken(ctx, s, pull); overtaken || err != nil {
				s.unreported = s.countUnreported()
				return err
			}
		}
		if err := r.put(ctx, s, p); err != nil {
			return err
		}
		s.unreported = s.countUnreported()
	}
	return nil
}

func (s *scope) unacknowledged() bool { return s.countUnreported() > 0 }

func (s *scope) countUnreported() int {
	n := 0
	for i := range s.status().Profiles {
		if p := &s.status().Profiles[i]; final(p.Conclusion) && !s.reported(p) {
			n++
		}
	}
	return n
}

// wanted is the commit status that the forge should show; ok is false where nothing is to be said.
func (s *scope) wanted(p *prcheckv1.ProfileStatus) (wanted forge.Status, ok bool) {
	state, ok := stateOf(p.Conclusion)
	wanted = forge.Status{Context: p.Context, State: state, Description: p.Line, TargetURL: p.ReportURL}
	switch {
	case !ok, p.Conclusion != "":
	case p.Job != "" || p.Failures > 0 || p.Continues != "":
		wanted.Description = report.Checking(s.status().Revision.Head).String()
	default: // the report's address is not known before the merge; a second write only to add it is not worth it
		wanted.Description, wanted.TargetURL = report.WaitingSlot().String(), ""
		if _, _, err := s.snapshot(p.Name); err != nil && p.Run == "" {
			wanted.Description = waitingForProfile(p.Name)
		}
	}
	return wanted, ok
}

// acknowledgement is the hash of a report.
func (s *scope) acknowledgement(wanted forge.Status) (string, error) {
	return plan.Digest(struct {
		SHA    string
		Status forge.Status
	}{s.status().Revision.Head, wanted})
}

func (s *scope) reported(p *prcheckv1.ProfileStatus) bool {
	wanted, ok := s.wanted(p)
	if !ok {
		return true
	}
	hash, err := s.acknowledgement(wanted)
	return err == nil && hash == p.Acknowledged
}

// put makes the forge show one status. What it shows already is not written again, whoever wrote it: that is how a manager
// that died between this write and its own status goes on. A state that is final for this head is not taken back to pending,
// unless a retest asks.
func (r *Reconciler) put(ctx context.Context, s *scope, p *prcheckv1.ProfileStatus) error {
	wanted, ok := s.wanted(p)
	if !ok {
		return nil
	}
	hash, err := s.acknowledgement(wanted)
	if err != nil {
		return err
	}
	provider, err := r.forge(ctx, s)
	if err != nil {
		return err
	}
	head := s.status().Revision.Head
	shown, err := provider.FindStatus(ctx, s.repository(), head, wanted.Context)
	if err != nil && !controllers.Dropped(err) {
		return controllers.From(controllers.PeerForge, err, "looking for status %s on %s", wanted.Context, head)
	}
	needed, err := r.needed(ctx, s, shown, wanted)
	if err != nil {
		return err
	}
	if needed {
		if err := provider.PutStatus(ctx, s.repository(), head, wanted); controllers.Dropped(err) {
			s.extra = append(s.extra, events.Dropped(wanted.Context, err.Error()))
		} else if err != nil {
			return controllers.From(controllers.PeerForge, err, "writing status %s on %s", wanted.Context, head)
		}
		log.FromContext(ctx).Info("Reported", "headSHA", head, "context", wanted.Context, "state", wanted.State, "description", wanted.Description)
	}
	p.Acknowledged = hash
	return nil
}

// needed says whether wanted must be written over what the forge shows.
func (r *Reconciler) needed(ctx context.Context, s *scope, shown *forge.Status, wanted forge.Status) (bool, error) {
	switch {
	case shown == nil:
		return true, nil
	case *shown == wanted:
		return false, nil
	case shown.State == forge.StatePending || wanted.State != forge.StatePending:
		return true, nil
	case s.status().LastHandledRetest == "":
		return false, nil
	}
	return true, r.fresh(ctx, s)
}

var errStale = errors.New("the cache is behind the check's status")

// fresh makes sure that the status was read as it is now: taking a final state back is decided from nothing older.
func (r *Reconciler) fresh(ctx context.Context, s *scope) error {
	now := &prcheckv1.PullRequestCheck{}
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(s.check), now); err != nil {
		return fmt.Errorf("reading check %s afresh: %w", s.check.Name, err)
	}
	if !equality.Semantic.DeepEqual(now.Status, s.base.Status) {
		return apierrors.NewConflict(prcheckv1.GroupVersion.WithResource("pullrequestchecks").GroupResource(), s.check.Name, errStale)
	}
	return nil
}
