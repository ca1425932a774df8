# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: acct-user.eclass
# @MAINTAINER:
# System Team <system@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @BLURB: eclass used to create and maintain a single user entry
# @DESCRIPTION:
# Each acct-user package creates one user.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_ACCT_USER_ECLASS} ]]; then
_ACCT_USER_ECLASS=1

inherit user-info

[[ ${CATEGORY} == acct-user ]] || die "Ebuild error: this eclass can be used only in acct-user category!"

# @ECLASS_VARIABLE: ACCT_USER_ID
# @REQUIRED
# @DESCRIPTION:
# The preferred number of the user.

# @ECLASS_VARIABLE: ACCT_USER_GROUPS
# @REQUIRED
# @DESCRIPTION:
# The groups that the user is in; the first is the primary one.

DESCRIPTION="System user: ${PN}"
HOMEPAGE="https://wiki.gentoo.org/wiki/Project:Base-system"
SLOT="0"
KEYWORDS="amd64 arm64 ~ppc64 ~riscv"
S="${WORKDIR}"

# @FUNCTION: acct-user_add_deps
# @DESCRIPTION:
# Add the groups of the user to the dependencies. Call it after
# ACCT_USER_GROUPS is set.
acct-user_add_deps() {
	local group
	for group in "${ACCT_USER_GROUPS[@]}"; do
		RDEPEND+=" acct-group/${group}"
	done
}

# @FUNCTION: acct-user_pkg_preinst
# @DESCRIPTION:
# Create the user.
acct-user_pkg_preinst() {
	egethome "${PN}" >/dev/null || useradd -r -u "${ACCT_USER_ID}" "${PN}"
}

fi

EXPORT_FUNCTIONS pkg_preinst
