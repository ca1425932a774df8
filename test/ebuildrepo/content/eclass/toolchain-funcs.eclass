# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: toolchain-funcs.eclass
# @MAINTAINER:
# Toolchain Team <toolchain@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @BLURB: functions to query common info about the toolchain
# @DESCRIPTION:
# Print the names of the compilers and tools to build with, for native and
# cross compilation alike.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_TOOLCHAIN_FUNCS_ECLASS} ]]; then
_TOOLCHAIN_FUNCS_ECLASS=1

# @FUNCTION: _tc-getPROG
# @USAGE: <variable> <default>
# @INTERNAL
# @DESCRIPTION:
# Print the program of a variable, or its default with the host's prefix.
_tc-getPROG() {
	local var=$1 default=$2
	local prog=${!var:-${CHOST:+${CHOST}-}${default}}
	export "${var}=${prog}"
	echo "${prog}"
}

# @FUNCTION: tc-getCC
# @DESCRIPTION:
# Print the name of the C compiler.
tc-getCC() { _tc-getPROG CC gcc "$@"; }

# @FUNCTION: tc-getCXX
# @DESCRIPTION:
# Print the name of the C++ compiler.
tc-getCXX() { _tc-getPROG CXX g++ "$@"; }

# @FUNCTION: tc-getAR
# @DESCRIPTION:
# Print the name of the archiver.
tc-getAR() { _tc-getPROG AR ar "$@"; }

# @FUNCTION: tc-getPKG_CONFIG
# @DESCRIPTION:
# Print the name of the pkg-config tool.
tc-getPKG_CONFIG() { _tc-getPROG PKG_CONFIG pkg-config "$@"; }

# @FUNCTION: tc-export
# @USAGE: <variable>...
# @DESCRIPTION:
# Export the named toolchain variables, for build systems that read them
# from the environment.
tc-export() {
	local var
	for var in "$@"; do
		"tc-get${var}" >/dev/null || die "tc-export: invalid export variable '${var}'"
	done
}

fi
