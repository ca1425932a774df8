// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package poller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/wake"
)

const (
	headA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	headB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// fakeForge lists what it is told to, as the real one does: nothing where the cursor says that nothing changed.
type fakeForge struct {
	forge.Provider
	mu      sync.Mutex
	pulls   []forge.Pull
	version int
	err     error
	since   []string // the cursors that it was asked with
	hold    chan struct{}
}

func (f *fakeForge) ListPulls(_ context.Context, _ forge.Repository, since string) ([]forge.Pull, string, bool, error) {
	if f.hold != nil {
		<-f.hold
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.since = append(f.since, since)
	cursor := fmt.Sprint("v", f.version)
	switch {
	case f.err != nil:
		return nil, "", false, f.err
	case since == cursor:
		return nil, cursor, true, nil
	}
	return f.pulls, cursor, false, nil
}

func (f *fakeForge) show(pulls ...forge.Pull) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pulls, f.version = pulls, f.version+1
}

func (f *fakeForge) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// asked returns how often the forge was asked since the last call.
func (f *fakeForge) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.since)
	f.since = nil
	return n
}

// world is a poller with a real store, an API server in memory and a forge.
type world struct {
	t        *testing.T
	poller   *Poller
	forge    *fakeForge
	clock    *testclock.FakeClock
	api      client.Client
	refuse   error // what every write to the API is answered with
	registry *prometheus.Registry
}

func newWorld(t *testing.T) *world {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, forge: &fakeForge{}, clock: testclock.NewFakeClock(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)), registry: prometheus.NewRegistry()}
	w.api = fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.PullRequestCheck{}).WithInterceptorFuncs(interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if w.refuse != nil {
				return w.refuse
			}
			return c.Create(ctx, o, opts...)
		},
	}).Build()
	memory, err := store.Open(t.Context(), t.TempDir(), w.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := memory.Close(); err != nil {
			t.Error(err)
		}
	})
	w.poller = &Poller{
		Reader: w.api, Store: memory, Clock: w.clock, Log: slog.New(slog.DiscardHandler), Metrics: NewMetrics(w.registry),
		Waker:     &wake.Waker{Client: w.api, Live: w.api, Clock: w.clock},
		Providers: func(context.Context, *v1alpha1.Repository) (forge.Provider, error) { return w.forge, nil },
	}
	repo := &v1alpha1.Repository{
		ObjectMeta: metav1.ObjectMeta{Namespace: "overlays", Name: "guru", UID: "u1", Generation: 1},
		Spec:       v1alpha1.RepositorySpec{Branches: []string{"main"}, Forge: v1alpha1.Forge{Owner: "o", Name: "r"}},
	}
	if err := w.api.Create(t.Context(), repo); err != nil {
		t.Fatal(err)
	}
	return w
}

func pull(number int64, head string) forge.Pull {
	return forge.Pull{Number: number, Head: head, BaseBranch: "main"}
}

// round lets everything happen that is due now.
func (w *world) round() {
	w.t.Helper()
	var running sync.WaitGroup
	if err := w.poller.start(w.t.Context(), &running); err != nil {
		w.t.Fatal(err)
	}
	running.Wait()
}

// next goes to the time of the next poll, and returns how long that was.
func (w *world) next() time.Duration {
	w.t.Helper()
	wait := w.poller.known["u1"].next.Sub(w.clock.Now())
	w.clock.Step(wait)
	w.round()
	return wait
}

// stamps returns when each check was last asked to look, by number.
func (w *world) stamps() map[int64]string {
	w.t.Helper()
	list := &v1alpha1.PullRequestCheckList{}
	if err := w.api.List(w.t.Context(), list); err != nil {
		w.t.Fatal(err)
	}
	stamps := map[int64]string{}
	for _, check := range list.Items {
		stamps[check.Spec.Number] = check.Annotations[v1alpha1.AnnotationRequestedAt]
	}
	return stamps
}

// woken returns the numbers whose stamps are not what they were.
func (w *world) woken(before map[int64]string) []int64 {
	w.t.Helper()
	woken := []int64{}
	for number, stamp := range w.stamps() {
		if before[number] != stamp {
			woken = append(woken, number)
		}
	}
	return woken
}

func (w *world) edit(edit func(*v1alpha1.Repository)) {
	w.t.Helper()
	repo := &v1alpha1.Repository{}
	if err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: "overlays", Name: "guru"}, repo); err != nil {
		w.t.Fatal(err)
	}
	edit(repo)
	if err := w.api.Update(w.t.Context(), repo); err != nil {
		w.t.Fatal(err)
	}
}

