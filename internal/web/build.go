// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/report"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/rest"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/verdict"
)

// Problems on one page: the first ones, and the following ones.
const (
	firstProblems = 200
	moreProblems  = 500
	// maxAll is how many ?all=1 gives in one document.
	maxAll = 10_000
	// openProblems are shown unfolded.
	openProblems = 20
)

// build makes the report of a run from what is stored.
func (s *Site) build(ctx context.Context, run *store.Run, query url.Values) (*Report, error) {
	p, err := s.Store.Plan(ctx, run.Record.Hash)
	if err != nil {
		return nil, err
	}
	r := s.begin(run, p)
	if err := s.addRuns(ctx, r, run); err != nil {
		return nil, err
	}
	if run.Open() {
		return r, s.addProgress(ctx, r, run)
	}
	v, err := s.Store.Verdict(ctx, run)
	if err != nil {
		return nil, err
	}
	s.addVerdict(r, run, v)
	if err := s.addItems(ctx, r, run, v, p, query); err != nil {
		return nil, err
	}
	return r, s.addLogs(ctx, r, run)
}

func (s *Site) begin(run *store.Run, p *plan.Plan) *Report {
	record := run.Record
	r := &Report{
		Run: record.Hash, Short: plan.Short(record.Hash), Namespace: record.Namespace, Repository: record.Repository, Number: record.Number,
		Title: record.Title, Author: record.Author, PullURL: safeURL(record.PullURL), Profile: record.Profile, Context: record.Context,
		Attempt: record.Attempt, Revision: p.Revision, Created: run.Created, Scope: p.Scope, Shards: record.Shards,
		Conflicts: []string{}, Items: []Problem{}, Timings: []Timing{}, Attempts: []Attempt{}, Logs: []LogLink{},
		Looked: []string{}, Slowest: []verdict.PackageTime{}, Culprits: []Culprit{},
	}
	at := s.BasePath + "/run/" + r.Short
	r.Links = map[string]string{
		"self": at, "json": at + "?format=json", "txt": at + "?format=txt", "md": at + "?format=md", "profile": at + "/profile.yaml",
		"facts": s.BasePath + "/api/v1/runs/" + record.Hash + "/facts",
		"pull":  s.BasePath + "/api/v1/repositories/" + url.PathEscape(record.Namespace) + "/" + url.PathEscape(record.Repository) + "/pulls/" + strconv.FormatInt(record.Number, 10),
	}
	end := s.Clock.Now()
	if !run.Finished.IsZero() {
		finished := run.Finished
		r.Finished, end = &finished, finished
	}
	r.Seconds = max(0, end.Sub(run.Created).Seconds())
	return r
}

// safeURL lets through what is a web address; the forge's answer is not to be trusted with more.
func safeURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

// maxAttempts of other runs are listed.
const maxAttempts = 30

func (s *Site) addRuns(ctx context.Context, r *Report, run *store.Run) error {
	runs, err := s.Store.RunsOf(ctx, r.Namespace, r.Repository, r.Number, maxAttempts)
	if err != nil {
		return err
	}
	for _, other := range runs {
		if other.Record.Profile != r.Profile {
			continue
		}
		summary := other.Summary
		if other.Open() {
			summary.Line = report.WaitingSlot().String()
		}
		r.Attempts = append(r.Attempts, Attempt{
			Run: other.Record.Hash, Attempt: other.Record.Attempt, Head: other.Record.Plan.Revision.Head, State: summary.State,
			Conclusion: summary.Conclusion, Line: summary.Line, Current: other.Record.Hash == run.Record.Hash,
			URL: s.BasePath + "/run/" + plan.Short(other.Record.Hash),
		})
	}
	return nil
}

func (s *Site) addProgress(ctx context.Context, r *Report, run *store.Run) error {
	r.State, r.Turn, r.Line = "waiting", report.TurnOurs, report.WaitingSlot().String()
	r.Sentence = "The run is planned and starts as soon as there is room. This page says more then; reload it."
	line, running := s.Progress(ctx, run.Record)
	if line != "" {
		r.Line = line
	}
	if running {
		r.State = "running"
		r.Sentence = "The check is under way: fetch, prepare, scan, publish. Reload this page for the verdict."
		if line == "" {
			r.Line = report.Checking(r.Revision.Head).String()
		}
	}
	if run.Record.Shards == 0 {
		return nil
	}
	parts, err := s.Store.Parts(ctx, run.Record.Hash)
	r.Sentence = fmt.Sprintf("The packages are divided among %d pods; the results of %d are there. %s", run.Record.Shards, len(parts), r.Sentence)
	return err
}

func (s *Site) addVerdict(r *Report, run *store.Run, v *verdict.Verdict) {
	names := rest.NamesOf(v, run.Record)
	explained := report.Explain(v, names)
	r.State = "finished"
	if run.Summary.State == results.RunSuperseded {
		r.State = "superseded"
	}
	r.Conclusion, r.Reason, r.Message, r.Line = v.Conclusion, v.Reason, v.Message, run.Summary.Line
	r.Turn, r.Sentence = explained.Turn, explained.Sentence.String()
	r.Problems, r.Counts, r.Scope = v.Problems, v.Counts, v.Scope
	r.Conflicts = append(r.Conflicts, v.Conflicts...)
	addLooked(r, v)
	for _, o := range v.Outcomes {
		r.Timings = append(r.Timings, Timing{
			Stage: o.Stage, Shard: o.Shard, Log: string(o.Stage.OfShard(o.Shard)), Seconds: max(0, o.Finished.Sub(o.Started).Seconds()), CPUSeconds: o.CPUSeconds, PeakBytes: o.PeakBytes,
			Reason: o.Reason, Message: o.Message, Steps: o.Steps,
		})
	}
}

