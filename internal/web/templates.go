// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/report"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static/style.css
var style []byte

// styleName changes with the style sheet, which may therefore be kept for ever.
var styleName = func() string {
	sum := sha256.Sum256(style)
	return "style-" + hex.EncodeToString(sum[:6]) + ".css"
}()

func (s *Site) static(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("file") != styleName {
		s.nothing(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	s.send(w, r, style)
}

func parseTemplates() (*template.Template, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"frame": frameOf, "visible": func(text string) []segment { return visible(text, "") },
		"command": func(text string) []segment { return visible(text, "\n") },
		"logText": func(text string) []segment { return visible(text, "\t") },
		"source":  sourceText, "duration": duration, "bytes": byteSize, "utc": utc, "short": report.ShortCommit, "classTitle": report.ClassTitle,
		"classIcon": classIcon, "conclusionIcon": conclusionIcon, "tone": tone, "groups": groups, "tiles": tiles, "plural": plural, "isOpen": func(i Problem) bool { return i.open },
		"icon": func(name string) string { return "#i-" + name }, "pkg": packageOf, "sub": func(a, b int) int { return a - b }, "blocks": blocks,
	}).ParseFS(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("reading the page templates: %w", err)
	}
	return t, nil
}

func frameOf(view any) (frame, error) {
	switch v := view.(type) {
	case *Report:
		return v.site, nil
	case *LogView:
		return v.site, nil
	case *indexView:
		return v.site, nil
	case *messageView:
		return v.site, nil
	default:
		return frame{}, fmt.Errorf("no frame for a %T", view)
	}
}

// sourceText is a source line as its problem wants it seen.
func sourceText(text, rule string) []segment {
	if aboutBlanks(rule) {
		text = blanks(text)
	}
	return visible(text, "\t")
}

// classIcon names the symbol of a class; each has an outline of its own.
func classIcon(class finding.Class) string {
	switch class {
	case finding.ClassNew:
		return "plus-circle"
	case report.Note:
		return "plus"
	case finding.ClassInherited:
		return "sheets"
	case finding.ClassUnveiled:
		return "eye"
	case finding.ClassHidden:
		return "eye-off"
	case finding.ClassUnstable:
		return "wave"
	case finding.ClassFixed:
		return "check"
	default:
		return "dot"
	}
}

// conclusionIcon names the symbol of a report's state. The success symbol stands for a finished, good run only.
func conclusionIcon(r *Report) string {
	switch r.Conclusion {
	case finding.ConclusionSuccess:
		return "check-circle"
	case finding.ConclusionFailure:
		return "octagon"
	case finding.ConclusionNeutral:
		if len(r.Conflicts) > 0 || r.Reason == "" || strings.Contains(r.Reason, "Conflict") {
			return "fork"
		}
		return "crack"
	case finding.ConclusionSkipped:
		return "skip"
	case finding.ConclusionError:
		if report.Limit(r.Reason) {
			return "gauge"
		}
		return "wrench"
	case finding.ConclusionSuperseded:
		return "layers"
	}
	if r.State == "running" {
		return "ring"
	}
	return "hourglass"
}

func iconOf(r *Report) string { return conclusionIcon(r) }

// tone names the colour of a conclusion.
func tone(conclusion finding.Conclusion) string {
	switch conclusion {
	case finding.ConclusionSuccess:
		return "green"
	case finding.ConclusionFailure:
		return "red"
	case finding.ConclusionNeutral:
		return "amber"
	case finding.ConclusionError:
		return "blue"
	case finding.ConclusionSkipped, finding.ConclusionSuperseded:
		return "grey"
	default:
		return "cyan"
	}
}

// group are the shown problems of one class, by package.
type group struct {
	Class    finding.Class
	Packages []packageGroup
	Count    int
}

type packageGroup struct {
	Name  string
	Items []Problem
	Scope string
}

func groups(items []Problem) []group {
	var out []group
	for _, item := range items {
		if len(out) == 0 || out[len(out)-1].Class != item.Class {
			out = append(out, group{Class: item.Class})
		}
		g := &out[len(out)-1]
		g.Count++
		name := packageOf(item)
		if len(g.Packages) == 0 || g.Packages[len(g.Packages)-1].Name != name {
			g.Packages = append(g.Packages, packageGroup{Name: name, Scope: item.Scope})
		}
		p := &g.Packages[len(g.Packages)-1]
		p.Items = append(p.Items, item)
	}
	return out
}

// packageOf is the heading that a problem stands under.
func packageOf(i Problem) string {
	switch {
	case i.Package != "":
		return i.Category + "/" + i.Package
	case i.Category != "":
		return i.Category
	case i.Path != "":
		return i.Path
	case i.Commit != "":
		return "commit " + report.ShortCommit(i.Commit)
	default:
		return "the repository"
	}
}

// tile is a number with its class, and the address of just those problems.
type tile struct {
	Class finding.Class
	Count int
	URL   string
	On    bool
}

func tiles(r *Report) []tile {
	var out []tile
	for _, t := range []tile{
		{Class: finding.ClassNew, Count: r.Problems.Gating},
		{Class: report.Note, Count: r.Problems.Notes},
		{Class: finding.ClassInherited, Count: r.Problems.Inherited},
		{Class: finding.ClassUnveiled, Count: r.Problems.Unveiled},
		{Class: finding.ClassHidden, Count: r.Problems.Hidden},
		{Class: finding.ClassUnstable, Count: r.Problems.Unstable},
		{Class: finding.ClassFixed, Count: r.Problems.Fixed},
		{Class: finding.ClassExisting, Count: r.Problems.Existing},
	} {
		t.URL, t.On = r.Links["self"]+"?class="+string(t.Class)+"#problems", r.Page.Class == string(t.Class)
		out = append(out, t)
	}
	return out
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// duration reads like "3 min 20 s".
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
}

func byteSize(n int64) string {
	switch {
	case n <= 0:
		return "–"
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	case n < 1<<30:
		return fmt.Sprintf("%d MiB", n>>20)
	default:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// blockLines is how many log lines stand in one block: browsers lay out only the blocks in view.
const blockLines = 500

func blocks(lines []LogLine) [][]LogLine { return slices.Collect(slices.Chunk(lines, blockLines)) }
