"""The topics that cells.toml stands for."""

from guildhall_local import topics


def test_every_cell_has_its_six_topics_with_the_prefix_before() -> None:
    names = [topic.name for topic in topics.described(prefix="t1.")]

    assert len(names) == len(set(names)) == 48
    assert "t1.midlands.membership.grants" in names
    assert "t1.national.analytics" in names


def test_partitions_are_those_that_are_fixed_for_ever() -> None:
    partitions = {topic.name: topic.partitions for topic in topics.described(cells=["midlands"])}

    assert partitions == {
        "midlands.membership": 3,
        "midlands.membership.profiles": 3,
        "midlands.membership.grants": 1,
        "midlands.events": 6,
        "midlands.notifications": 3,
        "midlands.analytics": 3,
    }


def test_facts_are_kept_and_states_are_compacted() -> None:
    settings = {topic.name: topic.settings for topic in topics.described(cells=["east"])}

    assert settings["east.events"] == {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
    }
    assert settings["east.membership.profiles"] == settings["east.membership.grants"]
    assert settings["east.membership.grants"]["cleanup.policy"] == "compact"
    assert int(settings["east.membership.grants"]["delete.retention.ms"]) == 30 * 24 * 3600 * 1000
