"""A connector in as far as it signs, in the order that hummingbot's does; written for the tests."""

from __future__ import annotations

import hashlib
import hmac
import urllib.error
import urllib.request

from hummingbot.connector.time_synchronizer import TimeSynchronizer


class Authenticator:
    def __init__(self, time_provider: TimeSynchronizer) -> None:
        self.time_provider = time_provider

    def signed(self, query: str) -> str:
        query += f"&recvWindow=5000&timestamp={int(self.time_provider.time() * 1e3)}"
        return f"{query}&signature={hmac.digest(b'secret', query.encode(), hashlib.sha256).hex()}"


class BinanceExchange:
    def __init__(self, url: str) -> None:
        self._url = url
        self._time_synchronizer = TimeSynchronizer()
        self._auth = self.authenticator

    @property
    def authenticator(self) -> Authenticator:
        return Authenticator(time_provider=self._time_synchronizer)

    async def update_time(self) -> None:
        async def server_time() -> float:
            raise AssertionError("the exchange was asked for its time")

        synchronizer = self._time_synchronizer
        await synchronizer.update_server_time_offset_with_time_provider(server_time())
        await synchronizer.update_server_time_if_not_initialized(server_time())

    def open_orders(self) -> int:
        """The HTTP status of a signed request."""
        query = self._auth.signed("symbol=BTCUSDT")
        request = urllib.request.Request(
            f"{self._url}/v3/openOrders?{query}", headers={"X-MBX-APIKEY": "key"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
