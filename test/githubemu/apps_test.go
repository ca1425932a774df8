// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/golang-jwt/jwt/v4"
	gogithub "github.com/google/go-github/v57/github"
	testclock "k8s.io/utils/clock/testing"

	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/githubemu/emutest"
)

func appKey(t *testing.T) (key *rsa.PrivateKey, private []byte, public string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	private = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	public = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&key.PublicKey)}))
	return key, private, public
}

// checker is an App that may do what prcheck needs.
func checker(public string) githubemu.NewApp {
	return githubemu.NewApp{Slug: "prcheck", PublicKey: public, Account: owner, Permissions: map[string]string{
		"checks": "write", "statuses": "write", "pull_requests": "write", "contents": "read", "metadata": "read",
	}}
}

// installed gives go-github with an installation's token, made by ghinstallation.
func installed(t *testing.T, e *emutest.Emulator, change func(*githubemu.NewApp)) (*gogithub.Client, *ghinstallation.Transport, githubemu.AppIDs) {
	t.Helper()
	_, private, public := appKey(t)
	app := checker(public)
	if change != nil {
		change(&app)
	}
	ids, err := e.AddApp(app)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := ghinstallation.New(http.DefaultTransport, ids.AppID, ids.InstallationID, private)
	if err != nil {
		t.Fatal(err)
	}
	tr.BaseURL = e.URL + "/api/v3"
	c, err := gogithub.NewClient(&http.Client{Transport: tr}).WithEnterpriseURLs(e.URL, e.URL)
	if err != nil {
		t.Fatal(err)
	}
	return c, tr, ids
}

func TestInstallationTokensWriteCheckRuns(t *testing.T) {
	e, _, head := withPull(t)
	gh, tr, _ := installed(t, e, nil)
	token, err := tr.Token(t.Context())
	if err != nil || len(token) < 500 || !strings.Contains(token, ".") {
		t.Fatalf("a token is long and has dots since 2026: %q, %v", token, err)
	}
	output := func(n int) *gogithub.CheckRunOutput {
		o := &gogithub.CheckRunOutput{Title: new("t"), Summary: new("s")}
		for range n {
			o.Annotations = append(o.Annotations, &gogithub.CheckRunAnnotation{
				Path: new("a"), StartLine: new(1), EndLine: new(1), AnnotationLevel: new("failure"), Message: new("m"),
			})
		}
		return o
	}
	run, _, err := gh.Checks.CreateCheckRun(t.Context(), owner, name, gogithub.CreateCheckRunOptions{
		Name: "pkgcheck", HeadSHA: head, ExternalID: new("uid-1"), Status: new("in_progress"), Output: output(50),
	})
	if err != nil || run.GetStatus() != "in_progress" || run.GetApp().GetSlug() != "prcheck" || len(run.PullRequests) != 0 {
		t.Fatalf("create: %v, %v", run, err)
	}
	run, _, err = gh.Checks.UpdateCheckRun(t.Context(), owner, name, run.GetID(), gogithub.UpdateCheckRunOptions{
		Name: "pkgcheck", Conclusion: new("failure"), Output: output(1),
	})
	if err != nil || run.GetStatus() != "completed" || run.GetConclusion() != "failure" || run.GetOutput().GetAnnotationsCount() != 51 {
		t.Fatalf("update appends annotations and completes: %v, %v", run, err)
	}
	list, _, err := gh.Checks.ListCheckRunsForRef(t.Context(), owner, name, head, &gogithub.ListCheckRunsOptions{CheckName: new("pkgcheck")})
	if err != nil || list.GetTotal() != 1 || list.CheckRuns[0].GetExternalID() != "uid-1" {
		t.Fatalf("list: %v, %v", list, err)
	}
	notes, _, err := gh.Checks.ListCheckRunAnnotations(t.Context(), owner, name, run.GetID(), &gogithub.ListOptions{PerPage: 100})
	if err != nil || len(notes) != 51 {
		t.Fatalf("annotations: %d, %v", len(notes), err)
	}
	suites, _, err := gh.Checks.ListCheckSuitesForRef(t.Context(), owner, name, head, nil)
	if err != nil || suites.GetTotal() != 1 || suites.CheckSuites[0].GetConclusion() != "failure" {
		t.Fatalf("suites: %v, %v", suites, err)
	}
	if _, _, err = gh.Repositories.CreateStatus(t.Context(), owner, name, head, &gogithub.RepoStatus{State: new("failure")}); err != nil {
		t.Fatalf("status: %v", err)
	}
	if seen, _ := e.Statuses(full, head); len(seen) != 1 || seen[0].Creator != "prcheck[bot]" {
		t.Errorf("seen: %v", seen)
	}
	repos, _, err := gh.Apps.ListRepos(t.Context(), nil)
	if err != nil || repos.GetTotalCount() != 1 {
		t.Errorf("repositories of the installation: %v, %v", repos, err)
	}
}

