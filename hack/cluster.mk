# The local Kubernetes and its programs; included by the top Makefile.

.PHONY: k8s-bins
k8s-bins: ## Build Kubernetes, etcd, CoreDNS and Helm into the cache (once; minutes)
	go run ./hack/bins
