// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package jobspec

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/plan"
)

var update = flag.Bool("update", false, "write the golden files anew")

func input(edit func(*Input)) Input {
	in := Input{
		Check: &prcheckv1.PullRequestCheck{
			ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "overlay-7", UID: "0f9f1c9e-0000-4000-8000-000000000007"},
			Spec:       prcheckv1.PullRequestCheckSpec{RepositoryRef: prcheckv1.RepositoryReference{Name: "overlay"}, Number: 7},
		},
		Profile: &prcheckv1.CheckProfile{
			ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "standard"},
			Spec: prcheckv1.CheckProfileSpec{
				Image: "example.org/pkgcheck@sha256:" + strings.Repeat("ab", 32), Pkgcheck: &prcheckv1.Pkgcheck{},
			},
		},
		Run:         plan.RunHash("0f9f1c9e-0000-4000-8000-000000000007", "snapshot", "merge", 1),
		RunnerImage: "example.org/runner@sha256:" + strings.Repeat("cd", 32),
		Server:      "https://prcheck-server.prcheck-system.svc:8443",
	}
	edit(&in)
	return in
}

func TestBuildGolden(t *testing.T) {
	for name, edit := range map[string]func(*Input){
		"plain": func(*Input) {},
		"cache": func(in *Input) { in.Cache = true },
		"baseline": func(in *Input) {
			in.Check, in.Cache = nil, true
			in.Repository = &prcheckv1.Repository{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "overlay", UID: "0f9f1c9e-0000-4000-8000-000000000001"}}
		},
		"shards":   func(in *Input) { in.Shards, in.Scanning = 4, 4 },
		"missing":  func(in *Input) { in.Shards, in.Scanning = 4, 1 },
		"attempt3": func(in *Input) { in.FailedNodes = []string{"worker-2", "worker-1", "worker-2"} },
		"overrides": func(in *Input) {
			in.Profile.Spec.Resources = prcheckv1.RunResources{
				CPU: resource.MustParse("2500m"), Memory: resource.MustParse("4Gi"), EphemeralStorage: resource.MustParse("20Gi"),
			}
			in.Profile.Spec.Pod = prcheckv1.PodOverrides{
				NodeSelector:      map[string]string{"pool": "checks"},
				Tolerations:       []corev1.Toleration{{Key: "checks", Operator: corev1.TolerationOpExists}},
				RuntimeClassName:  new("gvisor"),
				PriorityClassName: "low",
				ImagePullSecrets:  []corev1.LocalObjectReference{{Name: "registry"}},
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			job, err := Build(input(edit))
			if err != nil {
				t.Fatal(err)
			}
			got, err := yaml.Marshal(job)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.WriteFile(file, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s (run the test with -update if this is meant):\n%s", file, diff)
			}
		})
	}
}

// What design.md, The pod, promises, looked at from the outside: no golden file can be updated past these.
func TestBuildKeepsStagesApart(t *testing.T) {
	for name, edit := range map[string]func(*Input){
		"plain": func(*Input) {}, "cache": func(in *Input) { in.Cache = true }, "shards": func(in *Input) { in.Shards, in.Scanning = 3, 3 },
	} {
		t.Run(name, func(t *testing.T) { keepsStagesApart(t, edit) })
	}
}

func keepsStagesApart(t *testing.T, edit func(*Input)) {
	t.Helper()
	job, err := Build(input(edit))
	if err != nil {
		t.Fatal(err)
	}
	pod := job.Spec.Template.Spec
	containers := append(append([]corev1.Container{}, pod.InitContainers...), pod.Containers...)
	writers := map[string]string{}
	users := map[string]int64{}
	memoryVolumes := resource.Quantity{}
	for _, volume := range pod.Volumes {
		if volume.EmptyDir != nil && volume.EmptyDir.SizeLimit == nil {
			t.Errorf("volume %s has no limit", volume.Name)
		}
		if volume.EmptyDir != nil && volume.EmptyDir.Medium == corev1.StorageMediumMemory {
			memoryVolumes.Add(*volume.EmptyDir.SizeLimit)
		}
	}
	memoryVolumes.Add(resource.MustParse("2Gi"))
	for _, container := range containers {
		users[container.Name] = *container.SecurityContext.RunAsUser
		if limit := container.Resources.Limits[corev1.ResourceMemory]; limit.Cmp(memoryVolumes) != 0 {
			t.Errorf("%s may use %s of memory, want the tool's plus all memory volumes: %s", container.Name, limit.String(), memoryVolumes.String())
		}
		for _, mount := range container.VolumeMounts {
			if strings.HasPrefix(mount.Name, "token-") && mount.Name != "token-"+container.Name {
				t.Errorf("%s has another stage's token", container.Name)
			}
			if mount.ReadOnly {
				continue
			}
			if other, taken := writers[mount.Name]; taken {
				t.Errorf("volume %s can be written in %s and in %s", mount.Name, other, container.Name)
			}
			writers[mount.Name] = container.Name
		}
	}
	for _, hostile := range []string{"prepare", "scan"} {
		if users[hostile] == users["fetch"] || users[hostile] == users["publish"] {
			t.Errorf("%s runs as a trusted stage's user", hostile)
		}
		for _, container := range containers {
			if container.Name == hostile && (len(container.Env) > 0 || mountsAt(container, plan.TokenDir)) {
				t.Errorf("%s knows the server or has a token", hostile)
			}
		}
	}
	if users["prepare"] == users["scan"] {
		t.Error("prepare and scan share a user")
	}
	if pod.SecurityContext.FSGroup != nil {
		t.Error("an fsGroup would let every stage write everywhere")
	}
}

func mountsAt(container corev1.Container, path string) bool {
	for _, mount := range container.VolumeMounts {
		if mount.MountPath == path {
			return true
		}
	}
	return false
}

func TestUserGivesRunsRangesOfTheirOwn(t *testing.T) {
	seen := map[int64]bool{}
	for i := range 100 {
		user, err := User(plan.RunHash("uid", "snapshot", "merge", i))
		if err != nil {
			t.Fatal(err)
		}
		if user < 200_000 || user+2 >= 600_000 || user%4 != 0 {
			t.Errorf("user %d is outside of the ranges", user)
		}
		seen[user] = true
	}
	if len(seen) < 95 {
		t.Errorf("100 runs share %d ranges", len(seen))
	}
	if _, err := User("not a hash"); err == nil {
		t.Error("a run hash that is none was taken")
	}
}
