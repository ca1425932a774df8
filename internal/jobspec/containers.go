// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package jobspec

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/plan"
)

// stage is what tells the four containers apart. What a stage has not got stands in no field of it: no mount, no token.
type stage struct {
	name    plan.Stage
	trusted bool  // runs the runner image, speaks to the server
	user    int64 // added to the run's first user id
	// shm is the limit of the stage's own /dev/shm, a memory volume that counts against the container's memory.
	shm string
	// writes and reads are volumes by the names in folders.
	writes, reads []string
	audience      string // of the token; empty: none
}

var stages = []stage{
	{
		name: plan.StageFetch, trusted: true, user: userTrusted, shm: "16Mi", audience: plan.AudienceFetch,
		writes: []string{"tools", "source", "base"},
	},
	{
		name: plan.StagePrepare, user: userPrepare, shm: "256Mi",
		writes: []string{"prepared"}, reads: []string{"tools", "source"},
	},
	{
		name: plan.StageScan, user: userScan, shm: "256Mi",
		writes: []string{"work", "scanned"}, reads: []string{"tools", "source", "prepared", "base"},
	},
	{
		name: plan.StagePublish, trusted: true, user: userTrusted, shm: "16Mi", audience: plan.AudiencePublish,
		reads: []string{"source", "prepared", "scanned"},
	},
}

// cacheVolume is what the node keeps of the repository. It has a folder for each repository, and a pod sees only its own.
const cacheVolume = "cache"

func cacheMount(in *Input, s *stage) []corev1.VolumeMount {
	if !in.Cache || s.name == plan.StagePublish {
		return nil
	}
	return []corev1.VolumeMount{{
		Name: cacheVolume, MountPath: plan.CacheDir, SubPath: in.repository(), ReadOnly: s.name != plan.StageFetch,
	}}
}

// folders are the volumes that pass data between stages, each writable in one container only.
var folders = []struct{ name, path string }{
	{"tools", plan.ToolsDir},
	{"source", plan.SourceDir},
	{"prepared", plan.PreparedDir},
	{"work", plan.WorkDir},
	{"base", plan.BaseDir},
	{"scanned", plan.ScannedDir},
}

func containers(in *Input, user int64) []corev1.Container {
	limits := resources(in.Profile)
	result := make([]corev1.Container, 0, len(stages))
	for i := range stages {
		s := &stages[i]
		container := corev1.Container{
			Name:            string(s.name),
			Image:           in.Profile.Spec.Image,
			ImagePullPolicy: corev1.PullIfNotPresent,
			Command:         []string{plan.ToolsDir + "/runner", string(s.name)},
			Resources:       corev1.ResourceRequirements{Requests: limits, Limits: limits},
			SecurityContext: restricted(user + s.user),
			VolumeMounts:    append(mounts(s), cacheMount(in, s)...),
		}
		if in.Cache && s.name == plan.StageFetch {
			container.SecurityContext = restricted(CacheUser)
		}
		if s.trusted {
			container.Image = in.RunnerImage
			container.Command = []string{"/runner", string(s.name)}
			container.Env = []corev1.EnvVar{{Name: plan.EnvServer, Value: in.Server}, {Name: plan.EnvRun, Value: in.Run}}
			// The last lines of a trusted stage say why it failed; a hostile stage's must not reach the manager.
			container.TerminationMessagePolicy = corev1.TerminationMessageFallbackToLogsOnError
		}
		result = append(result, container)
	}
	return result
}

func restricted(user int64) *corev1.SecurityContext {
	return &corev1.SecurityContext{
		RunAsUser: new(user), RunAsGroup: new(user), RunAsNonRoot: new(true),
		ReadOnlyRootFilesystem: new(true), AllowPrivilegeEscalation: new(false), Privileged: new(false),
		Capabilities:   &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

// resources are the same for every container: they run one after the other, so the pod needs the most of any. Memory volumes
// live as long as the pod and are charged to whoever wrote them, so each container's limit covers all of them.
func resources(profile *prcheckv1.CheckProfile) corev1.ResourceList {
	memory := quantity(profile.Spec.Resources.Memory, "2Gi")
	for i := range stages {
		memory.Add(resource.MustParse(stages[i].shm))
	}
	return corev1.ResourceList{
		corev1.ResourceCPU:              quantity(profile.Spec.Resources.CPU, "1"),
		corev1.ResourceMemory:           memory,
		corev1.ResourceEphemeralStorage: quantity(profile.Spec.Resources.EphemeralStorage, "8Gi"),
	}
}

func mounts(s *stage) []corev1.VolumeMount {
	result := []corev1.VolumeMount{}
	for _, folder := range folders {
		switch {
		case slices.Contains(s.writes, folder.name):
			result = append(result, corev1.VolumeMount{Name: folder.name, MountPath: folder.path})
		case slices.Contains(s.reads, folder.name):
			result = append(result, corev1.VolumeMount{Name: folder.name, MountPath: folder.path, ReadOnly: true})
		}
	}
	result = append(
		result,
		corev1.VolumeMount{Name: "tmp-" + string(s.name), MountPath: "/tmp"},
		corev1.VolumeMount{Name: "shm-" + string(s.name), MountPath: "/dev/shm"},
	)
	if s.audience != "" {
		result = append(
			result,
			corev1.VolumeMount{Name: "token-" + string(s.name), MountPath: plan.TokenDir, ReadOnly: true},
			corev1.VolumeMount{Name: "ca", MountPath: plan.CADir, ReadOnly: true},
		)
	}
	return result
}

func volumes(in *Input) []corev1.Volume {
	storage := quantity(in.Profile.Spec.Resources.EphemeralStorage, "8Gi")
	result := []corev1.Volume{}
	for _, folder := range folders {
		result = append(result, emptyDir(folder.name, corev1.StorageMediumDefault, storage))
	}
	for i := range stages {
		s := &stages[i]
		result = append(
			result,
			emptyDir("tmp-"+string(s.name), corev1.StorageMediumDefault, storage),
			emptyDir("shm-"+string(s.name), corev1.StorageMediumMemory, resource.MustParse(s.shm)),
		)
		if s.audience != "" {
			result = append(result, token(s))
		}
	}
	if in.Cache {
		result = append(result, corev1.Volume{Name: cacheVolume, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: CacheClaim},
		}})
	}
	return append(result, corev1.Volume{Name: "ca", VolumeSource: corev1.VolumeSource{
		ConfigMap: &corev1.ConfigMapVolumeSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: CAConfigMap},
			DefaultMode:          new(int32(0o444)),
			Items:                []corev1.KeyToPath{{Key: CAKey, Path: CAKey}},
		},
	}})
}

func emptyDir(name string, medium corev1.StorageMedium, limit resource.Quantity) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
		EmptyDir: &corev1.EmptyDirVolumeSource{Medium: medium, SizeLimit: &limit},
	}}
}

func token(s *stage) corev1.Volume {
	return corev1.Volume{Name: "token-" + string(s.name), VolumeSource: corev1.VolumeSource{
		Projected: &corev1.ProjectedVolumeSource{
			DefaultMode: new(int32(0o444)),
			Sources: []corev1.VolumeProjection{{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{
				Audience: s.audience, ExpirationSeconds: new(int64(tokenSeconds)), Path: "token",
			}}},
		},
	}}
}
