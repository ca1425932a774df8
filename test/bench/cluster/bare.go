// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/kube/binary"
)

// The bare pods find the trees of every branch here, on every node, with the tool's metadata and caches.
const (
	bareNamespace = "bench-bare"
	benchPath     = "/bench"
	scanCommand   = "pkgcheck scan --profiles stable,dev -R JsonStream"
)

// barePods runs one bare pod a pull request, all created at once, and returns how long the last of them took.
func (b *bench) barePods(ctx context.Context, bare string) (time.Duration, error) {
	if err := b.prepareTrees(ctx, bare); err != nil {
		return 0, err
	}
	if err := b.rig.Kube.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: bareNamespace, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "privileged"}}}); err != nil {
		return 0, err
	}
	b.rig.Say("starting %d bare pods", len(b.pulls))
	began := clock.RealClock{}.Now()
	for _, p := range b.pulls {
		if err := b.rig.Kube.Create(ctx, b.barePod(p)); err != nil {
			return 0, err
		}
	}
	took, err := b.await(ctx, began, "bare pods", b.ended)
	if err != nil {
		return 0, err
	}
	return took, b.rig.Kubectl(ctx, "delete", "namespace", bareNamespace)
}

// barePod scans a package as a person would by hand, on the base and on the head.
func (b *bench) barePod(p pull) *corev1.Pod {
	script := strings.Join([]string{
		"set -e", "cd " + benchPath + "/" + ebuildrepo.MainBranch, scanCommand + " " + p.key + " >/dev/null",
		"cd " + benchPath + "/" + p.branch, scanCommand + " " + p.key + " >/dev/null",
	}, "\n")
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: bareNamespace, Name: p.branch},
		Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever, AutomountServiceAccountToken: new(false),
			Containers: []corev1.Container{{
				Name: "scan", Image: b.rig.Images["pkgcheck"].Reference(), Command: []string{"/bin/sh", "-c", script},
				Env:          []corev1.EnvVar{{Name: "HOME", Value: benchPath + "/home"}, {Name: "PATH", Value: "/opt/pkgcheck/bin:/usr/bin:/bin"}},
				VolumeMounts: []corev1.VolumeMount{{Name: "trees", MountPath: benchPath}},
			}},
			Volumes: []corev1.Volume{{Name: "trees", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/var/lib/bench"}}}},
		},
	}
}

// ended counts the bare pods that are done; one that failed has measured nothing.
func (b *bench) ended(ctx context.Context) (int, error) {
	var pods corev1.PodList
	if err := b.rig.Kube.List(ctx, &pods, client.InNamespace(bareNamespace)); err != nil {
		return 0, err
	}
	done := 0
	for _, pod := range pods.Items {
		switch pod.Status.Phase {
		case corev1.PodSucceeded:
			done++
		case corev1.PodFailed:
			return 0, fmt.Errorf("the bare pod %s failed: %+v", pod.Name, pod.Status.ContainerStatuses)
		default: // it waits or runs
		}
	}
	return done, nil
}

// prepareTrees checks every branch out on each node and makes its metadata and the tool's caches there, before anything is timed.
func (b *bench) prepareTrees(ctx context.Context, bare string) error {
	b.rig.Say("preparing %d trees for the bare pods", len(b.pulls)+1)
	trees := filepath.Join(b.dir, "trees")
	lines := []string{"set -e"}
	for _, p := range append([]pull{{branch: ebuildrepo.MainBranch}}, b.pulls...) {
		for _, argv := range [][]string{
			{"git", "clone", "--quiet", "--branch", p.branch, bare, filepath.Join(trees, p.branch)},
			{"git", "-C", filepath.Join(trees, p.branch), "remote", "set-head", "origin", p.branch}, // whose history the tool looks at
		} {
			if err := command(ctx, argv...); err != nil {
				return err
			}
		}
		lines = append(lines, "cd "+benchPath+"/"+p.branch)
		if p.key != "" {
			lines = append(lines, "cp -a ../"+ebuildrepo.MainBranch+"/metadata/md5-cache metadata/")
		}
		lines = append(lines, "pmaint regen --use-local-desc -t 2 . >/dev/null || [ $? = 1 ]" /* some ebuilds do not source */, scanCommand+" "+b.pulls[0].key+" >/dev/null")
		if p.key == "" {
			continue
		}
		lines = append(lines, scanCommand+" "+p.key+" >/dev/null")
	}
	inside := []string{
		"hack/toolchain-run.sh", "--bind", trees + ":" + benchPath, "--", "env", "HOME=" + benchPath + "/home", "PATH=/opt/pkgcheck/bin:/usr/bin:/bin",
		"/bin/sh", "-c", strings.Join(lines, "\n"),
	}
	if err := command(ctx, inside...); err != nil {
		return err
	}
	for _, node := range b.rig.Cluster.Nodes {
		to := filepath.Join(b.rig.Cluster.NodeLib(node), "bench")
		if err := command(ctx, "cp", "-a", trees, to); err != nil {
			return err
		}
	}
	return nil
}

// command runs a program in the project's folder.
func command(ctx context.Context, argv ...string) error {
	root, err := binary.Root()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", argv[0], err, out)
	}
	return nil
}
