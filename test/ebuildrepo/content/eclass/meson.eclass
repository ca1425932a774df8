# Copyright 2019-2026 Gentoo Authors
# Distributed under the terms of the GNU General Public License v2

# @ECLASS: meson.eclass
# @MAINTAINER:
# Build Systems Team <build@example.org>
# @SUPPORTED_EAPIS: 7 8 9
# @PROVIDES: ninja-utils
# @BLURB: common ebuild functions for meson-based packages
# @DESCRIPTION:
# Configures, builds and installs with Meson.

case ${EAPI} in
	7|8|9) ;;
	*) die "${ECLASS}: EAPI ${EAPI:-0} not supported" ;;
esac

if [[ -z ${_MESON_ECLASS} ]]; then
_MESON_ECLASS=1

inherit ninja-utils toolchain-funcs

# @ECLASS_VARIABLE: EMESON_BUILDTYPE
# @DESCRIPTION:
# The buildtype that is handed to Meson.
: "${EMESON_BUILDTYPE:=plain}"

BDEPEND="
	dev-build/meson
	dev-build/ninja
	virtual/pkgconfig
"

# @FUNCTION: meson_use
# @USAGE: <USE flag> [option name]
# @RETURN: -Doption=true or -Doption=false
# @DESCRIPTION:
# Turn a USE flag into a boolean option.
meson_use() {
	usex "$1" "-D${2-$1}=true" "-D${2-$1}=false"
}

# @FUNCTION: meson_feature
# @USAGE: <USE flag> [option name]
# @RETURN: -Doption=enabled or -Doption=disabled
# @DESCRIPTION:
# Turn a USE flag into a feature option.
meson_feature() {
	usex "$1" "-D${2-$1}=enabled" "-D${2-$1}=disabled"
}

# @FUNCTION: meson_src_configure
# @DESCRIPTION:
# Run meson setup with the arguments in the array emesonargs.
meson_src_configure() {
	tc-export CC CXX AR PKG_CONFIG
	meson setup --prefix "${EPREFIX}/usr" --buildtype "${EMESON_BUILDTYPE}" \
		"${emesonargs[@]}" "${S}" "${S}-build" || die "meson failed"
}

# @FUNCTION: meson_src_compile
# @DESCRIPTION:
# Build with ninja.
meson_src_compile() {
	eninja -C "${S}-build"
}

# @FUNCTION: meson_src_install
# @DESCRIPTION:
# Install with ninja.
meson_src_install() {
	DESTDIR="${D}" eninja -C "${S}-build" install
}

fi

EXPORT_FUNCTIONS src_configure src_compile src_install
