# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: optfeature.eclass
# @MAINTAINER:
# Desktop Team <desktop@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @BLURB: advertise optional functionality that might be useful to users
# @DESCRIPTION:
# Prints the packages that give a program more abilities, where they are not
# installed.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_OPTFEATURE_ECLASS} ]]; then
_OPTFEATURE_ECLASS=1

# @FUNCTION: optfeature_header
# @USAGE: [text]
# @DESCRIPTION:
# Set the line above the list of features.
optfeature_header() {
	elog "${1:-Install additional packages for optional runtime features:}"
}

# @FUNCTION: optfeature
# @USAGE: <description> <package atoms>...
# @DESCRIPTION:
# Print a feature and the packages that give it, where none is installed.
optfeature() {
	local desc=$1 atom
	shift
	for atom in "$@"; do
		has_version "${atom}" && return
	done
	elog "  $* for ${desc}"
}

fi
