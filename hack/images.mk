# The container images; included by the top Makefile.

.PHONY: images
images: setup ## Build the container images, without a registry; dist/images.json names them
	go run ./images/cmd
