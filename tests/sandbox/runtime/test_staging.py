from __future__ import annotations

import asyncio
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from reviewapps.sandbox.cloudfoundry.runtime import Staged, StagingFailed, run_task, stage
from tests.sandbox.runtime.world import Said, gone, package, until

COMPILE_FAILED = "BuildpackCompileFailed - App staging failed in the buildpack compile phase"
NO_APP_DETECTED = "NoAppDetectedError - An app was not successfully detected by any available buildpack"

PROCFILE = {"Procfile": "web: python app.py\n", "app.py": "print('hello')"}


@dataclass
class Build:
    """One try to stage some files."""

    folder: Path
    files: Mapping[str, str | bytes]
    buildpacks: Sequence[str] = ()
    env: Mapping[str, str] | None = None
    timeout: float = 60
    links_packages: bool = False

    def __post_init__(self) -> None:
        self.said = Said()
        self.droplet = self.folder / "droplet.tgz"
        self.workdir = self.folder / "work"

    async def staged(self) -> Staged:
        return await stage(
            package(self.folder, self.files),
            self.droplet,
            buildpacks=self.buildpacks,
            env=self.env or {},
            workdir=self.workdir,
            log=self.said,
            timeout=self.timeout,
            links_packages=self.links_packages,
        )

    def run(self) -> Staged:
        return asyncio.run(self.staged())

    def fails(self) -> str:
        with pytest.raises(StagingFailed) as failed:
            self.run()
        assert not self.droplet.exists()
        return failed.value.error

    def output_of(self, command: str) -> str:
        """What ``command`` prints in the droplet."""
        said, folder = Said(), self.folder / "task"
        asyncio.run(run_task(command, self.droplet, env={}, folder=folder, log=said, started=lambda: None))
        return said.text


def wheel(folder: Path) -> Path:
    """A package named greet, with the command greet."""
    path = folder / "greet-1.0-py3-none-any.whl"
    info = "greet-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("greet.py", "def main():\n    print('greetings')\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: greet\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", "[console_scripts]\ngreet = greet:main\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def test_a_small_app_stages_and_downloads_nothing(tmp_path: Path) -> None:
    build = Build(
        tmp_path, {**PROCFILE, "requirements.txt": "# nothing\n\n--index-url https://nowhere.invalid\n"}
    )

    staged = build.run()

    assert staged == Staged({"web": "python app.py"}, [("python_buildpack", "python")])
    assert "-----> Python Buildpack" in build.said.text
    assert "Pip" not in build.said.text
    assert list(build.workdir.iterdir()) == []
    with tarfile.open(build.droplet) as archive:
        assert "./app/app.py" in archive.getnames()


@pytest.mark.parametrize(
    ("files", "buildpack", "web"),
    [
        ({"requirements.txt": ""}, "python_buildpack", None),
        ({"setup.cfg": "", **PROCFILE}, "python_buildpack", "python app.py"),
        ({"pyproject.toml": "[tool.ruff]\n", "Procfile": "web:  x  \nworker: y"}, "python_buildpack", "x"),
        ({"Staticfile": ""}, "staticfile_buildpack", 'python -I "$DEPS_DIR/0/static_files.py"'),
        ({"index.html": ""}, "staticfile_buildpack", 'python -I "$DEPS_DIR/0/static_files.py"'),
        ({"Staticfile": "", "package.json": "{}"}, "staticfile_buildpack", None),
        ({"package.json": "{}", "index.html": ""}, "nodejs_buildpack", "npm start"),
        ({"package.json": "{}", "Procfile": "web: node ."}, "nodejs_buildpack", "node ."),
        ({"Procfile": "web: ./shop"}, "binary_buildpack", "./shop"),
    ],
)
def test_the_files_of_an_app_tell_its_buildpack(
    tmp_path: Path, files: dict[str, str | bytes], buildpack: str, web: str | None
) -> None:
    staged = Build(tmp_path, files).run()

    assert [name for name, _ in staged.buildpacks] == [buildpack]
    assert web is None or staged.process_types["web"] == web


def test_an_app_that_no_buildpack_knows_is_not_built(tmp_path: Path) -> None:
    assert Build(tmp_path, {"README": "", "Procfile": "worker: x"}).fails() == NO_APP_DETECTED


def test_a_named_buildpack_is_obeyed(tmp_path: Path) -> None:
    staged = Build(tmp_path, PROCFILE, ["binary_buildpack"]).run()

    assert staged.buildpacks == [("binary_buildpack", "binary")]


def test_all_buildpacks_supply_and_the_last_has_the_last_word_on_what_runs(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"package.json": "{}", "requirements.txt": "", "Procfile": "clock: date"}
    node, python = "nodejs_buildpack", "python_buildpack"

    last_is_node = Build(tmp_path, files, [python, node]).run()
    last_is_python = Build(tmp_path, files, [node, python]).run()

    assert last_is_node == Staged(
        {"web": "npm start", "clock": "date"}, [(python, "python"), (node, "nodejs")]
    )
    assert last_is_python == Staged({"clock": "date"}, [(node, "nodejs"), (python, "python")])
    with tarfile.open(tmp_path / "droplet.tgz") as archive:
        assert {"./profile.d/0.sh", "./profile.d/1.sh"} <= set(archive.getnames())


