// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

// What the server may do in the cluster; `make generate` makes its role of these lines.
//
// It watches Repositories, makes and wakes their checks, reads the Secrets that they name, and asks who a token belongs to:
// the manager, or a pod of a Job of a run. It keeps no Secret, so it needs neither to list nor to watch them. Checks block the
// deletion of their Repository, which some clusters allow only to who may update its finalizers.
//
// +kubebuilder:rbac:groups=prcheck.dev,resources=repositories,verbs=get;list;watch
// +kubebuilder:rbac:groups=prcheck.dev,resources=pullrequestchecks,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups=prcheck.dev,resources=repositories/finalizers,verbs=update
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get
// +kubebuilder:rbac:groups="",resources=pods,verbs=get
// +kubebuilder:rbac:groups=batch,resources=jobs,verbs=get
// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
