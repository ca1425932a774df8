// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results/store"
)

// maxNamed is how many packages a plain pkgcheck command names; with more it scans everything.
const maxNamed = 50

// repeat makes the commands that do the same at home. They work when pasted into a shell.
func (s *Site) repeat(ctx context.Context, r *Report, run *store.Run, p *plan.Plan) Repeat {
	url := safeURL(run.Record.GitURL)
	if url == "" || r.Revision.Merge == "" {
		return Repeat{}
	}
	profile := fileName(r.Profile) + ".yaml"
	prcheck := []string{
		"curl -fsSo " + quote(profile) + " " + quote(s.ExternalURL+"/run/"+r.Short+"/profile.yaml"),
		"prcheck run --repo " + quote(url) + " --base " + r.Revision.Base + " --head " + r.Revision.Head + " --profile " + quote(profile),
	}
	last := &prcheck[1]
	if !p.Clock.IsZero() {
		*last += " --clock " + p.Clock.UTC().Format(time.RFC3339)
	}
	masters, err := s.masterOptions(ctx, run, p)
	if err != nil {
		s.Log.InfoContext(ctx, "No masters in the command that repeats a run", "run", r.Short, "error", err)
	}
	*last += masters
	return Repeat{Prcheck: strings.Join(prcheck, "\n"), Pkgcheck: plainPkgcheck(r, url, p)}
}

func (s *Site) masterOptions(ctx context.Context, run *store.Run, p *plan.Plan) (string, error) {
	if len(p.Masters) == 0 {
		return "", nil
	}
	masters, err := s.Sources.Masters(ctx, run.Record.Namespace, run.Record.Repository)
	if err != nil {
		return "", err
	}
	var options strings.Builder
	for _, pinned := range p.Masters {
		for _, m := range masters {
			if m.Name == pinned.Name {
				options.WriteString(" --master " + quote(m.Name+"="+m.Source.URL+"@"+pinned.Commit))
			}
		}
	}
	return options.String(), nil
}

// plainPkgcheck repeats the head's side with nothing but git and pkgcheck.
func plainPkgcheck(r *Report, url string, p *plan.Plan) string {
	dir := "prcheck-" + fileName(r.Repository) + "-" + fmt.Sprint(r.Number)
	lines := []string{
		"git clone " + quote(url) + " " + quote(dir) + " && cd " + quote(dir),
		fmt.Sprintf("git fetch origin %s && git checkout --detach %s", quote(fmt.Sprintf("refs/pull/%d/head", r.Number)), r.Revision.Base),
		"git -c user.name=x -c user.email=x@localhost merge --no-edit " + r.Revision.Head,
	}
	scan := []string{"pkgcheck scan"}
	if len(p.Snapshot.Profiles) > 0 {
		scan = append(scan, "--profiles "+quote(strings.Join(p.Snapshot.Profiles, ",")))
	}
	if len(p.Snapshot.Keywords) > 0 {
		scan = append(scan, "--keywords="+quote(strings.Join(p.Snapshot.Keywords, ",")))
	}
	if p.Scope.Kind == plan.ScopePackages && len(p.Scope.Packages) <= maxNamed {
		for _, pkg := range p.Scope.Packages {
			scan = append(scan, quote(pkg.Category+"/"+pkg.Package))
		}
	}
	return strings.Join(append(lines, strings.Join(scan, " ")), "\n")
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_./:@=,+-]+$`)

// quote makes one word of a shell's command of any text.
func quote(text string) string {
	if plain.MatchString(text) && !strings.HasPrefix(text, "-") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

var unfit = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// fileName makes a file's name of an object's name.
func fileName(text string) string {
	return strings.TrimLeft(unfit.ReplaceAllString(text, "-"), ".-")
}

// profile serves the profile as it was when the run was planned, for prcheck run --profile.
func (s *Site) profile(w http.ResponseWriter, r *http.Request) {
	run, err := s.find(r.Context(), r.PathValue("hash"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	p, err := s.Store.Plan(r.Context(), run.Record.Hash)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	data, err := yaml.Marshal(profileOf(p.Snapshot))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.write(w, r, "application/yaml", data)
}

// profileFile is a CheckProfile without the fields that only a cluster fills.
type profileFile struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        map[string]string         `json:"metadata"`
	Spec            v1alpha1.CheckProfileSpec `json:"spec"`
}

func profileOf(s plan.Snapshot) profileFile {
	spec := v1alpha1.CheckProfileSpec{
		Image: s.Image, GateInherited: s.GateInherited, GateInheritedRules: slices.Clone(s.GateInheritedRules), Scope: v1alpha1.ScopeAuto, Sandbox: v1alpha1.SandboxRequired,
		Pkgcheck: &v1alpha1.Pkgcheck{Profiles: slices.Clone(s.Profiles), Keywords: slices.Clone(s.Keywords), CommitChecks: v1alpha1.CommitChecks(s.CommitChecks), Jobs: int32(s.Jobs)}, //nolint:gosec // at most 256, by the API
		Timeouts: v1alpha1.StageTimeouts{
			Fetch: metav1.Duration{Duration: s.Timeouts.Fetch}, Prepare: metav1.Duration{Duration: s.Timeouts.Prepare},
			Scan: metav1.Duration{Duration: s.Timeouts.Scan}, Publish: metav1.Duration{Duration: s.Timeouts.Publish},
			Package: metav1.Duration{Duration: s.Timeouts.Package},
		},
		Resources: v1alpha1.RunResources{Memory: *resource.NewQuantity(s.MemoryBytes, resource.BinarySI)},
	}
	if s.FullScope {
		spec.Scope = v1alpha1.ScopeFull
	}
	if s.SandboxLenient {
		spec.Sandbox = v1alpha1.SandboxBestEffort
	}
	for _, level := range s.Gate {
		spec.Gate = append(spec.Gate, v1alpha1.Severity(level))
	}
	for keyword, level := range s.Severities {
		if spec.Severities == nil {
			spec.Severities = map[string]v1alpha1.Severity{}
		}
		spec.Severities[keyword] = v1alpha1.Severity(level)
	}
	return profileFile{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "CheckProfile"},
		Metadata: map[string]string{"name": s.Name}, Spec: spec,
	}
}
