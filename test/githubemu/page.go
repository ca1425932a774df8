// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"
)

// pagePath is the page of a pull request.
var pagePath = regexp.MustCompile(`^/([^/]+)/([^/]+)/pull/([0-9]+)/?$`)

//go:embed page.html
var pageText string

var pages = template.Must(template.New("page").Parse(pageText))

func (s *Server) pageURL(r *repo, p *pull) string {
	return s.html(fmt.Sprintf("/%s/pull/%d", r.fullName(), p.number))
}

type pullPage struct {
	Repo, Title, State, Author, Base, Head, SHA, Combined string
	Number                                                int
	Labels                                                []string
	Statuses                                              []Status
	Runs                                                  []runLine
	Comments                                              []Comment
}

// runLine is a check run in one line. Its state is in the words of statuses.
type runLine struct{ Name, State, Title string }

func (run *checkRun) line() runLine {
	l := runLine{Name: run.name, State: run.conclusion, Title: run.title}
	if run.status != statusDone {
		l.State = "pending"
	}
	return l
}

type indexPage struct {
	Repo  string
	Pulls []pullPage
}

// Short is a SHA as people see it.
func (p pullPage) Short() string { return fmt.Sprintf("%.10s", p.SHA) }

func (s *Server) servePullPage(w http.ResponseWriter, r *http.Request) {
	m := pagePath.FindStringSubmatch(r.URL.Path)
	number, _ := strconv.Atoi(m[3]) // the expression lets digits through only; too many are nobody's number
	s.mu.Lock()
	rp, _ := s.repo(m[1], m[2])
	var page *pullPage
	if rp != nil && rp.pulls[number] != nil {
		one := s.pullPage(rp, rp.pulls[number])
		page = &one
	}
	s.mu.Unlock()
	if page == nil {
		http.Error(w, "No such pull request here.", http.StatusNotFound)
		return
	}
	s.show(w, r, "pull", page)
}

func (s *Server) serveIndexPage(w http.ResponseWriter, r *http.Request) {
	var list []indexPage
	s.mu.Lock()
	for _, rp := range s.sortedRepos() {
		if rp.fork {
			continue
		}
		one := indexPage{Repo: rp.fullName()}
		for _, p := range rp.sortedPulls() {
			one.Pulls = append(one.Pulls, s.pullPage(rp, p))
		}
		list = append(list, one)
	}
	s.mu.Unlock()
	s.show(w, r, "index", list)
}

func (s *Server) show(w http.ResponseWriter, r *http.Request, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	if err := pages.ExecuteTemplate(w, name, data); err != nil {
		s.log.ErrorContext(r.Context(), "Showing a page failed", "page", name, "error", err)
	}
}

func (s *Server) pullPage(rp *repo, p *pull) pullPage {
	list := latest(rp.statuses[p.head.sha])
	page := pullPage{
		Repo: rp.fullName(), Number: p.number, Title: p.title, State: p.state, Author: p.author.login, Base: p.base.ref, Head: p.head.ref,
		SHA: p.head.sha, Combined: combine(list),
	}
	if p.merged {
		page.State = "merged"
	} else if p.draft {
		page.State = "draft"
	}
	for _, l := range p.labels {
		page.Labels = append(page.Labels, l.name)
	}
	for _, st := range slices.Backward(list) {
		page.Statuses = append(page.Statuses, st.public())
	}
	for _, su := range rp.suitesOf(p.head.sha) {
		for _, run := range rp.latestRuns(su) {
			page.Runs = append(page.Runs, run.line())
		}
	}
	for _, c := range p.comments {
		page.Comments = append(page.Comments, Comment{Author: c.author.login, Body: c.body, Created: c.created, Updated: c.updated})
	}
	return page
}
