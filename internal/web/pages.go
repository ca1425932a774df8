// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/report"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/rest"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/internal/version"
)

// wanted returns the format that a request asks for: html, json, txt or md; "" for one that there is not.
func wanted(r *http.Request) string {
	switch f := r.URL.Query().Get("format"); f {
	case "html", "json", "txt", "md":
		return f
	case "":
	default:
		return ""
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		switch kind, _, _ := strings.Cut(strings.TrimSpace(part), ";"); kind {
		case "text/html", "*/*":
			return "html"
		case "application/json":
			return "json"
		case "text/markdown":
			return "md"
		case "text/plain":
			return "txt"
		}
	}
	return "html"
}

// run serves the report of a run.
func (s *Site) run(w http.ResponseWriter, r *http.Request) {
	hash := r.PathValue("hash")
	run, err := s.find(r.Context(), hash)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if len(hash) < len(plan.Short(run.Record.Hash)) {
		target := s.BasePath + "/run/" + plan.Short(run.Record.Hash)
		if r.URL.RawQuery != "" {
			target += "?" + r.URL.RawQuery
		}
		http.Redirect(w, r, target, http.StatusFound) //nolint:gosec // begins with a path of this site
		return
	}
	format := wanted(r)
	switch format {
	case "txt", "md":
		s.runText(w, r, run, format)
		return
	case "":
		s.message(w, r, http.StatusNotFound, "There is no such format. A report can be had as html, json, txt and md.")
		return
	}
	page, err := s.build(r.Context(), run, r.URL.Query())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if format == "json" {
		s.writeJSON(w, r, page)
		return
	}
	page.site = s.frame(pageTitle(page), iconOf(page))
	for _, name := range []string{"json", "txt", "md"} {
		page.site.Formats = append(page.site.Formats, format_(name, page.Links[name]))
	}
	s.render(w, r, http.StatusOK, "report", page)
}

func format_(name, url string) format {
	return format{Name: map[string]string{"json": "JSON", "txt": "Text", "md": "Markdown"}[name], URL: url}
}

// pageTitle is what a tab shows: the mark first, because tabs are narrow.
func pageTitle(r *Report) string {
	mark := map[string]string{"success": "✓", "failure": "✗", "neutral": "◇", "skipped": "↷", "error": "!", "superseded": "⧉"}[string(r.Conclusion)]
	if mark == "" {
		mark = "…"
	}
	return fmt.Sprintf("%s %s · #%d · %s", mark, r.Line, r.Number, r.Repository)
}

// runText serves what the CLI prints or the comment says.
func (s *Site) runText(w http.ResponseWriter, r *http.Request, run *store.Run, format string) {
	ctx := r.Context()
	p, err := s.Store.Plan(ctx, run.Record.Hash)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	kind := map[string]string{"txt": "text/plain; charset=utf-8", "md": "text/markdown; charset=utf-8"}[format]
	page := s.begin(run, p)
	if run.Open() {
		if err := s.addProgress(ctx, page, run); err != nil {
			s.fail(w, r, err)
			return
		}
		s.write(w, r, kind, []byte(page.Line+"\n"))
		return
	}
	v, err := s.whole(ctx, run)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	repeat := s.repeat(ctx, page, run, p)
	_, command, _ := strings.Cut(repeat.Prcheck, "\n")
	names, url := rest.NamesOf(v, run.Record), s.ExternalURL+"/run/"+page.Short
	text := ""
	if format == "txt" {
		text = report.Terminal(v, names, report.TerminalOptions{ReportURL: url, Repeat: command})
	} else {
		text = report.Markdown(v, names, report.MarkdownOptions{ReportURL: url, Repeat: command})
	}
	s.write(w, r, kind, []byte(text))
}

// whole is a verdict with its items.
func (s *Site) whole(ctx context.Context, run *store.Run) (*verdict.Verdict, error) {
	v, err := s.Store.Verdict(ctx, run)
	if err != nil {
		return nil, err
	}
	v.Items, err = s.Store.Facts(ctx, run, store.FactQuery{})
	return v, err
}

// indexView is the first page.
type indexView struct {
	Runs []Attempt  `json:"runs"`
	Rows []indexRow `json:"-"`
	site frame
}

type indexRow struct {
	Attempt
	Repository string
	Number     int64
	Title      string
	Profile    string
}

// newest is how many runs the first page lists.
const newest = 50

