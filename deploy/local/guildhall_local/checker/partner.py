"""The partner body received what its agreement allows, all of it, once, and nothing else."""

from collections import Counter
from typing import Any

from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Check, Finding, found
from guildhall_local.checker.privacy import ADDRESS, Names, strings
from guildhall_local.checker.records import Record


def _exactly(case: Case) -> Finding:
    """Worked out from the topics: the agreed types, of the agreed networks, since the agreement was made."""
    agreed, items = case.plan.agreement, case.evidence.feed.items
    allowed = {record.id: record for record in case.facts if _is_agreed(case, record)}
    got = Counter(item["id"] for item in items)
    differences = [
        *(f"{allowed[one].type} of {allowed[one].network} is missing" for one in sorted(allowed.keys() - got)),
        *(f"{item['type']} of {item['network']} was not agreed" for item in items if item["id"] not in allowed),
        *(f"the same {allowed[one].type} came {n} times" for one, n in got.items() if n > 1 and one in allowed),
    ]
    for item in items:
        differences += _fields(item, allowed.get(item["id"]), list(agreed.fields.get(item["type"], ())))
    kinds = Counter(item["type"].split(".")[2] for item in items)
    return found(
        f"{len(items)} items: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())),
        differences,
    )


def _is_agreed(case: Case, record: Record) -> bool:
    agreed = case.plan.agreement
    type_ = record.document["type"]
    return (
        type_ in agreed.fields
        and (type_ not in agreed.about_persons or _consented(case, record))
        and any(record.network == path or record.network.startswith(f"{path}.") for path in agreed.networks)
        and record.document["time"] >= case.agreed_at
    )


def _consented(case: Case, record: Record) -> bool:
    """Whether the person whom it is about had consented by then."""
    since = case.consents.get(record.data["person_id"])
    return since is not None and since <= record.document["time"]


def _consent(case: Case) -> Finding:
    """Of whom it received what, and of whom it did not."""
    agreed = case.plan.agreement
    about = [item for item in case.evidence.feed.items if item["type"] in agreed.about_persons]
    of = {case.person_named(item["data"].get("person_id")) for item in about}
    kept_back = [
        record
        for record in case.facts
        if record.document["type"] in agreed.about_persons and not _consented(case, record)
    ]
    before = [record for record in kept_back if case.person_named(record.data["person_id"]) in case.told.consenting]
    differences = [f"{sub} never consented, and is told of" for sub in sorted(of - case.told.consenting)]
    differences += [f"{sub} consented, and nothing is told" for sub in sorted(case.told.consenting - of)]
    if case.told.consenting and not before:
        differences.append("nothing happened before the consent, so that it was not seen to be kept back")
    return found(f"{len(about)} signals about {len(of)} person, {len(kept_back)} kept back", differences)


def _fields(item: dict[str, Any], record: Record | None, agreed: list[str]) -> list[str]:
    what = f"{item['type']} of {item['network']}"
    surplus, missing = set(item["data"]) - set(agreed), set(agreed) - set(item["data"])
    return [
        *(f"{what} carries {name}, which was not agreed" for name in sorted(surplus)),
        *(f"{what} lacks {name}" for name in sorted(missing)),
        *(
            f"{what} says another {name} than the topic"
            for name in agreed
            if record is not None and name in item["data"] and item["data"][name] != record.data[name]
        ),
    ]


def _nobody_in_it(case: Case) -> Finding:
    names = Names(case)
    people = {one for one in case.email_of if case.person_named(one) not in case.told.consenting}

    def names_somebody(text: str) -> bool:
        return bool(ADDRESS.search(text.encode()) or names.in_value(text) or text in people)

    return found(
        f"{len(case.evidence.feed.items)} items",
        [
            f"{item['type']} of {item['network']} names a person"
            for item in case.evidence.feed.items
            if any(names_somebody(text) for text in strings(item))
        ],
    )


def _small_figures(case: Case) -> Finding:
    """What the partner can count stands for 8 people or more."""
    figures = [
        (item["network"], item["data"][name])
        for item in case.evidence.feed.items
        for name in ("members", "eligible", "told", "registered", "waited", "attended")
        if name in item["data"]
    ]
    wrong = [
        f"{network}: {figure}" for network, figure in figures if figure is not None and (0 < figure < 8 or figure % 5)
    ]
    suppressed = sum(figure is None for _, figure in figures)
    return found(f"{len(figures)} figures, {suppressed} of them suppressed", wrong)


def _as_it_was_read(case: Case) -> Finding:
    """What the partner read in the story, page by page, is the beginning of the same stream, without a gap."""
    read = [item for wish in case.told.done("read-stream") for item in wish.answer["items"]]
    now = list(case.evidence.feed.items)[: len(read)]
    gaps = [] if read == now else ["what was read page by page is not what stands in the stream"]
    closed = [
        f"{who} was answered {status} by the stream"
        for who, status in case.evidence.feed.strangers.items()
        if status not in {401, 403, 404}
    ]
    return found(f"{len(read)} items in {len(case.told.done('read-stream'))} pages", [*gaps, *closed])


CHECKS = [
    Check("signals about a person reached the partner body only after that person's consent", _consent),
    Check("the partner body received exactly what its agreement allows", _exactly),
    Check("nobody is named in the partner body's stream", _nobody_in_it),
    Check("no figure in the partner body's stream stands for 1 to 7 people", _small_figures),
    Check("the partner body's cursor skipped and repeated nothing", _as_it_was_read),
]
