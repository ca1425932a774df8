# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: legacy-paths.eclass
# @MAINTAINER:
# System Team <system@example.org>
# @SUPPORTED_EAPIS: 7
# @BLURB: where things were installed once
# @DESCRIPTION:
# A function for packages that still look into the old directories. No
# package is left that needs it.

case ${EAPI} in
	7) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_LEGACY_PATHS_ECLASS} ]]; then
_LEGACY_PATHS_ECLASS=1

# @FUNCTION: legacy_libdir
# @DESCRIPTION:
# Print the old directory of libraries.
legacy_libdir() {
	echo "/usr/lib"
}

fi
