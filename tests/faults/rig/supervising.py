"""The supervisor of a stack that can be broken: each service may be ordered to die, and a proxy may stand in between.

It writes down the end of every child as its parent is told of it. `--proxied` puts the proxy between services and
PostgreSQL, Kafka (which then advertises the proxy's address), SMTP and receivers of webhooks.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])

from rig.deaths import Deaths
from rig.orders import FOLDER, PROCESS
from rig.places import CONTROL, PROXIED, deaths_file, links, orders_folder

from guildhall_local import children, stack, watched
from guildhall_local.instance import HOST, PROJECT, Instance
from guildhall_local.obstacle import Obstacle
from guildhall_local.processes import broker
from guildhall_local.processes import stack as whole_stack
from guildhall_local.spec import ProcessSpec, listens

ARMED = Path(__file__).parent / "armed.py"
PROXY = Path(__file__).parent / "proxy.py"
STEADY_AFTER = 0.0
"""Every fault is to be the first one of its process: what crashed before it must not slow the restart down, even where
it dies as soon as it is ready."""


def specs(instance: Instance, *, proxied: bool) -> list[ProcessSpec]:
    listed = [_armed(instance, spec) for spec in whole_stack(instance)]
    return [_proxy(instance), *(_behind_the_proxy(instance, spec) for spec in listed)] if proxied else listed


def _armed(instance: Instance, spec: ProcessSpec) -> ProcessSpec:
    """A service's process under orders; tasks and what is not ours stay as they are."""
    if spec.ready is None or not spec.name.endswith(("-serve", "-work")):
        return spec
    python, _, *module = spec.command
    orders = {FOLDER: str(orders_folder(instance)), PROCESS: spec.name}
    return replace(spec, command=(python, str(ARMED), *module), environment={**spec.environment, **orders})


def _proxy(instance: Instance) -> ProcessSpec:
    ways = [f"{link.name}={link.listens}:{link.to}" for link in links(instance)]
    return ProcessSpec(
        name="proxy",
        command=(sys.executable, str(PROXY), str(instance.port_base + CONTROL), *ways),
        environment={},
        folder=PROJECT,
        ready=listens(instance.port_base + CONTROL),
    )


def _behind_the_proxy(instance: Instance, spec: ProcessSpec) -> ProcessSpec:
    if spec.name == "kafka":
        prepare = partial(_advertise_the_proxy, instance, spec.prepare)
        return replace(spec, prepare=prepare, needs=(*spec.needs, "proxy"))
    if not spec.name.endswith(("-serve", "-work")):
        return spec
    told = dict(spec.environment)
    for link in links(instance):
        for name in (name for name in link.told_by if name in told):
            told[name] = told[name].replace(f"{HOST}:{link.to}", f"{HOST}:{link.listens}")
            told[name] = str(link.listens) if told[name] == str(link.to) else told[name]
    return replace(spec, environment=told, needs=(*spec.needs, "proxy"))


def _advertise_the_proxy(instance: Instance, prepare: Callable[[], None] | None) -> None:
    if prepare is not None:
        prepare()
    one = broker(instance)
    [link] = [link for link in links(instance) if link.name == "kafka"]
    settings = one.settings() | {"advertised.listeners": f"PLAINTEXT://{HOST}:{link.listens}"}
    one.settings_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))


def main() -> None:
    instance = Instance()
    deaths = Deaths(deaths_file(instance))
    children.start = deaths.start
    watched.STEADY_AFTER = STEADY_AFTER
    try:
        stack.run(instance, partial(specs, proxied=PROXIED in sys.argv), deaths.look)
    except Obstacle as obstacle:
        sys.exit(str(obstacle))


if __name__ == "__main__":
    main()
