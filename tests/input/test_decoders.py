"""Whatever bytes somebody sends: a decoder answers, or refuses in the one way that it says it does, and soon."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from decoders import BY_NAME, CARELESS, DECODERS, Decoder
from figures import Figures
from hypothesis import find, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

SUPPORT = Path(__file__).parents[1] / "support"
SECONDS = 15
SECTION = "decoders"
EVERY_DAY = 150


@st.composite
def spoilt(draw: st.DrawFn, decoder: Decoder) -> bytes:
    """A sample with a piece cut out, put in or doubled, or one that was never any good."""
    sample = draw(st.sampled_from(decoder.samples))
    if draw(st.integers(0, 4)) == 0:
        return draw(st.binary(max_size=200))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(sample)))
        end = draw(st.integers(start, min(len(sample), start + 40)))
        put = draw(st.one_of(st.binary(max_size=8), st.sampled_from(PIECES), st.just(sample[start:end] * 2)))
        sample = sample[:start] + put + sample[end:]
    return sample


PIECES = [
    b"",
    b"\0",
    b"\xff\xfe",
    b'"',
    b"\r\n",
    b"null",
    b"{}",
    b"[",
    b"1e999",
    b"=",
    b"-1",
    "é\u202e".encode(),
    b"9" * 5000,
]


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda one: one.name)
def test_a_spoilt_input_is_refused_as_it_is_said(decoder: Decoder, seed: int) -> None:
    @seeded(seed)
    @settings(max_examples=EVERY_DAY, deadline=None, database=None)
    @given(spoilt(decoder))
    def holds(value: bytes) -> None:
        decoder(value)

    holds()


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda one: one.name)
def test_a_good_sample_is_taken(decoder: Decoder) -> None:
    """Were every sample refused at the door, what lies behind it would never be looked at."""
    if decoder.name not in SECRET:
        decoder.decode(decoder.samples[0])


SECRET = {"webhooks"}
"""Signed over the time as well: the sample is not, and tests of its own sign one."""


def test_a_decoder_that_looks_up_what_need_not_be_there_is_found() -> None:
    def breaks(value: bytes) -> bool:
        try:
            CARELESS(value)
        except KeyError:
            return True
        return False

    assert breaks(find(st.binary() | st.just(b'{"data":1}') | spoilt(CARELESS), breaks))


@dataclass(frozen=True)
class Hunt:
    """What looking for a broken input came to."""

    status: int
    said: str

    @property
    def inputs(self) -> int:
        found = re.search(r"number_of_executed_units: (\d+)", self.said)
        return int(found[1]) if found else 0

    @property
    def reached(self) -> int:
        """Branches of our code."""
        return max(map(int, re.findall(r"cov: (\d+)", self.said)), default=0)


def hunt(decoder: Decoder, folder: Path, *, seed: int, seconds: int) -> Hunt:
    command = [sys.executable, str(SUPPORT / "fuzzing_process.py"), decoder.name, str(folder), str(seed), str(seconds)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=seconds + 180,
        env=os.environ | {"PYTHONPATH": str(SUPPORT)},
    )
    return Hunt(done.returncode, done.stdout + done.stderr)


@pytest.mark.faults
@pytest.mark.parametrize("name", [one.name for one in DECODERS])
def test_nothing_but_the_documented_refusal_is_found_where_coverage_leads(
    name: str, tmp_path: Path, seed: int, figures: Figures
) -> None:
    found = hunt(BY_NAME[name], tmp_path, seed=seed, seconds=SECONDS)

    figures.say(SECTION, f"{name}: inputs tried", found.inputs, at_least=100)
    figures.say(SECTION, f"{name}: branches reached", found.reached, at_least=BY_NAME[name].branches)
    figures.say(SECTION, f"{name}: inputs that broke it", int(found.status != 0), at_most=0)
    assert found.status == 0, found.said[-3000:]


@pytest.mark.faults
def test_coverage_leads_to_the_decoder_that_is_careless(tmp_path: Path, seed: int) -> None:
    found = hunt(CARELESS, tmp_path, seed=seed, seconds=60)

    assert found.status != 0
    assert "KeyError" in found.said
