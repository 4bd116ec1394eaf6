"""Which tests are run by the same one of two workers: those of a file, and those of files that share a stack."""

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

SHARE_A_STACK = {
    "the small story": ("test_gateway.py", "test_revocation.py", "test_story.py"),
}
"""Of `tests/end_to_end`: another worker would found and play it once more."""


class WithTheirStack(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        folder, _, name = file.rpartition("/")
        shared = (stack for stack, files in SHARE_A_STACK.items() if name in files)
        return next(shared, file) if folder == "tests/end_to_end" else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> WithTheirStack | None:
    return WithTheirStack(config, log) if config.getvalue("dist") == "loadfile" else None
