// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/bundle"
	"github.com/prcheck/prcheck/internal/results/store"
)

// putShard stores what a shard handed over, and judges the run where no shard is missing any more.
func (s *Service) putShard(ctx context.Context, hash string, p *plan.Plan, part store.Part, packed *os.File) (*results.Summary, error) {
	stored, err := s.Store.StandingPart(ctx, hash, part)
	if err == nil && !stored {
		err = s.storePart(ctx, hash, part, packed)
	}
	if err != nil {
		return nil, s.refuse(ctx, hash, part.Digest, err)
	}
	run, err := s.Store.Run(ctx, hash)
	if err != nil || !run.Open() {
		return s.summaryOr(run, err)
	}
	parts, err := s.Store.Parts(ctx, hash)
	if err != nil {
		return nil, err
	}
	if len(parts) < len(p.Sharding.Shards) {
		return s.summary(run), nil
	}
	// The last two shards may both see that none is missing: both judge, and the first settlement stands.
	if run, err = s.judgeShards(ctx, run.Record, *p, parts); err == nil {
		s.Metrics.concluded(run.Summary.Conclusion)
	}
	return s.summaryOr(run, err)
}

func (s *Service) summaryOr(run *store.Run, err error) (*results.Summary, error) {
	if err != nil {
		return nil, err
	}
	return s.summary(run), nil
}

func (s *Service) storePart(ctx context.Context, hash string, part store.Part, packed *os.File) error {
	if _, err := packed.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("storing a bundle: %w", err)
	}
	blob, err := s.Store.PutBlob(packed)
	if err != nil {
		return err
	}
	part.Blob, part.Size = blob.ID, blob.Size
	return s.Store.PutPart(ctx, hash, part)
}

// judgeShards puts the shards of a run together, compares, and settles the run.
func (s *Service) judgeShards(ctx context.Context, record results.RunRecord, p plan.Plan, parts []store.Part) (*store.Run, error) {
	root, done, err := s.scratch()
	if err != nil {
		return nil, err
	}
	defer done()
	if err := root.Mkdir(path.Dir(plan.ShardDir(1)), 0o700); err != nil {
		return nil, fmt.Errorf("unpacking the shards: %w", err)
	}
	logs := store.Settlement{Logs: map[plan.Stage]store.Blob{}}
	for _, part := range parts {
		if err := s.unpackPart(root, part, unpackedLimit(&p), &logs); err != nil {
			return nil, fmt.Errorf("unpacking shard %d of run %s: %w", part.Shard, record.Hash, err)
		}
	}
	p.Shard = 0
	end := s.settlement(s.Evaluate(root.FS(), p), record)
	end.Logs = logs.Logs
	return s.Store.Settle(ctx, record.Hash, end)
}

func (s *Service) unpackPart(root *os.Root, part store.Part, limit int64, end *store.Settlement) error {
	dir := plan.ShardDir(part.Shard)
	if err := root.Mkdir(dir, 0o700); err != nil {
		return err
	}
	own, err := root.OpenRoot(dir)
	if err != nil {
		return err
	}
	packed, err := s.Store.OpenPart(part)
	if err != nil {
		return errors.Join(err, own.Close())
	}
	digest, err := bundle.Unpack(packed, own, limit)
	if err == nil && digest != part.Digest {
		err = fmt.Errorf("the stored bundle is not the one that was handed over: its digest is %s, not %s", digest, part.Digest)
	}
	if err == nil {
		err = s.putLogs(own, part.Shard, end)
	}
	return errors.Join(err, packed.Close(), own.Close())
}
