# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: flag-o-matic.eclass
# @MAINTAINER:
# Toolchain Team <toolchain@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @BLURB: change and query the compiler's flags
# @DESCRIPTION:
# Functions that add flags to and remove flags from CFLAGS and its kin.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_FLAG_O_MATIC_ECLASS} ]]; then
_FLAG_O_MATIC_ECLASS=1

inherit toolchain-funcs

# @FUNCTION: append-cflags
# @USAGE: <flags>
# @DESCRIPTION:
# Append flags to CFLAGS.
append-cflags() {
	export CFLAGS+=" $*"
}

# @FUNCTION: append-ldflags
# @USAGE: <flags>
# @DESCRIPTION:
# Append flags to LDFLAGS.
append-ldflags() {
	export LDFLAGS+=" $*"
}

# @FUNCTION: append-flags
# @USAGE: <flags>
# @DESCRIPTION:
# Append flags to the flags of all compilers.
append-flags() {
	append-cflags "$@"
	export CXXFLAGS+=" $*"
}

# @FUNCTION: filter-lto
# @DESCRIPTION:
# Remove the flags that switch link time optimisation on.
filter-lto() {
	CFLAGS=${CFLAGS//-flto/}
	CXXFLAGS=${CXXFLAGS//-flto/}
	export CFLAGS CXXFLAGS
}

fi
