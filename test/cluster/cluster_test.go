// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

//go:build cluster

package cluster

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authnv1 "k8s.io/api/authentication/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/prcheck/prcheck/images/build"
)

const testTimeout = 3 * time.Minute

// TestCluster starts a cluster of its own and lets a Job's pod on one node reach, by the Service's DNS name, a pod on
// the other node, which uses a volume and reaches a server of the host; after Down nothing of it is left.
func TestCluster(t *testing.T) {
	before := hostState(t)
	options := Options{Name: "selftest", Log: t.Output()}
	c, err := Up(t.Context(), options)
	t.Cleanup(func() {
		if err := Down(context.WithoutCancel(t.Context()), options); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	config, err := c.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	image := loadProbe(t, c)
	hostURL := serveOnHost(t, c)

	t.Run("a Job's pod reaches a Service, its volume and the host", func(t *testing.T) { jobReachesService(t, client, image, hostURL) })
	t.Run("a token for an audience names its pod", func(t *testing.T) { tokenNamesPod(t, client) })
	t.Run("the host reaches a Service", func(t *testing.T) {
		service, err := client.CoreV1().Services("default").Get(t.Context(), "probe", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if answer := fetch(t, "http://"+service.Spec.ClusterIP); !strings.Contains(answer, "hello from the host") {
			t.Errorf("the answer is %q", answer)
		}
	})
	t.Run("down leaves nothing", func(t *testing.T) {
		if err := c.Down(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := hostState(t); after != before {
			t.Errorf("the host before:\n%s\nand after:\n%s", before, after)
		}
	})
}

// TestDownAfterAKill ends the starter in the middle, as kill -9 does: what it started must be found without it.
func TestDownAfterAKill(t *testing.T) {
	before := hostState(t)
	program := filepath.Join(t.TempDir(), "cluster")
	if output, err := exec.Command("go", "build", "-o", program, "./cmd").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	c, err := newCluster(Options{Name: "killtest", Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{
		"when the first machine runs": c.paths.machine(controlName),
		"when the last machine runs":  c.paths.machine("node2"),
		"when a kubelet runs":         filepath.Join(c.paths.log(), "node1-kubelet.log"),
	}
	for name, file := range tests {
		t.Run(name, func(t *testing.T) {
			up := exec.Command(program, "up")
			up.Env = append(os.Environ(), "PRCHECK_CLUSTER="+c.Name)
			if err := up.Start(); err != nil {
				t.Fatal(err)
			}
			err := wait.PollUntilContextTimeout(t.Context(), time.Millisecond, testTimeout, true, func(context.Context) (bool, error) {
				_, err := os.Stat(file)
				return err == nil, nil
			})
			if err := up.Process.Kill(); err != nil {
				t.Error(err)
			}
			_ = up.Wait()
			if err != nil {
				t.Errorf("waiting for %s: %v", file, err)
			}
			if err := c.Down(t.Context()); err != nil {
				t.Fatal(err)
			}
			if after := hostState(t); after != before {
				t.Errorf("the host before:\n%s\nand after:\n%s", before, after)
			}
		})
	}
}

// hostState is all that a cluster could leave on the host, seen without the package's own knowledge.
func hostState(t *testing.T) string {
	t.Helper()
	var state strings.Builder
	for _, command := range [][]string{
		{"sh", "-c", "ip -o link | grep -e selftest -e killtest -e cni || true"}, // others may run clusters too
		{"sh", "-c", "ip route | grep -e selftest -e killtest || true"},
		{"sh", "-c", "nft list tables 2>/dev/null"},
		{"sh", "-c", "grep -e selftest -e killtest -e /cni- /proc/self/mountinfo || true"},
		{"sh", "-c", "find /sys/fs/cgroup -type d '(' -name '*selftest*' -o -name '*killtest*' ')'"},
		{"sh", "-c", "ls -d /var/lib/cni /var/lib/kubelet /run/netns/cni-* /run/containerd/s 2>/dev/null || true"},
		{"sh", "-c", "cat /proc/sys/vm/overcommit_memory /proc/sys/kernel/panic /proc/sys/kernel/panic_on_oops /proc/sys/net/ipv4/ip_forward"},
		{"sh", "-c", "grep -l -a -e 'cluster/[s]elftest/' -e 'cluster/[k]illtest/' /proc/[0-9]*/cmdline 2>/dev/null || true"},
	} {
		output, err := exec.Command(command[0], command[1:]...).CombinedOutput()
		fmt.Fprintf(&state, "%v:\n%s", command, output)
		if err != nil {
			t.Fatalf("%v: %v: %s", command, err, output)
		}
	}
	return state.String()
}

func loadProbe(t *testing.T, c *Cluster) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "probe")
	command := exec.Command("go", "build", "-o", program, "./probe")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	image, err := build.Build(build.Spec{
		Name:   "prcheck/probe",
		Files:  []build.File{{Target: "/probe", Source: program, Mode: 0o755}},
		Config: build.Config{User: "65532:65532", Entrypoint: []string{"/probe"}},
	}, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Load(t.Context(), image.File); err != nil {
		t.Fatal(err)
	}
	return image.Name + "@" + image.Digest
}

// serveOnHost starts a server on the host and returns its URL for pods.
func serveOnHost(t *testing.T, c *Cluster) string {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(c.HostAddress(), "0"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello from the host") })}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + net.JoinHostPort(HostName, port)
}

func jobReachesService(t *testing.T, client kubernetes.Interface, image, hostURL string) {
	t.Helper()
	create := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	create(client.CoreV1().PersistentVolumeClaims("default").Create(t.Context(), claim(), metav1.CreateOptions{}))
	create(client.CoreV1().Pods("default").Create(t.Context(), serverPod(image, hostURL), metav1.CreateOptions{}))
	create(client.CoreV1().Services("default").Create(t.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "probe"},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": "probe"},
			Ports:    []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080)}},
		},
	}, metav1.CreateOptions{}))
	create(client.BatchV1().Jobs("default").Create(t.Context(), job(image), metav1.CreateOptions{}))

	var status batchv1.JobStatus
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, testTimeout, true, func(ctx context.Context) (bool, error) {
		job, err := client.BatchV1().Jobs("default").Get(ctx, "ask", metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		status = job.Status
		return status.Succeeded+status.Failed > 0, nil
	})
	logs := podLogs(t, client, "job-name=ask")
	if err != nil || status.Succeeded != 1 {
		t.Fatalf("the Job did not succeed: %v; %+v; logs: %s", err, status, logs)
	}
	if want := "hello from a volume; hello from the host\n"; logs != want {
		t.Errorf("the pod's log is %q, want %q", logs, want)
	}
}

