// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

const (
	readyInterval = 100 * time.Millisecond
	readyTimeout  = 2 * time.Minute
)

// ready waits until the cluster does everything that it promises, and makes its objects on the way.
func (c *Cluster) ready(ctx context.Context) error {
	config, err := c.RESTConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	for _, step := range []struct {
		what string
		test func(context.Context) error
	}{
		{"the API server", func(ctx context.Context) error {
			return client.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
		}},
		{"the cluster's objects", func(ctx context.Context) error { return c.createObjects(ctx, client) }},
		{"the nodes", func(ctx context.Context) error { return c.nodesReady(ctx, client) }},
		{"the default service account", func(ctx context.Context) error {
			_, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
			return err
		}},
		{"DNS", c.dnsReady},
	} {
		if err := c.await(ctx, step.what, step.test); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) await(ctx context.Context, what string, test func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, readyInterval, readyTimeout, true, func(ctx context.Context) (bool, error) {
		last = test(ctx)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for %s: %w", what, errors.Join(last, err))
	}
	c.say("ready: %s", what)
	return nil
}

func (c *Cluster) nodesReady(ctx context.Context, client kubernetes.Interface) error {
	for _, name := range c.Nodes {
		node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if err := nodeReady(node); err != nil {
			return err
		}
	}
	return nil
}

func nodeReady(node *corev1.Node) error {
	for _, taint := range node.Spec.Taints {
		if taint.Effect == corev1.TaintEffectNoSchedule {
			return fmt.Errorf("the node %s has the taint %s", node.Name, taint.Key)
		}
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue {
			return nil
		}
		if condition.Type == corev1.NodeReady {
			return fmt.Errorf("the node %s is not ready: %s", node.Name, condition.Message)
		}
	}
	return fmt.Errorf("the node %s has not reported yet", node.Name)
}

// dnsReady asks CoreDNS, from the host, for the API server's Service.
func (c *Cluster) dnsReady(ctx context.Context) error {
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, network, net.JoinHostPort(c.Net.Control(), "53"))
	}}
	addresses, err := resolver.LookupHost(ctx, "kubernetes.default.svc.cluster.local.")
	if err != nil {
		return err
	}
	if len(addresses) != 1 || addresses[0] != c.Net.FirstService() {
		return fmt.Errorf("kubernetes.default.svc.cluster.local is %v, want %s", addresses, c.Net.FirstService())
	}
	return nil
}
