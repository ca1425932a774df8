# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: multiprocessing.eclass
# @MAINTAINER:
# Build Systems Team <build@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @BLURB: multiprocessing helper functions
# @DESCRIPTION:
# Functions which read the number of jobs out of MAKEOPTS for build systems
# that do not honour it themselves.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_MULTIPROCESSING_ECLASS} ]]; then
_MULTIPROCESSING_ECLASS=1

# @FUNCTION: get_nproc
# @USAGE: [fallback]
# @DESCRIPTION:
# Print the number of processors, or the fallback where it is not known.
get_nproc() {
	local nproc
	nproc=$(getconf _NPROCESSORS_ONLN 2>/dev/null)
	echo "${nproc:-${1:-1}}"
}

# @FUNCTION: makeopts_jobs
# @USAGE: [options] [infinite]
# @DESCRIPTION:
# Print the number of jobs that MAKEOPTS asks for.
makeopts_jobs() {
	local jobs
	jobs=$(sed -n -E 's/.*-j[[:space:]]*([0-9]+).*/\1/p' <<<"${1:-${MAKEOPTS}}")
	echo "${jobs:-${2:-$(get_nproc)}}"
}

fi
