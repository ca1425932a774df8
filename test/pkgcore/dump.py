# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes down what pkgcore reads of ebuild repositories, for a comparison with internal/ebuild.

    python dump.py IN OUT

IN has one folder a repository. Its layout.conf names its masters by the names of those folders. OUT gets NAME.json and
NAME/CATEGORY/PF, the metadata entries, for each. It sources the ebuilds: run it inside the toolchain only.

OUT/samples.json has texts to be read as versions, atoms and specifications: OUT/sampled.json says what they are.
"""

import json
import logging
import os
import sys
from multiprocessing import Pool

from lxml import etree
from pkgcheck import bash
from pkgcore.cache import flat_hash
from pkgcore.ebuild import cpv, eclass, eclass_cache, profiles, repo_objs, repository, restricts
from pkgcore.ebuild.atom import atom
from pkgcore.ebuild.conditionals import DepSet
from pkgcore.package.errors import MetadataException
from pkgcore.restrictions import boolean, packages, values

CLASSES = ("depend", "rdepend", "pdepend", "bdepend", "idepend")


class Cache(flat_hash.md5_cache):
    """Entries in a folder of our own."""

    def __init__(self, location):
        flat_hash.database.__init__(self, location)


def leaves(node):
    """All leaves of a specification in the order in which they are written."""
    if isinstance(node, (atom, values.ContainmentMatch)):
        yield node
    elif isinstance(node, packages.Conditional):
        for x in node.payload:
            yield from leaves(x)
    elif isinstance(node, (DepSet, boolean.base)):
        for x in node.restrictions:
            yield from leaves(x)
    else:
        yield node


def dump_atom(a):
    return {
        "text": str(a),
        "key": a.key,
        "op": "=" if a.op == "=*" else a.op,
        "glob": a.op == "=*",
        "version": a.fullver or "",
        "slot": a.slot or "",
        "subslot": a.subslot or "",
        "slotop": a.slot_operator or "",
        "repo": a.repo_id or "",
        "use": list(a.use or ()),
        "block": 0 if not a.blocks else 2 if a.blocks_strongly else 1,
    }


def read(what):
    """What a reading gives, or that it fails."""
    try:
        return what()
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}


def flag(x):
    return ("!" if x.negate else "") + next(iter(x.vals))


def dump_package(pkg):
    try:
        if not pkg.supported:
            return {"error": "EAPI"}
        pkg.data
        d = {"slot": pkg.slot, "subslot": pkg.subslot}
    except (MetadataException, UnicodeDecodeError) as e:
        return {"error": str(e)}
    d["keywords"] = list(pkg.keywords)
    d["iuse"] = sorted(pkg.iuse)
    d["inherited"] = list(pkg.inherited)
    d["inherit"] = list(pkg.inherit)
    d["phases"] = sorted(pkg.data.get("DEFINED_PHASES", "").replace("-", "").split())
    d["eapi"] = str(pkg.eapi)
    for name in CLASSES:
        d[name] = read(lambda: [dump_atom(x) for x in leaves(getattr(pkg, name))])
    d["license"] = read(lambda: list(leaves(pkg.license)))
    d["files"] = read(lambda: list(leaves(pkg.distfiles)))
    d["restrict"] = read(lambda: list(leaves(pkg.restrict)))
    d["properties"] = read(lambda: list(leaves(pkg.properties)))
    d["required_use"] = read(lambda: [flag(x) for x in leaves(pkg.required_use)])
    d["manifest"] = read(lambda: {k: {c: f"{n:x}" if c != "size" else n for c, n in v.items()} for k, v in pkg.manifest.distfiles.items()})
    d["text"] = read(lambda: dump_text(pkg.path))
    return d


def dump_text(path):
    """What pkgcheck finds in an ebuild's text: atoms of optfeature calls; names of commands and variables, and arguments."""
    with open(path, "rb") as f:
        tree = bash.ParseTree(f.read())
    atoms, names = set(), set()
    for node in bash.cmd_query.captures(tree.tree.root_node).get("call", ()):
        name = tree.node_str(node.child_by_field_name("name"))
        arguments = [tree.node_str(x) for x in node.children[2:]] if name == "optfeature" else []
        for token in " ".join(x.strip("'\"") for x in arguments if "$" not in x and "`" not in x).split():
            if "error" not in (read(lambda token=token: dump_atom(atom(token)))):
                atoms.add(token)
        names.add(name)
        names.update(tree.node_str(x).strip("'\"") for x in node.children_by_field_name("argument"))
    names.update(tree.node_str(x) for x in bash.var_query.captures(tree.tree.root_node).get("var", ()))
    return {"atoms": sorted(atoms), "names": sorted(x for x in names if x and not any(c.isspace() for c in x))}


