module github.com/prcheck/prcheck

go 1.26.0
