// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/forge/connect"
	"github.com/prcheck/prcheck/internal/gitmirror"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/rest"
)

// sources finds out where Repositories are mirrored from.
type sources struct {
	repositories client.Reader
	connector    *connect.Connector
}

func (s *sources) repository(ctx context.Context, namespace, name string) (*v1alpha1.Repository, error) {
	repo := &v1alpha1.Repository{}
	err := s.repositories.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, repo)
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("%w: %s/%s", rest.ErrNoRepository, namespace, name)
	}
	if err != nil {
		return nil, fmt.Errorf("reading Repository %s/%s: %w", namespace, name, err)
	}
	return repo, nil
}

// Target returns the source of a Repository, with credentials for its forge.
func (s *sources) Target(ctx context.Context, namespace, name string) (gitmirror.Source, error) {
	repo, err := s.repository(ctx, namespace, name)
	if err != nil {
		return gitmirror.Source{}, err
	}
	f := repo.Spec.Forge
	return gitmirror.Source{
		Name: namespace + "/" + name,
		URL:  strings.TrimRight(f.URL, "/") + "/" + f.Owner + "/" + f.Name + ".git",
		Credentials: func(ctx context.Context) (string, string, error) {
			provider, err := s.connector.Provider(ctx, repo)
			if err != nil {
				return "", "", err
			}
			return provider.GitCredentials(ctx)
		},
	}, nil
}

// Masters returns the masters of a Repository. They are read without credentials.
func (s *sources) Masters(ctx context.Context, namespace, name string) ([]rest.Master, error) {
	repo, err := s.repository(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	masters := make([]rest.Master, 0, len(repo.Spec.Masters))
	for _, m := range repo.Spec.Masters {
		masters = append(masters, rest.Master{Name: m.Name, Source: gitmirror.Source{URL: m.URL}, Commit: m.Commit, Branch: m.Branch})
	}
	return masters, nil
}

// progress says where an open run stands, as far as its check tells. The manager writes the line.
func (s *sources) progress(ctx context.Context, record results.RunRecord) (line string, running bool) {
	check := &v1alpha1.PullRequestCheck{}
	if err := s.repositories.Get(ctx, types.NamespacedName{Namespace: record.Namespace, Name: record.Check}, check); err != nil {
		return "", false // the page does without
	}
	for _, profile := range check.Status.Profiles {
		if profile.Run == record.Hash {
			return profile.Line, profile.Job != ""
		}
	}
	return "", false
}
