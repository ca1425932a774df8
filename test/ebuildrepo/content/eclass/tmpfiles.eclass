# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: tmpfiles.eclass
# @MAINTAINER:
# System Team <system@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @BLURB: functions for tmpfiles.d files
# @DESCRIPTION:
# Functions that install tmpfiles.d files and process them after a merge.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_TMPFILES_ECLASS} ]]; then
_TMPFILES_ECLASS=1

RDEPEND="virtual/tmpfiles"

# @FUNCTION: newtmpfiles
# @USAGE: <old name> <new name>.conf
# @DESCRIPTION:
# Install a tmpfiles.d file under a new name.
newtmpfiles() {
	(
		insopts -m 0644
		insinto /usr/lib/tmpfiles.d
		newins "$@"
	)
}

# @FUNCTION: tmpfiles_process
# @USAGE: <name>...
# @DESCRIPTION:
# Create what the named tmpfiles.d files describe.
tmpfiles_process() {
	systemd-tmpfiles --create "$@"
}

fi
