"""A production process refuses what only a local stack may have."""

import pytest
from pydantic import ValidationError

from servicekit.settings import ServiceSettings

LOCAL = {"issuer": "http://127.0.0.1:7401", "jwks_url": "http://127.0.0.1:7401/jwks.json"}


def test_production_does_not_trust_the_local_provider() -> None:
    with pytest.raises(ValidationError, match="does not trust a local issuer"):
        ServiceSettings.model_validate({"service_profile": "production", "trusted_issuers": [LOCAL]})


def test_a_local_stack_does() -> None:
    settings = ServiceSettings.model_validate({"service_profile": "local", "trusted_issuers": [LOCAL]})

    assert settings.trusted_issuers[0].audience == "guildhall"


def test_production_keeps_the_true_time() -> None:
    with pytest.raises(ValidationError, match="keeps the true time: CLOCK_FILE is for a local stack only"):
        ServiceSettings.model_validate({"service_profile": "production", "clock_file": "/tmp/clock"})
