// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package connect

import (
	"context"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/forge/github"
)

// GitHub makes providers for github.com and GitHub Enterprise Servers from one registry, so that Repositories with the same
// credentials share its pace.
func GitHub(registry *github.Registry) Build {
	return func(_ context.Context, f v1alpha1.Forge, c Credentials) (forge.Provider, error) {
		api := f.APIURL
		if api == "" {
			api = github.APIURL(f.URL)
		}
		return registry.Provider(api, github.Credentials{
			Token: c.Token, AppID: c.AppID, InstallationID: c.InstallationID, PrivateKey: c.PrivateKey,
		})
	}
}
