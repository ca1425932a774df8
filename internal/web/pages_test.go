// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/verdict"
)

// screens writes the pages to files, with the style sheet inside, to be looked at in a browser (hack/screens.sh).
var screens = flag.String("screens", "", "write the pages to this folder")

func (f *fixture) get(path string, header ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	req := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, req)
	return w
}

// page gets a page that must be there.
func (f *fixture) page(path string) string {
	f.t.Helper()
	w := f.get(path)
	if w.Code != http.StatusOK {
		f.t.Fatalf("GET %s: %d: %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

// states are runs of every kind.
func states() map[string]*verdict.Verdict {
	limit := &verdict.Verdict{Conclusion: finding.ConclusionError, Reason: plan.ReasonOutOfMemory, Message: "the scan needed more memory than 2 GiB", Outcomes: outcomes()}
	limit.Outcomes[2].Reason, limit.Outcomes[2].Message = plan.ReasonOutOfMemory, "killed by the kernel"
	return map[string]*verdict.Verdict{
		"failure": failing(), "success": succeeding(), "many": many(10_000), "limit": limit,
		"infrastructure": {Conclusion: finding.ConclusionError, Reason: plan.ReasonInfrastructure, Message: "the node was lost 3 times"},
		"conflict":       {Conclusion: finding.ConclusionNeutral, Reason: "MergeConflict", Conflicts: []string{"dev-libs/a/a-1.1.ebuild", "profiles/package.mask"}},
		"broken-base":    {Conclusion: finding.ConclusionNeutral, Reason: plan.ReasonBrokenBase, Message: "main does not scan: profiles/arch.list is missing"},
		"skipped":        {Conclusion: finding.ConclusionSkipped, Message: "label noci"},
		"superseded":     {Conclusion: finding.ConclusionSuperseded},
	}
}

func TestEveryStateHasItsPage(t *testing.T) {
	f := newFixture(t, ebuilds)
	n := 0
	for name, v := range states() {
		n++
		r := record(n)
		f.settle(r, v, map[plan.Stage]string{plan.StageScan: "scanning base\nscanning head\n\x1b[31mred\x1b[0m\n"})
		page := f.page("/run/" + r.Hash[:12])
		if got := strings.Count(page, "<h1>"); got != 1 {
			t.Errorf("%s: %d h1", name, got)
		}
		if good := strings.Contains(page, `<use href="#i-check-circle">`); good != (name == "success") {
			t.Errorf("%s: shows the success icon: %t", name, good)
		}
		if strings.Contains(page, "ZgotmplZ") {
			t.Errorf("%s: the template refused a value", name)
		}
		f.screen(name, page)
		twin := f.twin(r.Hash)
		if twin.Line == "" || !strings.Contains(page, strings.Split(twin.Line, "'")[0]) || twin.Conclusion != v.Conclusion {
			t.Errorf("%s: twin says %q, %s", name, twin.Line, twin.Conclusion)
		}
		for _, format := range []string{"txt", "md"} {
			if text := f.page("/run/" + r.Hash[:12] + "?format=" + format); strings.Contains(text, "<html") || strings.TrimSpace(text) == "" {
				t.Errorf("%s as %s: %.80q", name, format, text)
			}
		}
		if name == "failure" {
			f.screen("log", f.page("/run/"+r.Hash[:12]+"/log/scan"))
		}
	}
	f.screen("index", f.page("/"))
	f.screen("missing", f.get("/run/ab12").Body.String())
}

func (f *fixture) twin(hash string) *Report {
	f.t.Helper()
	twin := &Report{}
	if err := json.Unmarshal([]byte(f.page("/run/"+hash[:12]+"?format=json")), twin); err != nil {
		f.t.Fatal(err)
	}
	return twin
}

func (f *fixture) screen(name, page string) {
	f.t.Helper()
	if *screens == "" {
		return
	}
	page = strings.Replace(page, "<link rel=\"stylesheet\" href=\"/static/"+styleName+"\">", "<style>"+string(style)+"</style>", 1)
	if err := os.WriteFile(filepath.Join(*screens, name+".html"), []byte(page), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func TestOpenRunSaysWhoseTurnItIs(t *testing.T) {
	f := newFixture(t, ebuilds)
	f.put(record(1))
	page := f.page("/run/" + hashOf(1)[:12])
	if !strings.Contains(page, "Waiting for a free slot") || !strings.Contains(page, "Our turn") || strings.Contains(page, "No new problems") {
		t.Error("a waiting run's page does not say so")
	}
	f.screen("waiting", page)
	f.site.Progress = func(_ context.Context, _ results.RunRecord) (string, bool) { return "Checking 1a2b3c4", true }
	if page = f.page("/run/" + hashOf(1)[:12]); !strings.Contains(page, "Checking 1a2b3c4") {
		t.Error("a running run's page does not say so")
	}
	f.screen("running", page)
}

func TestReportShowsEachProblemOnceWithItsSource(t *testing.T) {
	f := newFixture(t, ebuilds)
	f.settle(record(1), failing(), nil)
	twin := f.twin(hashOf(1))
	if len(twin.Items) != 5 || twin.Page.Total != 5 {
		t.Fatalf("%d problems shown of %d, want 5 without the existing ones", len(twin.Items), twin.Page.Total)
	}
	first := twin.Items[0]
	if first.Package != "b" || twin.Items[1].Rule != "NonexistentDeps" {
		t.Errorf("order is %s, %s", first.Rule, twin.Items[1].Rule)
	}
	deps := twin.Items[1]
	if len(deps.Facts) != 2 || len(deps.On) != 2 {
		t.Errorf("two facts of one problem: %+v", deps)
	}
	want := []SourceLine{{12, "", false}, {13, `DEPEND="`, false}, {14, "\tdev-libs/gone", true}, {15, "\tssl? ( dev-libs/openssl:= )", false}, {16, `"`, false}}
	if fmt.Sprint(deps.Source) != fmt.Sprint(want) {
		t.Errorf("source = %v, want %v", deps.Source, want)
	}
	page := f.page("/run/" + hashOf(1)[:12])
	for _, text := range []string{
		"Merged into main as of 9f8e7d6, this change adds the problems below.", "default/linux/arm64/23.0", "Version 1.0 on main has the same problem; 1.1 copies it.",
		"needs dev-libs/a[ssl]", "GitCommitsCheck", "prcheck run --repo https://forge.example/o/guru.git --base " + baseSHA, "pkgcheck scan --profiles stable,dev dev-libs/a app-misc/b",
		"--master gentoo=https://forge.example/gentoo/gentoo.git@5555", "612 MiB", "21 s", "landlock",
	} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	filtered := f.page("/run/" + hashOf(1)[:12] + "?class=existing")
	if !strings.Contains(filtered, "31 of 31") || strings.Contains(filtered, "NonexistentDeps") {
		t.Error("the filter by class does not hold")
	}
}

func TestTenThousandProblemsComeInParts(t *testing.T) {
	f := newFixture(t, nil)
	f.settle(record(1), many(10_000), nil)
	page := f.page("/run/" + hashOf(1)[:12])
	if !strings.Contains(page, "200 of 10000 shown") || strings.Count(page, "<details id=\"f-") != 200 || strings.Count(page, " open>") > openProblems+2 {
		t.Error("the first page does not show the first 200 of 10000")
	}
	seen, next := map[string]bool{}, "/run/"+hashOf(1)[:12]+"?format=json"
	for next != "" {
		twin := &Report{}
		if err := json.Unmarshal([]byte(f.page(next)), twin); err != nil {
			t.Fatal(err)
		}
		for _, i := range twin.Items {
			if seen[i.ID] {
				t.Fatalf("problem %s is shown twice", i.ID)
			}
			seen[i.ID] = true
		}
		next = ""
		if twin.Page.Next != "" {
			next = strings.Replace(twin.Page.Next, "#problems", "&format=json", 1)
		}
	}
	if len(seen) != 10_000 {
		t.Errorf("the parts hold %d problems", len(seen))
	}
}

func TestAddressesThatMeanNothing(t *testing.T) {
	f := newFixture(t, nil)
	f.settle(record(1), succeeding(), nil)
	cases := map[string]struct {
		path, want string
		code       int
	}{
		"an unknown run":     {"/run/ab12", "No run starts with ab12. Runs are 12 hex digits; search for the pull request instead.", 404},
		"no hash at all":     {"/run/%3Cscript%3E", "No run starts with &lt;script&gt;.", 404},
		"an unknown stage":   {"/run/" + hashOf(1)[:12] + "/log/x", "There is no such stage.", 404},
		"an unknown format":  {"/run/" + hashOf(1)[:12] + "?format=xml", "There is no such format.", 404},
		"an unknown page":    {"/nothing", "There is no such page.", 404},
		"a shorter hash":     {"/run/" + hashOf(1)[:8], "", 302},
		"the whole hash":     {"/run/" + hashOf(1), "No new problems", 200},
		"a log without one":  {"/run/" + hashOf(1)[:12] + "/log/scan", "This stage wrote no log", 200},
		"a part that is not": {"/run/" + hashOf(1)[:12] + "?from=999999", "Nothing new", 200},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := f.get(c.path)
			if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%d, lacks %q: %s", w.Code, c.want, w.Body)
			}
		})
	}
}

func TestUnchangedPageIsNotSentAgain(t *testing.T) {
	f := newFixture(t, nil)
	f.settle(record(1), succeeding(), nil)
	first := f.get("/run/" + hashOf(1)[:12])
	tag := first.Header().Get("ETag")
	if again := f.get("/run/"+hashOf(1)[:12], "If-None-Match", tag); tag == "" || again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("again: %d with %d bytes", again.Code, again.Body.Len())
	}
	if got := first.Header().Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") {
		t.Errorf("policy = %q", got)
	}
	if css := f.get("/static/" + styleName); css.Code != http.StatusOK || !strings.Contains(css.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("style sheet: %d", css.Code)
	}
}

func TestEvidenceNamesTheRuleTable(t *testing.T) {
	f := newFixture(t, ebuilds)
	v := failing()
	v.Rules = verdict.RuleTable{Source: verdict.RulesGenerated, Pkgcheck: "0.10.50", NoKeyword: []string{"NoSuchKeyword"}}
	v.Head.UnknownRules = []string{"FutureRiddle"}
	r := record(1)
	f.settle(r, v, nil)
	page := f.page("/run/" + r.Hash[:12])
	for _, want := range []string{"generated</bdi>, for pkgcheck <bdi hx-ignore>0.10.50", ">NoSuchKeyword</bdi></code>", ">FutureRiddle</bdi></code>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if twin := f.twin(r.Hash); twin.Evidence == nil || twin.Evidence.Rules.Source != verdict.RulesGenerated {
		t.Errorf("the page's data name %+v", twin.Evidence)
	}
}
