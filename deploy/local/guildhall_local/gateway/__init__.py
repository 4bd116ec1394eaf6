"""The gateway: Envoy, and the files that it reads, made from the templates and tables in deploy/gateway."""

from guildhall_local.gateway.check import check
from guildhall_local.gateway.envoy import Gateway, await_ready, running
from guildhall_local.gateway.render import render

__all__ = ["Gateway", "await_ready", "check", "render", "running"]
