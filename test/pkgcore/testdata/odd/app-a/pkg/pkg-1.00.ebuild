# Copyright 2026 The prcheck authors.
EAPI=8
inherit plain odd
DESCRIPTION="odd"
HOMEPAGE="https://example.org/"
SLOT="0/1.2"
KEYWORDS=""
LICENSE=""
