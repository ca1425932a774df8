# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: acct-group.eclass
# @MAINTAINER:
# System Team <system@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @BLURB: eclass used to create and maintain a single group entry
# @DESCRIPTION:
# Each acct-group package creates one group.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_ACCT_GROUP_ECLASS} ]]; then
_ACCT_GROUP_ECLASS=1

inherit user-info

[[ ${CATEGORY} == acct-group ]] || die "Ebuild error: this eclass can be used only in acct-group category!"

# @ECLASS_VARIABLE: ACCT_GROUP_ID
# @REQUIRED
# @DESCRIPTION:
# The preferred number of the group.

DESCRIPTION="System group: ${PN}"
HOMEPAGE="https://wiki.gentoo.org/wiki/Project:Base-system"
SLOT="0"
KEYWORDS="amd64 arm64 ~ppc64 ~riscv"
S="${WORKDIR}"

# @FUNCTION: acct-group_pkg_preinst
# @DESCRIPTION:
# Create the group.
acct-group_pkg_preinst() {
	egetent group "${PN}" >/dev/null || groupadd -r -g "${ACCT_GROUP_ID}" "${PN}"
}

fi

EXPORT_FUNCTIONS pkg_preinst
