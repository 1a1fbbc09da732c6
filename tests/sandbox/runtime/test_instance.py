from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path

import pytest

from reviewapps.sandbox.cloudfoundry.runtime import HealthCheck, ports
from reviewapps.sandbox.cloudfoundry.runtime.instance import pause_before_restart
from tests.sandbox.runtime.world import HELLO, Container, gone, until

PORT = HealthCheck(type="port")


def test_an_app_starts_and_is_running(tmp_path: Path) -> None:
    async def story() -> None:
        async with Container(tmp_path, "python app.py", {"app.py": HELLO}, health=PORT) as container:
            await container.running()
            assert container.seen.states == ["STARTING", "RUNNING"]

    asyncio.run(story())


def test_an_instance_runs_in_the_event_loop_of_any_thread(tmp_path: Path) -> None:
    states: list[str] = []

    async def story() -> None:
        async with Container(tmp_path, "exit 0") as container:
            await until(lambda: container.seen.crashes, "the end of the command")
            states.extend(container.seen.states)

    thread = threading.Thread(target=lambda: asyncio.run(story()))
    thread.start()
    thread.join(10)

    assert "CRASHED" in states


def test_a_container_has_the_environment_of_cloud_foundry_and_nothing_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THIS_MACHINE", "1")

    async def story() -> None:
        env = {"GREETING": "hello"}
        async with Container(tmp_path, "env; echo end of env; exec sleep 60", index=2, env=env) as container:
            await container.says("end of env")
            instance = container.instance
            said = dict(line.split("=", 1) for _, line in container.said.lines if "=" in line)

            assert said["GREETING"] == "hello"
            assert said["PORT"] == said["VCAP_APP_PORT"] == said["CF_INSTANCE_PORT"] == str(instance.port)
            assert said["CF_INSTANCE_ADDR"] == f"127.0.0.1:{instance.port}"
            assert said["CF_INSTANCE_INDEX"] == said["INSTANCE_INDEX"] == "2"
            assert said["CF_INSTANCE_GUID"] == said["INSTANCE_GUID"] == instance.guid
            assert (said["MEMORY_LIMIT"], said["USER"]) == ("64m", "vcap")
            assert said["HOME"] == said["PWD"] == str(container.folder / "app")
            assert Path(said["TMPDIR"]).is_dir()
            assert "SECRET_OF_THIS_MACHINE" not in said

    asyncio.run(story())


def test_output_is_logged_line_by_line_with_its_stream(tmp_path: Path) -> None:
    async def story() -> None:
        command = "echo one; echo two >&2; printf 'no newline'; exit 3"
        async with Container(tmp_path, command) as container:
            await container.says("Exit status 3")
            lines = container.said.lines
            assert ("OUT", "one") in lines
            assert ("ERR", "two") in lines
            assert lines.index(("OUT", "no newline")) < lines.index(("OUT", "Exit status 3"))

    asyncio.run(story())


def test_a_crash_says_how_the_process_ended(tmp_path: Path) -> None:
    async def story() -> None:
        async with Container(tmp_path, "kill -KILL $$") as container:
            await until(lambda: container.seen.crashes, "a crash")
            assert container.seen.crashes[0] == "APP/PROC/WEB: Exited with status 137"
            assert container.instance.exit_description == "APP/PROC/WEB: Exited with status 137"

    asyncio.run(story())


def test_a_crashing_app_is_started_again_three_times_at_once_and_then_has_to_wait(tmp_path: Path) -> None:
    async def story() -> None:
        async with Container(tmp_path, "exit 1") as container:
            await until(lambda: len(container.seen.crashes) == 4, "four crashes")
            assert container.seen.states.count("STARTING") == 4
            assert container.instance.state == "CRASHED"
            assert container.instance.port == 0

    asyncio.run(story())


def test_a_restart_waits_longer_after_every_further_crash(tmp_path: Path) -> None:
    async def story() -> None:
        async with Container(tmp_path, "exit 1", crash_pause=0.1) as container:
            await until(lambda: len(container.seen.crashes) == 6, "six crashes")
            fourth, fifth, sixth = container.seen.crashed_at[3:]
            assert fifth - fourth > 0.1
            assert sixth - fifth > 0.2

    asyncio.run(story())


def test_the_pause_before_a_restart_doubles_up_to_sixteen_minutes() -> None:
    assert [pause_before_restart(crashes) for crashes in range(1, 11)] == [
        0,
        0,
        0,
        30,
        60,
        120,
        240,
        480,
        960,
        960,
    ]


def test_an_app_that_listens_on_no_port_is_never_healthy(tmp_path: Path) -> None:
    async def story() -> None:
        check = HealthCheck(type="port", timeout=0.2)
        async with Container(tmp_path, "exec sleep 60", health=check) as container:
            await until(lambda: container.seen.crashes, "a crash")
            assert container.seen.crashes[0].startswith(
                "Instance never healthy after 0.2s: failed to make TCP"
            )
            assert "RUNNING" not in container.seen.states

    asyncio.run(story())


