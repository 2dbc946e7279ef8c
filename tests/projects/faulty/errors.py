# ruff: noqa: D101 - a project as its author writes it
from aanad.sdk.exceptions import NotFound


class NoSpeaker(NotFound):
    code = "no_such_speaker"

    def __init__(self, speaker: str, known: list[str]) -> None:
        super().__init__(f"There is no speaker {speaker}.", hint="List them first.", extra={"known": known})
        self.speaker = speaker
