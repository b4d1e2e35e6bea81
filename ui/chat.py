"""`goalcover chat`: serves the browser conversation on this machine."""

import ipaddress
import os
import shutil
import socket
from importlib import import_module
from pathlib import Path

from goalcover.agent.errors import InputError
from goalcover.ui.identity import USERS, way
from goalcover.ui.session import home


def serve(host: str, port: int, headless: bool) -> None:
    """Serves until interrupted. Raises InputError when the address cannot be used."""
    folder = home()
    # Chainlit reads these while it is imported, and writes its files there instead of into the working directory.
    os.environ["CHAINLIT_APP_ROOT"] = str(folder)
    os.environ["CHAINLIT_HOST"] = host
    os.environ["CHAINLIT_PORT"] = str(port)
    _furnish(folder)
    _check(host, port)
    from chainlit.cli import run_chainlit
    from chainlit.config import config

    config.run.headless = headless
    run_chainlit(str(Path(__file__).with_name("app.py")))


def _check(host: str, port: int) -> None:
    if not _is_loopback(host) and way() == "browser":
        raise InputError(
            f"--host {host} would let everybody in: set {USERS}='name=password;name=password' (or one of Chainlit's "
            "OAuth providers) so that people sign in, or use 127.0.0.1 with a tunnel such as `ssh -L`"
        )
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError(f"port {port} on {host} cannot be used ({error.strerror}): give another --port") from error


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _furnish(folder: Path) -> None:
    """Puts Chainlit's settings where it looks for them. The page behind "Readme" stands in the repository alone."""
    # Not importlib.resources: it refuses the placeholder that an editable install puts on the path.
    places = (Path(place) / "config.toml" for place in import_module("goalcover.chainlit").__path__)
    settings = next(place for place in places if place.is_file())
    looks = settings.with_name("public")
    readme = Path(__file__).parent.parent / "chainlit.md"
    try:
        (folder / ".chainlit").mkdir(parents=True, exist_ok=True)
        (folder / ".chainlit" / "config.toml").write_bytes(settings.read_bytes())
        shutil.copytree(looks, folder / "public", dirs_exist_ok=True)
        (folder / "chainlit.md").write_bytes(readme.read_bytes() if readme.is_file() else b"")
    except OSError as error:
        raise InputError(f"cannot write to {folder} ({error.strerror}), where the chat keeps its files") from error
