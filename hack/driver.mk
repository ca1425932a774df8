# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0

.PHONY: toolchain corpus test-driver bench-driver

toolchain: ## Build the toolchain's root file system (or find it in the cache) and print its directory.
	images/pkgcheck/build.sh

corpus: ## Fetch pkgcheck's own test data (or find it in the cache) and print its directory.
	hack/corpus.sh

test-driver: ## Test, type-check and lint the Python driver inside the toolchain.
	hack/test-driver.sh

bench-driver: toolchain ## Measure a warm scan of one package, by the plain tool and by the driver, on three sizes of repository.
	hack/bench-driver.sh
