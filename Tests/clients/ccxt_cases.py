"""One signed request of ccxt for each simulated exchange that it can sign for, and its hook.

A hook is the method of ccxt's own that its `sign` takes the time from; a subclass answers with the
daemon's stamp there. Nothing of ccxt is patched.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MS = 1_000
S = 1_000_000


@dataclass(frozen=True)
class Case:
    """How ccxt signs for one simulated exchange."""

    library: str
    """ccxt's class."""
    call: str
    """A method that sends a signed request."""
    arguments: tuple[Any, ...] = ({},)
    hook: str | None = "nonce"
    """Where `sign` takes the time from; None: it carries none."""
    unit_us: int = MS
    """Of what the hook returns."""
    refused_at_s: float | None = -3
    """So far ahead must the exchange be for local time to be refused; None: it never is."""
    is_nonce: bool = False
    """Refused where it is below an earlier one, whatever the clocks show."""
    options: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    is_sandbox: bool = False


def binance(library: str, call: str, is_sandbox: bool = False) -> Case:
    return Case(library, call, options={"recvWindow": 5000}, is_sandbox=is_sandbox)


SEED = base64.b64encode(bytes(range(32))).decode()

CASES: dict[str, Case] = {
    "backpack": Case("backpack", "private_get_api_v1_orders", keys={"secret": SEED}),
    "binance": binance("binance", "private_get_openorders"),
    "binance-testnet": binance("binance", "private_get_openorders", is_sandbox=True),
    "binancecoinm": binance("binancecoinm", "dapiprivate_get_openorders"),
    "binanceoptions": binance("binance", "eapiprivate_get_openorders"),
    "binanceus": binance("binanceus", "private_get_openorders"),
    "binanceusdm": binance("binanceusdm", "fapiprivate_get_openorders"),
    "bingx": Case("bingx", "swap_v2_private_get_trade_openorders"),
    "bitfinex": Case(
        "bitfinex", "private_post_auth_r_orders", hook="incrementing_nonce", refused_at_s=40,
        is_nonce=True),
    "bitget": Case(
        "bitget", "private_spot_get_v2_spot_trade_unfilled_orders", refused_at_s=40),
    "bithumb": Case("bithumb", "private_get_v1_orders", hook="milliseconds"),
    "bitstamp": Case(
        "bitstamp", "private_post_open_orders_all", hook="milliseconds", refused_at_s=-160),
    "bitvavo": Case("bitvavo", "private_get_orders", hook="milliseconds"),
    "bybit": Case("bybit", "private_get_v5_order_realtime", options={"recvWindow": 5000}),
    "bybit-testnet": Case(
        "bybit", "private_get_v5_order_realtime", options={"recvWindow": 5000}, is_sandbox=True),
    # The claims nbf, iat and exp of a token.
    "coinbase": Case(
        "coinbase", "v3_private_get_brokerage_accounts", hook="seconds", unit_us=S,
        keys={"apiKey": "organizations/simulated/apiKeys/one"}),
    "coinbaseexchange": Case(
        "coinbaseexchange", "private_get_orders", unit_us=S, refused_at_s=40),
    "cryptocom": Case(
        "cryptocom", "v1_private_post_private_get_open_orders", refused_at_s=-70),
    "deribit": Case("deribit", "private_get_get_open_orders", hook="milliseconds"),
    "gate": Case("gate", "private_spot_get_orders", refused_at_s=70),
    # Of a key with a time-based nonce.
    "gemini": Case(
        "gemini", "private_post_v1_orders", hook="incrementing_nonce", unit_us=S, refused_at_s=40,
        options={"nonce": "seconds"}, keys={"apiKey": "account-simulated"}),
    "hashkey": Case(
        "hashkey", "private_get_api_v1_spot_openorders", hook="milliseconds",
        options={"recvWindow": 5000}),
    "htx": Case("htx", "private_get_order_openorders", refused_at_s=-70),
    "htxlinear": Case(
        "htx", "contract_private_post_swap_api_v1_swap_openorders", refused_at_s=70),
    "hyperliquid": Case(
        "hyperliquid", "reserve_request_weight", (1,), hook="incrementing_nonce",
        refused_at_s=3 * 86_400,
        keys={"walletAddress": "0x" + "ab" * 20, "privateKey": "0x" + "17" * 32}),
    "kraken": Case(
        "kraken", "private_post_openorders", hook="incrementing_nonce", refused_at_s=40,
        is_nonce=True),
    # ccxt sends no nonce, which Kraken Futures does not want.
    "krakenfutures": Case(
        "krakenfutures", "private_get_openorders", hook=None, refused_at_s=None),
    "kucoin": Case("kucoin", "private_get_orders", refused_at_s=8),
    "kucoinfutures": Case("kucoinfutures", "futuresprivate_get_orders", refused_at_s=-8),
    "lbank": Case("lbank", "spot_private_post_supplement_user_info", hook="milliseconds"),
    "mexc": Case("mexc", "spot_private_get_openorders", options={"recvWindow": 5000}),
    "mexccontract": Case("mexc", "contract_private_get_account_assets", refused_at_s=15),
    "okx": Case("okx", "private_get_trade_orders_pending", refused_at_s=-40),
    # An expiry: the stamp itself, so that ccxt is to add nothing to it.
    "phemex": Case(
        "phemex", "private_get_accounts_accountpositions", hook="seconds", unit_us=S,
        refused_at_s=70),
    "poloniex": Case("poloniex", "private_get_orders"),
    # A random nonce.
    "upbit": Case("upbit", "private_get_orders_open", hook=None, refused_at_s=None),
    "woo": Case("woo", "v1_private_get_orders"),
    "xt": Case("xt", "private_spot_get_open_order"),
}

ABSENT = {
    "ascendex": "ccxt 4.5.90 does not have it",
    "bitmart": "ccxt 4.5.90 does not have it",
    "bitmex": "ccxt 4.5.90 does not have it",
    "coinex": "ccxt 4.5.90 does not have it",
    "dydx": "orders are transactions of a chain, without a timestamp of the host's clock",
}
"""The simulated exchanges that are not above, and why."""


def regional(library: Any) -> dict[str, str]:
    """Classes of ccxt for an exchange's companies elsewhere, by the exchange whose rules they keep."""
    own = {case.library for case in CASES.values()}
    found = {}
    for name in library.exchanges:
        parents = {each.__name__ for each in getattr(library, name).__mro__[1:]} & CASES.keys()
        if name not in own and parents:
            (found[name],) = parents
    return found


def make(
    library: Any, case: Case, urls: Callable[[Any], Any], pem: str,
    stamp_us: Callable[[], int] | None,
) -> Any:
    """A client of ccxt; with `stamp_us` its hook answers with that, in its own unit.

    library: ccxt or ccxt.async_support. urls: makes ccxt's table of URLs that of the simulator.
    """
    parent = getattr(library, case.library)
    if stamp_us is not None and case.hook is not None:
        parent = type(
            "Stamped", (parent,), {case.hook: lambda self: stamp_us() // case.unit_us})
    keys = {"apiKey": "key", "secret": "c2VjcmV0", "password": "word"} | case.keys
    if case.library == "coinbase":
        keys["secret"] = pem
    client = parent(keys | {"enableRateLimit": False, "options": dict(case.options)})
    if case.is_sandbox:
        client.set_sandbox_mode(True)
    if stamp_us is not None and case.library == "phemex":
        client.options["x-phemex-request-expiry"] = 0
    client.urls["api"] = urls(client.urls["api"])
    return client