func podLogs(t *testing.T, client kubernetes.Interface, selector string) string {
	t.Helper()
	pods, err := client.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		t.Fatal(err)
	}
	var logs strings.Builder
	for _, pod := range pods.Items {
		content, err := client.CoreV1().Pods("default").GetLogs(pod.Name, &corev1.PodLogOptions{}).DoRaw(t.Context())
		if err != nil {
			fmt.Fprintf(&logs, "(pod %s is %s: %v)", pod.Name, pod.Status.Phase, err)
		}
		logs.Write(content)
	}
	return logs.String()
}

func hardened(image string, args ...string) corev1.Container {
	return corev1.Container{
		Name: "probe", Image: image, Args: args, ImagePullPolicy: corev1.PullIfNotPresent,
		SecurityContext: &corev1.SecurityContext{
			RunAsNonRoot: new(true), ReadOnlyRootFilesystem: new(true), AllowPrivilegeEscalation: new(false),
			Capabilities:   &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")}},
	}
}

func claim() *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data"},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		},
	}
}

func serverPod(image, hostURL string) *corev1.Pod {
	container := hardened(image, "serve", "/data", hostURL)
	container.VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "server", Labels: map[string]string{"app": "probe"}},
		Spec: corev1.PodSpec{
			NodeSelector: map[string]string{corev1.LabelHostname: "node1"},
			Containers:   []corev1.Container{container},
			Volumes: []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"},
			}}},
		},
	}
}

func job(image string) *batchv1.Job {
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: "ask"},
		Spec: batchv1.JobSpec{
			BackoffLimit: new(int32(0)),
			Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
				RestartPolicy: corev1.RestartPolicyNever,
				NodeSelector:  map[string]string{corev1.LabelHostname: "node2"},
				Containers:    []corev1.Container{hardened(image, "get", "http://probe.default.svc.cluster.local")},
			}},
		},
	}
}

// tokenNamesPod asks for a token of a pod and lets the API server review it, as prcheck's server does.
func tokenNamesPod(t *testing.T, client kubernetes.Interface) {
	t.Helper()
	pod, err := client.CoreV1().Pods("default").Get(t.Context(), "server", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := client.CoreV1().ServiceAccounts("default").CreateToken(t.Context(), "default", &authnv1.TokenRequest{
		Spec: authnv1.TokenRequestSpec{
			Audiences:      []string{"prcheck-fetch"},
			BoundObjectRef: &authnv1.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: pod.Name, UID: pod.UID},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for audience, want := range map[string]bool{"prcheck-fetch": true, "prcheck-publish": false} {
		review, err := client.AuthenticationV1().TokenReviews().Create(t.Context(), &authnv1.TokenReview{
			Spec: authnv1.TokenReviewSpec{Token: token.Status.Token, Audiences: []string{audience}},
		}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if review.Status.Authenticated != want {
			t.Errorf("authenticated for %s: %v, want %v (%s)", audience, review.Status.Authenticated, want, review.Status.Error)
		}
		uid := review.Status.User.Extra["authentication.kubernetes.io/pod-uid"]
		if want && (len(uid) != 1 || uid[0] != string(pod.UID)) {
			t.Errorf("the review names the pod %v, want %s", uid, pod.UID)
		}
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	client := http.Client{Timeout: 20 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
