EAPI=8
inherit odd plain
DESCRIPTION="many dependencies"
HOMEPAGE="https://example.org/"
SRC_URI="https://example.org/${P}.tar.gz
	ssl? ( mirror://mirror1/a/b.zip -> c.zip !test? ( ftp://x/y ) )
	mirror+https://example.org/d
	local.txt"
LICENSE="MIT"
SLOT="0/1"
KEYWORDS="amd64"
IUSE="+ssl -test a_b c++ +ssl test"
REQUIRED_USE="ssl? ( ^^ ( a_b !c++ ) ) ?? ( test ssl ) || ( a_b test ) !ssl"
RESTRICT="!test? ( test ) mirror"
PROPERTIES="live ssl? ( interactive )"
DEPEND="
	app-a/pkg
	|| ( >=app-a/pkg-1.0:0= ( <app-a/other-2:1/2= =app-a/other-1*:* ) )
	ssl? ( !!app-a/two-words !<app-a/far-3_p1-r2:=[ssl] )
"
RDEPEND="${DEPEND}
	~app-a/pkg-1.0:0[a_b,-ssl,c++(+),-x(-),test?,!y?,z(+)=,!w(-)=]
"
PDEPEND="( ( app-a/pkg ) )"
BDEPEND="a_b? ( || ( app-a/pkg:1+a app-a/pkg:_x/y ) )"
IDEPEND=">app-a/pkg-1B_beta"
src_test() { :; }
pkg_setup() { :; }
