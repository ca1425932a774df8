// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/auth"
	"github.com/prcheck/prcheck/internal/results/bundle"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/verdict"
)

// Limits of an unpacked bundle, beside what the profile lets each stage write.
const (
	defaultUnpacked = 1 << 30
	outcomesBytes   = 3 << 20
	// outputs is how many outputs of a stage a bundle holds at most: three logs, two sides of the scan, two of a second look, and the checks of commits.
	outputs = 8
)

func unpackedLimit(p *plan.Plan) int64 {
	if p.Snapshot.OutputBytes <= 0 {
		return defaultUnpacked
	}
	return outcomesBytes + outputs*p.Snapshot.OutputBytes
}

// PutResult takes what a run's pod hands over. It is stored and compared when PutResult returns; the first result wins. What a shard hands over
// is stored; with the last one, all are compared.
func (s *Service) PutResult(ctx context.Context, caller auth.Caller, body io.Reader) (*results.Summary, error) {
	hash := caller.Run
	p, err := s.Store.Plan(ctx, hash)
	if err != nil {
		return nil, err
	}
	if p, err = ownPlan(p, caller); err != nil {
		return nil, err
	}
	root, done, err := s.scratch()
	if err != nil {
		return nil, err
	}
	defer done()
	packed, err := s.spool(root, body, s.MaxBundle)
	if err != nil {
		return nil, err
	}
	defer packed.Close() //nolint:errcheck // only read from here on
	digest, err := bundle.Unpack(packed, root, unpackedLimit(p))
	if err != nil {
		return nil, err
	}
	if p.Shard > 0 {
		return s.putShard(ctx, hash, p, store.Part{Shard: p.Shard, Digest: digest}, packed)
	}
	run, stored, err := s.Store.Standing(ctx, hash, digest)
	if err != nil {
		return nil, s.refuse(ctx, hash, digest, err)
	}
	if !stored {
		if run, err = s.judge(ctx, run.Record, *p, digest, root, packed); err != nil {
			return nil, s.refuse(ctx, hash, digest, err)
		}
		s.Metrics.concluded(run.Summary.Conclusion)
	}
	return s.summary(run), nil
}

const packedFile = "packed"

// spool writes the body to a file: what is kept is what was sent, and it must be readable twice.
func (s *Service) spool(root *os.Root, body io.Reader, limit int64) (*os.File, error) {
	f, err := root.OpenFile(packedFile, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("receiving a bundle: %w", err)
	}
	n, err := io.Copy(f, io.LimitReader(body, limit+1))
	if err == nil && n > limit {
		err = bundle.ErrTooLarge
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("receiving a bundle: %w", err), f.Close())
	}
	return f, nil
}

// judge compares and stores: files first, then all rows in one transaction.
func (s *Service) judge(ctx context.Context, record results.RunRecord, p plan.Plan, digest string, root *os.Root, packed *os.File) (*store.Run, error) {
	v := s.Evaluate(root.FS(), p)
	if err := s.delivered(ctx, record, p, v, root); err != nil {
		return nil, err
	}
	end := s.settlement(v, record)
	end.Digest = digest
	if _, err := packed.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("storing a bundle: %w", err)
	}
	var err error
	if end.Bundle, err = s.Store.PutBlob(packed); err != nil {
		return nil, err
	}
	if err := s.putLogs(root, 0, &end); err != nil {
		return nil, err
	}
	return s.Store.Settle(ctx, record.Hash, end)
}

func (s *Service) settlement(v *verdict.Verdict, record results.RunRecord) store.Settlement {
	return store.Settlement{State: stateOf(v), Verdict: v, Summary: summarize(v, record), Logs: map[plan.Stage]store.Blob{}}
}

// putLogs stores the logs of an unpacked bundle, that of a shard or (0) of an undivided run.
func (s *Service) putLogs(root *os.Root, shard int, end *store.Settlement) error {
	for _, stage := range plan.Stages {
		blob, err := s.putLog(root, stage)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		end.Logs[stage.OfShard(shard)] = blob
	}
	return nil
}

func (s *Service) putLog(root *os.Root, stage plan.Stage) (store.Blob, error) {
	f, err := root.Open("log/" + string(stage))
	if err != nil {
		return store.Blob{}, err
	}
	defer f.Close() //nolint:errcheck // only read
	return s.Store.PutBlob(f)
}

// refuse raises the alarm where a run has two different results: one of them is a forgery, or a run is not repeatable.
func (s *Service) refuse(ctx context.Context, hash, digest string, err error) error {
	if errors.Is(err, store.ErrDifferent) {
		s.Log.ErrorContext(ctx, "A run handed over a second, different result; the first one stands", "alert", "second-result", "run", hash, "digest", digest)
		s.Metrics.refused("different")
	} else if errors.Is(err, store.ErrSettled) {
		s.Metrics.refused("settled")
	}
	return err
}
