// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitmirror

import (
	"context"
	"errors"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testclock "k8s.io/utils/clock/testing"

	"github.com/prcheck/prcheck/internal/gitops"
)

// forge is a repository behind real smart HTTP that wants a password.
type forge struct {
	t        *testing.T
	dir      string
	url      string
	requests atomic.Int64
	broken   atomic.Bool
	seen     sync.Map // Authorization headers
}

const user, password = "x-access-token", "s3cret-token"

func newForge(t *testing.T) *forge {
	t.Helper()
	f := &forge{t: t, dir: filepath.Join(t.TempDir(), "repo.git")}
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatalf("git is needed: %v", err)
	}
	f.git("", "init", "--quiet", "--bare", "--initial-branch=main", f.dir)
	f.git(f.dir, "config", "uploadpack.allowAnySHA1InWant", "true")
	backend := &cgi.Handler{Path: git, Args: []string{"http-backend"}, Env: []string{"GIT_PROJECT_ROOT=" + filepath.Dir(f.dir), "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=x"}, InheritEnv: []string{"PATH"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.requests.Add(1)
		f.seen.Store(r.Header.Get("Authorization"), true)
		u, p, _ := r.BasicAuth()
		switch {
		case f.broken.Load():
			http.Error(w, "down", http.StatusBadGateway)
		case u != user || p != password:
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			http.Error(w, "no", http.StatusUnauthorized)
		default:
			r.Header.Set("GIT_PROTOCOL", r.Header.Get("Git-Protocol"))
			h := *backend
			h.Env = append(h.Env, "GIT_PROTOCOL="+r.Header.Get("Git-Protocol"))
			h.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	f.url = server.URL + "/repo.git"
	return f
}

func (f *forge) git(dir string, args ...string) string {
	f.t.Helper()
	out, err := gitops.Git{Env: []string{
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b",
		"GIT_AUTHOR_DATE=@1700000000 +0000", "GIT_COMMITTER_DATE=@1700000000 +0000",
	}}.Line(f.t.Context(), dir, args...)
	if err != nil {
		f.t.Fatal(err)
	}
	return out
}

// commit makes a commit with files on top of parents and points ref at it.
func (f *forge) commit(ref string, files map[string]string, parents ...string) string {
	f.t.Helper()
	work := f.t.TempDir()
	env := gitops.Git{Env: []string{"GIT_DIR=" + f.dir, "GIT_WORK_TREE=" + work, "GIT_INDEX_FILE=" + filepath.Join(work, ".index")}}
	for name, text := range files {
		path := filepath.Join(work, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			f.t.Fatal(err)
		}
		if _, err := env.Run(f.t.Context(), work, "add", "--force", name); err != nil {
			f.t.Fatal(err)
		}
	}
	tree, err := env.Line(f.t.Context(), work, "write-tree")
	if err != nil {
		f.t.Fatal(err)
	}
	args := []string{"commit-tree", tree, "-m", "x"}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	commit := f.git(f.dir, args...)
	f.git(f.dir, "update-ref", ref, commit)
	return commit
}

func (f *forge) source() Source {
	return Source{Name: "ns/repo", URL: f.url, Credentials: func(context.Context) (string, string, error) { return user, password, nil }}
}

func open(t *testing.T, clk *testclock.FakeClock) *Mirrors {
	t.Helper()
	o := Options{Dir: t.TempDir(), Recheck: time.Nanosecond}
	if clk != nil {
		o.Clock = clk
	}
	m, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMergeIsRepeatable(t *testing.T) {
	f := newForge(t)
	base := f.commit("refs/heads/main", map[string]string{"a": "1\n", "b": "1\n"})
	head := f.commit("refs/pull/7/head", map[string]string{"a": "2\n", "b": "1\n"}, base)
	tip := f.commit("refs/heads/main", map[string]string{"a": "1\n", "b": "2\n"}, base)
	var first *Merge
	for range 2 { // two replicas
		m := open(t, nil)
		got, err := m.Merge(t.Context(), f.source(), Request{Number: 7, Head: head, Branch: "main"})
		if err != nil {
			t.Fatal(err)
		}
		if got.Base != tip || got.Conflict || !gitops.IsCommitID(got.Commit) || !cmp.Equal(got.Changed, []string{"a"}) {
			t.Errorf("merge = %+v", got)
		}
		if first == nil {
			first = got
		} else if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("another replica merges differently (-first +second):\n%s", diff)
		}
		files, err := m.ReadFiles(t.Context(), f.source(), got.Tree, []string{"a", "b", "c"})
		if err != nil || string(files["a"]) != "2\n" || string(files["b"]) != "2\n" || len(files) != 2 {
			t.Errorf("files of the merge = %q, %v", files, err)
		}
	}
}

func TestMergeConflict(t *testing.T) {
	f := newForge(t)
	base := f.commit("refs/heads/main", map[string]string{"a": "1\n"})
	head := f.commit("refs/pull/7/head", map[string]string{"a": "2\n"}, base)
	f.commit("refs/heads/main", map[string]string{"a": "3\n"}, base)
	got, err := open(t, nil).Merge(t.Context(), f.source(), Request{Number: 7, Head: head, Branch: "main"})
	if err != nil || !got.Conflict || !cmp.Equal(got.Conflicts, []string{"a"}) || got.Commit != "" {
		t.Errorf("merge = %+v, %v", got, err)
	}
}

func TestMergeOfWhatIsNotThere(t *testing.T) {
	f := newForge(t)
	base := f.commit("refs/heads/main", map[string]string{"a": "1\n"})
	old := f.commit("refs/pull/7/head", map[string]string{"a": "2\n"}, base)
	f.commit("refs/pull/7/head", map[string]string{"a": "3\n"}, base)
	cases := map[string]struct {
		req  Request
		want error
	}{
		"a head that was pushed over":          {Request{7, old, "main"}, ErrHeadGone},
		"a pull request that never was":        {Request{8, old, "main"}, ErrHeadGone},
		"a head that is no commit id":          {Request{7, "main", "main"}, ErrHeadGone},
		"a branch that is not there":           {Request{7, f.git(f.dir, "rev-parse", "refs/pull/7/head"), "gone"}, ErrNoBranch},
		"a branch that would be a refspec":     {Request{7, old, "a:refs/heads/b"}, ErrNoBranch},
		"a branch that would be an option":     {Request{7, old, "--upload-pack=touch /tmp/x"}, ErrNoBranch},
		"a branch that would be more branches": {Request{7, old, "*"}, ErrNoBranch},
	}
	m := open(t, nil)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := m.Merge(t.Context(), f.source(), c.req); !errors.Is(err, c.want) {
				t.Errorf("error = %v, want %v", err, c.want)
			}
		})
	}
}

