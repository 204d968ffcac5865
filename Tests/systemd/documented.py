"""The blocks of the documentation that are run on a real systemd, as a reader would run them."""

from __future__ import annotations

from support import Failure, package
from world import World

from pages import Block, all_blocks  # noqa: E402  (its path is set by support)

TOOLS = "/opt/test-tools"
EXPORTER = "/etc/systemd/system/exchange-clock-exporter.service.d/override.conf"


def blocks(last: bool = False) -> list[Block]:
    """Those marked so, in the order of the pages; last: those that end with the package gone."""
    return [
        block for block in all_blocks()
        if block.mark == "run" and block.word == ("container, last" if last else "container")
    ]


class Reader:
    """Somebody with a shell in the container, in a directory like the tree's."""

    def __init__(self, world: World) -> None:
        self._world = world
        deb = package()
        assert deb is not None
        tools = {
            # There is no other user to become, and nothing that could be built in there.
            "sudo": '#!/bin/sh\nexec "$@"\n',
            "make": "#!/bin/sh\nexit 0\n",
            # What the operator would write: where the exchanges of this container are.
            "editor": f'#!/bin/sh\ncat > "$1" <<END\n{world.configuration(world.exchanges)}END\n',
        }
        for name, text in tools.items():
            world.container.write(f"{TOOLS}/{name}", text)
        world.run(
            f"chmod 755 {TOOLS}/*; mkdir -p /opt/tree/.build && ln -sfn {deb.parent} /opt/tree/.build/deb")

    def run(self, block: Block) -> None:
        if block.language == "ini":
            # The only one is a drop-in of the exporter's.
            assert "exchange-clock-exporter" in block.text
            self._world.container.write(EXPORTER, block.text)
            self._world.run(
                "systemctl daemon-reload && systemctl restart exchange-clock-exporter"
                " && systemctl is-active exchange-clock-exporter")
            return
        self._world.container.write("/opt/block.sh", "set -e\n" + block.text)
        command = f"cd /opt/tree && USER=member PATH={TOOLS}:$PATH bash /opt/block.sh"
        try:
            self._world.run(command, timeout=300)
        except Failure as failure:
            raise Failure(f"{block.place}: {failure}") from None
