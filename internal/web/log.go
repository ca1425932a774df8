// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results/store"
)

// Limits of a log page. A longer log is shown in parts; raw gives all of it.
const (
	logLines     = 5000
	logLineBytes = 4000
)

// LogView is a page of a stage's log, and its JSON twin.
type LogView struct {
	Run      string     `json:"run"`
	Stage    plan.Stage `json:"stage"`
	Line     string     `json:"line"` // of the report
	State    string     `json:"state"`
	Lines    []LogLine  `json:"lines"`
	From     int        `json:"from"` // number of the first line shown
	Total    int        `json:"total"`
	Bytes    int64      `json:"bytes"`
	LeftOut  int64      `json:"leftOut"` // bytes that the runner did not keep
	Previous string     `json:"previous"`
	Next     string     `json:"next"`
	Raw      string     `json:"raw"`
	Stages   []LogLink  `json:"stages"`
	Report   string     `json:"report"`
	site     frame
}

// LogLine is one line of a log.
type LogLine struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

// log serves a stage's log.
func (s *Site) log(w http.ResponseWriter, r *http.Request) {
	ctx, stage := r.Context(), plan.Stage(r.PathValue("stage"))
	run, err := s.find(ctx, r.PathValue("hash"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if !slices.Contains(stagesOf(run), stage) {
		s.message(w, r, http.StatusNotFound, "There is no such stage. A run's stages are fetch, prepare, scan and publish; those of a run that is divided have the number of their shard, as in scan-2.")
		return
	}
	view := &LogView{
		Run: run.Record.Hash, Stage: stage, State: "finished", Lines: []LogLine{}, Stages: []LogLink{},
		Report: s.BasePath + "/run/" + plan.Short(run.Record.Hash),
	}
	view.Line = s.attemptOf(run).Line
	view.Raw = view.Report + "/log/" + string(stage) + "?format=txt"
	file, err := s.Store.Log(ctx, run, stage)
	switch {
	case run.Open() && errors.Is(err, store.ErrNotFound):
		view.State = "waiting"
	case errors.Is(err, store.ErrNotFound):
		view.State = "none"
	case err != nil:
		s.fail(w, r, err)
		return
	default:
		defer file.Close() //nolint:errcheck // only read
	}
	if f := wanted(r); f == "txt" || f == "md" {
		s.rawLog(w, r, view, file)
		return
	}
	s.logPage(w, r, view, run, file)
}

// rawLog sends the log as it is, as a file: a browser must not take it for anything else.
func (s *Site) rawLog(w http.ResponseWriter, r *http.Request, view *LogView, file *os.File) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", plan.Short(view.Run)+"-"+string(view.Stage)+".log"))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "no-cache")
	if file == nil {
		http.Error(w, "this stage wrote no log", http.StatusNotFound)
		return
	}
	if _, err := io.Copy(w, file); err != nil {
		s.Log.DebugContext(r.Context(), "A visitor went away", "error", err)
	}
}

func (s *Site) logPage(w http.ResponseWriter, r *http.Request, view *LogView, run *store.Run, file *os.File) {
	ctx := r.Context()
	from, err := strconv.Atoi(r.URL.Query().Get("from"))
	if err != nil || from < 1 {
		from = 1
	}
	view.From = from
	if file != nil {
		if err := readLines(file, view); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	links := &Report{Links: map[string]string{"self": view.Report}}
	if err := s.addLogs(ctx, links, run); err != nil {
		s.fail(w, r, err)
		return
	}
	view.Stages = append(view.Stages, links.Logs...)
	if v, err := s.Store.Verdict(ctx, run); err == nil {
		for _, o := range v.Outcomes {
			if o.Stage.OfShard(o.Shard) == view.Stage {
				view.LeftOut = o.LogTruncated
			}
		}
	}
	self := view.Report + "/log/" + string(view.Stage)
	if next := view.From + len(view.Lines); next <= view.Total {
		view.Next = self + "?from=" + strconv.Itoa(next)
	}
	if view.From > 1 {
		view.Previous = self + "?from=" + strconv.Itoa(max(1, view.From-logLines))
	}
	if wanted(r) == "json" {
		s.writeJSON(w, r, view)
		return
	}
	view.site = s.frame(fmt.Sprintf("Log of %s · %s · prcheck", view.Stage, plan.Short(view.Run)), "dot")
	view.site.Formats = []format{format_("json", self+"?format=json"), {Name: "Raw", URL: view.Raw}}
	s.render(w, r, http.StatusOK, "log", view)
}

// readLines fills in the lines that the page shows, and counts all.
func readLines(file io.Reader, view *LogView) error {
	in := bufio.NewReaderSize(file, 64<<10)
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		view.Bytes += int64(len(part))
		if room := logLineBytes - len(line); room > 0 {
			line = append(line, part[:min(room, len(part))]...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		atEnd := errors.Is(err, io.EOF)
		if err != nil && !atEnd {
			return fmt.Errorf("reading a log: %w", err)
		}
		if len(line) > 0 || !atEnd {
			view.add(line)
		}
		if atEnd {
			return nil
		}
		line = line[:0]
	}
}

// add counts a line, and keeps it where the page shows it.
func (view *LogView) add(line []byte) {
	view.Total++
	if view.Total >= view.From && len(view.Lines) < logLines {
		view.Lines = append(view.Lines, LogLine{view.Total, strings.TrimSuffix(string(line), "\n")})
	}
}
