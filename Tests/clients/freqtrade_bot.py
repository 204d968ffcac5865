"""freqtrade's own exchange and strategy loader, with a strategy of a directory.

Arguments: a directory to work in, the strategies' directory, the exchange's URL, how many requests.
Prints freqtrade's version and how many signed requests were accepted.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import freqtrade
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType, RunMode
from freqtrade.resolvers import ExchangeResolver, StrategyResolver

directory, strategies, url, count = sys.argv[1:]
config = {
    "exchange": {
        "name": "binance", "key": "key", "secret": "secret", "pair_whitelist": [],
        "enable_ws": False, "ccxt_config": {"enableRateLimit": False, "options": {"recvWindow": 5000}},
    },
    "dry_run": False, "runmode": RunMode.OTHER, "stake_currency": "USDT", "stake_amount": 10,
    "trading_mode": "spot", "margin_mode": "", "candle_type_def": CandleType.SPOT,
    "entry_pricing": {"price_side": "same"}, "exit_pricing": {"price_side": "same"},
    "user_data_dir": Path(directory), "strategy_path": strategies, "strategy": "Stamped",
    "dataformat_ohlcv": "json", "dataformat_trades": "json", "timeframe": "5m",
    "minimal_roi": {"0": 1}, "stoploss": -0.1,
}


def pointed_at(urls: object) -> object:
    if isinstance(urls, dict):
        return {key: pointed_at(each) for key, each in urls.items()}
    return re.sub(r"^https?://[^/]+", url, str(urls))


exchange = ExchangeResolver.load_exchange(config, validate=False)
for api in (exchange._api, exchange._api_async):
    api.urls["api"] = pointed_at(api.urls["api"])
strategy = StrategyResolver.load_strategy(config)
strategy.dp = DataProvider(config, exchange)
# As freqtrade's bot does before it trades.
strategy.ft_bot_start()

accepted = 0
for _ in range(int(count)):
    exchange._api.private_get_openorders({"symbol": "BTCUSDT"})
    exchange.loop.run_until_complete(
        exchange._api_async.private_get_openorders({"symbol": "BTCUSDT"}))
    accepted += 2
exchange._api.private_post_order(
    {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"})
exchange.close()
print(f"freqtrade {freqtrade.__version__}: {accepted + 1}")
