"""Real ccxt, unmodified, against every simulated exchange that it can sign for.

With the daemon's stamps nothing is refused, wherever the clocks are from -30 s to +30 s; without
them everything is, where the exchange's clock is too far off for its rule.
EXCHANGE_CLOCK_CLIENT_REQUESTS says how many requests each exchange gets (100).
"""

from __future__ import annotations

import copy
import dataclasses
import re
import tempfile
import unittest
from pathlib import Path

from support import BUILD, ROOT, Simulator, note, note_skip

try:
    import ccxt
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
except ImportError as error:
    note_skip(f"the tests with all of ccxt, as it cannot be imported: {error}")
    raise unittest.SkipTest(f"ccxt cannot be imported: {error}") from None

from ccxt_cases import ABSENT, CASES, make, regional
from world import OFFSETS_S, PER_OFFSET, Count, World, in_threads, repeat

UNSTAMPED = 5
"""Requests with local time for each exchange."""

OTHER_VERDICTS = {
    # Nothing but a status; no code for it; the code is not in ccxt's words; none is known.
    "coinbase": "unknown", "deribit": "key", "bithumb": "unknown", "hyperliquid": "unknown",
}
"""Of refusals for the time that do not say so, or of which ccxt leaves too little."""

PEM = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


class EveryExchangeTests(unittest.TestCase):
    def send(
        self, world: World, id: str, number: int, stamped: bool
    ) -> tuple[list[Exception], int]:
        """Sends so many signed requests; what ccxt raised for them, and how many had to be repeated
        as this machine stood still."""
        case = CASES[id]
        client = make(
            ccxt, case, world.urls(id), PEM, (lambda: world.stamp_us(id)) if stamped else None)

        def call() -> None:
            # ccxt writes into what it is given.
            getattr(client, case.call)(*copy.deepcopy(case.arguments))

        return repeat(call, number, ccxt.BaseError)

    def test_nothing_is_refused_with_the_daemon_s_stamps(self) -> None:
        sent = dict.fromkeys(CASES, 0)

        def work(id: str) -> None:
            errors, stalls = self.send(world, id, PER_OFFSET, True)
            self.assertEqual(errors, [], id)
            # The exchange itself has seen them all, and judged them.
            self.assertEqual(world.count(id), Count(PER_OFFSET, stalls), id)
            sent[id] += PER_OFFSET

        for turn in range(len(OFFSETS_S)):
            # Each exchange meets each offset, and never all the same one.
            ahead = {
                id: OFFSETS_S[(index + turn) % len(OFFSETS_S)] for index, id in enumerate(CASES)}
            with World(ahead) as world:
                in_threads(work, list(CASES))
        offsets = ", ".join(f"{each:+}" for each in OFFSETS_S)
        note(
            f"ccxt {ccxt.__version__}: {len(CASES)} of {len(CASES | ABSENT)} simulated exchanges, "
            f"{min(sent.values())} signed requests each, {sum(sent.values())} in all, at {offsets} "
            f"s: 0 refused")
        note("1,000 for each: EXCHANGE_CLOCK_CLIENT_REQUESTS=1000 make test-clients")
        untimed = [id for id, case in CASES.items() if case.hook is None]
        note(f"of these without a timestamp or nonce: {', '.join(untimed)}")
        note(", ".join(CASES))
        for id, why in ABSENT.items():
            note(f"not {id}: {why}")

    def test_nor_is_it_of_their_companies_elsewhere(self) -> None:
        """Which have hosts of their own, and the rules of the exchange whose class they extend."""
        classes = regional(ccxt)
        sent = dict.fromkeys(classes, 0)
        for offset_s in OFFSETS_S:
            with World(dict.fromkeys(classes.values(), offset_s)) as world:
                for name, id in classes.items():
                    case = dataclasses.replace(CASES[id], library=name)
                    client = make(ccxt, case, world.urls(id), PEM, lambda: world.stamp_us(id))
                    errors, _ = repeat(
                        lambda: getattr(client, case.call)(*copy.deepcopy(case.arguments)),
                        PER_OFFSET, ccxt.BaseError)
                    self.assertEqual(errors, [], name)
                    sent[name] += PER_OFFSET
        self.assertGreater(len(sent), 0)
        note(", ".join(f"{name} ({id}): {sent[name]}" for name, id in classes.items())
             + " signed requests: 0 refused")

    def test_local_time_is_refused_where_clocks_are_off(self) -> None:
        """So that the test above can fail; and the stamps help that far out as well.

        What ccxt throws is reported as it is, and nothing besides.
        """
        said: dict[str, str] = {}
        verdicts: dict[str, str] = {}
        ahead = {id: case.refused_at_s or 0 for id, case in CASES.items()}

        def work(id: str) -> None:
            case = CASES[id]
            if case.is_nonce:
                self.assertEqual(self.send(world, id, 1, True)[0], [], id)
            before = world.count(id)
            errors, stalls = self.send(world, id, UNSTAMPED, False)
            if case.refused_at_s is None:
                self.assertEqual(errors, [], id)
                return
            self.assertEqual(len(errors), UNSTAMPED, id)
            refused = before.refused + UNSTAMPED + stalls
            self.assertEqual(world.count(id), Count(before.accepted, refused), id)
            self.assertEqual(self.send(world, id, UNSTAMPED, True)[0], [], id)
            said[id] = f"{type(errors[0]).__name__}: {errors[0]}"
            verdicts[id] = world.ask("report", exchange=id, message=said[id])["verdict"]

        with World(ahead) as world:
            in_threads(work, list(CASES))
        for id, words in sorted(said.items()):
            note(f"{id:16} {CASES[id].refused_at_s:+9} s: {words[:100]}")
        self.assertEqual({id: v for id, v in verdicts.items() if v != "clock"}, OTHER_VERDICTS)
        note(f"reported as they are: {len(verdicts)}, of which not clock: {OTHER_VERDICTS}")
        untimed = [id for id, case in CASES.items() if case.refused_at_s is None]
        self.assertEqual(len(said) + len(untimed), len(CASES))
        note(f"no timestamp to refuse: {', '.join(untimed)}")

    def test_every_simulated_exchange_is_accounted_for(self) -> None:
        directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        simulator = self.enterContext(Simulator(BUILD, directory, {}))
        self.assertEqual(set(simulator.urls), set(CASES | ABSENT))

    def test_the_page_lists_them(self) -> None:
        page = (ROOT / "docs" / "simulator.md").read_text()
        self.assertIn(f"for {len(CASES)} of the {len(CASES | ABSENT)} exchanges", page)
        self.assertEqual(re.findall(r"(?m)^\| `([a-z-]+)` \|", page), list(CASES))
        self.assertIn(", ".join(f"`{name}` ({id})" for name, id in regional(ccxt).items()), page)
        self.assertEqual(dict(re.findall(r"(?m)^- `([a-z]+)`: (.*)$", page)), ABSENT)


if __name__ == "__main__":
    unittest.main()
