"""What connectors of hummingbot know of its clock; written for the tests, nothing of it is theirs."""

from __future__ import annotations

import time
from collections.abc import Awaitable


class TimeSynchronizer:
    def __init__(self) -> None:
        self.sample_ms: float = 0

    @property
    def time_offset_ms(self) -> float:
        return self.sample_ms

    def add_time_offset_ms_sample(self, offset: float) -> None:
        self.sample_ms = offset

    def clear_time_offset_ms_samples(self) -> None:
        self.sample_ms = 0

    def time(self) -> float:
        return time.time() + self.time_offset_ms / 1e3

    async def update_server_time_offset_with_time_provider(
        self, time_provider: Awaitable[float]
    ) -> None:
        self.add_time_offset_ms_sample(await time_provider - time.time() * 1e3)

    async def update_server_time_if_not_initialized(
        self, time_provider: Awaitable[float]
    ) -> None:
        await self.update_server_time_offset_with_time_provider(time_provider)
