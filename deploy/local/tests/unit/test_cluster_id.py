"""The name of a new Kafka cluster is one that Kafka's own tools can take."""

import uuid

from guildhall_local.kafka import new_cluster_id


def test_it_never_begins_like_an_option() -> None:
    with_dash = uuid.UUID(bytes=bytes([62 << 2]) + bytes(15))

    assert new_cluster_id(with_dash).startswith("A")


def test_it_has_kafkas_length_and_keeps_all_else() -> None:
    inside = uuid.UUID(bytes=bytes([0x03, 0xE0]) + bytes(14))

    assert len(new_cluster_id(inside)) == 22
    assert "-" in new_cluster_id(inside)
