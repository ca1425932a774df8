# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: python-any-r1.eclass
# @MAINTAINER:
# Python Team <python@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @PROVIDES: python-utils-r1
# @BLURB: for packages that need any Python to build
# @DESCRIPTION:
# Sets PYTHON_DEPS to an any-of group of the supported interpreters.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_PYTHON_ANY_R1_ECLASS} ]]; then
_PYTHON_ANY_R1_ECLASS=1

inherit python-utils-r1

# @ECLASS_VARIABLE: PYTHON_DEPS
# @OUTPUT_VARIABLE
# @DESCRIPTION:
# The dependency on an interpreter, to be put into BDEPEND.

# @FUNCTION: _python_any_set_globals
# @INTERNAL
# @DESCRIPTION:
# Set PYTHON_DEPS.
_python_any_set_globals() {
	local impl
	_python_supported
	PYTHON_DEPS="|| ("
	for impl in "${_PYTHON_SUPPORTED_IMPLS[@]}"; do
		_python_slot "${impl}"
		PYTHON_DEPS+=" dev-lang/python:${_PYTHON_SLOT}"
	done
	PYTHON_DEPS+=" )"
}
_python_any_set_globals

# @FUNCTION: python-any-r1_pkg_setup
# @DESCRIPTION:
# Choose the newest interpreter that is installed.
python-any-r1_pkg_setup() {
	EPYTHON=${_PYTHON_SUPPORTED_IMPLS[-1]/_/.}
	export EPYTHON
}

fi

EXPORT_FUNCTIONS pkg_setup
