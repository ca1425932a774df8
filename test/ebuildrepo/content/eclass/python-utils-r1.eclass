# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: python-utils-r1.eclass
# @MAINTAINER:
# Python Team <python@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @BLURB: utility functions for packages with Python parts
# @DESCRIPTION:
# The implementations that the other Python eclasses choose from, and
# functions to install scripts with.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_PYTHON_UTILS_R1_ECLASS} ]]; then
_PYTHON_UTILS_R1_ECLASS=1

# @ECLASS_VARIABLE: _PYTHON_ALL_IMPLS
# @INTERNAL
# @DESCRIPTION:
# All implementations, oldest first.
_PYTHON_ALL_IMPLS=( python3_12 python3_13 python3_14 )

# @ECLASS_VARIABLE: PYTHON_COMPAT
# @REQUIRED
# @PRE_INHERIT
# @DESCRIPTION:
# The implementations that the package supports.

# @FUNCTION: _python_supported
# @INTERNAL
# @DESCRIPTION:
# Set the array _PYTHON_SUPPORTED_IMPLS from PYTHON_COMPAT.
_python_supported() {
	local impl
	_PYTHON_SUPPORTED_IMPLS=()
	for impl in "${_PYTHON_ALL_IMPLS[@]}"; do
		has "${impl}" "${PYTHON_COMPAT[@]}" && _PYTHON_SUPPORTED_IMPLS+=( "${impl}" )
	done
	[[ ${#_PYTHON_SUPPORTED_IMPLS[@]} -gt 0 ]] ||
		die "No supported implementation in PYTHON_COMPAT."
}

# @FUNCTION: _python_slot
# @USAGE: <implementation>
# @INTERNAL
# @DESCRIPTION:
# Set _PYTHON_SLOT to the slot of dev-lang/python for an implementation.
_python_slot() {
	_PYTHON_SLOT=${1#python}
	_PYTHON_SLOT=${_PYTHON_SLOT/_/.}
}

# @FUNCTION: python_doscript
# @USAGE: <file>...
# @DESCRIPTION:
# Install scripts with the right interpreter line.
python_doscript() {
	dobin "$@"
}

# @FUNCTION: python_optimize
# @USAGE: [directory...]
# @DESCRIPTION:
# Compile the modules in a directory.
python_optimize() {
	"${EPYTHON:-python3}" -m compileall -q "${@:-${D}}" || die
}

fi
