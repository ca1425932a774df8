// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"regexp"
	"slices"
	"strings"
)

// metadataKinds change metadata.xml files.
var metadataKinds = map[string]change{
	"metadata-remove":     metadataRemove,
	"metadata-broken":     metadataBroken,
	"metadata-mended":     metadataMended,
	"metadata-invalid":    metadataInvalid,
	"metadata-maintainer": metadataMaintainer,
	"metadata-nobody":     metadataNobody,
	"metadata-flag-add":   metadataFlagAdd,
	"metadata-flag-drop":  metadataFlagDrop,
	"metadata-flag-text":  metadataFlagText,
	"metadata-remote":     metadataRemote,
	"metadata-upstream":   metadataUpstreamDrop,
	"metadata-indent":     metadataIndent,
}

var (
	localFlag       = regexp.MustCompile(`<flag name="([^"]+)">([^<]*)`)
	flagElement     = regexp.MustCompile(`\s*<flag name="([^"]+)">.*?</flag>`)
	maintainer      = regexp.MustCompile(`(?s)\s*<maintainer.*?</maintainer>`)
	maintainerEmail = regexp.MustCompile(`<maintainer[^>]*>\s*<email>([^<]+)</email>`)
	upstream        = regexp.MustCompile(`(?s)\s*<upstream>.*?</upstream>`)
)

// metadata chooses a metadata.xml that a test accepts.
func (e *edit) metadata(want func(text string) bool) string {
	having := slices.DeleteFunc(slices.Clone(e.keys), func(k string) bool {
		text := e.text(k + "/metadata.xml")
		return text == "" || !want(text)
	})
	if key := pick(e, having); key != "" {
		return key + "/metadata.xml"
	}
	return ""
}

// remake replaces what a pattern finds in some metadata.xml.
func (e *edit) remake(what string, found *regexp.Regexp, by string) string {
	file := e.metadata(found.MatchString)
	if file == "" {
		return ""
	}
	text := e.text(file)
	at := found.FindStringIndex(text)
	e.write(file, text[:at[0]]+by+text[at[1]:])
	return file + " " + what
}

func metadataRemove(e *edit) string {
	file := e.metadata(func(string) bool { return true })
	if file == "" {
		return ""
	}
	delete(e.tree, file)
	return file + " is removed"
}

func metadataBroken(e *edit) string {
	return e.remake("is not well-formed", regexp.MustCompile(`</pkgmetadata>`), "")
}

func metadataMended(e *edit) string {
	file := e.metadata(func(text string) bool { return !strings.Contains(text, "</pkgmetadata>") })
	if file == "" {
		return ""
	}
	e.write(file, e.text(file)+"</pkgmetadata>\n")
	return file + " is mended"
}

func metadataInvalid(e *edit) string {
	return e.remake("has an element that nobody knows", regexp.MustCompile(`</pkgmetadata>`), "\t<odd/>\n</pkgmetadata>")
}

func metadataMaintainer(e *edit) string {
	return e.remake("has another maintainer", maintainerEmail, "<maintainer type=\""+pick(e, []string{"person", "project"})+"\">\n\t\t<email>"+
		pick(e, []string{"new@example.org", "stub.project@gentoo.org", "proxy-maint@gentoo.org", "unknown.project@gentoo.org"})+"</email>")
}

func metadataNobody(e *edit) string { return e.remake("has one maintainer less", maintainer, "") }

// metadataFlagAdd describes a flag that an ebuild of the package has, or that none has.
func metadataFlagAdd(e *edit) string {
	file := e.metadata(func(text string) bool { return strings.Contains(text, "</pkgmetadata>") })
	if file == "" {
		return ""
	}
	key := strings.TrimSuffix(file, "/metadata.xml")
	flag := "localflag"
	if words := e.words(pick(e, e.ebuilds[key]), "IUSE"); len(words) > 0 && e.chance(70) {
		flag = strings.TrimLeft(pick(e, words), "+-")
	}
	element := "\t\t<flag name=\"" + flag + "\">Do what only this package does, and do it well</flag>\n"
	text := e.text(file)
	if strings.Contains(text, "\t</use>") {
		text = strings.Replace(text, "\t</use>", element+"\t</use>", 1)
	} else {
		text = strings.Replace(text, "</pkgmetadata>", "\t<use>\n"+element+"\t</use>\n</pkgmetadata>", 1)
	}
	e.write(file, text)
	return file + " describes " + flag
}

func metadataFlagDrop(e *edit) string { return e.remake("describes a flag less", flagElement, "") }

func metadataFlagText(e *edit) string {
	return e.remake("describes a flag in other words", localFlag, "<flag name=\""+pick(e, []string{"tools", "server", "ssl"})+"\">In other words")
}

func metadataRemote(e *edit) string {
	return e.remake("has a remote id", regexp.MustCompile(`</pkgmetadata>`), "\t<upstream>\n\t\t<remote-id type=\"github\">example/example</remote-id>\n\t</upstream>\n</pkgmetadata>")
}

func metadataUpstreamDrop(e *edit) string { return e.remake("says nothing of upstream", upstream, "") }

func metadataIndent(e *edit) string {
	file := e.metadata(func(text string) bool { return strings.Contains(text, "\n\t") })
	if file == "" {
		return ""
	}
	e.write(file, strings.Replace(e.text(file), "\n\t", "\n  ", 1))
	return file + " is indented in another way"
}
