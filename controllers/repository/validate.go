// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package repository

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/profile"
	"github.com/prcheck/prcheck/internal/status"
)

// findings are what validation came to.
type findings struct {
	problem *status.Note  // what somebody must put right, if anything
	recheck time.Duration // when to look again although nothing may happen in the cluster
}

// prober is a forge that can be asked cheaply whether the credentials show the repository. The others are asked for
// a page of pull requests.
type prober interface {
	Probe(ctx context.Context, repo forge.Repository) error
}

// validate looks for the first thing that is wrong: profiles, webhook secret, credentials; the last costs a request to the forge,
// once for each state of Repository and Secret.
func (r *Reconciler) validate(ctx context.Context, repo *prcheckv1.Repository) (findings, error) {
	if problem, err := r.profiles(ctx, repo); problem != nil || err != nil {
		return findings{problem: problem}, err
	}
	if hook := repo.Spec.Triggers.Webhook; hook != nil {
		_, problem, err := r.secret(ctx, repo.Namespace, hook.SecretRef.Name, "spec.triggers.webhook.secretRef", "secret")
		if problem != nil || err != nil {
			return findings{problem: problem}, err
		}
	}
	return r.credentials(ctx, repo)
}

func (r *Reconciler) profiles(ctx context.Context, repo *prcheckv1.Repository) (*status.Note, error) {
	for _, p := range repo.Spec.Profiles {
		checkProfile := &prcheckv1.CheckProfile{}
		err := r.Client.Get(ctx, client.ObjectKey{Namespace: repo.Namespace, Name: p.ProfileRef.Name}, checkProfile)
		if apierrors.IsNotFound(err) {
			return &status.Note{Reason: prcheckv1.ReasonProfileNotFound, Message: fmt.Sprintf(
				"There is no CheckProfile %s in namespace %s: create it, or name another in spec.profiles.", p.ProfileRef.Name, repo.Namespace)}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading CheckProfile %s: %w", p.ProfileRef.Name, err)
		}
		if _, err := profile.Snapshot(checkProfile); err != nil {
			return &status.Note{Reason: prcheckv1.ReasonInvalidProfile, Message: fmt.Sprintf("Edit the profile: %v.", err)}, nil
		}
	}
	return nil, nil
}

// secret reads a Secret and sees that it has a key.
func (r *Reconciler) secret(ctx context.Context, namespace, name, field, key string) (*corev1.Secret, *status.Note, error) {
	secret := &corev1.Secret{}
	err := r.Live.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, secret)
	if apierrors.IsNotFound(err) {
		return nil, &status.Note{Reason: prcheckv1.ReasonCredentialsInvalid, Message: fmt.Sprintf(
			"There is no Secret %s in namespace %s: create it, or name another in %s.", name, namespace, field)}, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading Secret %s: %w", name, err)
	}
	if key != "" && len(secret.Data[key]) == 0 {
		return nil, &status.Note{Reason: prcheckv1.ReasonCredentialsInvalid, Message: fmt.Sprintf("Secret %s (%s) has no key %q: add it.", name, field, key)}, nil
	}
	return secret, nil, nil
}

// credentials asks the forge whether it shows the repository to us.
func (r *Reconciler) credentials(ctx context.Context, repo *prcheckv1.Repository) (findings, error) {
	secret, problem, err := r.secret(ctx, repo.Namespace, repo.Spec.CredentialsRef.Name, "spec.credentialsRef", "")
	if problem != nil || err != nil {
		return findings{problem: problem}, err
	}
	if problem := keys(secret); problem != nil {
		return findings{problem: problem}, nil
	}
	state := fmt.Sprintf("%d/%s", repo.Generation, secret.ResourceVersion)
	if r.probes.good(repo.UID, state) {
		return findings{}, nil
	}
	err = r.probe(ctx, repo)
	if errors.Is(err, forge.ErrNotFound) {
		return findings{recheck: controllers.RecheckStalled, problem: &status.Note{Reason: prcheckv1.ReasonForbidden, Message: fmt.Sprintf(
			"The forge shows no repository %s/%s: correct spec.forge, or give the credentials access to it.", repo.Spec.Forge.Owner, repo.Spec.Forge.Name)}}, nil
	}
	if err == nil {
		r.probes.note(repo.UID, state)
	}
	return findings{}, err
}

// keys sees that the Secret has either form of credentials.
func keys(secret *corev1.Secret) *status.Note {
	if len(secret.Data["token"]) > 0 {
		return nil
	}
	for _, key := range []string{"appID", "installationID", "privateKey"} {
		if len(secret.Data[key]) == 0 {
			return &status.Note{Reason: prcheckv1.ReasonCredentialsInvalid, Message: fmt.Sprintf(
				"Secret %s lacks the key %q: it needs \"token\", or for a GitHub App \"appID\", \"installationID\" and \"privateKey\".", secret.Name, key)}
		}
	}
	return nil
}

func (r *Reconciler) probe(ctx context.Context, repo *prcheckv1.Repository) error {
	provider, err := r.Forges.Provider(ctx, repo)
	if err != nil {
		return controllers.From(controllers.PeerForge, err, "connecting to the forge of Repository %s", repo.Name)
	}
	name := forge.Repository{Owner: repo.Spec.Forge.Owner, Name: repo.Spec.Forge.Name}
	if p, ok := provider.(prober); ok {
		err = p.Probe(ctx, name)
	} else {
		_, _, _, err = provider.ListPulls(ctx, name, "")
	}
	return controllers.From(controllers.PeerForge, err, "asking for %s", name)
}

// probes remembers for which state of Repository and Secret the forge was content.
type probes struct {
	mu     sync.Mutex
	states map[types.UID]string
}

func (p *probes) good(uid types.UID, state string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.states[uid] == state
}

func (p *probes) note(uid types.UID, state string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.states == nil {
		p.states = map[types.UID]string{}
	}
	p.states[uid] = state
}

func (p *probes) forget(uid types.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.states, uid)
}
