"""Logs: cut when they have grown, without the process noticing; their end, and what comes after it."""

from pathlib import Path

from guildhall_local import logs


def test_a_small_log_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    log.write_text("hello\n")

    assert logs.rotate(log, at=100) is False
    assert log.read_text() == "hello\n"
    assert logs.rotate(tmp_path / "none.log") is False


def test_a_grown_log_is_cut_and_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    with log.open("a") as writer:
        for generation in range(5):
            writer.write(f"generation {generation}\n")
            writer.flush()
            assert logs.rotate(log, at=10, keep=3) is True
        writer.write("after\n")

    assert log.read_text() == "after\n"
    kept = [log.with_name(f"api.log.{number}").read_text() for number in (1, 2, 3)]
    assert kept == ["generation 4\n", "generation 3\n", "generation 2\n"]
    assert not log.with_name("api.log.4").exists()


def test_the_end_of_a_log_begins_where_its_process_did(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    log.write_text("an earlier life\n")
    start = log.stat().st_size
    with log.open("a") as writer:
        writer.write("no bread\nno wine\n")

    assert logs.tail(log, 5, after=start) == ["no bread", "no wine"]
    assert logs.tail(log, 1) == ["no wine"]
    assert logs.tail(log, 5, after=10_000) == ["an earlier life", "no bread", "no wine"]
    assert logs.shown(log, after=start) == "; its last lines:\n  no bread\n  no wine"
    assert logs.shown(tmp_path / "none.log") == "."


def test_following_gives_whole_lines_of_all_logs_as_they_come(tmp_path: Path) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_text("before\n")
    second.write_text("")
    lines = logs.follow([first, second])

    with first.open("a") as writer:
        writer.write("one\ntw")
        writer.flush()
        second.write_text("other\n")
        seen = [next(lines), next(lines)]
        writer.write("o\n")
    seen.append(next(lines))

    assert sorted((log.name, line) for log, line in seen) == [
        ("a.log", "one"),
        ("a.log", "two"),
        ("b.log", "other"),
    ]
