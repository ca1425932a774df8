# Copyright
# @ECLASS: odd.eclass
# @MAINTAINER:
# Someone
# @SUPPORTED_EAPIS: 7 8 8
# @PROVIDES: inner  other
# @BLURB: odd
# @DEPRECATED: None
# @DESCRIPTION:
# Text with @INTERNAL in it
# @INTERNAL is no tag of this block

# @ECLASS_VARIABLE: ODD_A
# @USER_VARIABLE
# @DEFAULT_UNSET
# @DESCRIPTION:
# text
	# @ECLASS_VARIABLE: ODD_SKIPPED
	# @DESCRIPTION:
	# directly behind another block

	# @ECLASS_VARIABLE: ODD_B
	# @INTERNAL
	# @PRE_INHERIT
	# @REQUIRED
	# @OUTPUT_VARIABLE
	# @DESCRIPTION:
	# text
	: ${ODD_B:=1}

#@FUNCTION: not_one
#  @FUNCTION: nor_this
# @FUNCTION: odd_a
# @INTERNAL
# @DESCRIPTION:
# text
odd_a() { :; }

# @FUNCTION: odd-b
# @USAGE: <x>
# @DEPRECATED: odd_a
# @RETURN: nothing
# @DESCRIPTION:
odd-b() { :; }

# @FUNCTION: odd_a
# @DESCRIPTION: again, not internal
# @VARIABLE: inside
# @DESCRIPTION:
odd_c() { :; }

# @VARIABLE: odd_v
# @REQUIRED
# @DESCRIPTION:
# x
# @DEAD