func TestPermissionsOfInstallations(t *testing.T) {
	for sentence, tc := range map[string]struct {
		change func(*githubemu.NewApp)
		do     func(t *testing.T, c *gogithub.Client, head string) error
		status int
	}{
		"an App without checks may not write check runs": {
			func(a *githubemu.NewApp) { delete(a.Permissions, "checks") },
			func(t *testing.T, c *gogithub.Client, head string) error {
				t.Helper()
				_, _, err := c.Checks.CreateCheckRun(t.Context(), owner, name, gogithub.CreateCheckRunOptions{Name: "x", HeadSHA: head})
				return err
			}, 403,
		},
		"an App that may only read statuses may not write them": {
			func(a *githubemu.NewApp) { a.Permissions["statuses"] = "read" },
			func(t *testing.T, c *gogithub.Client, head string) error {
				t.Helper()
				_, _, err := c.Repositories.CreateStatus(t.Context(), owner, name, head, &gogithub.RepoStatus{State: new("success")})
				return err
			}, 403,
		},
		"pull_requests is enough for comments": {
			nil,
			func(t *testing.T, c *gogithub.Client, _ string) error {
				t.Helper()
				_, _, err := c.Issues.CreateComment(t.Context(), owner, name, 1, &gogithub.IssueComment{Body: new("hi")})
				return err
			}, 0,
		},
		"an App is nobody's user": {
			nil,
			func(t *testing.T, c *gogithub.Client, _ string) error {
				t.Helper()
				_, _, err := c.Users.Get(t.Context(), "")
				return err
			}, 403,
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			e, _, head := withPull(t)
			c, _, _ := installed(t, e, tc.change)
			err := tc.do(t, c, head)
			status := 0
			if refused, is := err.(*gogithub.ErrorResponse); is { //nolint:errorlint // go-github returns it bare
				status = refused.Response.StatusCode
			}
			if status != tc.status || (err != nil) != (tc.status != 0) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAUserCannotWriteCheckRuns(t *testing.T) {
	e, _, head := withPull(t)
	status, answer, _ := raw(t, e, "POST", "/repos/"+full+"/check-runs", `{"name":"x","head_sha":"`+head+`"}`, nil)
	if status != http.StatusForbidden || answer["message"] != "You must authenticate via a GitHub App." {
		t.Errorf("got %d %v", status, answer)
	}
}

func TestInstallationTokensEnd(t *testing.T) {
	clock := testclock.NewFakeClock(time.Now())
	e := emutest.Start(t, emutest.With(func(o *githubemu.Options) { o.Clock = clock }))
	e.Repo(t, full, "")
	_, tr, ids := installed(t, e, nil)
	token, err := tr.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	as := map[string]string{"Authorization": "Bearer " + token}
	if status, _, _ := raw(t, e, "GET", "/repos/"+full, "", as); status != http.StatusOK {
		t.Fatalf("fresh: %d", status)
	}
	clock.Step(time.Hour)
	if status, _, _ := raw(t, e, "GET", "/repos/"+full, "", as); status != http.StatusUnauthorized {
		t.Errorf("after an hour: %d", status)
	}
	if err := e.SuspendInstallation(ids.InstallationID, true); err != nil {
		t.Fatal(err)
	}
	clock.SetTime(time.Now())
	if status, _, _ := raw(t, e, "GET", "/repos/"+full, "", as); status != http.StatusForbidden {
		t.Errorf("suspended: %d", status)
	}
}

func TestTokensCanBeNarrowed(t *testing.T) {
	e, _, _ := withPull(t)
	e.Repo(t, "octo/other", "")
	key, _, public := appKey(t)
	ids, err := e.AddApp(checker(public))
	if err != nil {
		t.Fatal(err)
	}
	as := map[string]string{"Authorization": "Bearer " + sign(t, key, jwt.MapClaims{
		"iss": ids.AppID, "iat": time.Now().Add(-time.Minute).Unix(), "exp": time.Now().Add(5 * time.Minute).Unix(),
	})}
	path := "/app/installations/" + itoa(ids.InstallationID) + "/access_tokens"
	status, answer, _ := raw(t, e, "POST", path, `{"repositories":["overlay"],"permissions":{"statuses":"write"}}`, as)
	if status != http.StatusCreated || answer["repository_selection"] != "selected" {
		t.Fatalf("got %d %v", status, answer)
	}
	as = map[string]string{"Authorization": "Bearer " + answer["token"].(string)}
	sha, err := e.Branch(t.Context(), "octo/other", "master")
	if err != nil {
		t.Fatal(err)
	}
	if status, _, _ := raw(t, e, "POST", "/repos/octo/other/statuses/"+sha, `{"state":"success"}`, as); status != http.StatusForbidden {
		t.Errorf("another repository: %d", status)
	}
	if status, _, _ := raw(t, e, "GET", "/repos/"+full+"/pulls", "", as); status != http.StatusForbidden {
		t.Errorf("another permission: %d", status)
	}
}

func sign(t *testing.T, key *rsa.PrivateKey, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAppTokensAreJudged(t *testing.T) {
	e := emutest.Start(t)
	e.Repo(t, full, "")
	key, _, public := appKey(t)
	foreign, _, _ := appKey(t)
	ids, err := e.AddApp(checker(public))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	good := func() jwt.MapClaims {
		return jwt.MapClaims{"iss": itoa(ids.AppID), "iat": now.Add(-time.Minute).Unix(), "exp": now.Add(9 * time.Minute).Unix()}
	}
	with := func(name string, value any) jwt.MapClaims { c := good(); c[name] = value; return c }
	for sentence, tc := range map[string]struct {
		token  string
		status int
	}{
		"good":                       {sign(t, key, good()), 200},
		"the issuer may be a number": {sign(t, key, with("iss", ids.AppID)), 200},
		"signed by another key":      {sign(t, foreign, good()), 401},
		"of another App":             {sign(t, key, with("iss", "1")), 404},
		"valid for more than 10 min": {sign(t, key, with("exp", now.Add(11*time.Minute).Unix())), 401},
		"expired":                    {sign(t, key, with("exp", now.Add(-time.Second).Unix())), 401},
		"issued in the future":       {sign(t, key, with("iat", now.Add(time.Minute).Unix())), 401},
		"not an App's but a user's":  {e.Token, 401},
	} {
		t.Run(sentence, func(t *testing.T) {
			status, answer, _ := raw(t, e, "GET", "/app", "", map[string]string{"Authorization": "Bearer " + tc.token})
			if status != tc.status {
				t.Errorf("got %d %v", status, answer)
			}
		})
	}
}

func TestRerequestedReachesTheApp(t *testing.T) {
	hooks := newReceiver(t)
	e, _, head := withPull(t)
	gh, _, _ := installed(t, e, func(a *githubemu.NewApp) {
		a.Events, a.WebhookURL, a.WebhookSecret = []string{"check_run", "check_suite"}, hooks.url, secret
	})
	run, _, err := gh.Checks.CreateCheckRun(t.Context(), owner, name, gogithub.CreateCheckRunOptions{Name: "x", HeadSHA: head, Conclusion: new("failure")})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.RerequestRun(t.Context(), full, run.GetID(), "ann"); err != nil {
		t.Fatal(err)
	}
	if err := e.RequestAction(t.Context(), full, run.GetID(), "ann", "retest"); err != nil {
		t.Fatal(err)
	}
	if err := e.RerequestSuite(t.Context(), full, head, "ann"); err != nil {
		t.Fatal(err)
	}
	wait(t, e)
	var got []string
	for _, d := range hooks.all() {
		got = append(got, d.event+" "+d.action())
		if d.payload["installation"] == nil {
			t.Errorf("%s: an App's delivery names the installation", d.event)
		}
		hooks.sameShape(t, d)
	}
	slices.Sort(got)
	if want := []string{"check_run requested_action", "check_run rerequested", "check_suite rerequested"}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}
