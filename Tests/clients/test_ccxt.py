"""Real ccxt against exchanges whose clocks are off: refused without the daemon, never with it.

ccxt's own hook for this is `nonce`: the milliseconds it signs a request with.
"""

from __future__ import annotations

import asyncio
import re
import unittest
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from support import ClockTestCase, note, note_skip

try:
    import ccxt
    import ccxt.async_support as ccxt_async
except ImportError as error:
    note_skip(f"the tests with ccxt, as it cannot be imported: {error}")
    raise unittest.SkipTest(f"ccxt cannot be imported: {error}") from None

REQUESTS = 20
"""So many orders are looked at for each case, and one more is placed."""


@dataclass(frozen=True)
class Methods:
    """ccxt's names of two signed requests, with their parameters."""

    look: str
    look_params: dict[str, str]
    place: str
    place_params: dict[str, str]


@dataclass(frozen=True)
class Refusal:
    """How ccxt reports that an exchange refused a timestamp."""

    kind: type[Exception]
    code: str
    words: str = ""


METHODS = {
    "binance": Methods(
        "private_get_openorders", {"symbol": "BTCUSDT"},
        "private_post_order",
        {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"},
    ),
    "bitget": Methods(
        "private_spot_get_v2_spot_trade_unfilled_orders", {"symbol": "BTCUSDT"},
        "private_spot_post_v2_spot_trade_place_order",
        {"symbol": "BTCUSDT", "side": "buy", "orderType": "market", "size": "10"},
    ),
    "bybit": Methods(
        "private_get_v5_order_realtime", {"category": "spot"},
        "private_post_v5_order_create",
        {"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "1"},
    ),
    "kucoin": Methods(
        "private_get_orders", {"status": "active"},
        "private_post_hf_orders",
        {"clientOid": "1", "symbol": "BTC-USDT", "side": "buy", "type": "market", "funds": "10"},
    ),
    "okx": Methods(
        "private_get_trade_orders_pending", {"instType": "SPOT"},
        "private_post_trade_order",
        {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "10"},
    ),
}
PATH = {"forward_ms": 10, "forward_jitter_ms": 15, "return_ms": 5, "return_jitter_ms": 15}


def pointed_at(url: str, urls: Any) -> Any:
    """ccxt's table of URLs with another scheme and host in each."""
    if isinstance(urls, dict):
        return {key: pointed_at(url, each) for key, each in urls.items()}
    return re.sub(r"^https?://[^/]+", url, urls)


class CcxtTestCase(ClockTestCase):
    exchanges = {id: PATH for id in METHODS}

    def client(self, library: Any, id: str, window_ms: int | None, stamped: bool) -> Any:
        """An exchange of ccxt that talks to the simulated one; stamped: with the daemon's time."""
        client = getattr(library, id)(
            {"apiKey": "key", "secret": "secret", "password": "word", "enableRateLimit": False}
        )
        client.urls["api"] = pointed_at(self.simulator.urls[id], client.urls["api"])
        # Both libraries' defaults differ (Binance 10 s, Bybit 5 s): the exchanges' own is 5 s.
        client.options["recvWindow"] = window_ms or 5000
        if stamped:
            client.nonce = lambda: self.daemon.stamp_ms(id)
        return client

    def counts(self, id: str) -> tuple[int, int]:
        """How many signed requests the simulated exchange has accepted, and refused."""
        counters = self.simulator.look(id)["counters"]
        return counters["signed_accepted"], counters["signed_rejected"]

    def check(
        self, id: str, case: str, send: Callable[[], list[Exception]],
        refusal: Refusal | None,
    ) -> None:
        """Sends, and looks on both sides at whether all or none were refused, and how."""
        before = self.counts(id)
        errors = send()
        accepted, refused = (now - then for now, then in zip(self.counts(id), before, strict=True))
        total = REQUESTS + 1
        kind = f" ({refusal.kind.__name__} {refusal.code})" if refusal else ""
        note(f"{id:8} {case:58} {len(errors):2} of {total} refused{kind if errors else ''}")
        self.assertEqual(accepted + refused, total, "every request reached the exchange's rule")
        self.assertEqual(refused, len(errors), "what ccxt raised is what the exchange refused")
        if refusal is None:
            self.assertEqual(errors, [])
            return
        self.assertEqual(len(errors), total)
        for error in errors:
            self.assertIs(type(error), refusal.kind)
            self.assertIn(refusal.code, str(error))
            self.assertIn(refusal.words, str(error))


class BlockingTests(CcxtTestCase):
    def send(self, id: str, window_ms: int | None, stamped: bool) -> list[Exception]:
        client, methods = self.client(ccxt, id, window_ms, stamped), METHODS[id]
        calls = [(methods.look, methods.look_params)] * REQUESTS
        errors: list[Exception] = []
        for name, params in [*calls, (methods.place, methods.place_params)]:
            try:
                getattr(client, name)(dict(params))
            except ccxt.BaseError as error:
                errors.append(error)
        return errors

    def expect(
        self, id: str, case: str, refusal: Refusal | None,
        window_ms: int | None = None,
    ) -> None:
        """Without the daemon refused in that way, or not at all; with its stamps never refused."""
        for stamped in (False, True):
            self.check(
                id, f"{case}, {'stamped' if stamped else 'local time'}",
                lambda: self.send(id, window_ms, stamped), None if stamped else refusal)

    def test_exchange_behind_by_3_seconds(self) -> None:
        for id, refusal in [
            ("binance", Refusal(ccxt.InvalidNonce, "-1021", "1000ms ahead of the server's time")),
            ("bybit", Refusal(ccxt.InvalidNonce, "10002", "check your server timestamp")),
        ]:
            with self.subTest(id):
                self.skew(id, -3)
                self.expect(id, "3 s behind, window 5 s", refusal)

    def test_exchange_ahead_by_3_seconds(self) -> None:
        for id, refusal in [
            ("binance", Refusal(ccxt.InvalidNonce, "-1021", "outside of the recvWindow")),
            ("bybit", Refusal(ccxt.InvalidNonce, "10002", "check your server timestamp")),
        ]:
            with self.subTest(id):
                self.skew(id, 3)
                self.expect(id, "3 s ahead, window 5 s", None)
                self.expect(id, "3 s ahead, window 2 s", refusal, 2000)

    def test_exchange_beyond_its_fixed_window(self) -> None:
        for id, seconds, code in [
            ("okx", 40, "50102"),
            ("bitget", 40, "40008"),
            ("kucoin", 8, "400002"),
        ]:
            refusal = Refusal(ccxt.InvalidNonce, code)
            for sign in (1, -1):
                with self.subTest(id, sign=sign):
                    self.skew(id, sign * seconds)
                    side = "ahead" if sign > 0 else "behind"
                    self.expect(id, f"{seconds} s {side}, fixed window", refusal)

    def test_wide_windows_forgive_3_seconds(self) -> None:
        for id in ("okx", "bitget", "kucoin"):
            for sign in (1, -1):
                with self.subTest(id, sign=sign):
                    self.skew(id, 3 * sign)
                    self.expect(id, f"3 s {'ahead' if sign > 0 else 'behind'}, fixed window", None)


class AsynchronousTests(CcxtTestCase):
    exchanges = {"binance": PATH, "bybit": PATH}

    async def send(self, id: str, stamped: bool) -> list[Exception]:
        """All at once."""
        client, methods = self.client(ccxt_async, id, None, stamped), METHODS[id]
        try:
            calls = [
                getattr(client, methods.look)(dict(methods.look_params)) for _ in range(REQUESTS)
            ]
            calls.append(getattr(client, methods.place)(dict(methods.place_params)))
            answers = await asyncio.gather(*calls, return_exceptions=True)
        finally:
            await client.close()
        return [answer for answer in answers if isinstance(answer, Exception)]

    def test_exchange_behind_by_3_seconds(self) -> None:
        for id, code in [("binance", "-1021"), ("bybit", "10002")]:
            with self.subTest(id):
                self.skew(id, -3)
                for stamped in (False, True):
                    case = f"3 s behind, async, {'stamped' if stamped else 'local time'}"
                    refusal = None if stamped else Refusal(ccxt_async.InvalidNonce, code)
                    self.check(id, case, lambda: asyncio.run(self.send(id, stamped)), refusal)


if __name__ == "__main__":
    unittest.main()
