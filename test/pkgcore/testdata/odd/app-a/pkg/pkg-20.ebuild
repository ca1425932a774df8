# Copyright 2026 The prcheck authors.
EAPI=9

DESCRIPTION="odd"
HOMEPAGE="https://example.org/"
SLOT="0"
KEYWORDS="~amd64"
LICENSE="MIT"
