# Copyright 2026 The prcheck authors.
EAPI=8
inherit odd
DESCRIPTION="odd"
HOMEPAGE="https://example.org/"
SLOT="0"
KEYWORDS="amd64 ~x86 -*"
LICENSE="GPL-2 || ( MIT ( BSD X ) )"
