# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: python-single-r1.eclass
# @MAINTAINER:
# Python Team <python@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @PROVIDES: python-utils-r1
# @BLURB: for packages built for a single Python
# @DESCRIPTION:
# Sets the flags, the requirement and the dependency for packages that are
# built against exactly one interpreter.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_PYTHON_SINGLE_R1_ECLASS} ]]; then
_PYTHON_SINGLE_R1_ECLASS=1

inherit python-utils-r1

# @ECLASS_VARIABLE: PYTHON_DEPS
# @OUTPUT_VARIABLE
# @DESCRIPTION:
# The dependency on the interpreter.

# @ECLASS_VARIABLE: PYTHON_REQUIRED_USE
# @OUTPUT_VARIABLE
# @DESCRIPTION:
# The requirement that exactly one target is chosen.

# @FUNCTION: _python_single_set_globals
# @INTERNAL
# @DESCRIPTION:
# Set the output variables and IUSE.
_python_single_set_globals() {
	local impl flags=()
	_python_supported
	PYTHON_DEPS=
	for impl in "${_PYTHON_SUPPORTED_IMPLS[@]}"; do
		_python_slot "${impl}"
		flags+=( "python_single_target_${impl}" )
		PYTHON_DEPS+="python_single_target_${impl}? ( dev-lang/python:${_PYTHON_SLOT} ) "
	done
	IUSE="${flags[*]}"
	PYTHON_REQUIRED_USE="^^ ( ${flags[*]} )"
}
_python_single_set_globals

# @FUNCTION: python-single-r1_pkg_setup
# @DESCRIPTION:
# Choose the interpreter of the target that is set.
python-single-r1_pkg_setup() {
	local impl
	for impl in "${_PYTHON_SUPPORTED_IMPLS[@]}"; do
		use "python_single_target_${impl}" && export EPYTHON=${impl/_/.}
	done
}

fi

EXPORT_FUNCTIONS pkg_setup
