# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: xdg-utils.eclass
# @MAINTAINER:
# Desktop Team <desktop@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @BLURB: update the desktop's caches
# @DESCRIPTION:
# Functions that refresh the caches of icons, desktop files and MIME types.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_XDG_UTILS_ECLASS} ]]; then
_XDG_UTILS_ECLASS=1

# @FUNCTION: xdg_environment_reset
# @DESCRIPTION:
# Point the XDG directories into the build's temporary directory.
xdg_environment_reset() {
	export XDG_DATA_HOME="${T}/share" XDG_CONFIG_HOME="${T}/config"
}

# @FUNCTION: xdg_icon_cache_update
# @DESCRIPTION:
# Refresh the icon cache.
xdg_icon_cache_update() {
	gtk-update-icon-cache -qf "${EROOT}/usr/share/icons/hicolor"
}

# @FUNCTION: xdg_desktop_database_update
# @DESCRIPTION:
# Refresh the database of desktop files.
xdg_desktop_database_update() {
	update-desktop-database -q "${EROOT}/usr/share/applications"
}

fi
