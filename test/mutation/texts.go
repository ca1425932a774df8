// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"regexp"
	"strings"
)

// textKinds change an ebuild's text only.
var textKinds = map[string]change{
	"text-whitespace": func(e *edit) string { return e.appendEbuild("\n\n\nsrc_test() { \n\ttrue\n}\n", "has blanks") },
	"text-comment":    func(e *edit) string { return e.appendEbuild("\n# A comment that says nothing.\n", "has a comment") },
	"text-unquoted": func(e *edit) string {
		return e.appendEbuild("\nsrc_test() {\n\tcat ${S}/README\n}\n", "has an unquoted variable")
	},
	"text-command": func(e *edit) string {
		return e.appendEbuild("\nsrc_test() {\n\tfperms 755 $(ls) || die\n\tsudo true\n}\n", "calls what it must not")
	},
	"text-long-line": func(e *edit) string {
		return e.appendEbuild("\n# "+strings.Repeat("long ", 60)+"\n", "has a long line")
	},
	"text-header": textHeader,
	"text-description": func(e *edit) string {
		return e.set("DESCRIPTION", []string{"", "short", strings.Repeat("much too long ", 12)})
	},
	"text-homepage": func(e *edit) string {
		return e.set("HOMEPAGE", []string{"", "example.org", "https://github.com/${PN}", "https://example.org/ https://example.net/"})
	},
	"text-eapi":       textEAPI,
	"text-live":       textLive,
	"text-python":     textPython,
	"text-mended":     textMended,
	"text-odd-bytes":  func(e *edit) string { return e.appendEbuild("\n# caf\xe9 \xff\xfe\n", "has bytes that are no UTF-8") },
	"text-no-newline": textNoNewline,
	"text-crlf":       textCRLF,
}

func (e *edit) appendEbuild(text, what string) string {
	file := e.ebuild()
	if file == "" {
		return ""
	}
	e.write(file, strings.TrimRight(e.text(file), "\n")+"\n"+text)
	return file + " " + what
}

func textHeader(e *edit) string {
	file := e.ebuild()
	_, rest, ok := strings.Cut(e.text(file), "\n")
	if !ok {
		return ""
	}
	e.write(file, pick(e, []string{"# Copyright 2019 Somebody", "# Copyright 1999-2030 Gentoo Authors", "# No header"})+"\n"+rest)
	return file + " has another header"
}

func textEAPI(e *edit) string {
	file := e.where(func(f string) bool { return e.eapiOf(f) != "" })
	if file == "" {
		return ""
	}
	eapi := pick(e, []string{"6", "7", "8", "9"})
	e.write(file, assignment("EAPI").ReplaceAllString(e.text(file), "EAPI="+eapi))
	return file + " is of EAPI " + eapi
}

func textLive(e *edit) string {
	key := e.provider()
	file := pick(e, e.ebuilds[key])
	to := ebuildFile(key, "9999")
	if _, taken := e.tree[to]; taken || file == "" {
		return ""
	}
	e.write(to, dropVariable(dropVariable(e.text(file), "SRC_URI"), "KEYWORDS"))
	if _, ok := e.tree["eclass/git-r3.eclass"]; ok {
		e.inherit(to, "git-r3")
	}
	return to + " is a live version"
}

var pythonCompat = regexp.MustCompile(`(?m)^PYTHON_COMPAT=\(.*\)$`)

func textPython(e *edit) string {
	file := e.where(func(f string) bool { return pythonCompat.MatchString(e.text(f)) })
	if file == "" {
		return ""
	}
	e.write(file, pythonCompat.ReplaceAllString(e.text(file), "PYTHON_COMPAT=( "+pick(e, []string{"python3_12", "python3_13", "python3_14", "python3_{13..14}", "python2_7"})+" )"))
	return file + " is for other Pythons"
}

// textMended takes away what is untidy in an ebuild.
func textMended(e *edit) string {
	blanks := regexp.MustCompile(`(?m)[ \t]+$`)
	file := e.where(func(f string) bool { return blanks.MatchString(e.text(f)) || strings.Contains(e.text(f), "\n\n\n") })
	if file == "" {
		return ""
	}
	text := blanks.ReplaceAllString(e.text(file), "")
	for strings.Contains(text, "\n\n\n") {
		text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
	}
	e.write(file, text)
	return file + " is tidied up"
}

func textNoNewline(e *edit) string {
	file := e.ebuild()
	if file == "" {
		return ""
	}
	e.write(file, strings.TrimRight(e.text(file), "\n"))
	return file + " does not end in a line break"
}

func textCRLF(e *edit) string {
	file := e.ebuild()
	if file == "" {
		return ""
	}
	e.write(file, strings.ReplaceAll(e.text(file), "\n", "\r\n"))
	return file + " has line breaks of another system"
}
