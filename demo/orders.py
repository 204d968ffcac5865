"""The same limit order, signed as each exchange wants it and sent with a timestamp of the caller's.

The exchanges are simulated and do not check signatures; they are computed as the real API asks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from harness import request

SECRET = base64.b64encode(b"no real secret").decode()
PASSPHRASE = "no real passphrase"


@dataclass(frozen=True)
class Signed:
    """A request ready to be sent."""

    target: str
    headers: dict[str, str]
    body: str = ""


@dataclass(frozen=True)
class Answer:
    """What an exchange said to an order."""

    status: int
    code: str
    """The exchange's own error code; empty: the order was accepted."""
    message: str = ""

    @property
    def is_accepted(self) -> bool:
        return self.status == 200 and not self.code


def place_order(exchange: str, url: str, timestamp: str, key: str = "no real key") -> Answer:
    """Signs an order with a timestamp in the exchange's own format and sends it."""
    signed = SIGN[exchange](timestamp, key)
    status, text = request("POST", url + signed.target, signed.body, signed.headers)
    try:
        code, message = READ[exchange](json.loads(text))
    except (ValueError, KeyError, TypeError):
        code, message = "?", text.strip()
    return Answer(status, code, message)


def local_timestamp(exchange: str, unix_ms: int) -> str:
    """What a bot makes of its own clock."""
    if exchange != "okx":
        return str(unix_ms)
    seconds, ms = divmod(unix_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03}Z"


def hexadecimal(text: str) -> str:
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


def base_64(text: str) -> str:
    return base64.b64encode(hmac.digest(SECRET.encode(), text.encode(), "sha256")).decode()


def binance(timestamp: str, key: str) -> Signed:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    query = urlencode(order | {"quantity": "0.01", "price": "50000", "timestamp": timestamp})
    target = f"/api/v3/order?{query}&signature={hexadecimal(query)}"
    return Signed(target, {"X-MBX-APIKEY": key})


def bybit(timestamp: str, key: str) -> Signed:
    order = {"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit"}
    body = json.dumps(order | {"qty": "0.01", "price": "50000"})
    headers = {
        "Content-Type": "application/json",
        "X-BAPI-API-KEY": key,
        "X-BAPI-TIMESTAMP": timestamp,
        "X-BAPI-RECV-WINDOW": "5000",
        "X-BAPI-SIGN": hexadecimal(timestamp + key + "5000" + body),
    }
    return Signed("/v5/order/create", headers, body)


def okx(timestamp: str, key: str) -> Signed:
    target = "/api/v5/trade/order"
    order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit"}
    body = json.dumps(order | {"sz": "0.01", "px": "50000"})
    headers = {
        "Content-Type": "application/json",
        "OK-ACCESS-KEY": key,
        "OK-ACCESS-TIMESTAMP": timestamp,
        "OK-ACCESS-PASSPHRASE": PASSPHRASE,
        "OK-ACCESS-SIGN": base_64(f"{timestamp}POST{target}{body}"),
    }
    return Signed(target, headers, body)


def bitget(timestamp: str, key: str) -> Signed:
    target = "/api/v2/spot/trade/place-order"
    order = {"symbol": "BTCUSDT", "side": "buy", "orderType": "limit", "force": "gtc"}
    body = json.dumps(order | {"size": "0.01", "price": "50000"})
    headers = {
        "Content-Type": "application/json",
        "ACCESS-KEY": key,
        "ACCESS-TIMESTAMP": timestamp,
        "ACCESS-PASSPHRASE": PASSPHRASE,
        "ACCESS-SIGN": base_64(f"{timestamp}POST{target}{body}"),
    }
    return Signed(target, headers, body)


def kucoin(timestamp: str, key: str) -> Signed:
    target = "/api/v1/hf/orders"
    order = {"clientOid": timestamp, "symbol": "BTC-USDT", "side": "buy", "type": "limit"}
    body = json.dumps(order | {"size": "0.01", "price": "50000"})
    headers = {
        "Content-Type": "application/json",
        "KC-API-KEY": key,
        "KC-API-KEY-VERSION": "2",
        "KC-API-TIMESTAMP": timestamp,
        "KC-API-PASSPHRASE": base_64(PASSPHRASE),
        "KC-API-SIGN": base_64(f"{timestamp}POST{target}{body}"),
    }
    return Signed(target, headers, body)


def kraken(timestamp: str, key: str) -> Signed:
    target = "/0/private/AddOrder"
    order = {"ordertype": "limit", "type": "buy", "pair": "XBTUSD", "volume": "0.01"}
    body = urlencode({"nonce": timestamp} | order | {"price": "50000"})
    digest = hashlib.sha256((timestamp + body).encode()).digest()
    signature = hmac.digest(base64.b64decode(SECRET), target.encode() + digest, "sha512")
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "API-Key": key,
        "API-Sign": base64.b64encode(signature).decode(),
    }
    return Signed(target, headers, body)


SIGN: dict[str, Callable[[str, str], Signed]] = {
    "binance": binance,
    "bitget": bitget,
    "bybit": bybit,
    "kraken": kraken,
    "kucoin": kucoin,
    "okx": okx,
}


def error_unless(good: str, code: str, message: str) -> tuple[str, str]:
    return ("", "") if code == good else (code, message)


READ: dict[str, Callable[[Any], tuple[str, str]]] = {
    "binance": lambda a: (str(a["code"]), a["msg"]) if "code" in a else ("", ""),
    "bitget": lambda a: error_unless("00000", a["code"], a["msg"]),
    "bybit": lambda a: error_unless("0", str(a["retCode"]), a["retMsg"]),
    "kraken": lambda a: (a["error"][0], "") if a["error"] else ("", ""),
    "kucoin": lambda a: error_unless("200000", a["code"], a.get("msg", "")),
    "okx": lambda a: error_unless("0", a["code"], a["msg"]),
}
"""The error code and message in an exchange's answer."""
