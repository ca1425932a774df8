// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/uptrace/bun"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/report"
	"github.com/prcheck/prcheck/internal/verdict"
)

// factRow is a row of facts.
type factRow struct {
	bun.BaseModel `bun:"table:facts,alias:facts"`

	RunID      int64
	Seq        int
	Class      finding.Class
	Shown      finding.Class
	ProblemSeq int
	Rule       string
	Level      finding.Level
	Category   string
	Package    string
	Item       string
}

// insertBatch rows at a time: SQLite takes 32,766 parameters.
const insertBatch = 500

func insertFacts(ctx context.Context, tx bun.Tx, id int64, items []verdict.Item) error {
	places, shown := problemPlaces(items)
	rows := make([]factRow, 0, insertBatch)
	for i, item := range items {
		data, err := json.Marshal(item)
		if err != nil {
			return err
		}
		rows = append(rows, factRow{
			RunID: id, Seq: i, Class: item.Class, Shown: shown[i], ProblemSeq: places[i], Rule: item.Fact.Rule, Level: item.Fact.Level,
			Category: item.Fact.Category, Package: item.Fact.Package, Item: string(data),
		})
		if len(rows) == insertBatch || i == len(items)-1 {
			if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	return nil
}

// problemPlaces says of each item which problem it is shown under, by place in reports, and in which class.
func problemPlaces(items []verdict.Item) (places []int, shown []finding.Class) {
	type key struct {
		class   finding.Class
		problem string
	}
	problems := report.Problems(&verdict.Verdict{Items: items})
	at := make(map[key]int, len(problems))
	for i, p := range problems {
		class := p.Class
		if class == report.Note {
			class = finding.ClassNew
		}
		at[key{class, p.ID}] = i
	}
	places, shown = make([]int, len(items)), make([]finding.Class, len(items))
	for i, item := range items {
		places[i] = at[key{item.Class, item.Problem}]
		shown[i] = problems[places[i]].Class
	}
	return places, shown
}

// FactQuery narrows Facts. Zero values do not narrow.
type FactQuery struct {
	Class    finding.Class
	Level    finding.Level
	Rule     string
	Category string
	Package  string
	// Skip and Limit page by facts. Limit 0: all.
	Skip  int
	Limit int
}

// Facts returns a settled run's items in the order of the verdict.
func (s *Store) Facts(ctx context.Context, run *Run, q FactQuery) ([]verdict.Item, error) {
	query := s.items(run).Order("seq")
	for _, w := range []struct{ column, value string }{
		{"class", string(q.Class)}, {"level", string(q.Level)}, {"rule", q.Rule}, {"category", q.Category}, {"package", q.Package},
	} {
		if w.value != "" {
			query = query.Where("? = ?", bun.Ident(w.column), w.value)
		}
	}
	if q.Limit > 0 {
		query = query.Limit(q.Limit).Offset(q.Skip)
	}
	return scanItems(ctx, query, run)
}

// ProblemQuery picks problems as reports show them. Zero values do not narrow.
type ProblemQuery struct {
	// Class as reports show it, report.Note among them.
	Class   finding.Class
	Level   finding.Level
	Rule    string
	Package string // CAT/PN
	// Existing problems are left out unless this is set, or Class names them.
	Existing bool
	// From and Limit page by problems; no problem is cut in two. Limit 0: all.
	From  int
	Limit int
}

// Problems returns the facts of the problems that q picks, problem after problem, and how many problems there are in all.
func (s *Store) Problems(ctx context.Context, run *Run, q ProblemQuery) (items []verdict.Item, total int, err error) {
	err = q.narrow(s.read.NewSelect().TableExpr("facts").ColumnExpr("count(DISTINCT problem_seq)").Where("run_id = ?", run.id)).Scan(ctx, &total)
	if err != nil {
		return nil, 0, fmt.Errorf("counting the problems of run %s: %w", run.Summary.Hash, err)
	}
	query := s.items(run).Order("problem_seq", "seq")
	places := q.narrow(s.read.NewSelect().TableExpr("facts").ColumnExpr("DISTINCT problem_seq").Where("run_id = ?", run.id)).Order("problem_seq").Offset(q.From)
	if q.Limit > 0 {
		places = places.Limit(q.Limit)
	} else {
		places = places.Limit(math.MaxInt32) // SQLite takes no OFFSET alone
	}
	items, err = scanItems(ctx, query.Where("problem_seq IN (?)", places), run)
	return items, total, err
}

func (q *ProblemQuery) narrow(query *bun.SelectQuery) *bun.SelectQuery {
	category, name, both := strings.Cut(q.Package, "/")
	if !both {
		category, name = "", q.Package
	}
	for _, w := range []struct{ column, value string }{
		{"shown", string(q.Class)}, {"level", string(q.Level)}, {"rule", q.Rule}, {"category", category}, {"package", name},
	} {
		if w.value != "" {
			query = query.Where("? = ?", bun.Ident(w.column), w.value)
		}
	}
	if q.Class == "" && !q.Existing {
		query = query.Where("shown <> ?", finding.ClassExisting)
	}
	return query
}

func (s *Store) items(run *Run) *bun.SelectQuery {
	return s.read.NewSelect().TableExpr("facts").ColumnExpr("item").Where("run_id = ?", run.id)
}

func scanItems(ctx context.Context, query *bun.SelectQuery, run *Run) ([]verdict.Item, error) {
	var rows []string
	if err := query.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("reading the facts of run %s: %w", run.Summary.Hash, err)
	}
	items := make([]verdict.Item, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal([]byte(row), &items[i]); err != nil {
			return nil, fmt.Errorf("reading the facts of run %s: %w", run.Summary.Hash, err)
		}
	}
	return items, nil
}
