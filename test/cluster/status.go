// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

// Status is what commands and scripts need to know of a cluster that runs.
type Status struct {
	// Name is the cluster's.
	Name string `json:"name"`
	// Nodes are the nodes' names.
	Nodes []string `json:"nodes"`
	// Kubeconfig is the path of the administrator's kubeconfig.
	Kubeconfig string `json:"kubeconfig"`
	// HostAddress is where pods reach servers of the host.
	HostAddress string `json:"hostAddress"`
	// HostName is its name in the cluster's DNS.
	HostName string `json:"hostName"`
	// DNS is the address of the cluster's DNS server.
	DNS string `json:"dns"`
	// Logs is the folder with a log for each program.
	Logs string `json:"logs"`
}

// Status describes the cluster.
func (c *Cluster) Status() Status {
	return Status{
		Name: c.Name, Nodes: c.Nodes, Kubeconfig: c.Kubeconfig(),
		HostAddress: c.HostAddress(), HostName: HostName, DNS: c.Net.Control(), Logs: c.LogDir(),
	}
}
