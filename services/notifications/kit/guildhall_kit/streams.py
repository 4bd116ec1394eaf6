"""Follow a stream from where it was left, and hold what was kept against each day's signed manifest."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from guildhall_kit.manifests import Manifest, ManifestRefused, opened
from guildhall_kit.refusals import Refused
from guildhall_kit.signals import Signal
from guildhall_kit.store import Store, digest, line

PAGE = 200


class NotGiven(Refused):
    """Guildhall refused: `status`, its stable `code` such as `agreement-ended` or `gone`, and its words."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code = status, code


@dataclass(slots=True)
class Healed:
    """What holding a stream against its manifests has shown."""

    days: int = 0
    """Manifests that what is kept agrees with now."""
    found: list[int] = field(default_factory=list)
    """Positions that were missing or not as they should be, and are right now."""
    lost: list[str] = field(default_factory=list)
    """Days that could not be made whole any more: their signals are no longer given out."""


class Stream:
    """One agreement's stream.

    url: of the cell, such as https://guildhall.example/api/v1/cells/national. token: returns a bearer token that is
    valid now. http: a client of your own, with its proxies and timeouts.
    """

    def __init__(
        self,
        url: str,
        agreement_id: str,
        *,
        token: Callable[[], str],
        store: Store,
        http: httpx.Client | None = None,
    ) -> None:
        self._url, self._agreement, self._token, self._store = url.rstrip("/"), agreement_id, token, store
        self._http = http or httpx.Client(timeout=30)

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def pull(self) -> int:
        """Read on from where it was left, to the end; returns how many signals came.

        A page and its cursor are kept together, so whatever happens nothing is read twice or left out. Raises
        NotGiven, Tampered.
        """
        came = 0
        while True:
            cursor = self._store.mark(self._agreement, "cursor")
            items, following = self._page(cursor)
            self._store.keep(items, agreement_id=self._agreement, cursor=following)
            came += len(items)
            if len(items) < PAGE:
                return came

    def heal(self) -> Healed:
        """Hold what is kept against every manifest since the last time; fetch again what is missing or wrong.

        Raises ManifestRefused where a manifest does not hold; nothing later is looked at then.
        """
        healed = Healed()
        keys = self._get("/subscriptions/manifest-keys")
        for told in self._manifests():
            manifest = opened(told["signed"], keys, agreement_id=self._agreement)
            self._check_order(manifest)
            if self._prove(manifest, told["after"], healed):
                healed.days += 1
            self._store.set_mark(self._agreement, "proved", json.dumps({"day": manifest.day, "last": manifest.last}))
        return healed

    def _prove(self, manifest: Manifest, after: str, healed: Healed) -> bool:
        kept = self._store.lines(self._agreement, first=manifest.first, last=manifest.last)
        if _agrees(manifest, list(kept.values())):
            return True
        try:
            signals = self._between(manifest, after)
        except NotGiven as refusal:
            if refusal.code != "gone":
                raise
            healed.lost.append(manifest.day)
            return False
        lines = {signal.position: line(signal.position, signal.id, signal.sha256) for signal in signals}
        if not _agrees(manifest, list(lines.values())):
            raise ManifestRefused(f"what is given for {manifest.day} is not what its manifest says")
        self._store.replace(signals, agreement_id=self._agreement, first=manifest.first, last=manifest.last)
        healed.found += [place for place, text in lines.items() if place is not None and kept.get(place) != text]
        return True

    def _check_order(self, manifest: Manifest) -> None:
        proved = self._store.mark(self._agreement, "proved")
        if proved is not None and manifest.first != json.loads(proved)["last"] + 1:
            raise ManifestRefused(f"the manifest of {manifest.day} does not go on where the one before ended")

    def _between(self, manifest: Manifest, after: str) -> list[Signal]:
        """All from the manifest's first to its last."""
        found: list[Signal] = []
        while True:
            items, after = self._page(after)
            found += [item for item in items if item.position is not None and item.position <= manifest.last]
            if len(items) < PAGE or len(found) >= manifest.count:
                return found

    def _page(self, after: str | None) -> tuple[list[Signal], str]:
        query: dict[str, Any] = {"limit": PAGE} | ({"after": after} if after else {})
        told = self._get(f"/subscriptions/{self._agreement}/signals", **query)
        return [Signal.of(item, agreement_id=self._agreement) for item in told["items"]], told["next"]

    def _manifests(self) -> Iterator[dict[str, Any]]:
        proved = self._store.mark(self._agreement, "proved")
        since = {"since": json.loads(proved)["day"]} if proved else {}
        cursor: dict[str, str] = {}
        while True:
            told = self._get(f"/subscriptions/{self._agreement}/manifests", **since, **cursor)
            yield from told["items"]
            if told["next"] is None:
                return
            cursor = {"cursor": told["next"]}

    def _get(self, path: str, **query: Any) -> Any:
        headers = {"authorization": f"Bearer {self._token()}"}
        answer = self._http.get(f"{self._url}{path}", params=query, headers=headers)
        if answer.status_code != 200:
            problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
            raise NotGiven(answer.status_code, problem.get("code", ""), problem.get("detail", answer.reason_phrase))
        return answer.json()


def _agrees(manifest: Manifest, lines: Sequence[str]) -> bool:
    return len(lines) == manifest.count and digest(lines) == manifest.digest
