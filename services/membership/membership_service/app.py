"""Membership's HTTP side: who belongs where, and who may do what."""

from pathlib import Path

from fastapi import FastAPI

import access
from access import held
from membership_service import reference
from membership_service.agreements import api as agreements
from membership_service.changes import api as changes
from membership_service.consents import api as consents
from membership_service.consumers import CONSUMERS
from membership_service.directory import api as directory
from membership_service.erasures import api as erasures
from membership_service.grants import api as grants
from membership_service.held import HELD
from membership_service.history import api as history
from membership_service.identities import api as identities
from membership_service.imports import api as imports
from membership_service.invitations import api as invitations
from membership_service.joining import api as joining
from membership_service.memberships import api as memberships
from membership_service.networks import api as networks
from membership_service.people import api as people
from membership_service.settings import MembershipSettings

HERE = Path(__file__).parent
SCHEMA = access.schema(own=HERE / "migrations", projection=HERE / "projections")
ROUTERS = [
    changes.router,  # before the networks', where `changes` would be taken for an id
    networks.router,
    people.router,
    identities.router,
    memberships.router,
    memberships.own,
    history.router,
    directory.router,
    directory.own,
    joining.router,
    joining.own,
    invitations.router,
    invitations.own,
    grants.router,
    agreements.router,
    consents.own,
    consents.router,
    imports.router,
    erasures.own,
    erasures.of_people,
    erasures.router,
    held.routes(HELD, own="/api/v1/me/held", of_person="/api/v1/people/{person_id}/held", tag="held"),
]


def create_app(settings: MembershipSettings) -> FastAPI:
    """Raises ReferenceMissing where the process could not serve."""
    job_roles = reference.read_job_roles(settings.reference_dir)

    def prepare(app: FastAPI) -> None:
        app.state.job_roles = job_roles

    return access.application(
        title="membership",
        settings=settings,
        schema=SCHEMA,
        consumers=CONSUMERS,
        routers=ROUTERS,
        body_limits=imports.LIMITS,
        prepare=prepare,
    )
