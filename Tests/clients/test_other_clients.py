"""python-binance and pybit, unmodified, signing with the daemon's stamps.

python-binance adds its public attribute `timestamp_offset` to local time; a subclass makes it a
property that tells how far the daemon's stamp is from local time at that moment. pybit has no hook:
a subclass overrides the one method that makes the headers of a signed request, and signs by pybit's
own `_auth`.
"""

from __future__ import annotations

import logging
import time
import unittest
from collections.abc import Callable
from typing import Any

from support import note, note_skip

try:
    import binance
    import pybit
    from binance.exceptions import BinanceAPIException
    from pybit.exceptions import FailedRequestError, InvalidRequestError
    from pybit.unified_trading import HTTP
except ImportError as error:
    note_skip(f"the tests with python-binance and pybit, one of which cannot be imported: {error}")
    raise unittest.SkipTest(f"python-binance or pybit cannot be imported: {error}") from None

from world import OFFSETS_S, PER_OFFSET, Count, World, in_threads, repeat

UNSTAMPED = 5
Send = Callable[[], Any]


class StampedBinance(binance.Client):  # type: ignore[misc]
    """python-binance at the exchange's time."""

    stamp_us: Callable[[], int]

    @property
    def timestamp_offset(self) -> float:
        """In ms; added to local time that was read a moment before, so that it is not ahead."""
        return self.stamp_us() / 1000 - time.time() * 1000

    @timestamp_offset.setter
    def timestamp_offset(self, zero: float) -> None:
        """The constructor's."""


class StampedBybit(HTTP):  # type: ignore[misc]
    """pybit at the exchange's time."""

    stamp_us: Callable[[], int]

    def _prepare_headers(
        self, payload: str, recv_window: int, content_type: str = "application/json"
    ) -> dict[str, str]:
        headers = super()._prepare_headers(payload, recv_window, content_type)
        stamp = self.stamp_us() // 1000
        headers["X-BAPI-TIMESTAMP"] = str(stamp)
        headers["X-BAPI-SIGN"] = self._auth(payload, recv_window, stamp)
        return headers


def spot(world: World, is_stamped: bool) -> Send:
    client = binance_client(world, "binance", is_stamped)
    client.API_URL = world.url("binance") + "/api"
    return lambda: client.get_open_orders(symbol="BTCUSDT", recvWindow=5000)


def futures(world: World, is_stamped: bool) -> Send:
    client = binance_client(world, "binanceusdm", is_stamped)
    client.FUTURES_URL = world.url("binanceusdm") + "/fapi"
    return lambda: client.futures_create_order(
        symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01", recvWindow=5000)


def binance_client(world: World, id: str, is_stamped: bool) -> Any:
    kind = StampedBinance if is_stamped else binance.Client
    client = kind("key", "secret", ping=False)
    if is_stamped:
        client.stamp_us = lambda: world.stamp_us(id)
    return client


def bybit(world: World, is_stamped: bool) -> Send:
    kind = StampedBybit if is_stamped else HTTP
    # Its own remedy for 10002, a longer window and the same clock, would hide what is refused.
    client = kind(
        api_key="key", api_secret="secret", recv_window=5000, max_retries=1, retry_delay=0,
        logging_level=logging.CRITICAL)
    client.endpoint = world.url("bybit")
    if is_stamped:
        client.stamp_us = lambda: world.stamp_us("bybit")
    return lambda: client.place_order(
        category="spot", symbol="BTCUSDT", side="Buy", orderType="Market", qty="1")


CLIENTS = {
    "python-binance spot": ("binance", spot),
    "python-binance futures": ("binanceusdm", futures),
    "pybit": ("bybit", bybit),
}
REFUSALS = (BinanceAPIException, FailedRequestError, InvalidRequestError)


class OtherClientTests(unittest.TestCase):
    def test_nothing_is_refused_with_the_daemon_s_stamps(self) -> None:
        def work(name: str) -> None:
            id, make = CLIENTS[name]
            errors, stalls = repeat(make(world, True), PER_OFFSET, REFUSALS)
            self.assertEqual(errors, [], name)
            self.assertEqual(world.count(id), Count(PER_OFFSET, stalls), name)

        for ahead in OFFSETS_S:
            with World({id: ahead for id, _ in CLIENTS.values()}) as world:
                in_threads(work, list(CLIENTS))
        offsets = ", ".join(f"{each:+}" for each in OFFSETS_S)
        note(f"python-binance {binance.__version__}, pybit {pybit.VERSION}")
        for name in CLIENTS:
            note(f"{name}: {len(OFFSETS_S) * PER_OFFSET} signed requests at {offsets} s: 0 refused")

    def test_local_time_is_refused(self) -> None:
        """So that the test above can fail."""

        def work(name: str) -> None:
            id, make = CLIENTS[name]
            send = make(world, False)
            for _ in range(UNSTAMPED):
                with self.assertRaisesRegex(REFUSALS, "1021|10002|retries"):
                    send()
            self.assertEqual(world.count(id).accepted, 0, name)
            self.assertGreaterEqual(world.count(id).refused, UNSTAMPED, name)

        for ahead in (-30, 30):
            with World({id: ahead for id, _ in CLIENTS.values()}) as world:
                in_threads(work, list(CLIENTS))
                note(f"{', '.join(CLIENTS)} with local time at {ahead:+} s: all refused")


if __name__ == "__main__":
    unittest.main()
