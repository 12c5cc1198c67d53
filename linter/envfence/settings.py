"""What a user asks for.

Comes in: nothing. Goes out: one frozen record. Must not know how it was asked, nor any stage.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asked for, without any trace of how (command line, hook, test). `environment` is that of a plan."""

    config_path: str | None = None
    use_config: bool = True
    assume: str | None = None
    exclude: tuple[str, ...] = ()
    today: datetime.date = datetime.date(2000, 1, 1)
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    environment: str | None = None
    use_baseline: bool = True
