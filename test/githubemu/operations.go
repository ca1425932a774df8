// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

// operation is what the emulator does for one operationId of GitHub's document.
type operation struct {
	perm, level string // the permission on the repository: see https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
	orPerm      string // another permission that will do
	actor       func(*call) *apiError
	handle      func(*call) (*reply, error)
}

// operations is everything that the emulator knows. What the document has and this table lacks is answered with 501 and recorded.
var operations map[string]operation

func init() { //nolint:gochecknoinits // handlers refer back to the table through the server
	operations = map[string]operation{
		"meta/get":                                        {handle: getMeta},
		"rate-limit/get":                                  {handle: getRateLimit},
		"users/get-authenticated":                         {actor: needUser, handle: getUser},
		"users/get-by-username":                           {handle: getUserByName},
		"apps/get-authenticated":                          {actor: needApp, handle: getApp},
		"apps/get-installation":                           {actor: needApp, handle: getInstallation},
		"apps/list-installations":                         {actor: needApp, handle: listInstallations},
		"apps/get-org-installation":                       {actor: needApp, handle: getOrgInstallation},
		"apps/get-repo-installation":                      {actor: needApp, handle: getRepoInstallation},
		"apps/create-installation-access-token":           {actor: needApp, handle: createInstallationToken},
		"apps/revoke-installation-access-token":           {actor: needInstallation, handle: revokeInstallationToken},
		"apps/list-repos-accessible-to-installation":      {actor: needInstallation, handle: listInstallationRepos},
		"apps/get-webhook-config-for-app":                 {actor: needApp, handle: getAppHookConfig},
		"apps/list-webhook-deliveries":                    {actor: needApp, handle: listAppDeliveries},
		"apps/get-webhook-delivery":                       {actor: needApp, handle: getAppDelivery},
		"apps/redeliver-webhook-delivery":                 {actor: needApp, handle: redeliverApp},
		"repos/get":                                       {perm: "metadata", level: "read", handle: getRepo},
		"repos/list-branches":                             {perm: "contents", level: "read", handle: listBranches},
		"repos/get-branch":                                {perm: "contents", level: "read", handle: getBranch},
		"repos/list-commits":                              {perm: "contents", level: "read", handle: listCommits},
		"repos/get-commit":                                {perm: "contents", level: "read", handle: getCommit},
		"repos/compare-commits-with-basehead":             {perm: "contents", level: "read", handle: compareCommits},
		"repos/get-content":                               {perm: "contents", level: "read", handle: getContent},
		"repos/list-pull-requests-associated-with-commit": {perm: "pull_requests", level: "read", handle: listPullsOfCommit},
		"repos/get-collaborator-permission-level":         {perm: "metadata", level: "read", handle: getPermission},
		"repos/check-collaborator":                        {perm: "metadata", level: "read", handle: checkCollaborator},
		"git/get-commit":                                  {perm: "contents", level: "read", handle: getGitCommit},
		"git/get-ref":                                     {perm: "contents", level: "read", handle: getRef},
		"git/create-ref":                                  {perm: "contents", level: "write", handle: createRef},
		"git/update-ref":                                  {perm: "contents", level: "write", handle: updateRef},
		"git/delete-ref":                                  {perm: "contents", level: "write", handle: deleteRef},
		"pulls/list":                                      {perm: "pull_requests", level: "read", handle: listPulls},
		"pulls/get":                                       {perm: "pull_requests", level: "read", handle: getPull},
		"pulls/list-files":                                {perm: "pull_requests", level: "read", handle: listPullFiles},
		"pulls/list-commits":                              {perm: "pull_requests", level: "read", handle: listPullCommits},
		"pulls/update":                                    {perm: "pull_requests", level: "write", handle: updatePull},
		"repos/create-commit-status":                      {perm: "statuses", level: "write", handle: createStatus},
		"repos/list-commit-statuses-for-ref":              {perm: "statuses", level: "read", handle: listStatuses},
		"repos/get-combined-status-for-ref":               {perm: "statuses", level: "read", handle: combinedStatus},
		"checks/create":                                   {perm: "checks", level: "write", handle: createRun},
		"checks/update":                                   {perm: "checks", level: "write", handle: updateRun},
		"checks/get":                                      {perm: "checks", level: "read", handle: getRun},
		"checks/list-annotations":                         {perm: "checks", level: "read", handle: listAnnotations},
		"checks/list-for-ref":                             {perm: "checks", level: "read", handle: listRunsForRef},
		"checks/list-for-suite":                           {perm: "checks", level: "read", handle: listRunsForSuite},
		"checks/list-suites-for-ref":                      {perm: "checks", level: "read", handle: listSuitesForRef},
		"checks/get-suite":                                {perm: "checks", level: "read", handle: getSuite},
		"checks/create-suite":                             {perm: "checks", level: "write", handle: createSuite},
		"checks/rerequest-suite":                          {perm: "checks", level: "write", handle: rerequestSuite},
		"checks/rerequest-run":                            {perm: "checks", level: "write", handle: rerequestRun},
		"issues/get":                                      {perm: "issues", orPerm: "pull_requests", level: "read", handle: getIssue},
		"issues/create-comment":                           {perm: "issues", orPerm: "pull_requests", level: "write", handle: createComment},
		"issues/list-comments":                            {perm: "issues", orPerm: "pull_requests", level: "read", handle: listComments},
		"issues/list-comments-for-repo":                   {perm: "issues", orPerm: "pull_requests", level: "read", handle: listRepoComments},
		"issues/get-comment":                              {perm: "issues", orPerm: "pull_requests", level: "read", handle: getComment},
		"issues/update-comment":                           {perm: "issues", orPerm: "pull_requests", level: "write", handle: updateComment},
		"issues/delete-comment":                           {perm: "issues", orPerm: "pull_requests", level: "write", handle: deleteComment},
		"reactions/list-for-issue-comment":                {perm: "issues", orPerm: "pull_requests", level: "read", handle: listReactions},
		"reactions/create-for-issue-comment":              {perm: "issues", orPerm: "pull_requests", level: "write", handle: createReaction},
		"issues/list-labels-for-repo":                     {perm: "issues", orPerm: "pull_requests", level: "read", handle: listRepoLabels},
		"issues/create-label":                             {perm: "issues", orPerm: "pull_requests", level: "write", handle: createLabel},
		"issues/list-labels-on-issue":                     {perm: "issues", orPerm: "pull_requests", level: "read", handle: listLabels},
		"issues/add-labels":                               {perm: "issues", orPerm: "pull_requests", level: "write", handle: addLabels},
		"issues/set-labels":                               {perm: "issues", orPerm: "pull_requests", level: "write", handle: setLabels},
		"issues/remove-label":                             {perm: "issues", orPerm: "pull_requests", level: "write", handle: removeLabel},
		"issues/remove-all-labels":                        {perm: "issues", orPerm: "pull_requests", level: "write", handle: setLabels},
		"repos/list-webhooks":                             {perm: "repository_hooks", level: "read", handle: listHooks},
		"repos/get-webhook":                               {perm: "repository_hooks", level: "read", handle: getHook},
		"repos/create-webhook":                            {perm: "repository_hooks", level: "write", handle: createHook},
		"repos/delete-webhook":                            {perm: "repository_hooks", level: "write", handle: deleteHook},
		"repos/list-webhook-deliveries":                   {perm: "repository_hooks", level: "read", handle: listDeliveries},
		"repos/get-webhook-delivery":                      {perm: "repository_hooks", level: "read", handle: getDelivery},
		"repos/redeliver-webhook-delivery":                {perm: "repository_hooks", level: "write", handle: redeliver},
	}
}
