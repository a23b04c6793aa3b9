"""What is said while something counts its steps: a rate, the time left, and not too often."""

from lineage.commands.progress import Steps


class Clock:
    """Seconds that are set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_lines_have_a_rate_and_the_time_left_and_come_seldom() -> None:
    said: list[str] = []
    clock = Clock()
    with Steps(said.append, moving=False, clock=clock) as tell:
        tell("loading models", 10_000, 100_000)  # those that an earlier load has written cost nothing
        for now, done in ((10, 15_000), (29, 16_000), (30, 25_000), (31, 26_000)):
            clock.now = now
            tell("loading models", done, 100_000)
        clock.now = 32
        tell("loading derived_from", 42_000, 100_000)
    assert said == [
        "loading models: 10,000 of 100,000",
        "loading models: 25,000 of 100,000 · 500/s · about 2 minutes left",
        "loading derived_from: 42,000 of 100,000 · 1,000/s · about 58 s left",
    ]


def test_what_has_no_end_or_is_a_wait_has_no_rate() -> None:
    said: list[str] = []
    clock = Clock()
    tell = Steps(said.append, moving=False, clock=clock)
    for what, done, total in (
        ("starting Neo4j", 0, 0),
        ("comparing models", 20_000, 0),
        ("waiting for the server", 0, 300),
        ("waiting for the server", 40, 300),
        ("loading models", 7, 7),
    ):
        clock.now += 40
        tell(what, done, total)
    assert said == [
        "starting Neo4j …",
        "comparing models: 20,000",
        "waiting for the server: 0 of 300",
        "waiting for the server: 40 of 300",
        "loading models: 7 of 7",
    ]
