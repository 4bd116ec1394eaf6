"""Networks as people look them up, and members as leads see them."""

from membership_house import House

from membership_service.networks.model import network_id


async def everything(house: House, bearer: dict[str, str], address: str) -> list[dict[str, str]]:
    """All pages of a list."""
    found, cursor = [], ""
    while True:
        joint = "&" if "?" in address else "?"
        page = (await house.http.get(f"{address}{joint}limit=90{cursor}", headers=bearer)).json()
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


async def test_any_person_reads_the_whole_tree_page_by_page(house: House) -> None:
    guest = await house.sign_in(await house.guest())

    found = await everything(house, guest.bearer, "/api/v1/networks")

    assert len(found) == 210
    assert [network["path"] for network in found[:3]] == ["national", "national.east", "national.east.r1l"]
    assert len({network["id"] for network in found}) == 210


async def test_networks_are_found_by_kind_name_code_and_region(house: House) -> None:
    guest = await house.sign_in(await house.guest())

    async def found(query: str) -> list[str]:
        items = await everything(house, guest.bearer, f"/api/v1/networks?{query}")
        return [network["path"].rpartition(".")[2] for network in items]

    assert len(await found("kind=region")) == 7
    assert await found("q=worcestershire%20acute") == ["rwp"]
    assert await found("q=rwp") == ["rwp"]
    assert await found("region=Y60&q=ambulance") == await found("region=midlands&q=AMBULANCE") == ["rx9", "rya"]
    assert await found("q=100%25") == []


async def test_one_network(house: House) -> None:
    guest = await house.sign_in(await house.guest())

    answer = await house.http.get(f"/api/v1/networks/{network_id('RWP')}", headers=guest.bearer)
    nowhere = await house.http.get(f"/api/v1/networks/{network_id('RQF')}", headers=guest.bearer)

    assert answer.json()["ods_code"] == "RWP"
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "network-not-found")


async def test_an_unknown_filter_and_another_lists_cursor_are_refused(house: House) -> None:
    guest = await house.sign_in(await house.guest())
    cursor = (await house.http.get("/api/v1/networks?limit=1", headers=guest.bearer)).json()["next"]

    answers = [
        await house.http.get(f"/api/v1/networks?{query}", headers=guest.bearer)
        for query in ("regoin=Y60", f"kind=trust&cursor={cursor}", f"cursor={cursor[:-4]}AAAA", "kind=castle")
    ]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [
        (422, "invalid"),
        (422, "bad-cursor"),
        (422, "bad-cursor"),
        (422, "invalid"),
    ]


async def test_a_lead_sees_members_here_and_below_by_name(house: House) -> None:
    lead = await house.lead("Y60")
    for family_name, code in (("Young", "RWP"), ("Ansah", "RXK"), ("Ansah", "Y60"), ("Bell", "RJ1")):
        await house.member(code, family_name=family_name)

    answer = await house.http.get(f"/api/v1/networks/{network_id('Y60')}/members?limit=2", headers=lead.bearer)
    rest = await house.http.get(
        f"/api/v1/networks/{network_id('Y60')}/members?limit=2&cursor={answer.json()['next']}", headers=lead.bearer
    )

    found = answer.json()["items"] + rest.json()["items"]
    assert [member["family_name"] for member in found] == ["Ansah", "Ansah", "Young"]
    assert {member["path"] for member in found} == {
        "national.midlands",
        "national.midlands.rwp",
        "national.midlands.rxk",
    }
    assert rest.json()["next"] is None


async def test_another_regions_members_are_not_there(house: House) -> None:
    lead, steward = await house.lead("Y60"), await house.lead("Y56", role="steward")
    await house.member("RJ1")

    there = await house.http.get(f"/api/v1/networks/{network_id('RJ1')}/members", headers=lead.bearer)
    nowhere = await house.http.get(f"/api/v1/networks/{network_id('RQF')}/members", headers=lead.bearer)
    role = await house.http.get(f"/api/v1/networks/{network_id('RJ1')}/members", headers=steward.bearer)

    assert (there.status_code, nowhere.status_code, role.status_code) == (404, 404, 403)
