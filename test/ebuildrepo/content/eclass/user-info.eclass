# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: user-info.eclass
# @MAINTAINER:
# System Team <system@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @BLURB: read-only access to user and group information
# @DESCRIPTION:
# Functions that read the databases of users and groups.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_USER_INFO_ECLASS} ]]; then
_USER_INFO_ECLASS=1

# @FUNCTION: egetent
# @USAGE: <database> <key>
# @DESCRIPTION:
# Print the entry of a key.
egetent() {
	getent "$1" "$2"
}

# @FUNCTION: egethome
# @USAGE: <user>
# @DESCRIPTION:
# Print the home directory of a user.
egethome() {
	egetent passwd "$1" | cut -d: -f6
}

fi
