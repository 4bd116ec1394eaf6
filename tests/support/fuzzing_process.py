"""Looks for an input that breaks one decoder, guided by what of our code each input reaches.

python fuzzing_process.py DECODER FOLDER SEED SECONDS    ends with 0 where nothing was found; FOLDER takes what was
"""

import sys
from pathlib import Path

import atheris

OURS = ["servicekit", "membership_service", "events_service", "notifications_service", "guildhall_kit", "decoders"]
SLOWEST_SECONDS = 5
LONGEST = 4096

with atheris.instrument_imports(include=OURS, enable_loader_override=False):
    from decoders import BY_NAME


def main(name: str, folder: str, seed: str, seconds: str) -> None:
    decoder, corpus = BY_NAME[name], Path(folder) / "corpus"
    corpus.mkdir(parents=True)
    for number, sample in enumerate(decoder.samples):
        (corpus / str(number)).write_bytes(sample)
    atheris.Setup(
        [
            sys.argv[0],
            f"-seed={seed}",
            f"-max_total_time={seconds}",
            f"-timeout={SLOWEST_SECONDS}",
            f"-max_len={LONGEST}",
            "-print_final_stats=1",
            f"-artifact_prefix={folder}/",
            str(corpus),
        ],
        decoder,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
