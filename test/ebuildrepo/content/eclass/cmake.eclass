# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: cmake.eclass
# @MAINTAINER:
# Build Systems Team <build@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @PROVIDES: ninja-utils
# @BLURB: common ebuild functions for cmake-based packages
# @DESCRIPTION:
# Configures, builds, tests and installs with CMake in a directory of its own.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_CMAKE_ECLASS} ]]; then
_CMAKE_ECLASS=1

inherit flag-o-matic ninja-utils toolchain-funcs

# @ECLASS_VARIABLE: CMAKE_USE_DIR
# @DEFAULT_UNSET
# @DESCRIPTION:
# The directory with the CMakeLists.txt; ${S} where it is not set.

# @ECLASS_VARIABLE: CMAKE_BUILD_TYPE
# @DESCRIPTION:
# The build type that is handed to CMake.
: "${CMAKE_BUILD_TYPE:=RelWithDebInfo}"

BDEPEND="
	dev-build/cmake
	dev-build/ninja
"

# @FUNCTION: cmake_comment_add_subdirectory
# @USAGE: <subdirectory>...
# @DESCRIPTION:
# Comment out the add_subdirectory calls of the named directories.
cmake_comment_add_subdirectory() {
	local dir
	for dir in "$@"; do
		sed -e "/add_subdirectory(${dir})/s/^/#/" -i CMakeLists.txt || die
	done
}

# @FUNCTION: cmake_src_prepare
# @DESCRIPTION:
# Apply patches.
cmake_src_prepare() {
	default
}

# @FUNCTION: cmake_src_configure
# @DESCRIPTION:
# Run cmake with the arguments in the array mycmakeargs.
cmake_src_configure() {
	tc-export CC CXX
	[[ ${CMAKE_BUILD_TYPE} == Debug ]] && append-flags -O0
	cmake -G Ninja -DCMAKE_BUILD_TYPE="${CMAKE_BUILD_TYPE}" \
		-DCMAKE_INSTALL_PREFIX="${EPREFIX}/usr" "${mycmakeargs[@]}" \
		"${CMAKE_USE_DIR:-${S}}" || die "cmake failed"
}

# @FUNCTION: cmake_src_compile
# @DESCRIPTION:
# Build with ninja.
cmake_src_compile() {
	eninja
}

# @FUNCTION: cmake_src_install
# @DESCRIPTION:
# Install with ninja.
cmake_src_install() {
	DESTDIR="${D}" eninja install
}

fi

EXPORT_FUNCTIONS src_prepare src_configure src_compile src_install