def test_an_http_check_takes_nothing_but_200(tmp_path: Path) -> None:
    async def story() -> None:
        check = HealthCheck(type="http", endpoint="/healthz", timeout=1)
        files = {"app.py": HELLO.replace("send_response(200)", "send_response(503)")}
        async with Container(tmp_path, "python app.py", files, health=check) as container:
            await until(lambda: container.seen.crashes, "a crash")
            assert "'/healthz'" in container.seen.crashes[0]
            assert container.seen.crashes[0].endswith("received status code 503")

    asyncio.run(story())


def test_an_app_that_answers_too_slowly_is_not_healthy(tmp_path: Path) -> None:
    slow = HELLO.replace("self.send_response(200)", "import time; time.sleep(60)")

    async def story() -> None:
        check = HealthCheck(type="http", timeout=1, invocation_timeout=0.1)
        async with Container(tmp_path, "python app.py", {"app.py": slow}, health=check) as container:
            await until(lambda: container.seen.crashes, "a crash")
            assert container.seen.crashes[0].endswith("timed out after 0.10 seconds")

    asyncio.run(story())


def test_a_running_app_is_routable_only_while_it_is_ready(tmp_path: Path) -> None:
    moody = HELLO.replace("send_response(200)", "send_response(200 if os.path.exists('ready') else 503)")

    async def story() -> None:
        ready = HealthCheck(type="http", interval=0.05)
        files = {"app.py": moody}
        async with Container(tmp_path, "python app.py", files, health=PORT, readiness=ready) as container:
            await container.running()
            assert not container.instance.routable
            (container.folder / "app" / "ready").touch()
            await until(lambda: container.instance.routable, "ready")
            (container.folder / "app" / "ready").unlink()
            await until(lambda: not container.instance.routable, "not ready")
            assert container.instance.state == "RUNNING"
            assert container.seen.crashes == []

    asyncio.run(story())


def test_a_running_app_that_no_longer_answers_crashes(tmp_path: Path) -> None:
    broken = HELLO.replace(
        "self.send_response(200)", "self.send_response(500 if os.path.exists('broken') else 200)"
    )

    async def story() -> None:
        check = HealthCheck(type="http", interval=0.05)
        async with Container(tmp_path, "python app.py", {"app.py": broken}, health=check) as container:
            await container.running()
            (container.folder / "app" / "broken").touch()
            await until(lambda: container.seen.crashes, "a crash")
            assert container.seen.crashes[0].startswith(
                "Instance became unhealthy: Liveness check unsuccessful"
            )

    asyncio.run(story())


def test_a_stopped_instance_leaves_nothing_behind(tmp_path: Path) -> None:
    async def story() -> None:
        async with Container(tmp_path, "sleep 600 & echo child $!; sleep 600") as container:
            await container.says("child ")
            (child,) = re.findall(r"child (\d+)", container.said.text)
        assert container.seen.states[-2:] == ["STOPPING", "DOWN"]
        assert container.seen.crashes == []
        assert not container.folder.exists()
        await gone(child)

    asyncio.run(story())


def test_what_a_shell_started_may_finish_its_work(tmp_path: Path) -> None:
    script = "trap 'echo finishing; exit 0' TERM; echo ready; while :; do sleep 0.02; done"

    async def story() -> None:
        async with Container(tmp_path, "sh work.sh & wait; true", {"work.sh": script}) as container:
            await container.says("ready")
            await container.instance.stop(grace=5)
            assert "finishing" in container.said.text

    asyncio.run(story())


def test_an_instance_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    async def story() -> None:
        async with Container(tmp_path, "trap '' TERM; echo ready; while :; do sleep 0.02; done") as container:
            await container.says("ready")
            await container.instance.stop(grace=0.1)
            assert container.instance.state == "DOWN"

    asyncio.run(story())


def test_an_instance_can_be_stopped_before_it_runs(tmp_path: Path) -> None:
    async def story() -> None:
        async with Container(tmp_path, "exec sleep 60") as container:
            await container.instance.stop()
            assert container.instance.state == "DOWN"
            assert not container.folder.exists()

    asyncio.run(story())


def test_a_droplet_that_cannot_be_unpacked_is_a_crash(tmp_path: Path) -> None:
    async def story() -> None:
        (tmp_path / "broken.tgz").write_text("no archive")
        async with Container(tmp_path, "true", packed=tmp_path / "broken.tgz") as container:
            await until(lambda: container.seen.crashes, "a crash")
            assert container.seen.crashes[0].startswith("failed to create container: ")

    asyncio.run(story())


def test_no_two_instances_get_the_same_port() -> None:
    taken = [ports.take() for _ in range(300)]
    for port in taken:
        ports.give_back(port)

    assert len(set(taken)) == 300
