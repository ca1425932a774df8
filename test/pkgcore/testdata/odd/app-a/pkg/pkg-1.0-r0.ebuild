# Copyright 2026 The prcheck authors.
EAPI=7

DESCRIPTION="odd"
HOMEPAGE="https://example.org/"
SLOT="1+a"
KEYWORDS="~amd64"
LICENSE="a? ( !b? ( MIT ) )"
