"""How one joins a network: by its own policy, else by the nearest above it that has one, else as its kind is joined."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from membership_service.networks.model import Network
from servicekit.problem import Invalid, PreconditionFailed

OPEN, BY_APPROVAL, BY_INVITATION, BY_DOMAIN = "open", "by-approval", "by-invitation", "by-domain"
POLICIES = (OPEN, BY_APPROVAL, BY_INVITATION, BY_DOMAIN)
MOST_DOMAINS = 20

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])")
_PUBLIC = """
    aol.com btinternet.com gmail.com gmx.com googlemail.com hotmail.co.uk hotmail.com icloud.com live.co.uk live.com
    mail.com me.com msn.com outlook.com proton.me protonmail.com sky.com yahoo.co.uk yahoo.com
"""
PUBLIC = frozenset(_PUBLIC.split())
"""Domains at which anybody has an address."""
EVERY_TRUSTS = frozenset({"nhs.net", "nhs.uk"})
"""Domains of the whole service: an address there says nothing about where somebody works."""


class DomainRefused(Invalid):
    code = "domain-refused"
    title = "An address at this domain does not show who belongs here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a network is joined. version: 0 until its leads have said so."""

    network_id: UUID
    policy: str
    domains: tuple[str, ...] = ()
    version: int = 0
    set_by: UUID | None = None
    set_at: datetime | None = None

    def changed(
        self,
        network: Network,
        *,
        policy: str,
        domains: Sequence[str],
        expected_version: int,
        by: UUID | None,
        at: datetime,
    ) -> "Policy":
        """The network's policy from now on. self: the one that is its own, if any, else version 0."""
        if expected_version != self.version:
            raise PreconditionFailed(
                f"You have changed version {expected_version}, but version {self.version} is there by now:"
                " read it again.",
                version=self.version,
            )
        return replace(
            self,
            policy=policy,
            domains=checked_domains(network, policy, domains),
            version=self.version + 1,
            set_by=by,
            set_at=at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """The policy that holds at a network, and where it came from."""

    network: Network
    policy: Policy
    source: Network | None
    """The network whose leads set it: this one, or one above. None: nobody has, and it is as its kind is joined."""

    @property
    def own_version(self) -> int:
        """Of this network's own policy; 0 while it follows another."""
        return self.policy.version if self.source is not None and self.source.id == self.network.id else 0


def usual(network: Network) -> Policy:
    """As a network is joined about which nobody has said anything: groups are by invitation, others by approval."""
    return Policy(network_id=network.id, policy=BY_INVITATION if network.kind == "group" else BY_APPROVAL)


def holding(network: Network, found: Sequence[tuple[Policy, Network]]) -> Joining:
    """found: policies that are set at this network and above it. A group lies across the tree, and follows none."""
    nearest: tuple[Policy, Network] | None = None
    for policy, source in found:
        counts = source.id == network.id or (source.covers(network.path) and network.kind != "group")
        if counts and (nearest is None or len(source.path) > len(nearest[1].path)):
            nearest = policy, source
    if nearest is None:
        return Joining(network=network, policy=usual(network), source=None)
    return Joining(network=network, policy=nearest[0], source=nearest[1])


def checked_domains(network: Network, policy: str, domains: Sequence[str]) -> tuple[str, ...]:
    """Domains as they are compared. Raises DomainRefused, whose words say what is expected."""
    if policy != BY_DOMAIN:
        if domains:
            raise DomainRefused(f"Domains belong to the policy {BY_DOMAIN}: leave them out, or choose that one.")
        return ()
    plain = tuple(sorted({domain.strip().casefold().rstrip(".") for domain in domains}))
    if not plain:
        raise DomainRefused("Name at least one domain, such as rwp.nhs.uk.")
    for domain in plain:
        _check_domain(network, domain)
    return plain


def _check_domain(network: Network, domain: str) -> None:
    if len(domain) > 253 or not _DOMAIN.fullmatch(domain):
        raise DomainRefused(f"{domain} is no domain: name the part of an address after the @, such as rwp.nhs.uk.")
    if domain in PUBLIC:
        raise DomainRefused(f"Anybody can have an address at {domain}: name a domain of the organisation's own.")
    if domain in EVERY_TRUSTS and network.kind != "national":
        raise DomainRefused(
            f"{domain} is used in every trust: an address there does not show that somebody belongs to {network.name}."
        )
