// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/sandbox"
)

// Toolchain is an installation of pkgcheck: the one around this process (pods, --toolchain local) or one in an unpacked root
// file system.
type Toolchain struct {
	// Name is what stands for the image in the plan: a digest, or "local", or "rootfs".
	Name string
	// Python is the interpreter that pkgcheck is installed for, as seen inside.
	Python string
	// Path is the PATH of the tool.
	Path string
	// Root is the folder of the root file system; empty: the tool runs in place.
	Root string
	// ReadPaths may be read in addition to the system's folders.
	ReadPaths []string
	// FirstUser is the first of the user ids that the stages run under where Root is used by root; 0: the caller's own.
	FirstUser int
}

// Where a toolchain image has pkgcheck.
const (
	imagePrefix = "/opt/pkgcheck"
	imagePath   = imagePrefix + "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

// systemPaths are what any program may read: the system itself, and what the kernel shows.
var systemPaths = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/proc", "/dev"}

// everPaths are what any program may write: nothing that stays.
var everPaths = []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/shm", "/proc/self"}

// stageUser is above the user ids of people, services and pods (internal/jobspec). Runs in a root file system count up from there by
// their process id: a limit on processes counts per user, so two runs must not share one.
const stageUser = 10_000_000

// PodToolchain is the toolchain image's own, for the runner in a pod.
func PodToolchain() Toolchain {
	return Toolchain{Name: "image", Python: imagePrefix + "/bin/python", Path: imagePath}
}

// RootToolchain is an unpacked root file system. name stands for it in plans.
func RootToolchain(dir, name string) (Toolchain, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Toolchain{}, err
	}
	python := filepath.Join(imagePrefix, "bin", "python")
	if info, err := os.Lstat(filepath.Join(dir, python)); err != nil || info.IsDir() {
		return Toolchain{}, fmt.Errorf("%s is no toolchain: it has no %s; unpack an image of images/pkgcheck there", dir, python)
	}
	t := Toolchain{Name: name, Python: python, Path: imagePath, Root: dir}
	if os.Geteuid() == 0 {
		t.FirstUser = stageUser + len(plan.Stages)*os.Getpid()
	}
	return t, nil
}

// LocalToolchain finds pkgcheck on PATH or in /opt/pkgcheck, and the interpreter that it is installed for.
func LocalToolchain(ctx context.Context) (Toolchain, error) {
	script, err := exec.LookPath("pkgcheck")
	if err != nil {
		script = filepath.Join(imagePrefix, "bin", "pkgcheck")
	}
	python, err := interpreter(script)
	if errors.Is(err, os.ErrNotExist) {
		return Toolchain{}, errors.New("pkgcheck is neither on PATH nor in /opt/pkgcheck/bin: install it (pip install pkgcheck), or use --toolchain rootfs:DIR or image:REF")
	}
	if err != nil {
		return Toolchain{}, err
	}
	t := Toolchain{Name: "local", Python: python, Path: os.Getenv("PATH")}
	if t.ReadPaths, err = pythonPaths(ctx, python); err != nil {
		return Toolchain{}, fmt.Errorf("asking %s where it is installed: %w", python, err)
	}
	return t, nil
}

// interpreter reads a script's first line. A wrapper that is no Python script (Gentoo's python-exec) means the default one.
func interpreter(script string) (string, error) {
	f, err := os.Open(script)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // only read
	line, _ := bufio.NewReader(f).ReadString('\n')
	words := strings.Fields(strings.TrimPrefix(line, "#!"))
	if strings.HasPrefix(line, "#!/") && len(words) > 0 {
		name := words[0]
		if filepath.Base(name) == "env" && len(words) > 1 {
			name = words[1]
		}
		if strings.HasPrefix(filepath.Base(name), "python") && !strings.Contains(filepath.Base(name), "exec") {
			return exec.LookPath(name)
		}
	}
	return exec.LookPath("python3")
}

