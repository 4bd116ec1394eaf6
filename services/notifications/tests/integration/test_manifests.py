"""Each day of a stream is signed, and the partners' kit finds and heals a gap from that by itself."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from notifications_house import House, ended
from notifications_kit import close_days, healed, hear, manifests, pulled, served
from notifications_partner import made
from notifications_webhooks import path, request

from guildhall_kit import ManifestRefused, Store, Tampered
from notifications_service.manifests.signing import Signer
from servicekit import clock
from servicekit.ids import new_id
from servicekit.web import Keys, read_keys, write_keys


async def test_a_day_is_signed_once_with_its_positions_and_a_key_that_is_published(house: House) -> None:
    agreement = await made(house)
    await hear(house, 3)

    first, again = await close_days(house), await close_days(house)

    (manifest,) = await manifests(house, agreement)
    keys = (await request(house, "GET", path("manifest-keys"))).json()
    told = jws.deserialize_compact(manifest["signed"], KeySet.import_key_set(keys), algorithms=["EdDSA"])
    claims = json.loads(told.payload)
    assert (first, again) == (1, 0)
    assert {name: claims[name] for name in ("sub", "iss", "day", "first", "last", "count", "digest")} == {
        "sub": str(agreement.agreement_id),
        "iss": "https://guildhall.example",
        "day": str(clock.today()),
        "first": 1,
        "last": 3,
        "count": 3,
        "digest": manifest["digest"],
    }
    assert told.headers()["kid"] == keys["keys"][0]["kid"]


async def test_days_follow_each_other_without_a_hole_those_of_an_outage_and_empty_ones_too(house: House) -> None:
    agreement = await made(house)
    await hear(house, 2)
    await close_days(house)
    clock.move(timedelta(days=1))
    await hear(house, 1)
    clock.move(timedelta(days=-1))
    await close_days(house, days=4)

    found = await manifests(house, agreement)
    later = await manifests(house, agreement, since=found[1]["day"])
    assert [(one["first"], one["last"], one["count"]) for one in found] == [(1, 2, 2), (3, 3, 1), (4, 3, 0), (4, 3, 0)]
    assert [date.fromisoformat(one["day"]) - clock.today() for one in found] == [timedelta(days=n) for n in range(4)]
    assert [one["signed"] for one in later] == [one["signed"] for one in found[2:]]


async def test_only_the_deployment_that_serves_an_agreement_signs_for_it_and_only_while_it_is_live(
    house: House,
) -> None:
    here = await made(house)
    await made(house, at="national.midlands")
    over = await made(house)
    await house.hear(ended(over, on=clock.today()))

    served_here = await close_days(house, days=3, served=frozenset({"national"}))

    async with house.worker.reading() as conn:
        rows = await conn.fetch("SELECT agreement_id, count(*) AS days FROM stream_manifests GROUP BY 1")
    assert served_here == 4
    assert {row["agreement_id"]: row["days"] for row in rows} == {here.agreement_id: 3, over.agreement_id: 1}


async def test_a_stream_from_before_hashes_were_kept_is_signed_from_then_on(house: House) -> None:
    agreement = await made(house)
    await hear(house, 2)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE stream_items SET sha256 = NULL")
    await hear(house, 1)
    await close_days(house)

    assert [(one["first"], one["last"]) for one in await manifests(house, agreement)] == [(3, 3)]


async def test_somebody_else_sees_no_manifest_and_everybody_the_keys(house: House) -> None:
    agreement = await made(house)
    await close_days(house)
    person = await house.directory.lead("national")

    other = await request(house, "GET", path(agreement.agreement_id, "/manifests"), client="another")
    nobody = await house.http.get(path("manifest-keys"))
    keys = await house.http.get(path("manifest-keys"), headers=person.bearer)

    assert (other.status_code, nobody.status_code, keys.status_code) == (404, 401, 200)
    assert set(keys.json()["keys"][0]) == {"kty", "crv", "alg", "use", "kid", "x"}


async def test_a_new_key_signs_and_the_old_one_is_still_published(house: House, tmp_path: Path) -> None:
    file = house.settings.secrets_dir / "manifests.key"
    old = file.read_text()
    file.unlink()
    write_keys(house.settings.secrets_dir, "manifests")
    file.write_text(file.read_text() + old)
    signer = Signer(read_keys(house.settings.secrets_dir, "manifests"))

    kids = [key["kid"] for key in signer.published()]
    assert kids == [file.read_text().split(":")[0], old.split(":")[0]]


async def test_a_manifest_that_was_tampered_with_is_refused_and_nothing_is_changed(house: House) -> None:
    agreement = await made(house)
    await hear(house, 2)
    await close_days(house)
    kept = Store()
    async with served(house) as url:
        await pulled(house, url, agreement, kept)
        whole = list(kept.signals(str(agreement.agreement_id)))
        (manifest,) = await manifests(house, agreement)
        for forged in forgeries(manifest["signed"]):
            async with house.worker.transaction() as conn:
                await conn.execute("UPDATE stream_manifests SET signed = $1", forged)
            with pytest.raises(ManifestRefused):
                await healed(house, url, agreement, kept)

    assert list(kept.signals(str(agreement.agreement_id))) == whole
    assert kept.mark(str(agreement.agreement_id), "proved") is None


def forgeries(signed: str) -> list[str]:
    def text(value: Any) -> str:
        return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    header, claims, signature = signed.split(".")
    told = json.loads(urlsafe_b64decode(claims + "=="))
    stranger = Signer(Keys("stranger", {"stranger": b"s" * 32}))
    return [
        f"{header}.{text(told | {'last': 1, 'count': 1})}.{signature}",
        f"{text({'alg': 'none'})}.{claims}.",
        f"{text({'alg': 'EdDSA', 'kid': 'unknown'})}.{claims}.{signature}",
        f"{header}.{claims}.{signature[:-6]}AAAAAA",
        stranger.sign(told),
        "nonsense",
        f"{header}.{claims}",
    ]


async def test_a_manifest_of_another_stream_or_out_of_its_order_is_refused(house: House) -> None:
    agreement, other = await made(house), await made(house)
    await hear(house, 2)
    await close_days(house)
    kept = Store()
    async with served(house) as url:
        await pulled(house, url, agreement, kept)
        await healed(house, url, agreement, kept)
        kept.set_mark(str(agreement.agreement_id), "proved", json.dumps({"day": "2026-01-01", "last": 7}))
        with pytest.raises(ManifestRefused, match="does not go on"):
            await healed(house, url, agreement, kept)
        kept.set_mark(str(agreement.agreement_id), "proved", json.dumps({"day": "2026-01-01", "last": 0}))
        async with house.worker.transaction() as conn:
            await conn.execute(
                "UPDATE stream_manifests SET signed = (SELECT signed FROM stream_manifests WHERE agreement_id = $1)",
                other.agreement_id,
            )
        with pytest.raises(ManifestRefused, match="another stream's"):
            await healed(house, url, agreement, kept)


async def test_a_stream_that_contradicts_its_manifest_is_refused(house: House) -> None:
    agreement = await made(house)
    await hear(house, 2)
    await close_days(house)
    kept = Store()
    async with served(house) as url:
        async with house.worker.transaction() as conn:
            await conn.execute("UPDATE stream_items SET signal_id = $1 WHERE position = 2", new_id())
        with pytest.raises(ManifestRefused, match="is not what its manifest says"):
            await healed(house, url, agreement, kept)
        async with house.worker.transaction() as conn:
            await conn.execute("UPDATE stream_items SET data = '{\"members\": 7}' WHERE position = 1")
        with pytest.raises(Tampered, match="position 1"):
            await healed(house, url, agreement, kept)
