// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"fmt"
	"path"
	"regexp"
)

// brokenKinds make ebuilds stop or start to be usable, and change accounts.
var brokenKinds = map[string]change{
	"source-stops":     func(e *edit) string { return e.appendEbuild("\ndie \"not today\"\n", "stops to source") },
	"source-syntax":    func(e *edit) string { return e.appendEbuild("\nif true; then\n", "has a syntax error") },
	"source-starts":    sourceStarts,
	"source-eclass":    func(e *edit) string { return e.inheritNowhere() },
	"invalid-depend":   func(e *edit) string { return e.set("DEPEND", []string{"|| (", "foo", ">=dev-libs/a", "a? b"}) },
	"invalid-slot":     func(e *edit) string { return e.set("SLOT", []string{"", "?", "/1", "-x"}) },
	"invalid-eapi":     invalidEAPI,
	"invalid-license":  func(e *edit) string { return e.set("LICENSE", []string{"|| (", "( GPL-2"}) },
	"invalid-required": func(e *edit) string { return e.set("REQUIRED_USE", []string{"|| (", "?? a", "( a"}) },
	"invalid-src-uri":  func(e *edit) string { return e.set("SRC_URI", []string{"https://a/ ->", "( https://a/b"}) },
	"invalid-iuse":     func(e *edit) string { return e.set("IUSE", []string{"@bad", "+", "good ba!d"}) },
	"invalid-keywords": func(e *edit) string { return e.set("KEYWORDS", []string{"amd64 ~amd64", "amd64" + " amd64", "?"}) },
	"invalid-mended":   invalidMended,
	"invalid-name":     invalidName,
	"invalid-version":  invalidVersion,
	"account-conflict": accountConflict,
	"account-bump":     accountBump,
	"account-range":    accountRange,
}

var dies = regexp.MustCompile(`(?m)^(?:\[\[.*\]\] \|\| )?die\b.*\n`)

func sourceStarts(e *edit) string {
	file := e.where(func(f string) bool { return dies.MatchString(e.text(f)) })
	if file == "" {
		return ""
	}
	e.write(file, dies.ReplaceAllString(e.text(file), ""))
	return file + " starts to source"
}

func (e *edit) inheritNowhere() string {
	file := e.ebuild()
	if file == "" {
		return ""
	}
	e.inherit(file, "nowhere")
	return file + " inherits what is not there"
}

func invalidEAPI(e *edit) string {
	file := e.where(func(f string) bool { return e.eapiOf(f) != "" })
	if file == "" {
		return ""
	}
	e.write(file, assignment("EAPI").ReplaceAllString(e.text(file), "EAPI="+pick(e, []string{"99", "odd", "invalid!"})))
	return file + " has an EAPI that is none"
}

// invalidMended gives an ebuild with an invalid variable a good one.
func invalidMended(e *edit) string {
	good := map[string]string{"SLOT": "0", "EAPI": "8"}
	for _, name := range []string{"SLOT", "EAPI"} {
		file := e.where(func(f string) bool {
			value, ok := variable(e.text(f), name)
			return ok && (name == "SLOT" && !regexp.MustCompile(`^[A-Za-z0-9_]`).MatchString(value) || name == "EAPI" && len(value) != 1)
		})
		if file != "" && e.chance(70) {
			e.write(file, setVariable(e.text(file), name, good[name]))
			return file + ": " + name + " is mended"
		}
	}
	return ""
}

func invalidName(e *edit) string {
	key := pick(e, e.keys)
	if key == "" {
		return ""
	}
	name := pick(e, []string{"notes.txt", "-odd", "with space.ebuild", path.Base(key) + "-one.ebuild"})
	e.write(key+"/"+name, "Words.\n")
	return key + " has a file " + name
}

func invalidVersion(e *edit) string {
	file := e.ebuild()
	to := ebuildFile(keyOf(file), pick(e, []string{"1.0-alpha", "1..0", "01", "1.0_odd", "1.00"}))
	if _, taken := e.tree[to]; file == "" || taken {
		return ""
	}
	e.write(to, e.text(file))
	return to + " is a version that is none, or an equal one"
}

var accountID = regexp.MustCompile(`(?m)^(ACCT_(?:USER|GROUP)_ID)=["']?(-?[0-9]+)["']?$`)

func (e *edit) account() string {
	return e.where(func(f string) bool { return accountID.MatchString(e.text(f)) })
}

// accountConflict gives an account the id of another one.
func accountConflict(e *edit) string {
	one := e.account()
	other := e.where(func(f string) bool {
		return f != one && accountID.MatchString(e.text(f)) && path.Dir(path.Dir(f)) == path.Dir(path.Dir(one))
	})
	if one == "" || other == "" {
		return ""
	}
	id := accountID.FindStringSubmatch(e.text(other))[2]
	e.write(one, accountID.ReplaceAllString(e.text(one), "${1}="+id))
	return fmt.Sprintf("%s has the id of %s", one, other)
}

// accountBump bumps an account, whose id may conflict.
func accountBump(e *edit) string { return e.bump(e.account(), e.chance(50)) }

func accountRange(e *edit) string {
	file := e.account()
	if file == "" {
		return ""
	}
	e.write(file, accountID.ReplaceAllString(e.text(file), "${1}="+pick(e, []string{"-1", "0", "600", "70000"})))
	return file + " has an id that is out of range, or none"
}
