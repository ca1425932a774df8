# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: ninja-utils.eclass
# @MAINTAINER:
# Build Systems Team <build@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @BLURB: common bits to run dev-build/ninja
# @DESCRIPTION:
# A function that runs ninja with the jobs of MAKEOPTS.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_NINJA_UTILS_ECLASS} ]]; then
_NINJA_UTILS_ECLASS=1

inherit multiprocessing

# @ECLASS_VARIABLE: NINJA_VERBOSE
# @USER_VARIABLE
# @DESCRIPTION:
# Set to OFF to make ninja print less.
: "${NINJA_VERBOSE:=ON}"

# @FUNCTION: eninja
# @USAGE: [<args>...]
# @DESCRIPTION:
# Run ninja with the number of jobs that MAKEOPTS asks for.
eninja() {
	local opts=( -j "$(makeopts_jobs)" )
	[[ ${NINJA_VERBOSE} == OFF ]] || opts+=( -v )
	ninja "${opts[@]}" "$@" || die "ninja failed"
}

fi