// What changes is woken, once for each change; what does not, is not.
func TestRounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	elsewhere := pull(9, headA)
	elsewhere.BaseBranch = "stable"
	w.forge.show(pull(1, headA), pull(2, headA), elsewhere)
	w.round()
	if got := w.stamps(); len(got) != 2 || got[1] == "" || got[2] == "" {
		t.Fatalf("got checks %v, want those of 1 and 2", got)
	}
	draft := pull(1, headA)
	draft.Draft = true
	for step, c := range []struct {
		pulls []forge.Pull
		want  []int64
	}{
		{[]forge.Pull{pull(2, headA), pull(1, headA)}, []int64{}},                   // the same in another order
		{[]forge.Pull{pull(1, headA), pull(2, headB)}, []int64{2}},                  // a new head
		{[]forge.Pull{draft, pull(2, headB)}, []int64{1}},                           // a draft now
		{[]forge.Pull{draft, pull(2, headB), pull(3, headA)}, []int64{3}},           // opened
		{[]forge.Pull{draft, pull(3, headA)}, []int64{2}},                           // closed
		{[]forge.Pull{draft, pull(3, headA)}, []int64{}},                            // still closed
		{[]forge.Pull{draft, pull(3, headA), pull(2, headB)}, []int64{2}},           // opened again
		{[]forge.Pull{draft, pull(3, headA), pull(2, headB), elsewhere}, []int64{}}, // nobody's branch
	} {
		before := w.stamps()
		w.forge.show(c.pulls...)
		w.next()
		if diff := cmp.Diff(c.want, w.woken(before)); diff != "" {
			t.Errorf("step %d: woken (-want +got):\n%s", step, diff)
		}
	}
}

// A listing that is still what it was costs the forge nothing, and what is missing is noticed all the same.
func TestConditionalListings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.forge.show(pull(1, headA))
	w.round()
	w.next()
	if diff := cmp.Diff([]string{"", "v1"}, w.forge.since); diff != "" {
		t.Errorf("cursors (-want +got):\n%s", diff)
	}
	check := &v1alpha1.PullRequestCheck{ObjectMeta: metav1.ObjectMeta{Namespace: "overlays", Name: "guru-1"}}
	if err := w.api.Delete(t.Context(), check); err != nil {
		t.Fatal(err)
	}
	w.next()
	if _, there := w.stamps()[1]; !there {
		t.Error("a check that was deleted is not made again while the listing stays the same")
	}
	w.forge.show(pull(1, headA), pull(2, headA))
	w.refuse = errors.New("the API server is away")
	w.next()
	if _, there := w.stamps()[2]; there {
		t.Fatal("the API server was not away")
	}
	w.refuse = nil
	w.next() // with the old cursor: the forge tells again what could not be done
	if _, there := w.stamps()[2]; !there {
		t.Error("a pull request was lost, because the cursor went on though its check could not be made")
	}
	w.edit(func(r *v1alpha1.Repository) { r.Generation, r.Spec.Branches = 2, []string{"main", "stable"} })
	w.forge.asked()
	w.round()
	if diff := cmp.Diff([]string{""}, w.forge.since); diff != "" {
		t.Errorf("cursors after an edit (-want +got):\n%s", diff)
	}
}

// within says whether a jittered wait is about d.
func within(wait, d time.Duration) bool { return wait >= d-d/10 && wait <= d+d/10+1 }

// A forge that fails is asked ever more seldom, and as often as ever once it answers.
func TestFailuresBackOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.forge.fail(forge.ErrUnavailable)
	w.round()
	for i, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, maxWait, maxWait} {
		if got := w.next(); !within(got, want) {
			t.Errorf("after %d failures: %s, want about %s", i+1, got, want)
		}
	}
	w.forge.fail(nil)
	w.next()
	if got := w.next(); !within(got, time.Minute) {
		t.Errorf("after a success: %s, want about a minute", got)
	}
	w.forge.fail(&forge.RateLimitedError{RetryAfter: time.Hour})
	w.next()
	if got := w.next(); got != time.Hour {
		t.Errorf("the forge asked to wait an hour, the poller waited %s", got)
	}
	w.edit(func(r *v1alpha1.Repository) { r.Generation++ })
	w.forge.asked()
	w.round()
	if n := w.forge.asked(); n != 1 {
		t.Errorf("after an edit the forge was asked %d times, want at once", n)
	}
}