def dump_metadata(path):
    """References of a metadata.xml; None where it is not well-formed or not there."""
    if not os.path.exists(path):
        return None
    try:
        doc = etree.parse(path)
    except etree.XMLSyntaxError:
        return None
    x = repo_objs.LocalMetadataXml(path)
    return {
        "maintainers": [[m.name or "", m.email or "", m.maint_type or ""] for m in x.maintainers],
        "flags": dict(x.local_use),
        "pkgs": [(e.text or "").strip() for e in doc.findall(".//pkg")],
        "cats": [(e.text or "").strip() for e in doc.findall(".//cat")],
    }


def dump_profile(node):
    def negatable(name):
        return read(lambda: [sorted(map(str, x)) for x in getattr(node, name)])

    def cps(name):
        return read(lambda: sorted({x.key.key for v in getattr(node, name).values() for x in v}))

    return {
        "mask": negatable("masks"),
        "unmask": negatable("unmasks"),
        "deprecated": negatable("pkg_deprecated"),
        "provided": read(lambda: [sorted(str(x.cpvstr) for x in y) for y in node.pkg_provided]),
        "system": read(lambda: [sorted(map(str, x)) for x in node.packages.system[:2]]),
        "keywords": read(lambda: sorted([str(a), list(k)] for a, k in node.keywords)),
        "accept_keywords": read(lambda: sorted([str(a), list(k)] for a, k in node.accept_keywords)),
        "use_mask": cps("pkg_use_mask"),
        "use_force": cps("pkg_use_force"),
        "parents": read(lambda: [p[1] for p in node.parent_paths]),
        "parent_paths": read(lambda: [os.path.relpath(p[0], node.repoconfig.profiles_base) for p in node.parent_paths]),
    }


def dump_eclass(path):
    doc = eclass.EclassDoc(path)

    def names(block, *flags):
        merged = {}
        for x in doc[block]:
            d = merged.setdefault(x["name"], dict.fromkeys(flags, False))
            for f in flags:
                d[f] = d[f] or bool(x[f])
        return merged

    return {
        "name": doc["name"] or "",
        "provides": list(doc["raw_provides"]),
        "eapis": list(doc["supported_eapis"]),
        "deprecated": "none" if doc["deprecated"] is True else doc["deprecated"] or "",
        "dead": bool(doc["dead"]),
        "functions": names("functions", "internal", "deprecated"),
        "variables": names("variables", "internal", "user_variable", "required", "pre_inherit", "default_unset", "output_variable", "deprecated"),
        "function_variables": names("function_variables", "internal", "user_variable", "required", "default_unset", "deprecated"),
    }


def moves(repo):
    d = {}
    for (action, *params), *_ in repo.config.updates.values():
        if action == "move":
            source, target = params
            d[source.key] = target.key
    return d


def profile_dirs(base):
    for root, dirs, _ in os.walk(base):
        dirs[:] = sorted(x for x in dirs if not x.startswith("package.") and x != "packages" and not (root == base and x in ("updates", "desc")))
        yield root


def dump_tree(repo):
    config = repo.config
    strict = "pms" in config.profile_formats
    found = {}
    for category in repo.categories:
        for package in repo.packages.get(category, ()):
            if versions := repo.versions.get((category, package), ()):
                # Equal ones in the order of their texts.
                found[f"{category}/{package}"] = [x.fullver for x in sorted(cpv.VersionedCPV(category, package, v) for v in sorted(versions))]
    eclasses = os.path.join(repo.location, "eclass")
    return {
        "masters": list(config.masters),
        "formats": sorted(config.profile_formats),
        "name": config.repo_name or config.pms_repo_name or "",
        "categories": sorted(repo.categories),
        "packages": found,
        "moves": read(lambda: moves(repo)),
        "licenses": sorted(x.name for x in os.scandir(os.path.join(repo.location, "licenses")) if x.is_file())
        if os.path.isdir(os.path.join(repo.location, "licenses"))
        else [],
        "groups": {k: sorted(v) for k, v in repo.licenses.groups.items()},
        "mirrors": {k: sorted(v) for k, v in repo.thirdpartymirrors.items()},
        "arches": sorted(config.known_arches),
        "arch_status": {a: s for s, v in config.arches_desc.items() for a in v},
        "profile_descs": sorted([p.arch, p.path, p.status] for p in config.profiles),
        "use_desc": [[x[1][0], x[1][1]] for x in config.use_desc],
        "use_expand": {k: [list(x) for x in v] for k, v in config.use_expand_desc.items()},
        "metadata": {
            k: dump_metadata(os.path.join(repo.location, k, "metadata.xml")) for k in [*found, *(c for c in repo.categories)]
        },
        "profiles": {
            os.path.relpath(x, config.profiles_base): dump_profile(profiles.ProfileNode(x, pms_strict=strict)) for x in profile_dirs(config.profiles_base)
        },
        "eclasses": {
            x.name.removesuffix(".eclass"): read(lambda x=x: dump_eclass(x.path)) for x in os.scandir(eclasses) if x.name.endswith(".eclass") and x.is_file()
        }
        if os.path.isdir(eclasses)
        else {},
    }


