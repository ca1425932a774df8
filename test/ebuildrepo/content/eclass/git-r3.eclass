# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: git-r3.eclass
# @MAINTAINER:
# Build Systems Team <build@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @BLURB: fetch and unpack git repositories
# @DESCRIPTION:
# Unpacks the current state of a git repository for live ebuilds.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_GIT_R3_ECLASS} ]]; then
_GIT_R3_ECLASS=1

PROPERTIES+=" live"

BDEPEND="dev-vcs/git"

# @ECLASS_VARIABLE: EGIT_REPO_URI
# @REQUIRED
# @DESCRIPTION:
# The address of the repository.

# @ECLASS_VARIABLE: EGIT_BRANCH
# @DEFAULT_UNSET
# @DESCRIPTION:
# The branch to check out; the default branch where it is not set.

# @FUNCTION: git-r3_src_unpack
# @DESCRIPTION:
# Clone the repository into ${S}.
git-r3_src_unpack() {
	git clone --depth 1 ${EGIT_BRANCH:+--branch "${EGIT_BRANCH}"} "${EGIT_REPO_URI}" "${S}" || die
}

fi

EXPORT_FUNCTIONS src_unpack
