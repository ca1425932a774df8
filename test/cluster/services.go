// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/prcheck/prcheck/test/cluster/machineconfig"
	"github.com/prcheck/prcheck/test/kube/binary"
)

// reservedShare is the part of the computer's memory that each of the two nodes leaves to the other.
const reservedShare = 2

// shadowed are the settings of the whole host that a kubelet would change.
var shadowed = []string{
	"/proc/sys/vm/overcommit_memory", "/proc/sys/vm/panic_on_oom", "/proc/sys/kernel/panic", "/proc/sys/kernel/panic_on_oops",
	"/proc/sys/kernel/keys/root_maxkeys", "/proc/sys/kernel/keys/root_maxbytes",
}

func (c *Cluster) values() values {
	return values{
		Net: c.Net, Host: c.host, PKI: c.paths.pki(), Etc: c.paths.etc(), HostName: HostName,
		ReservedMemory: strconv.FormatInt(c.host.MemoryBytes/reservedShare, 10),
	}
}

// writeConfigs writes the configuration files of every program.
func (c *Cluster) writeConfigs(pause string) error {
	v := c.values()
	v.Pause = pause
	for _, name := range []string{"Corefile", "resolv.conf"} {
		if err := render(name, filepath.Join(c.paths.etc(), name), v); err != nil {
			return err
		}
	}
	for i, node := range c.Nodes {
		v.Node, v.NodeIP, v.PodCIDR = node, c.Net.Node(i+1), c.Net.NodePods(i+1)
		v.Cgroup = "/" + cgroupPrefix + c.Name + "/" + node
		for template, file := range map[string]string{
			"containerd.toml": node + "-containerd.toml", "cni.conflist": node + "-cni/10-prcheck.conflist",
			"kubelet.yaml": node + "-kubelet.yaml", "kube-proxy.yaml": node + "-kube-proxy.yaml",
		} {
			if err := render(template, filepath.Join(c.paths.etc(), file), v); err != nil {
				return err
			}
		}
	}
	return nil
}

// command makes a service of a program from the cache.
func (c *Cluster) command(machine, name string, args ...string) (machineconfig.Service, error) {
	path, err := binary.Path(name)
	if err != nil {
		return machineconfig.Service{}, err
	}
	return machineconfig.Service{Name: name, Args: append([]string{path}, args...), Log: filepath.Join(c.paths.log(), machine+"-"+name+".log")}, nil
}

func (c *Cluster) controlMachine() (machineconfig.Config, error) {
	config := machineconfig.Config{Hostname: controlName}
	etcdData := filepath.Join(c.paths.dir, "etcd")
	kubeconfig := func(name string) string { return "--kubeconfig=" + filepath.Join(c.paths.etc(), name+".kubeconfig") }
	for _, program := range []struct {
		name string
		args []string
	}{
		{"etcd", []string{"--data-dir=" + etcdData, "--unsafe-no-fsync", "--log-level=warn", "--listen-peer-urls=http://127.0.0.1:2380"}},
		{"kube-apiserver", c.apiserverArgs()},
		{"kube-controller-manager", []string{
			kubeconfig("controller-manager"), "--leader-elect=false", "--use-service-account-credentials", "--controllers=*,tokencleaner",
			"--service-account-private-key-file=" + c.pki("service-account.key"), "--root-ca-file=" + c.pki("ca.crt"),
			"--cluster-signing-cert-file=" + c.pki("ca.crt"), "--cluster-signing-key-file=" + c.pki("ca.key"),
			"--cluster-cidr=" + c.Net.Pods(), "--service-cluster-ip-range=" + c.Net.Services(),
			"--kube-api-qps=500", "--kube-api-burst=1000", "--concurrent-job-syncs=20",
		}},
		{"kube-scheduler", []string{kubeconfig("scheduler"), "--leader-elect=false", "--kube-api-qps=500", "--kube-api-burst=1000"}},
		{"coredns", []string{"-conf", filepath.Join(c.paths.etc(), "Corefile")}},
	} {
		s, err := c.command(controlName, program.name, program.args...)
		if err != nil {
			return machineconfig.Config{}, err
		}
		config.Services = append(config.Services, s)
	}
	return config, nil
}

func (c *Cluster) pki(file string) string { return filepath.Join(c.paths.pki(), file) }

func (c *Cluster) apiserverArgs() []string {
	return []string{
		"--etcd-servers=http://127.0.0.1:2379",
		"--bind-address=0.0.0.0", "--secure-port=6443", "--advertise-address=" + c.Net.Control(),
		"--service-cluster-ip-range=" + c.Net.Services(),
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
		"--client-ca-file=" + c.pki("ca.crt"), "--tls-cert-file=" + c.pki("apiserver.crt"), "--tls-private-key-file=" + c.pki("apiserver.key"),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + c.pki("service-account.crt"), "--service-account-signing-key-file=" + c.pki("service-account.key"),
		"--kubelet-preferred-address-types=InternalIP", "--kubelet-certificate-authority=" + c.pki("ca.crt"),
		"--kubelet-client-certificate=" + c.pki("kubelet-client.crt"), "--kubelet-client-key=" + c.pki("kubelet-client.key"),
		"--requestheader-client-ca-file=" + c.pki("front-proxy-ca.crt"), "--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + c.pki("front-proxy-client.crt"), "--proxy-client-key-file=" + c.pki("front-proxy-client.key"),
		"--max-requests-inflight=2000", "--max-mutating-requests-inflight=1000",
	}
}

// nodeMachine is the machine of one node, counted from 0. Its /run, /var/lib and /var/log are its own, so that
// containerd, kubelet and CNI plugins keep their usual paths.
func (c *Cluster) nodeMachine(i int) (machineconfig.Config, error) {
	node := c.Nodes[i]
	containerd, err := exec.LookPath("containerd")
	if err != nil {
		return machineconfig.Config{}, fmt.Errorf("finding containerd: %w", err)
	}
	etc := c.paths.etc()
	kubelet, err := c.command(node, "kubelet", "--config="+filepath.Join(etc, node+"-kubelet.yaml"),
		"--kubeconfig="+filepath.Join(etc, node+".kubeconfig"), "--hostname-override="+node, "--node-ip="+c.Net.Node(i+1))
	if err != nil {
		return machineconfig.Config{}, err
	}
	proxy, err := c.command(node, "kube-proxy", "--config="+filepath.Join(etc, node+"-kube-proxy.yaml"))
	if err != nil {
		return machineconfig.Config{}, err
	}
	cache, err := binary.CacheDir()
	if err != nil {
		return machineconfig.Config{}, err
	}
	runtime := machineconfig.Service{
		Name: "containerd", Args: []string{containerd, "--config", filepath.Join(etc, node+"-containerd.toml")},
		Log: filepath.Join(c.paths.log(), node+"-containerd.log"),
	}
	return machineconfig.Config{
		Hostname: node,
		Mounts: []machineconfig.Mount{
			{Target: "/run"},
			{Source: c.paths.node(node, "lib"), Target: "/var/lib"},
			{Source: c.paths.node(node, "log"), Target: "/var/log"},
			{Source: cache, Target: cache}, // programs and configuration, should a mount above hide them
		},
		Shadows:  shadowed,
		Sysctls:  map[string]string{"net/ipv4/ip_forward": "1"},
		Services: []machineconfig.Service{runtime, kubelet, proxy},
	}, nil
}
