// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"path"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

// treeKinds change what git knows beside texts: modes, links, ignore files, generated files, files below files/.
var treeKinds = map[string]change{
	"files-mode":      func(e *edit) string { return e.executable(pick(e, e.extras())) },
	"files-name":      filesName,
	"files-add":       func(e *edit) string { return e.packageFile("files/extra.patch", "--- a\n+++ b\n") },
	"files-empty":     func(e *edit) string { return e.packageFile("files/empty", "") },
	"files-duplicate": filesDuplicate,
	"files-odd-name":  func(e *edit) string { return e.packageFile("files/odd name;.patch", "odd\n") },
	"files-binary":    func(e *edit) string { return e.packageFile("files/blob", "\x7fELF\x00\x01\x02\xff") },
	"files-large":     func(e *edit) string { return e.packageFile("files/large", strings.Repeat("0123456789abcde\n", 1600)) },
	"files-folder":    func(e *edit) string { return e.packageFile("extra/readme", "A folder that is not files/.\n") },
	"files-drop":      filesDrop,
	"files-content":   filesContent,
	"ebuild-mode":     func(e *edit) string { return e.executable(e.ebuild()) },
	"gitignore": func(e *edit) string {
		return e.entry(".", ".gitignore", pick(e, []string{"*.txt", "files/", "notes.*", "*.orig"}))
	},
	"gitignore-hides":  gitignoreHides,
	"gitattributes":    func(e *edit) string { return e.entry(".", ".gitattributes", "*.ebuild text eol=crlf") },
	"symlink-file":     symlinkFile,
	"symlink-ebuild":   symlinkEbuild,
	"symlink-package":  symlinkPackage,
	"symlink-out":      symlinkOut,
	"symlink-category": symlinkCategory,
	"forged-cache":     forgedCache,
	"forged-local-desc": func(e *edit) string {
		return e.rewriteFile("profiles/use.local.desc", pick(e, e.keys)+":forged - A flag that nobody has\n")
	},
	"package-no-ebuilds": packageWithoutEbuilds,
	"file-in-category": func(e *edit) string {
		return e.rewriteFile(pick(e, e.categories())+"/stray", "A file that is no package.\n")
	},
	"file-to-folder":      fileToFolder,
	"only-mode-of-eclass": func(e *edit) string { return e.executable(pick(e, e.eclasses)) },
}

// extras are the files of packages that are neither ebuild nor Manifest nor metadata.xml.
func (e *edit) extras() []string {
	found := []string{}
	for _, key := range e.keys {
		found = append(found, e.plainFiles(key+"/files")...)
	}
	return found
}

func (e *edit) executable(file string) string {
	f, ok := e.tree[file]
	if !ok {
		return ""
	}
	if f.Mode == ebuildrepo.ModeExec {
		f.Mode = ebuildrepo.ModeFile
	} else {
		f.Mode = ebuildrepo.ModeExec
	}
	e.tree[file] = f
	return file + " is of mode " + f.Mode
}

func (e *edit) packageFile(name, text string) string {
	key := pick(e, e.keys)
	if _, ok := e.tree[key+"/"+name]; ok || key == "" {
		return ""
	}
	e.tree[key+"/"+name] = ebuildrepo.File{Text: text, Mode: ebuildrepo.ModeFile}
	return key + " gets " + name
}

func filesName(e *edit) string {
	file := pick(e, e.extras())
	if file == "" {
		return ""
	}
	e.tree[path.Dir(file)+"/renamed-"+path.Base(file)] = e.tree[file]
	delete(e.tree, file)
	return file + " has another name"
}

func filesDuplicate(e *edit) string {
	file := pick(e, e.extras())
	if file == "" {
		return ""
	}
	e.tree[path.Dir(file)+"/copy-of-"+path.Base(file)] = e.tree[file]
	return file + " is there twice"
}

func filesDrop(e *edit) string {
	file := pick(e, e.extras())
	if file == "" {
		return ""
	}
	delete(e.tree, file)
	return file + " is removed"
}

func filesContent(e *edit) string {
	file := pick(e, e.extras())
	if file == "" {
		return ""
	}
	e.write(file, e.text(file)+"One more line.\n")
	return file + " has another content"
}

// gitignoreHides adds a file with a bad name and an ignore file that hides it.
func gitignoreHides(e *edit) string {
	what := e.packageFile("files/odd name;.patch", "odd\n")
	if what == "" {
		return ""
	}
	e.add(".gitignore", "odd*")
	return what + ", and .gitignore hides it"
}

func (e *edit) link(name, target string) string {
	if _, taken := e.tree[name]; taken {
		return ""
	}
	e.tree[name] = ebuildrepo.File{Text: target, Mode: ebuildrepo.ModeSymlink}
	return name + " is a link to " + target
}

func symlinkFile(e *edit) string {
	file := pick(e, e.extras())
	if file == "" {
		return ""
	}
	return e.link(path.Dir(file)+"/link", path.Base(file))
}

// symlinkEbuild makes the next version a link to the present one.
func symlinkEbuild(e *edit) string {
	file := e.ebuild()
	next := nextVersion(versionOf(file))
	if file == "" || next == "" {
		return ""
	}
	return e.link(ebuildFile(keyOf(file), next), path.Base(file))
}

func symlinkPackage(e *edit) string {
	key := pick(e, e.keys)
	if key == "" {
		return ""
	}
	return e.link(path.Dir(key)+"/linked-"+path.Base(key), path.Base(key))
}

func symlinkOut(e *edit) string {
	key := pick(e, e.keys)
	if key == "" {
		return ""
	}
	return e.link(key+"/files/out", pick(e, []string{"/etc/passwd", "../../../../outside", "nowhere"}))
}

func symlinkCategory(e *edit) string {
	category := pick(e, e.categories())
	if category == "" {
		return ""
	}
	e.listCategory("linked-" + category)
	return e.link("linked-"+category, category)
}

func forgedCache(e *edit) string {
	file := e.where(func(f string) bool { return dies.MatchString(e.text(f)) })
	if file == "" {
		file = e.ebuild()
	}
	if file == "" {
		return ""
	}
	name := "metadata/md5-cache/" + path.Dir(path.Dir(file)) + "/" + strings.TrimSuffix(path.Base(file), ".ebuild")
	return e.rewriteFile(name, "DEFINED_PHASES=-\nDESCRIPTION=forged\nEAPI=8\nSLOT=0\n_md5_="+md5Hex(e.text(file))+"\n")
}

func packageWithoutEbuilds(e *edit) string {
	key := e.provider()
	if key == "" {
		return ""
	}
	for _, file := range e.ebuilds[key] {
		delete(e.tree, file)
	}
	return key + " loses its ebuilds and keeps the rest"
}

// fileToFolder puts a folder where a file was.
func fileToFolder(e *edit) string {
	file := pick(e, slices.Concat(e.extras(), []string{"profiles/package.mask"}))
	f, ok := e.tree[file]
	if !ok {
		return ""
	}
	delete(e.tree, file)
	e.tree[file+"/inside"] = f
	return file + " is a folder"
}