func TestMirrorHealsItself(t *testing.T) {
	f := newForge(t)
	base := f.commit("refs/heads/main", map[string]string{"a": "1\n"})
	head := f.commit("refs/pull/7/head", map[string]string{"a": "2\n"}, base)
	damages := map[string]func(t *testing.T, dir string){
		"objects cut short": func(t *testing.T, dir string) {
			t.Helper()
			err := filepath.WalkDir(filepath.Join(dir, "objects"), func(path string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				return errors.Join(os.Chmod(path, 0o600), os.Truncate(path, 10))
			})
			if err != nil {
				t.Fatal(err)
			}
		},
		"objects gone": func(t *testing.T, dir string) {
			t.Helper()
			if err := os.RemoveAll(filepath.Join(dir, "objects")); err != nil {
				t.Fatal(err)
			}
		},
		"HEAD overwritten": func(t *testing.T, dir string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, "HEAD"), []byte("garbage"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"folder gone": func(t *testing.T, dir string) {
			t.Helper()
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			m := open(t, nil)
			req := Request{Number: 7, Head: head, Branch: "main"}
			first, err := m.Merge(t.Context(), f.source(), req)
			if err != nil {
				t.Fatal(err)
			}
			mir, err := m.of(f.source())
			if err != nil {
				t.Fatal(err)
			}
			damage(t, mir.dir)
			second, err := m.Merge(t.Context(), f.source(), req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(first, second); diff != "" {
				t.Errorf("the merge changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestForgeAwayIsNoDamage(t *testing.T) {
	f := newForge(t)
	base := f.commit("refs/heads/main", map[string]string{"a": "1\n"})
	head := f.commit("refs/pull/7/head", map[string]string{"a": "2\n"}, base)
	m := open(t, nil)
	req := Request{Number: 7, Head: head, Branch: "main"}
	if _, err := m.Merge(t.Context(), f.source(), req); err != nil {
		t.Fatal(err)
	}
	f.broken.Store(true)
	if _, err := m.Merge(t.Context(), f.source(), req); err == nil || errors.Is(err, ErrHeadGone) || strings.Contains(err.Error(), password) {
		t.Errorf("error = %v, want one that is worth another try and tells no secret", err)
	}
	mir, err := m.of(f.source())
	if err != nil {
		t.Fatal(err)
	}
	if mir.resolve(t.Context(), localPull(7)) != head {
		t.Error("the mirror lost its refs")
	}
}

func TestRequestsShareOneFetch(t *testing.T) {
	f := newForge(t)
	base := f.commit("refs/heads/main", map[string]string{"a": "1\n"})
	head := f.commit("refs/pull/7/head", map[string]string{"a": "2\n"}, base)
	m := open(t, nil)
	mir, err := m.of(f.source())
	if err != nil {
		t.Fatal(err)
	}
	release, err := mir.acquire(t.Context()) // the flight waits for the mirror until all have asked
	if err != nil {
		t.Fatal(err)
	}
	var asked, done sync.WaitGroup
	for range 20 {
		asked.Add(1)
		done.Go(func() {
			asked.Done()
			if _, err := m.Merge(t.Context(), f.source(), Request{Number: 7, Head: head, Branch: "main"}); err != nil {
				t.Error(err)
			}
		})
	}
	asked.Wait()
	release()
	done.Wait()
	alone := func() int64 {
		before := f.requests.Load()
		if _, err := open(t, nil).Merge(t.Context(), f.source(), Request{Number: 7, Head: head, Branch: "main"}); err != nil {
			t.Fatal(err)
		}
		return f.requests.Load() - before
	}
	if all, one := f.requests.Load(), alone(); all > 3*one {
		t.Errorf("20 requests at a time made %d requests to the forge, one makes %d", all, one)
	}
}

func TestCredentialsStayAtTheirHost(t *testing.T) {
	f := newForge(t)
	base := f.commit("refs/heads/main", map[string]string{"a": "1\n"})
	head := f.commit("refs/pull/7/head", map[string]string{"a": "2\n"}, base)
	redirect := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.TrimSuffix(f.url, "/repo.git")+r.URL.Path+"?"+r.URL.RawQuery, http.StatusFound)
	}))
	defer redirect.Close()
	src := f.source()
	src.URL = redirect.URL + "/repo.git"
	if _, err := open(t, nil).Merge(t.Context(), src, Request{Number: 7, Head: head, Branch: "main"}); err == nil {
		t.Error("a redirect to another host was followed")
	}
	f.seen.Range(func(key, _ any) bool {
		t.Errorf("the other host was asked with Authorization %q", key)
		return true
	})
	for _, bad := range []string{"file:///etc", "ssh://h/x", "https://user:pw@h/x", "/etc", "ext::sh -c x", "https:///x"} {
		if _, err := open(t, nil).Merge(t.Context(), Source{URL: bad}, Request{Number: 7, Head: head, Branch: "main"}); err == nil {
			t.Errorf("%s was accepted as an address", bad)
		}
	}
}

func TestMastersStayPinnedForAnHour(t *testing.T) {
	f := newForge(t)
	first := f.commit("refs/heads/main", map[string]string{"a": "1\n"})
	clk := testclock.NewFakeClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	m := open(t, clk)
	pinned := func() string {
		t.Helper()
		commit, branch, err := m.Pin(t.Context(), f.source(), "", "main")
		if err != nil || branch != "main" {
			t.Fatalf("pin = %s, %s, %v", commit, branch, err)
		}
		return commit
	}
	if got := pinned(); got != first {
		t.Fatalf("pinned at %s, want %s", got, first)
	}
	second := f.commit("refs/heads/main", map[string]string{"a": "2\n"}, first)
	clk.Step(59 * time.Minute)
	if got := pinned(); got != first {
		t.Errorf("after 59 minutes at %s, want still %s", got, first)
	}
	clk.Step(2 * time.Minute)
	f.broken.Store(true)
	if got := pinned(); got != first {
		t.Errorf("with the source away at %s, want the last known %s", got, first)
	}
	f.broken.Store(false)
	if got := pinned(); got != second {
		t.Errorf("after an hour at %s, want %s", got, second)
	}
	commit, _, err := m.Pin(t.Context(), f.source(), first, "")
	if err != nil || commit != first {
		t.Errorf("pin to a commit = %s, %v", commit, err)
	}
	if _, _, err := m.Pin(t.Context(), f.source(), strings.Repeat("1", 40), ""); !errors.Is(err, ErrNotMirrored) {
		t.Errorf("a commit that is not there: %v", err)
	}
}