func (s *Site) index(w http.ResponseWriter, r *http.Request) {
	runs, err := s.Store.Recent(r.Context(), newest)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	view := &indexView{Runs: []Attempt{}, site: s.frame("Newest runs · prcheck", "dot")}
	view.site.Formats = []format{format_("json", s.BasePath+"/?format=json")}
	for _, run := range runs {
		a := s.attemptOf(run)
		view.Runs = append(view.Runs, a)
		view.Rows = append(view.Rows, indexRow{Attempt: a, Repository: run.Record.Repository, Number: run.Record.Number, Title: run.Record.Title, Profile: run.Record.Profile})
	}
	if wanted(r) == "json" {
		s.writeJSON(w, r, view)
		return
	}
	s.render(w, r, http.StatusOK, "index", view)
}

func (s *Site) attemptOf(run *store.Run) Attempt {
	a := Attempt{
		Run: run.Record.Hash, Attempt: run.Record.Attempt, Head: run.Record.Plan.Revision.Head, State: run.Summary.State,
		Conclusion: run.Summary.Conclusion, Line: run.Summary.Line, URL: s.BasePath + "/run/" + plan.Short(run.Record.Hash),
	}
	if run.Open() {
		a.Line = report.WaitingSlot().String()
	}
	if run.Summary.State == results.RunSuperseded && a.Line == "" {
		a.Line = report.Replaced().String()
	}
	return a
}

func (s *Site) nothing(w http.ResponseWriter, r *http.Request) {
	s.message(w, r, http.StatusNotFound, "There is no such page.")
}

// fail tells a visitor what went wrong, as far as it is theirs to know.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return
	}
	if errors.Is(err, store.ErrNotFound) {
		hash := r.PathValue("hash")
		hash = hash[:min(len(hash), 64)]
		text := fmt.Sprintf("No run starts with %s. Runs are 12 hex digits; search for the pull request instead.", hash)
		if errors.Is(err, store.ErrAmbiguous) {
			text = fmt.Sprintf("More than one run starts with %s. Give more digits.", hash)
		} else if r.PathValue("stage") != "" && strings.HasPrefix(err.Error(), "log") {
			text = "This run has no such log. Stages are fetch, prepare and scan; a stage that never started wrote none."
		}
		s.message(w, r, http.StatusNotFound, text)
		return
	}
	s.Log.ErrorContext(r.Context(), "Cannot show a page", "path", r.URL.Path, "error", err)
	s.message(w, r, http.StatusServiceUnavailable, "This page cannot be shown now. Try again in a minute; operators see why in the server's log.")
}

// messageView is a page that only says something.
type messageView struct {
	Code int    `json:"code"`
	Text string `json:"text"`
	site frame
}

func (s *Site) message(w http.ResponseWriter, r *http.Request, code int, text string) {
	view := &messageView{Code: code, Text: text, site: s.frame(text, "dot")}
	if f := wanted(r); f == "json" || f == "txt" || f == "md" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(code)
		s.send(w, r, []byte(text+"\n"))
		return
	}
	s.render(w, r, code, "message", view)
}

func (s *Site) frame(title, icon string) frame {
	return frame{Title: title, Icon: icon, Base: s.BasePath, Style: s.BasePath + "/static/" + styleName, Version: version.Version}
}

func (s *Site) render(w http.ResponseWriter, r *http.Request, code int, name string, view any) {
	var page bytes.Buffer
	if err := s.templates.ExecuteTemplate(&page, name, view); err != nil {
		s.Log.ErrorContext(r.Context(), "Cannot render a page", "page", name, "error", err)
		http.Error(w, "This page cannot be shown now.", http.StatusInternalServerError)
		return
	}
	if code != http.StatusOK {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(code)
		s.send(w, r, page.Bytes())
		return
	}
	s.write(w, r, "text/html; charset=utf-8", page.Bytes())
}

func (s *Site) writeJSON(w http.ResponseWriter, r *http.Request, view any) {
	data, err := json.MarshalIndent(view, "", "  ")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.write(w, r, "application/json", append(data, '\n'))
}

// write sends a page that may change: it is asked for again each time, and answered with 304 where it did not.
func (s *Site) write(w http.ResponseWriter, r *http.Request, contentType string, data []byte) {
	sum := sha256.Sum256(data)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept")
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.send(w, r, data)
}

func (s *Site) send(w http.ResponseWriter, r *http.Request, data []byte) {
	if _, err := w.Write(data); err != nil { //nolint:gosec // templates escape; the rest is no HTML by its content type
		s.Log.DebugContext(r.Context(), "A visitor went away", "error", err)
	}
}
