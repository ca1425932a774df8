// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/verdict"
)

// factRow is a row of facts.
type factRow struct {
	bun.BaseModel `bun:"table:facts,alias:facts"`

	RunID      int64
	Seq        int
	Class      finding.Class
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
	places := problemPlaces(items)
	rows := make([]factRow, 0, insertBatch)
	for i, item := range items {
		data, err := json.Marshal(item)
		if err != nil {
			return err
		}
		rows = append(rows, factRow{
			RunID: id, Seq: i, Class: item.Class, ProblemSeq: places[i], Rule: item.Fact.Rule, Level: item.Fact.Level,
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

// problemPlaces numbers the problems of each class in the order in which pages show them: what gates first, then by package,
// level, rule and line.
func problemPlaces(items []verdict.Item) []int {
	type key struct {
		class   finding.Class
		problem string
	}
	order := make([]int, len(items))
	for i := range items {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return shownOrder(&items[a], &items[b]) })
	places, next, seen := make([]int, len(items)), map[finding.Class]int{}, map[key]int{}
	for _, i := range order {
		k := key{items[i].Class, items[i].Problem}
		place, ok := seen[k]
		if !ok {
			place = next[k.class]
			next[k.class]++
			seen[k] = place
		}
		places[i] = place
	}
	return places
}

var levels = []finding.Level{finding.LevelError, finding.LevelWarning, finding.LevelStyle, finding.LevelInfo, finding.LevelStaging, finding.LevelVerbose, finding.LevelIgnored}

func shownOrder(a, b *verdict.Item) int {
	gates := func(i *verdict.Item) int {
		if i.Gates {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(classOrder(a.Class), classOrder(b.Class)), cmp.Compare(gates(a), gates(b)),
		cmp.Compare(a.Fact.Category, b.Fact.Category), cmp.Compare(a.Fact.Package, b.Fact.Package),
		cmp.Compare(slices.Index(levels, a.Fact.Level), slices.Index(levels, b.Fact.Level)),
		cmp.Compare(a.Fact.Rule, b.Fact.Rule), cmp.Compare(a.Fact.Version, b.Fact.Version), cmp.Compare(a.Fact.Line, b.Fact.Line))
}

// FactQuery narrows Facts. Zero values do not narrow.
type FactQuery struct {
	Class    finding.Class
	Level    finding.Level
	Rule     string
	Category string
	Package  string
	// FromProblem and Problems page by problems of one class, so that a problem is never cut in two. Problems 0: all.
	FromProblem int
	Problems    int
	// FromSeq and Limit page by facts. Limit 0: all.
	FromSeq int
	Limit   int
}

// Facts returns a settled run's items in the order of the verdict, or of the pages where Problems is set.
func (s *Store) Facts(ctx context.Context, run *Run, q FactQuery) ([]verdict.Item, error) {
	var rows []string
	query := s.narrow(run, q).ColumnExpr("item")
	if q.Problems > 0 {
		query = query.Where("problem_seq >= ? AND problem_seq < ?", q.FromProblem, q.FromProblem+q.Problems).Order("problem_seq", "seq")
	} else {
		query = query.Where("seq >= ?", q.FromSeq).Order("seq")
	}
	if q.Limit > 0 {
		query = query.Limit(q.Limit)
	}
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

// CountFacts counts what Facts would return without paging.
func (s *Store) CountFacts(ctx context.Context, run *Run, q FactQuery) (int, error) {
	n, err := s.narrow(run, q).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("counting the facts of run %s: %w", run.Summary.Hash, err)
	}
	return n, nil
}

func (s *Store) narrow(run *Run, q FactQuery) *bun.SelectQuery {
	query := s.read.NewSelect().Model((*factRow)(nil)).Where("run_id = ?", run.id)
	for _, w := range []struct{ column, value string }{
		{"class", string(q.Class)}, {"level", string(q.Level)}, {"rule", q.Rule}, {"category", q.Category}, {"package", q.Package},
	} {
		if w.value != "" {
			query = query.Where("? = ?", bun.Ident(w.column), w.value)
		}
	}
	return query
}
