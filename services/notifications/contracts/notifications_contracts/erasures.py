"""Receipts: what notifications held about a person in a cell is gone."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from servicekit.contract import Fact, Signal


class ErasureCarriedOut(Signal):
    """It travels on the cell whose erasure it answers; membership holds it against what it waits for."""

    type: ClassVar[str] = "guildhall.notifications.erasure-carried-out.v1"

    erasure_id: Fact[UUID]
    at: Fact[AwareDatetime]

    @property
    def key(self) -> str:
        return str(self.erasure_id)

    @property
    def subject(self) -> str:
        return str(self.erasure_id)
