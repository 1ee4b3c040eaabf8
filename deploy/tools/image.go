package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// checkImage makes what the Dockerfile makes, without Docker: the context that
// .dockerignore leaves, the build command run there, the last stage put
// together in a folder. That folder is then the whole world of the program,
// which runs as the image's user and can write nowhere.
func checkImage(ctx context.Context, root string) (string, error) {
	if os.Geteuid() != 0 {
		return "", fmt.Errorf("%w: only root can make a folder somebody's whole world", errSkipped)
	}
	text, err := os.ReadFile(filepath.Join(root, dockerfile))
	if err != nil {
		return "", err
	}
	stages, err := stagesOf(text)
	if err != nil {
		return "", err
	}
	work, err := os.MkdirTemp("", "image")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	// The program stays: what is up to date is not linked again.
	build := builder{context: filepath.Join(work, "context"), image: filepath.Join(work, "image"), out: filepath.Join(root, ".cache/deploy/out")}
	if err := buildContext(root, build.context); err != nil {
		return "", err
	}
	if err := build.compile(ctx, stages[0]); err != nil {
		return "", err
	}
	if err := build.assemble(stages[len(stages)-1]); err != nil {
		return "", err
	}
	return build.try(ctx, stages[len(stages)-1])
}

// buildContext copies what .dockerignore leaves of the repository.
func buildContext(root, to string) error {
	file, err := os.Open(filepath.Join(root, ".dockerignore"))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	patterns, err := ignorefile.ReadAll(file)
	if err != nil {
		return err
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name == ".git" || name == ".cache" || name == "bin"):
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		ignored, err := matcher.MatchesOrParentMatches(name)
		if err != nil || ignored {
			return err
		}
		return copyFile(path, filepath.Join(to, name), 0o644)
	})
}

func copyFile(from, to string, mode fs.FileMode) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, mode)
}

// builder has the folders of a build.
type builder struct{ context, out, image string }

const checkVersion = "v0.0.0-check"

// compile runs the build stage's one command in the context.
func (b builder) compile(ctx context.Context, stage instructions.Stage) error {
	runs := find[*instructions.RunCommand](stage)
	if len(runs) != 1 {
		return fmt.Errorf("the build stage runs %d commands", len(runs))
	}
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return err
	}
	line := strings.ReplaceAll(strings.Join(runs[0].CmdLine, " "), "/out/", b.out+"/")
	command := exec.CommandContext(ctx, "sh", "-c", line)
	command.Dir = b.context
	command.Env = append(os.Environ(), "GOFLAGS=", "TARGETOS=linux", "TARGETARCH="+runtime.GOARCH, "VERSION="+checkVersion)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("the build stage: %w\n%s", err, out)
	}
	return nil
}

// assemble puts the last stage's files together.
func (b builder) assemble(stage instructions.Stage) error {
	for _, c := range find[*instructions.CopyCommand](stage) {
		if len(c.SourcePaths) != 1 {
			return fmt.Errorf("COPY %v: copy one thing at a time", c.SourcePaths)
		}
		from, to := c.SourcePaths[0], filepath.Join(b.image, c.DestPath)
		var err error
		switch inner, built := strings.CutPrefix(from, "/out/"); {
		case built:
			err = copyFile(filepath.Join(b.out, inner), to, 0o755)
		case c.From != "":
			err = copyFile(from, to, 0o644) // of the base image; this machine's stands in
		default:
			err = os.CopyFS(to, os.DirFS(filepath.Join(b.context, from)))
		}
		if err != nil {
			return err
		}
	}
	return os.Chmod(b.image, 0o755)
}

// trial is a command that the image is asked to run.
type trial struct {
	args []string
	code int
	says string // somewhere in what it says
}

func trials() []trial {
	return []trial{
		{[]string{"version"}, 0, "outreach " + checkVersion + " "},
		{[]string{"check", "rules"}, 0, ""},
		{[]string{"health", "--live", "--admin", "127.0.0.1:1"}, 1, "is it running"},
		{[]string{"rules", "load", "--store", "/outreach/new.db"}, 1, "new.db"},
	}
}

// try runs the image's program as the image would.
func (b builder) try(ctx context.Context, stage instructions.Stage) (string, error) {
	entry := find[*instructions.EntrypointCommand](stage)
	workdir := find[*instructions.WorkdirCommand](stage)
	if len(entry) != 1 || len(workdir) != 1 {
		return "", errors.New("the image has no one ENTRYPOINT and WORKDIR")
	}
	before, err := listing(b.image)
	if err != nil {
		return "", err
	}
	for _, t := range trials() {
		command := exec.CommandContext(ctx, entry[0].CmdLine[0], t.args...)
		command.Dir, command.Env = workdir[0].Path, []string{}
		command.SysProcAttr = &syscall.SysProcAttr{Chroot: b.image, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		out, err := command.CombinedOutput()
		if command.ProcessState == nil {
			return "", err
		}
		if code := command.ProcessState.ExitCode(); code != t.code || !bytes.Contains(out, []byte(t.says)) {
			return "", fmt.Errorf("outreach %s: ends with %d and not %d, and says\n%s", strings.Join(t.args, " "), code, t.code, out)
		}
	}
	after, err := listing(b.image)
	if err != nil {
		return "", err
	}
	if !slices.Equal(before, after) {
		return "", fmt.Errorf("the program wrote files: %v", after)
	}
	return fmt.Sprintf("built from the context that .dockerignore leaves; %d files; runs with nothing else, as nobody, writing nothing", len(after)), nil
}

// listing gives the files of a folder.
func listing(dir string) (names []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, path)
		}
		return err
	})
	return names, err
}