def test_a_buildpack_that_would_have_to_be_fetched_fails_the_build(tmp_path: Path) -> None:
    build = Build(tmp_path, PROCFILE, ["https://example.org/cobol.git"])

    assert build.fails() == "StagingError - Staging error: staging failed"
    assert ("ERR", "Failed to clone git repository at https://example.org/cobol.git") in build.said.lines


def test_required_packages_are_there_when_the_app_runs(tmp_path: Path) -> None:
    wheel(tmp_path)
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    build = Build(tmp_path, {**PROCFILE, "requirements.txt": "greet==1.0\n"}, env=env)

    build.run()

    assert "-----> Running Pip Install" in build.said.text
    assert (
        build.output_of("python -c 'import greet; greet.main()'; greet").splitlines()[:2] == ["greetings"] * 2
    )


def test_where_asked_for_packages_of_this_machine_are_linked_and_no_others_seen(tmp_path: Path) -> None:
    asked = {
        "requirements.txt": "-r more.txt\nabsent-thing; python_version < '3'\n",
        "more.txt": "kombu>=5 \\\n  # x\n",
    }
    build = Build(tmp_path, {**PROCFILE, **asked}, links_packages=True)
    build.run()
    assert "packages of this machine are linked" in build.said.text
    found = "import importlib.util as u; print([bool(u.find_spec(n)) for n in ('kombu', 'vine', 'celery')])"
    assert build.output_of(f'python -c "{found}"').startswith("[True, True, False]")

    build.droplet.unlink()
    wanting = Build(tmp_path, {**PROCFILE, "requirements.txt": "kombu<5\n"}, links_packages=True)
    wanting.env = {"PIP_NO_INDEX": "1"}
    wanting.fails()
    assert "Not installed on this machine: kombu<5" in wanting.said.text


def test_the_packages_of_a_pipfile_are_installed(tmp_path: Path) -> None:
    wheel(tmp_path)
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    build = Build(tmp_path, {"Pipfile": '[packages]\ngreet = {version = ">=1.0"}\n'}, env=env)

    build.run()

    assert build.output_of("greet").startswith("greetings")


def test_a_broken_requirement_fails_the_build_with_pips_words_in_the_log(tmp_path: Path) -> None:
    build = Build(tmp_path, {**PROCFILE, "requirements.txt": "no such thing\n"})

    assert build.fails() == COMPILE_FAILED
    assert "Invalid requirement" in build.said.text
    assert "Failed to run all supply scripts: exit status 1" in build.said.text


@pytest.mark.skipif(not find_spec("setuptools"), reason="pip would have to download setuptools")
def test_a_syntax_error_in_setup_fails_the_build(tmp_path: Path) -> None:
    build = Build(
        tmp_path, {"setup.py": "from setuptools import setup\nsetup(\n"}, env={"PIP_NO_BUILD_ISOLATION": "0"}
    )

    assert build.fails() == COMPILE_FAILED
    assert "SyntaxError" in build.said.text


def test_an_unreadable_pyproject_fails_the_build(tmp_path: Path) -> None:
    build = Build(tmp_path, {"pyproject.toml": "[project"})

    assert build.fails() == COMPILE_FAILED
    assert "pyproject.toml: " in build.said.text


def test_an_app_may_do_work_of_its_own_while_it_is_built(tmp_path: Path) -> None:
    build = Build(
        tmp_path,
        {**PROCFILE, "bin/post_compile": 'echo "made with $COLOUR" > made.txt'},
        env={"COLOUR": "red"},
    )

    build.run()

    assert "-----> Running bin/post_compile" in build.said.text
    assert build.output_of("cat made.txt").startswith("made with red")


def test_a_failing_hook_fails_the_build(tmp_path: Path) -> None:
    build = Build(tmp_path, {**PROCFILE, "bin/pre_compile": "echo no paint left >&2\nexit 14\n"})

    assert build.fails() == COMPILE_FAILED
    assert ("ERR", "       no paint left") in build.said.lines
    assert "exit status 14" in build.said.text


def test_a_build_sees_its_own_environment_and_nothing_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THIS_MACHINE", "1")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    build = Build(tmp_path, {**PROCFILE, "bin/pre_compile": "env"}, env={"COLOUR": "red"})

    build.run()

    assert "COLOUR=red" in build.said.text
    assert "HTTPS_PROXY=http://proxy.invalid:3128" in build.said.text
    assert "SECRET_OF_THIS_MACHINE" not in build.said.text


def test_a_build_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    build = Build(tmp_path, {**PROCFILE, "bin/pre_compile": "sleep 600"}, timeout=0.3)

    assert build.fails() == "StagingTimeExpired - Staging time expired: staging failed"
    assert list(build.workdir.iterdir()) == []


def test_a_cancelled_build_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    async def story() -> None:
        build = Build(tmp_path, {**PROCFILE, "bin/pre_compile": "sleep 600 & echo child:$!; wait"})
        task = asyncio.create_task(build.staged())
        await until(lambda: "child:" in build.said.text, "the child's id")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await gone(build.said.text.partition("child:")[2])
        assert list(build.workdir.iterdir()) == []

    asyncio.run(story())


def test_a_package_that_is_no_zip_fails_the_build(tmp_path: Path) -> None:
    build = Build(tmp_path, {})

    async def staged() -> Staged:
        (tmp_path / "text.zip").write_text("no zip")
        return await stage(
            tmp_path / "text.zip", build.droplet, buildpacks=[], env={}, workdir=build.workdir, log=build.said
        )

    with pytest.raises(StagingFailed, match="StagingError"):
        asyncio.run(staged())
