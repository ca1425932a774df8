# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: systemd.eclass
# @MAINTAINER:
# System Team <system@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @BLURB: functions to install systemd units
# @DESCRIPTION:
# Functions that install units to where systemd looks for them.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_SYSTEMD_ECLASS} ]]; then
_SYSTEMD_ECLASS=1

BDEPEND="virtual/pkgconfig"

# @FUNCTION: systemd_get_systemunitdir
# @DESCRIPTION:
# Print the directory of the system's units.
systemd_get_systemunitdir() {
	echo "${EPREFIX}/usr/lib/systemd/system"
}

# @FUNCTION: systemd_dounit
# @USAGE: <unit>...
# @DESCRIPTION:
# Install units into the system's unit directory.
systemd_dounit() {
	(
		insopts -m 0644
		insinto "$(systemd_get_systemunitdir)"
		doins "$@"
	)
}

# @FUNCTION: systemd_newunit
# @USAGE: <old name> <new name>
# @DESCRIPTION:
# Install a unit under a new name.
systemd_newunit() {
	(
		insopts -m 0644
		insinto "$(systemd_get_systemunitdir)"
		newins "$@"
	)
}

fi
