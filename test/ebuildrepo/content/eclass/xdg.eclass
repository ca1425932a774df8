# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: xdg.eclass
# @MAINTAINER:
# Desktop Team <desktop@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @PROVIDES: xdg-utils
# @BLURB: phases for packages that install desktop files or icons
# @DESCRIPTION:
# Resets the XDG environment while building, and refreshes the desktop's
# caches after a merge.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_XDG_ECLASS} ]]; then
_XDG_ECLASS=1

inherit xdg-utils

IDEPEND="dev-util/desktop-file-utils"

# @FUNCTION: xdg_src_prepare
# @DESCRIPTION:
# Reset the XDG environment, then apply patches.
xdg_src_prepare() {
	xdg_environment_reset
	default
}

# @FUNCTION: xdg_pkg_postinst
# @DESCRIPTION:
# Refresh the caches.
xdg_pkg_postinst() {
	xdg_desktop_database_update
	xdg_icon_cache_update
}

# @FUNCTION: xdg_pkg_postrm
# @DESCRIPTION:
# Refresh the caches.
xdg_pkg_postrm() {
	xdg_desktop_database_update
	xdg_icon_cache_update
}

fi

EXPORT_FUNCTIONS src_prepare pkg_postinst pkg_postrm
