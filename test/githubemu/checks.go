// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

const (
	runsMost    = 1000  // of one name in a suite; the oldest goes then
	outputMost  = 65535 // bytes of summary and of text
	statusDone  = "completed"
	statusQueue = "queued"
)

// runInput is the body of creating and of updating a run.
type runInput struct {
	Name        *string
	HeadSHA     string  `json:"head_sha"`
	DetailsURL  *string `json:"details_url"`
	ExternalID  *string `json:"external_id"`
	Status      *string
	Conclusion  *string
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Output      *struct {
		Title, Summary, Text *string
		Annotations          []obj
	}
}

func createRun(c *call) (*reply, error) {
	var in runInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !c.repo.hasCommit(c.ctx, in.HeadSHA) {
		return nil, noCommit(in.HeadSHA)
	}
	su := c.s.suite(c.repo, in.HeadSHA, c.actor.app)
	run := &checkRun{suite: su, status: statusQueue, started: c.s.now()}
	if err := run.apply(&in, c.s.now()); err != nil {
		return nil, err
	}
	run.id, su.reset, su.updated = c.s.id(), false, c.s.now()
	c.repo.runs = append(c.repo.runs, run)
	c.repo.forgetOldRuns(run)
	return created(c.s.runJSON(c.repo, run))
}

// apply changes a run as a body says, or not at all.
func (run *checkRun) apply(in *runInput, now time.Time) *apiError {
	if err := checkRunInput(in); err != nil {
		return err
	}
	set(&run.name, in.Name)
	set(&run.details, in.DetailsURL)
	set(&run.externalID, in.ExternalID)
	if in.Status != nil {
		run.status = *in.Status
		if run.status != statusDone {
			run.conclusion, run.completed = "", time.Time{}
		}
	}
	set(&run.started, in.StartedAt)
	if in.Conclusion != nil { // giving a conclusion completes the run
		run.status, run.conclusion, run.completed = statusDone, *in.Conclusion, now
	}
	set(&run.completed, in.CompletedAt)
	if in.Output != nil {
		run.hasOutput = true
		set(&run.title, in.Output.Title)
		set(&run.summary, in.Output.Summary)
		set(&run.text, in.Output.Text)
		run.annotations = append(run.annotations, in.Output.Annotations...) // GitHub appends, also when a request is repeated
	}
	return nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// checkRunInput refuses what the document does not tell.
func checkRunInput(in *runInput) *apiError {
	if in.Status != nil && *in.Status == statusDone && in.Conclusion == nil {
		return unprocessable("CheckRun", "conclusion", "missing_field", "conclusion is required when status is completed").named("missing-field:conclusion")
	}
	if in.Output == nil {
		return nil
	}
	for name, text := range map[string]*string{"summary": in.Output.Summary, "text": in.Output.Text} {
		if text != nil && len(*text) > outputMost {
			return unprocessable("CheckRun", name, "custom", fmt.Sprintf("Only %d characters are allowed; %d were supplied.", outputMost, utf8.RuneCountInString(*text))).named("output-too-long:" + name)
		}
	}
	for _, a := range in.Output.Annotations {
		if a["start_column"] != nil && a["start_line"] != a["end_line"] {
			return unprocessable("CheckRun", "annotations", "custom", "start_column and end_column need start_line and end_line to be equal").named("bad-annotation-columns")
		}
	}
	return nil
}

func (r *repo) forgetOldRuns(of *checkRun) {
	same := 0
	for _, run := range r.runs {
		if run.suite == of.suite && run.name == of.name {
			same++
		}
	}
	if same <= runsMost {
		return
	}
	i := slices.IndexFunc(r.runs, func(run *checkRun) bool { return run.suite == of.suite && run.name == of.name })
	r.runs = slices.Delete(r.runs, i, i+1)
}

func (c *call) checkRun() (*checkRun, *apiError) {
	id := c.idParam("check_run_id")
	for _, run := range c.repo.runs {
		if run.id == id {
			return run, nil
		}
	}
	return nil, errNotFound
}

func updateRun(c *call) (*reply, error) {
	run, refusal := c.checkRun()
	if refusal != nil {
		return nil, refusal
	}
	if run.suite.app != c.actor.app {
		return nil, &apiError{status: http.StatusForbidden, message: fmt.Sprintf("Invalid app_id `%d` - check run can only be modified by the GitHub App that created it.", c.actor.app.id)}
	}
	var in runInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := run.apply(&in, c.s.now()); err != nil {
		return nil, err
	}
	run.suite.reset, run.suite.updated = false, c.s.now()
	return ok(c.s.runJSON(c.repo, run))
}

func getRun(c *call) (*reply, error) {
	run, refusal := c.checkRun()
	if refusal != nil {
		return nil, refusal
	}
	return ok(c.s.runJSON(c.repo, run))
}

func listAnnotations(c *call) (*reply, error) {
	run, refusal := c.checkRun()
	if refusal != nil {
		return nil, refusal
	}
	out := []any{}
	for _, a := range paged(c, run.annotations) {
		path, _ := a["path"].(string) // the document demands it
		j := obj{"title": nil, "raw_details": nil, "start_column": nil, "end_column": nil}
		maps.Copy(j, a)
		j["blob_href"] = c.s.html("/" + c.repo.fullName() + "/blob/" + run.suite.sha + "/" + path)
		out = append(out, j)
	}
	return ok(out)
}

// listRuns filters like GitHub: the latest of each name and App, unless all are asked for.
func (c *call) listRuns(suites []*suite) (*reply, error) {
	q := c.r.URL.Query()
	out := []any{}
	for _, su := range suites {
		runs := c.repo.latestRuns(su)
		if q.Get("filter") == "all" {
			runs = slices.DeleteFunc(slices.Clone(c.repo.runs), func(run *checkRun) bool { return run.suite != su })
			slices.Reverse(runs)
		}
		for _, run := range runs {
			if is(q.Get("check_name"), run.name) && is(q.Get("status"), run.status) && is(q.Get("app_id"), fmt.Sprint(su.app.id)) {
				out = append(out, c.s.runJSON(c.repo, run))
			}
		}
	}
	return ok(obj{"total_count": len(out), "check_runs": paged(c, out)})
}

// is says whether a filter lets a value pass.
func is(filter, value string) bool { return filter == "" || filter == value }

func listRunsForRef(c *call) (*reply, error) {
	sha := c.repo.resolve(c.ctx, c.params["ref"])
	if sha == "" {
		return nil, noCommit(c.params["ref"])
	}
	return c.listRuns(c.repo.suitesOf(sha))
}

func rerequestRun(c *call) (*reply, error) {
	run, refusal := c.checkRun()
	if refusal != nil {
		return nil, refusal
	}
	run.suite.reset = true
	c.s.emitRun(c.ctx, c.repo, run, "rerequested", c.s.sender(c.actor), nil)
	return created(obj{})
}
