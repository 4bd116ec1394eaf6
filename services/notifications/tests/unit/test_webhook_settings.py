"""Webhooks reach this machine in a local stack only, and only where its settings name the place."""

import pytest
from pydantic import ValidationError

from notifications_service.settings import NotificationsSettings


def test_a_production_process_refuses_to_start_with_test_targets() -> None:
    with pytest.raises(ValidationError, match="a production process sends webhooks to public addresses only"):
        NotificationsSettings(service_profile="production", webhook_test_targets="127.0.0.1:9000")

    assert NotificationsSettings(service_profile="production").test_targets == frozenset()


@pytest.mark.parametrize("wrong", ["127.0.0.1", "http://127.0.0.1:9000", "127.0.0.1:9000/x", "a b:1", ":9000"])
def test_a_target_that_is_no_host_and_port_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match="expected host:port, separated by commas"):
        NotificationsSettings(service_profile="local", webhook_test_targets=f"127.0.0.1:1,{wrong}")


def test_targets_are_separated_by_commas() -> None:
    settings = NotificationsSettings(service_profile="local", webhook_test_targets=" 127.0.0.1:9000, Receiver:80 ,")

    assert settings.test_targets == {"127.0.0.1:9000", "receiver:80"}
