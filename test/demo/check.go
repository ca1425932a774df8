// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/test/demo/rig"
	"github.com/prcheck/prcheck/test/demo/scenario"
	"github.com/prcheck/prcheck/test/githubemu"
)

// verdict is what came of one pull request, as the forge and the report say it.
type verdict struct {
	pull   githubemu.Pull
	want   scenario.PullRequest
	status *githubemu.Status // of the newest head, nil where there is none
}

// final says that nothing more is to come: a state that is not pending, or the pending one that is expected.
func (v verdict) final() bool {
	if v.status == nil {
		return false
	}
	return v.status.State != "pending" || v.status.Description == v.want.Description
}

// check compares the verdict with the scenario: state, description and facts.
func (v verdict) check(ctx context.Context, statuses []githubemu.Status) error {
	if v.status == nil {
		return errors.New("the head has no status")
	}
	var errs []error
	if v.status.State != v.want.State {
		errs = append(errs, fmt.Errorf("state is %s, want %s", v.status.State, v.want.State))
	}
	if v.status.Description != v.want.Description {
		errs = append(errs, fmt.Errorf("description is %q, want %q", v.status.Description, v.want.Description))
	}
	return errors.Join(append(errs, v.checkHistory(statuses), v.checkFacts(ctx))...)
}

// checkHistory sees that an old head never got a verdict, and no head more than one.
func (v verdict) checkHistory(statuses []githubemu.Status) error {
	finals := 0
	for _, s := range statuses {
		if s.SHA == v.pull.HeadSHA && s.State != "pending" {
			finals++
		}
	}
	if v.want.State != "pending" && finals != 1 {
		return fmt.Errorf("the head has %d final statuses, want 1", finals)
	}
	return nil
}

// report is the part of a report's JSON form that the scenario speaks of.
type report struct {
	Conclusion string   `json:"conclusion"`
	Line       string   `json:"line"`
	Conflicts  []string `json:"conflicts"`
}

func (v verdict) checkFacts(ctx context.Context) error {
	run, err := runOf(v.status.TargetURL)
	if err != nil {
		return err
	}
	var page report
	if err := rig.GetJSON(ctx, run, &page); err != nil {
		return err
	}
	var errs []error
	if page.Conclusion != v.want.Conclusion {
		errs = append(errs, fmt.Errorf("conclusion is %s, want %s", page.Conclusion, v.want.Conclusion))
	}
	if page.Line != v.want.Description {
		errs = append(errs, fmt.Errorf("the report's line is %q, want %q", page.Line, v.want.Description))
	}
	if !slices.Equal(page.Conflicts, v.want.Conflicts) {
		errs = append(errs, fmt.Errorf("conflicts are %q, want %q", page.Conflicts, v.want.Conflicts))
	}
	for class, want := range map[string][]scenario.Fact{
		"new": v.want.New, "fixed": v.want.Fixed, "inherited": v.want.Inherited, "unveiled": v.want.Unveiled,
	} {
		var answer struct {
			Items []struct {
				Fact scenario.Found `json:"fact"`
			} `json:"items"`
		}
		if err := rig.GetJSON(ctx, run+"/facts?class="+url.QueryEscape(class), &answer); err != nil {
			errs = append(errs, err)
			continue
		}
		found := []scenario.Found{}
		for _, item := range answer.Items {
			found = append(found, item.Fact)
		}
		errs = append(errs, scenario.Match(class, want, found))
	}
	return errors.Join(errs...)
}

// runOf returns the address in the REST API of the run that a status links to.
func runOf(target string) (string, error) {
	u, err := url.Parse(target)
	if err != nil || !strings.Contains(u.Path, "/run/") {
		return "", fmt.Errorf("the status links to %q, which is no report", target)
	}
	hash := path.Base(u.Path)
	u.Path, u.RawQuery = "/api/v1/runs/"+hash, ""
	return u.String(), nil
}

// reportReads sees that the page behind the status can be opened.
func (v verdict) reportReads(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.status.TargetURL, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		return fmt.Errorf("the report %s answers %s, %s", v.status.TargetURL, resp.Status, resp.Header.Get("Content-Type"))
	}
	return nil
}