def open_tree(top, name, out, known):
    if name not in known:
        location = os.path.join(top, name)
        config = repo_objs.RepoConfig(location, config_name=None)
        masters = [open_tree(top, x, out, known) for x in config.masters]
        own = eclass_cache.cache(os.path.join(location, "eclass"), location=location)
        eclasses = own
        if masters:
            eclasses = eclass_cache.StackedCaches([own, *(x.eclass_cache for x in reversed(masters))])
        known[name] = repository.UnconfiguredTree(
            location, eclass_cache=eclasses, masters=masters, cache=(Cache(os.path.join(out, name)),), allow_missing_manifests=True, repo_config=config
        )
    return known[name]


def source(work):
    """Dumps every n-th package of a repository."""
    top, name, out, part, parts = work
    repo = open_tree(top, name, out, {})
    helper = repo._regen_operation_helper()
    d = {}
    for pkg in [x for x in repo.itermatch(packages.AlwaysTrue, pkg_filter=valid_names) if not parts or hash_of(x) % parts == part]:
        if read(lambda: pkg.supported) is True:
            read(lambda: helper(pkg))
        d[f"{pkg.category}/{pkg.PF}"] = dump_package(pkg)
    return name, d


def hash_of(pkg):
    return sum(pkg.cpvstr.encode())


def valid_names(pkgs):
    while True:
        try:
            yield next(pkgs)
        except StopIteration:
            return
        except Exception:
            continue


def sample(samples):
    """What the texts are: a package's name and version, an atom with the versions that it matches, the leaves of a specification."""

    def split(pf):
        x = cpv.VersionedCPV(f"cat/{pf}")
        return [x.package, x.fullver]

    def as_atom(text):
        a = atom(text)
        d = dump_atom(a)
        if a.op == "=*":
            d["matches"] = [restricts.VersionGlobMatch(a.fullver).match(x.fullver) for x in versions]
        elif a.op:
            d["matches"] = [restricts.VersionMatch(a.op, a.version, a.revision).match(x) for x in versions]
        else:
            d["matches"] = [True for _ in versions]
        return d

    def spec(text):
        return list(leaves(DepSet.parse(text, str, operators=operators, element_func=str)))

    operators = {
        "||": boolean.OrRestriction,
        "": boolean.AndRestriction,
        "^^": boolean.JustOneRestriction,
        "??": boolean.AtMostOneOfRestriction,
    }
    versions = [cpv.VersionedCPV("cat", "pkg", x) for x in samples["versions"]]
    return {
        "order": [[(a > b) - (a < b) for b in versions] for a in versions],
        "splits": [read(lambda x=x: split(x)) for x in samples["names"]],
        "atoms": [read(lambda x=x: as_atom(x)) for x in samples["atoms"]],
        "specs": [read(lambda x=x: spec(x)) for x in samples["specs"]],
    }


def main():
    top, out = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    names = sorted(os.listdir(top))
    done = {name: {} for name in names}
    with Pool(2) as pool:
        for name, part in pool.imap_unordered(source, [(top, name, out, i, 2) for name in names for i in range(2)]):
            done[name] |= part
    with open(os.path.join(out, "samples.json")) as f:
        samples = json.load(f)
    with open(os.path.join(out, "sampled.json"), "w") as f:
        json.dump(sample(samples), f)
    for name in names:
        d = dump_tree(open_tree(top, name, out, {}))
        d["entries"] = done[name]
        with open(os.path.join(out, f"{name}.json"), "w") as f:
            json.dump(d, f, sort_keys=True)


if __name__ == "__main__":
    main()
