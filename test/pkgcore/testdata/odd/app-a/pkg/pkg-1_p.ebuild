# Copyright 2026 The prcheck authors.
EAPI=6

DESCRIPTION="odd"
HOMEPAGE="https://example.org/"
SLOT="0"
KEYWORDS="~amd64"
LICENSE="MIT"