func (s *Site) addItems(ctx context.Context, r *Report, run *store.Run, v *verdict.Verdict, p *plan.Plan, query url.Values) error {
	q, page := s.pageOf(query)
	items, total, err := s.Store.Problems(ctx, run, q)
	if err != nil {
		return err
	}
	names := rest.NamesOf(v, run.Record)
	facts := map[problemKey][]string{}
	for _, item := range items {
		k := problemKey{item.Class, item.Problem}
		facts[k] = append(facts[k], item.Fact.Fingerprint)
	}
	reasons := scopeReasons(v.Scope)
	for i, problem := range report.Problems(&verdict.Verdict{Items: items}) {
		item := itemOf(problem, names, facts)
		item.open = i < openProblems && page.From == 0
		item.Scope = reasons[item.Category+"/"+item.Package]
		r.Items = append(r.Items, item)
	}
	page.Shown, page.Total = len(r.Items), total
	s.linkPages(&page, r, query)
	r.Page = page
	s.addSource(ctx, r, run, v)
	if r.Evidence = evidenceOf(v, p); r.Evidence != nil {
		r.Evidence.Unfolded = total == 0 && page.Reset == ""
	}
	r.Repeat = s.repeat(ctx, r, run, p)
	return nil
}

type problemKey struct {
	class   finding.Class
	problem string
}

func itemOf(p report.Problem, names report.Names, facts map[problemKey][]string) Problem {
	class := p.Class
	if class == report.Note {
		class = finding.ClassNew
	}
	f := p.Fact
	sentence, advice := report.ClassSentence(p.Class, names, p.From, f.Version), report.ClassAdvice(p.Class, p.Gates, p.Behind, f.Version)
	if f.Commit != "" {
		sentence, advice = report.CommitSentence(&f), report.CommitAdvice(p.Gates)
	}
	return Problem{
		ID: p.ID, Class: p.Class, Gates: p.Gates, Rule: f.Rule, Level: f.Level, Category: f.Category, Package: f.Package, Version: f.Version,
		Path: f.Path, Line: f.Line, Message: f.Message, Commit: f.Commit, From: p.From, Behind: p.Behind, On: append([]string{}, p.On...),
		Sentence: sentence.String(), Advice: advice.String(),
		Facts: facts[problemKey{class, p.ID}], Source: []SourceLine{},
	}
}

func scopeReasons(scope plan.Scope) map[string]string {
	reasons := map[string]string{}
	for _, p := range scope.Packages {
		reasons[p.Category+"/"+p.Package] = p.Reason
	}
	return reasons
}

// pageOf reads what a visitor wants to see. Nonsense is taken for nothing.
func (s *Site) pageOf(query url.Values) (store.ProblemQuery, Page) {
	page := Page{Level: query.Get("level"), Rule: query.Get("rule"), Package: query.Get("package"), All: query.Get("all") == "1"}
	if class := finding.Class(query.Get("class")); class == report.Note || slices.Contains(finding.Classes, class) {
		page.Class = string(class)
	}
	if from, err := strconv.Atoi(query.Get("from")); err == nil && from > 0 && from < 1<<30 {
		page.From = from
	}
	q := store.ProblemQuery{
		Class: finding.Class(page.Class), Level: finding.Level(page.Level), Rule: page.Rule, Package: page.Package, From: page.From, Limit: moreProblems,
	}
	if page.From == 0 {
		q.Limit = firstProblems
	}
	if page.All {
		q.Limit = maxAll
	}
	return q, page
}

// pageURL is the report with the same filters, from another problem on.
func pageURL(self string, query url.Values, from int) string {
	kept := url.Values{}
	for _, name := range []string{"class", "level", "rule", "package"} {
		if value := query.Get(name); value != "" {
			kept.Set(name, value)
		}
	}
	if from > 0 {
		kept.Set("from", strconv.Itoa(from))
	}
	if len(kept) == 0 {
		return self
	}
	return self + "?" + kept.Encode()
}

func (s *Site) linkPages(page *Page, r *Report, query url.Values) {
	self := r.Links["self"]
	if next := page.From + page.Shown; next < page.Total && page.Shown > 0 {
		page.Next = pageURL(self, query, next) + "#problems"
	}
	if page.From > 0 {
		previous := page.From - moreProblems
		if previous < firstProblems {
			previous = 0
		}
		page.Previous = pageURL(self, query, previous) + "#problems"
	}
	if page.Class != "" || page.Level != "" || page.Rule != "" || page.Package != "" {
		page.Reset = self + "#problems"
	}
}

func (s *Site) addLogs(ctx context.Context, r *Report, run *store.Run) error {
	sizes, err := s.Store.Logs(ctx, run)
	if err != nil {
		return err
	}
	for _, stage := range stagesOf(run) {
		if size, ok := sizes[stage]; ok {
			r.Logs = append(r.Logs, LogLink{Stage: stage, Bytes: size, URL: r.Links["self"] + "/log/" + string(stage)})
		}
	}
	return nil
}

// stagesOf lists the stages of a run in order, shard by shard where it is divided.
func stagesOf(run *store.Run) []plan.Stage {
	if run.Record.Shards == 0 {
		return plan.Stages
	}
	stages := []plan.Stage{}
	for n := 1; n <= run.Record.Shards; n++ {
		for _, stage := range plan.Stages {
			stages = append(stages, stage.OfShard(n))
		}
	}
	return stages
}

// find returns the run that an address means.
func (s *Site) find(ctx context.Context, hash string) (*store.Run, error) {
	run, err := s.Store.FindRun(ctx, strings.ToLower(hash))
	if errors.Is(err, store.ErrAmbiguous) {
		return nil, errors.Join(err, store.ErrNotFound)
	}
	return run, err
}
