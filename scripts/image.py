#!/usr/bin/env python3
"""Builds the image; where there is no engine, proves the Dockerfile's lines instead.

usage: scripts/image.py [PROFILE]    release, or dev, which shares what `make test` has built

Without an engine, the lines of the stage `build` are run as they stand, in a clean folder that holds what .dockerignore
lets through. What comes out is put into an empty root with nothing but the libraries that the last stage names, and
started there as the image's user: a binary that needs a shell, a library or a file beyond them does not start.
"""

import os
import shlex
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
BINARIES = ("rollcall", "rollcall-aggregator", "rollcall-fetcher")
# Of the machine's own variables, what finds compilers and registries, and how .ci/run builds.
KEPT = (
    *("PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "SSL_CERT_FILE", "http_proxy", "https_proxy", "no_proxy"),
    *("CARGO_INCREMENTAL", "CARGO_PROFILE_DEV_DEBUG", "CARGO_BUILD_JOBS"),
)


def fail(text):
    sys.exit(f"image: {text}")


def run(words, **how):
    ended = subprocess.run(words, text=True, stdin=subprocess.DEVNULL, **how)
    if ended.returncode != 0:
        said = f"\n{ended.stderr}" if ended.stderr else ""
        fail(f"{shlex.join(map(str, words))}: exit code {ended.returncode}{said}")
    return ended.stdout


def instructions(text):
    """The stages of a Dockerfile, each a list of (instruction, words as text); before the first FROM its arguments."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    stages = [[]]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            stages.append([])
        if name:
            stages[-1].append((name, rest.strip()))
    return stages


def is_ignored(path, patterns):
    """Whether .dockerignore keeps a path out: the last pattern that fits it, or a directory above it, decides."""
    ignored = False
    above = [str(parent) for parent in (path, *path.parents)]
    for pattern in patterns:
        kept = pattern.startswith("!")
        if any(fnmatchcase(part, pattern.lstrip("!")) for part in above if "/" not in part or "/" in pattern):
            ignored = not kept
    return ignored


def context(folder):
    """What the engine would be sent: the work tree without what git or .dockerignore ignores."""
    lines = (TOP / ".dockerignore").read_text().splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    known = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP, capture_output=True)
    for name in filter(None, known.split("\0")):
        path = Path(name)
        if not is_ignored(path, patterns) and (TOP / path).is_file():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / path, folder / path)


class Stage:
    """The stage `build`, carried out line by line; `/` of its paths is `root`, and `places` are elsewhere."""

    def __init__(self, root, sent, given, places):
        self.root, self.sent, self.given, self.places = root, sent, given, places
        self.variables = {name: os.environ[name] for name in KEPT if name in os.environ}
        self.work = root

    def place(self, path):
        return self.places.get(path) or (self.root / path.lstrip("/") if path.startswith("/") else self.work / path)

    def expand(self, text):
        for name, value in self.variables.items():
            text = text.replace("${" + name + "}", str(value))
        return text

    def carry_out(self, name, rest):
        print(f"{name} {rest}", flush=True)
        if name == "ARG":
            key, _, default = rest.partition("=")
            self.variables[key] = self.given.get(key, default)
        elif name == "ENV":
            key, _, value = rest.partition("=")
            value = self.expand(value)
            self.variables[key] = str(self.place(value)) if value.startswith("/") else value
        elif name == "WORKDIR":
            self.work = self.place(rest)
            self.work.mkdir(parents=True)
        elif name == "COPY":
            source, target = rest.split()
            source, target = self.sent / source, self.place(target)
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                target.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        elif name == "RUN":
            words = rest
            while words.startswith("--mount"):
                words = words.partition(" ")[2].lstrip()
            run(["sh", "-c", words], cwd=self.work, env=self.variables)
        elif name != "FROM":
            fail(f"this script does not know the instruction {name}; teach it, or leave it out of the Dockerfile")


def libraries(binary):
    """What the loader loads for a binary: name to path."""
    found = {}
    for line in run(["ldd", binary], capture_output=True).splitlines():
        words = line.split()
        if "=>" in words:
            found[words[0]] = words[words.index("=>") + 1]
        elif words and words[0].startswith("/"):
            found[Path(words[0]).name] = words[0]
    return found


def allowed(dockerfile):
    """The libraries that the last stage's base has, by the Dockerfile's own comment."""
    named = [line for line in dockerfile.splitlines() if line.startswith("# libraries: ")]
    return set(named[0].split()[2:]) if named else fail("the Dockerfile names no libraries")


def start(root, user, binaries):
    """Starts each binary as that user in a root that holds nothing but it and its libraries."""
    chroot = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if os.geteuid() != 0 or not chroot:
        print("image: not started in an empty root: that needs root, and chroot")
        return
    for name in BINARIES:
        words = [chroot, f"--userspec={user}", root, f"{binaries}{name}"]
        version = run([*words, "--version"], env={}, capture_output=True).strip()
        run([*words, "--help"], env={}, capture_output=True)
        print(f"image: {version} starts as {user} in an empty root")


def prove(profile):
    dockerfile = (TOP / "Dockerfile").read_text()
    arguments, build, last = instructions(dockerfile)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or TOP / "target").absolute()
    folder = target / "image"
    shutil.rmtree(folder, ignore_errors=True)
    sent = folder / "context"
    sent.mkdir(parents=True)
    context(sent)
    given = dict(rest.split("=", 1) for _, rest in arguments) | {"PROFILE": profile}
    stage = Stage(folder / "build", sent, given, {"/target": target})
    stage.root.mkdir()
    for name, rest in build:
        stage.carry_out(name, rest)

    said = dict(last)
    taken, binaries = said["COPY"].removeprefix("--from=build ").split()
    root = folder / "root"
    shutil.copytree(stage.place(taken), root / binaries.strip("/"))
    for name in BINARIES:
        needed = libraries(root / binaries.strip("/") / name)
        beyond = [each for each in needed if each not in allowed(dockerfile) and not each.startswith("ld-linux")]
        if beyond:
            fail(f"{name} needs {', '.join(beyond)}, which the last stage does not have")
        for path in map(Path, needed.values()):
            (root / path.relative_to("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, root / path.relative_to("/"))
    start(root, said["USER"], binaries)
    print(f"image: no engine; the Dockerfile's lines ran in {folder}")
    shutil.rmtree(folder)


def build_with_engine(profile):
    version = next(line for line in (TOP / "Cargo.toml").read_text().splitlines() if line.startswith("version = "))
    tag = "rollcall:" + version.split('"')[1]
    run(["docker", "build", "--build-arg", f"PROFILE={profile}", "--tag", tag, "."], cwd=TOP)
    for name in BINARIES:
        contained = ["docker", "run", "--rm", "--read-only", "--cap-drop=ALL", "--network=none", tag]
        print("image:", run([*contained, name, "--version"], capture_output=True).strip())
    print(f"image: {tag}")


def has_engine():
    return shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True).returncode == 0


if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else "release"
    (build_with_engine if has_engine() else prove)(wanted)
