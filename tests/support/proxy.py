"""The nginx that is shipped, as Debian has it, in front of one or several APIs."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ops.local.processes import free_port

CONFIGURATION = Path(__file__).resolve().parents[2] / "docker" / "nginx.conf"


@contextmanager
def proxying(folder: Path, *servers: int, more: dict[str, str] | None = None) -> Generator[int]:
    """Its port. `servers`: those of the APIs; `more`: what else stands otherwise than shipped."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert nginx, "nginx is missing: apt-get install --no-install-recommends nginx-light"
    port = free_port()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = " ".join(f"{kind}_temp_path {folder / kind};" for kind in kinds)
    text = CONFIGURATION.read_text()
    changes = {
        "server 127.0.0.1:8000 ": " ".join(
            f"server 127.0.0.1:{each} max_fails=0;" for each in servers[:-1]
        )
        + f" server 127.0.0.1:{servers[-1]} ",
        "listen 8080": f"listen 127.0.0.1:{port}",
        "/tmp/analytics-nginx.pid": str(folder / "pid"),  # noqa: S108
        "http {": f"http {{ {folders}",
    }
    for shipped, here in (changes | (more or {})).items():
        assert text.count(shipped) == 1, shipped
        text = text.replace(shipped, here)
    (folder / "nginx.conf").write_text(text)
    command = [nginx, "-p", folder, "-c", folder / "nginx.conf", "-g", "daemon off;"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            yield port
        finally:
            process.terminate()