func TestBackOff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		interval time.Duration
		failures int
		want     time.Duration
	}{
		{time.Minute, 0, time.Minute},
		{time.Minute, 1, time.Minute},
		{time.Minute, 2, 2 * time.Minute},
		{time.Minute, 1000, maxWait},
		{5 * time.Second, 3, 20 * time.Second},
		{time.Hour, 7, time.Hour}, // its own interval is longer than any wait
	} {
		if got := backOff(c.interval, c.failures); got != c.want {
			t.Errorf("interval %s, %d failures: %s, want %s", c.interval, c.failures, got, c.want)
		}
	}
}

// The interval is the Repository's; nobody polls twice at once, what is suspended, or what is gone.
func TestWhoseTurnItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit(func(r *v1alpha1.Repository) {
		r.Spec.Triggers.PollInterval = &metav1.Duration{Duration: 10 * time.Second}
	})
	w.round()
	w.round()
	if n := w.forge.asked(); n != 1 {
		t.Errorf("asked %d times within one interval", n)
	}
	if got := w.next(); !within(got, 10*time.Second) {
		t.Errorf("an interval of 10 s was %s", got)
	}
	w.edit(func(r *v1alpha1.Repository) { r.Spec.Suspend = true })
	w.forge.asked()
	w.clock.Step(time.Hour)
	w.round()
	if n := w.forge.asked(); n != 0 {
		t.Errorf("a suspended Repository was polled %d times", n)
	}
	w.edit(func(r *v1alpha1.Repository) { r.Spec.Suspend = false })
	w.forge.hold = make(chan struct{})
	var running sync.WaitGroup
	for range 3 {
		if err := w.poller.start(t.Context(), &running); err != nil {
			t.Fatal(err)
		}
		w.clock.Step(time.Hour)
	}
	close(w.forge.hold)
	running.Wait()
	if n := w.forge.asked(); n != 1 {
		t.Errorf("a slow listing was begun %d times", n)
	}
}

func TestLastPollIsMeasured(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.clock.Now().Unix()
	w.round()
	w.forge.fail(forge.ErrUnavailable)
	w.next()
	if diff := cmp.Diff([]float64{float64(at)}, w.lastPolls()); diff != "" {
		t.Errorf("a listing that failed counts, or none does (-want +got):\n%s", diff)
	}
	repo := &v1alpha1.Repository{ObjectMeta: metav1.ObjectMeta{Namespace: "overlays", Name: "guru"}}
	if err := w.api.Delete(t.Context(), repo); err != nil {
		t.Fatal(err)
	}
	w.round()
	if got := w.lastPolls(); len(got) != 0 || len(w.poller.known) != 0 {
		t.Errorf("a Repository that is gone is remembered: %v", got)
	}
}

// lastPolls returns the values of the metric.
func (w *world) lastPolls() []float64 {
	w.t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	values := []float64{}
	for _, family := range families {
		if family.GetName() != "prcheck_last_poll_timestamp_seconds" {
			continue
		}
		for _, metric := range family.GetMetric() {
			values = append(values, metric.GetGauge().GetValue())
		}
	}
	return values
}

// A check that looked, and has another head than the forge lists, was told an old one: it looks again, but not for ever.
func TestAnOldHeadIsDoubted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.forge.show(pull(1, headB))
	w.round()
	rewoken := 0
	for range 2 * maxRewakes {
		check := &v1alpha1.PullRequestCheck{}
		if err := w.api.Get(t.Context(), client.ObjectKey{Namespace: "overlays", Name: "guru-1"}, check); err != nil {
			t.Fatal(err)
		}
		check.Status.Revision.Head = headA
		check.Status.LastHandledRequest = check.Annotations[v1alpha1.AnnotationRequestedAt]
		if err := w.api.Status().Update(t.Context(), check); err != nil {
			t.Fatal(err)
		}
		before := w.stamps()
		w.next()
		rewoken += len(w.woken(before))
	}
	if rewoken != maxRewakes {
		t.Errorf("woken again %d times, want %d", rewoken, maxRewakes)
	}
}

// Run polls by itself until it is told to stop, and waits for what is under way.
func TestRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.forge.show(pull(1, headA))
	w.forge.hold = make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.poller.Run(ctx) }()
	w.forge.hold <- struct{}{} // the first poll has begun, and goes on
	close(w.forge.hold)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopping: %v", err)
	}
	if n := w.forge.asked(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}
