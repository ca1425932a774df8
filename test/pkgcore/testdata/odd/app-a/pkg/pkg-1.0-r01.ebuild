# Copyright 2026 The prcheck authors.
EAPI=7

DESCRIPTION="odd"
HOMEPAGE="https://example.org/"
SLOT="_x/y"
KEYWORDS="~amd64"
LICENSE="MIT"
