"""What can be asked of each report: the same parameters for a page, an export and a schedule."""

from datetime import date
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from analytics_service.counting.funnels import By
from analytics_service.reports.model import Step
from analytics_service.reports.peers_views import Among
from analytics_service.reports.table import AsOf

Name = TypeVar("Name", bound=str)
Parameters = TypeVar("Parameters", bound=BaseModel)


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)


class AskedOfNetwork(Asked):
    network: UUID


class AskMembers(AskedOfNetwork):
    on: date | None = None
    """Today where none is given."""
    as_of: AsOf = Field(default=AsOf.THEN, alias="as")


class AskActivity(AskMembers):
    """The 90 days end with `on`."""


class AskCoverage(AskedOfNetwork):
    first: date = Field(alias="from")
    to: date | None = None
    step: Step = Step.MONTH
    as_of: AsOf = Field(default=AsOf.THEN, alias="as")


class AskRetention(AskedOfNetwork):
    first: date | None = Field(default=None, alias="from")
    """Any day of the first month of joining; two years back where none is given."""
    to: date | None = None
    as_of: AsOf = Field(default=AsOf.THEN, alias="as")


class AskPeriod(AskedOfNetwork):
    first: date | None = Field(default=None, alias="from")
    """A quarter of a year back where none is given."""
    to: date | None = None
    by: By = "network"
    as_of: AsOf = Field(default=AsOf.THEN, alias="as")


class AskEventFunnel(Asked):
    event: UUID
    by: By = "network"
    as_of: AsOf = Field(default=AsOf.THEN, alias="as")


class AskPeers(AskedOfNetwork):
    among: Among = "region"
    on: date | None = None


class AskedFor(BaseModel, Generic[Name, Parameters]):
    """A report by its name, with what is asked of it."""

    model_config = ConfigDict(extra="forbid")

    report: Name
    parameters: Parameters
