# Copyright 2026 The prcheck authors.
EAPI=8

DESCRIPTION="odd"
HOMEPAGE="https://example.org/"
SLOT="0"
KEYWORDS=""
LICENSE=""
