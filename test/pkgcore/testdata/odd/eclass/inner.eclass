# @ECLASS: inner.eclass
# @DEAD
# @PROVIDES: odd

# @ECLASS: inner.eclass
# @BLURB: twice
# @DEPRECATED: odd