// pythonPaths asks an interpreter which folders it needs.
func pythonPaths(ctx context.Context, python string) ([]string, error) {
	const script = `import json, site, sys; print(json.dumps([sys.prefix, sys.base_prefix, sys.executable, *sys.path, *site.getsitepackages()]))`
	out, err := exec.CommandContext(ctx, python, "-I", "-c", script).Output()
	if err != nil {
		return nil, err
	}
	var found []string
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, err
	}
	paths := []string{}
	for _, p := range found {
		if !filepath.IsAbs(p) || p == "/" {
			continue
		}
		paths = append(paths, p)
		if real, err := filepath.EvalSymlinks(p); err == nil {
			paths = append(paths, real)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// call is one call of the driver.
type call struct {
	command string   // prepare, scan or tables
	name    string   // of the call's own folder below the stage's temporary folder
	request any      // with paths as the tool sees them
	read    []string // paths here that it may read
	write   []string // paths here that it may change
}

// blind says that a call sees nothing of a repository.
func (c call) blind() bool { return c.command == "tables" || c.command == "compile" }

// driverFile is where the driver lies.
func (l Layout) driverFile() string { return l.Tools(driver.FileName) }

// inside returns a path as the tool sees it.
func (e *Engine) inside(s plan.Stage, path string) string {
	if e.Toolchain.Root == "" {
		return path
	}
	if rel, ok := below(e.Layout.Tmp(s), path); ok {
		return filepath.Join("/tmp", rel)
	}
	if rel, ok := below(e.Layout.Root, path); ok {
		return filepath.Join(plan.RootDir, rel)
	}
	return path
}

func below(dir, path string) (string, bool) {
	if path == dir {
		return "", true
	}
	return strings.CutPrefix(path, dir+"/")
}

// user returns the user id of a stage's tool; 0: our own.
func (e *Engine) user(s plan.Stage) int {
	if e.Toolchain.FirstUser == 0 {
		return 0
	}
	return e.Toolchain.FirstUser + slices.Index(plan.Stages, s)
}

// give makes a folder the tool's own.
func (e *Engine) give(s plan.Stage, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if id := e.user(s); id != 0 {
		return os.Chown(dir, id, id)
	}
	return nil
}

// drive calls the driver and returns its exit code. Everything but an end by itself is an error.
func (s *stage) drive(ctx context.Context, c call) (int, error) {
	e, name := s.engine, s.outcome.Stage
	dir := e.Layout.Tmp(name, c.name)
	if err := e.give(name, dir); err != nil {
		return -1, err
	}
	if err := writeJSON(filepath.Join(dir, requestFile), c.request); err != nil {
		return -1, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	watched := s.watch(ctx, stop, append(slices.Clone(c.write), dir))
	report, err := s.perform(ctx, c, dir)
	stop()
	tooMuch := <-watched
	s.outcome.ExitCode, s.outcome.Signal = report.ExitCode, report.Signal
	if tooMuch {
		return -1, &failure{plan.ReasonOutputLimit, fmt.Sprintf("The %s stage wrote more than the %d MiB that it may.", name, s.plan.Snapshot.OutputBytes>>20), nil}
	}
	if err != nil {
		return -1, errors.Join(err, ctx.Err())
	}
	return report.ExitCode, s.judge(report)
}

// perform has the driver do a call: the one that was started for that, else one of its own.
func (s *stage) perform(ctx context.Context, c call, dir string) (sandbox.Report, error) {
	if a := s.startedAhead(c); a != nil {
		return s.driveAhead(ctx, a, c, dir)
	}
	in := func(path string) string { return s.engine.inside(s.outcome.Stage, path) }
	spec := s.spec(c, dir, c.command, "--request", in(filepath.Join(dir, requestFile)), "--output", in(filepath.Join(dir, outFile)))
	report, err := sandbox.Run(ctx, spec, sandbox.Output{Writer: s.log})
	s.used(report)
	sandbox.KillAll()
	return report, err
}

// used notes what a process of the driver used.
func (s *stage) used(r sandbox.Report) {
	s.outcome.CPUSeconds += r.CPUSeconds
	s.outcome.PeakBytes = max(s.outcome.PeakBytes, r.PeakBytes)
	s.outcome.Sandbox, s.outcome.Missing = r.Applied, r.Missing
}

// judge says whether the tool ended by itself.
func (s *stage) judge(r sandbox.Report) error {
	name := string(s.outcome.Stage)
	switch {
	case r.Unavailable:
		return &failure{plan.ReasonNoSandbox, "The tool was not started, because a part of its sandbox cannot be applied here: " + r.Refused + goOn(r), nil}
	case r.Refused != "":
		return &failure{plan.ReasonToolFailed, "The tool was not started: " + r.Refused, nil}
	case r.TimedOut:
		return &failure{plan.ReasonTimeout, fmt.Sprintf("The %s stage took longer than the %s that it may.", name, s.timeout()), nil}
	case r.Stopped:
		return context.Canceled
	case r.Signal == "SIGXFSZ":
		return &failure{plan.ReasonOutputLimit, "The " + name + " stage wrote a larger file than it may.", nil}
	case r.Signal != "":
		return &failure{plan.ReasonToolFailed, "The tool was ended by " + r.Signal + "." + s.said(), nil}
	}
	switch r.ExitCode {
	case driver.ExitDone, driver.ExitFailed, driver.ExitUnfinished:
		return nil // what it wrote says how much of it is done
	case driver.ExitMemory, driver.ExitDisk, driver.ExitFile:
		return s.exhausted(r.ExitCode)
	case driver.ExitUsage, driver.ExitUnavailable:
		return &failure{plan.ReasonToolFailed, "The tool cannot be used." + s.said(), nil}
	}
	return &failure{plan.ReasonToolFailed, fmt.Sprintf("The tool ended with code %d.", r.ExitCode) + s.said(), nil}
}

// goOn says how to do without a protection.
func goOn(r sandbox.Report) string {
	if !r.Waivable {
		return ""
	}
	return ". A profile that says sandbox: BestEffort runs the tool without that protection, and the report names it"
}

// said is the end of the log, for messages.
func (s *stage) said() string {
	text := strings.TrimSpace(s.log.tail(1000))
	if text == "" {
		return ""
	}
	return " Its last lines: " + text
}

func (s *stage) timeout() (limit timeout) {
	switch s.outcome.Stage {
	case plan.StagePrepare:
		return timeout(s.plan.Snapshot.Timeouts.Prepare)
	case plan.StageScan:
		return timeout(s.plan.Snapshot.Timeouts.Scan)
	case plan.StageFetch:
		return timeout(s.plan.Snapshot.Timeouts.Fetch)
	case plan.StagePublish:
		return timeout(s.plan.Snapshot.Timeouts.Publish)
	}
	return 0
}

// environment is what the driver would set if it had none. It has nothing of ours in it.
func environment(path string) []string {
	return []string{
		"PATH=" + path, "PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1", "LC_ALL=C.UTF-8", "TZ=UTC", "NO_COLOR=1", "TERM=dumb", "PRCHECK_DRIVER=1",
	}
}

// spec is the sandbox of one process of the driver, with its arguments.
func (s *stage) spec(c call, dir string, argv ...string) sandbox.Spec {
	e, name := s.engine, s.outcome.Stage
	in := func(path string) string { return e.inside(name, path) }
	spec := sandbox.Spec{
		Argv: append([]string{
			// As the driver would start itself anew.
			e.Toolchain.Python, "-s", "-P", in(e.Layout.driverFile()),
		}, argv...),
		Env:       environment(e.Toolchain.Path),
		Dir:       in(dir),
		UID:       e.user(name),
		GID:       e.user(name),
		ReadPaths: slices.Concat(systemPaths, e.Toolchain.ReadPaths, []string{in(e.Layout.driverFile())}),
		Limits:    s.limits(),
		Lenient:   s.plan.Snapshot.SandboxLenient,
		Off:       e.Off,
	}
	spec.WritePaths = append(slices.Clone(everPaths), in(dir))
	for _, path := range c.read {
		spec.ReadPaths = append(spec.ReadPaths, in(path))
	}
	if !c.blind() {
		spec.ReadPaths = slices.Concat(spec.ReadPaths, s.stores(), e.Objects)
	}
	for _, path := range c.write {
		spec.WritePaths = append(spec.WritePaths, in(path))
	}
	if e.Toolchain.Root != "" {
		spec.Root = e.Toolchain.Root
		spec.Mounts = s.mounts(c, dir)
	}
	return spec
}

// mounts shows the tool exactly what it may use.
func (s *stage) mounts(c call, dir string) []sandbox.Mount {
	e, name := s.engine, s.outcome.Stage
	mounts := []sandbox.Mount{}
	add := func(path string, readOnly bool) {
		mounts = append(mounts, sandbox.Mount{Source: path, Target: e.inside(name, path), ReadOnly: readOnly})
	}
	if !c.blind() {
		for _, dir := range slices.Concat(s.stores(), e.Objects) {
			mounts = append(mounts, sandbox.Mount{Source: dir, Target: dir, ReadOnly: true})
		}
	}
	if e.Trust.Folders {
		add(e.Layout.Root, false)
		for _, path := range c.write {
			if _, ok := below(e.Layout.Root, path); !ok {
				add(path, false)
			}
		}
		return append(mounts, sandbox.Mount{Source: dir, Target: e.inside(name, dir)})
	}
	add(e.Layout.driverFile(), true)
	for _, path := range c.read {
		add(path, true)
	}
	for _, path := range append(slices.Clone(c.write), dir) {
		add(path, false)
	}
	// A folder before what lies in it.
	slices.SortStableFunc(mounts, func(a, b sandbox.Mount) int { return strings.Compare(a.Target, b.Target) })
	return mounts
}
