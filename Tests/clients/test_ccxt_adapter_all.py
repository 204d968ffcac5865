"""ccxt with `attach`, for every simulated exchange that ccxt can sign for."""

from __future__ import annotations

import asyncio
import sys
import unittest
from typing import Any

from support import ROOT, note, wait_until
from test_ccxt_all import PEM

import ccxt  # isort: skip
import ccxt.async_support as ccxt_async  # isort: skip
from ccxt_cases import CASES, make  # isort: skip
from world import Count, World, in_threads  # isort: skip

sys.path.insert(0, str(ROOT / "clients" / "python"))

import ccxt_exchange_clock  # noqa: E402  (its path is set above)
import exchange_clock  # noqa: E402

EACH = 5
"""Requests, blocking and by asyncio, for each side that a clock is off to."""


class EveryExchangeTests(unittest.TestCase):
    """Each exchange of ccxt that is simulated, its clock so far off that local time is refused, and
    as far to the other side."""

    def test_no_request_is_refused(self) -> None:
        for sign in (1, -1):
            ahead = {id: sign * (case.refused_at_s or 30) for id, case in CASES.items()}
            with World(ahead) as world:
                in_threads(lambda id: self.check(world, id), list(CASES))
        note(f"{len(CASES)} exchanges, attached: {4 * EACH} signed requests each, half of them by"
             f" asyncio, 0 refused")
        note(", ".join(CASES))

    def test_a_step_costs_one_refusal_each(self) -> None:
        """As far as the daemon believes a step, and the exchange says that it was the timestamp."""
        stepped = {
            id: case for id, case in CASES.items()
            if case.refused_at_s is not None and abs(case.refused_at_s) < 600 and not case.is_nonce}
        costs: dict[str, str] = {}

        def work(id: str) -> None:
            case = stepped[id]
            client = self.attached(ccxt, world, id, retry=True)
            try:
                world.simulator.set(id, offset_ms=1000 * (case.refused_at_s or 0))
                getattr(client, case.call)(*map(copied, case.arguments))
                costs[id] = ""
            except ccxt.BaseError as error:
                costs[id] = f"{type(error).__name__}: {error}"
            finally:
                self.detach(client)
            # Never a third time.
            count = world.count(id)
            self.assertLessEqual(count.accepted + count.refused, 2, id)
            self.assertEqual(count.accepted, 0 if costs[id] else 1, id)

        with World(dict.fromkeys(stepped, 0)) as world:
            # A resync that is just over would answer a report that names no timestamp.
            wait_until(
                lambda: all(each["age_ms"] > 3_500 for each in world.daemon.ask("offsets")), 30,
                "the first resyncs are some seconds old")
            in_threads(work, list(stepped))
        raised = {id for id, cost in costs.items() if cost}
        for id in sorted(raised):
            note(f"{id}: not sent again: {costs[id][:120]}")
        note(f"{len(costs) - len(raised)} of {len(costs)} exchanges that stepped: refused once,"
             " then accepted")
        # These say the same for a wrong key: nobody can tell that it was the timestamp.
        self.assertEqual(raised, {"coinbase", "deribit"})

    def check(self, world: World, id: str) -> None:
        case = CASES[id]
        client = self.attached(ccxt, world, id)
        try:
            for _ in range(EACH):
                getattr(client, case.call)(*map(copied, case.arguments))
        finally:
            self.detach(client)
        asyncio.run(self.send_all(world, id))
        self.assertEqual(world.count(id), Count(2 * EACH, 0), id)

    async def send_all(self, world: World, id: str) -> None:
        case = CASES[id]
        client = self.attached(ccxt_async, world, id)
        try:
            for _ in range(EACH):
                await getattr(client, case.call)(*map(copied, case.arguments))
        finally:
            await client.close()
            self.detach(client)

    @staticmethod
    def detach(client: Any) -> None:
        attachment = client.exchange_clock
        attachment.detach()
        attachment.clock.close()

    @staticmethod
    def attached(library: Any, world: World, id: str, retry: bool = False) -> Any:
        case = CASES[id]
        client = make(library, case, world.urls(id), PEM, None)
        clock = exchange_clock.ExchangeClock(str(world.daemon.socket))
        # By its own name, as users do, except for a testnet.
        named = id if case.is_sandbox or case.library not in CASES else None
        # Some forty exchanges are resynced at once, on a machine that may be busy.
        ccxt_exchange_clock.attach(client, clock=clock, id=named, retry=retry, patience_s=60)
        return client


def copied(argument: Any) -> Any:
    return dict(argument) if isinstance(argument, dict) else argument


if __name__ == "__main__":
    unittest.main()
