/// The exchanges that the daemon knows by itself; a test holds them against its catalogue.
extension ExchangeID {
  public static let ascendex: ExchangeID = "ascendex"
  public static let backpack: ExchangeID = "backpack"
  public static let binance: ExchangeID = "binance"
  public static let binanceTestnet: ExchangeID = "binance-testnet"
  public static let binancecoinm: ExchangeID = "binancecoinm"
  public static let binanceoptions: ExchangeID = "binanceoptions"
  public static let binanceus: ExchangeID = "binanceus"
  public static let binanceusdm: ExchangeID = "binanceusdm"
  public static let bingx: ExchangeID = "bingx"
  public static let bitfinex: ExchangeID = "bitfinex"
  public static let bitget: ExchangeID = "bitget"
  public static let bithumb: ExchangeID = "bithumb"
  public static let bitmart: ExchangeID = "bitmart"
  public static let bitmex: ExchangeID = "bitmex"
  public static let bitstamp: ExchangeID = "bitstamp"
  public static let bitvavo: ExchangeID = "bitvavo"
  public static let bybit: ExchangeID = "bybit"
  public static let bybitTestnet: ExchangeID = "bybit-testnet"
  public static let coinbase: ExchangeID = "coinbase"
  public static let coinbaseexchange: ExchangeID = "coinbaseexchange"
  public static let coinex: ExchangeID = "coinex"
  public static let cryptocom: ExchangeID = "cryptocom"
  public static let deribit: ExchangeID = "deribit"
  public static let dydx: ExchangeID = "dydx"
  public static let gate: ExchangeID = "gate"
  public static let gemini: ExchangeID = "gemini"
  public static let hashkey: ExchangeID = "hashkey"
  public static let htx: ExchangeID = "htx"
  public static let htxlinear: ExchangeID = "htxlinear"
  public static let hyperliquid: ExchangeID = "hyperliquid"
  public static let kraken: ExchangeID = "kraken"
  public static let krakenfutures: ExchangeID = "krakenfutures"
  public static let kucoin: ExchangeID = "kucoin"
  public static let kucoinfutures: ExchangeID = "kucoinfutures"
  public static let lbank: ExchangeID = "lbank"
  public static let mexc: ExchangeID = "mexc"
  public static let mexccontract: ExchangeID = "mexccontract"
  public static let okx: ExchangeID = "okx"
  public static let phemex: ExchangeID = "phemex"
  public static let poloniex: ExchangeID = "poloniex"
  public static let upbit: ExchangeID = "upbit"
  public static let woo: ExchangeID = "woo"
  public static let xt: ExchangeID = "xt"

  /// All of these.
  public static let known: [ExchangeID] = [
    .ascendex, .backpack, .binance, .binanceTestnet, .binancecoinm, .binanceoptions, .binanceus,
    .binanceusdm, .bingx, .bitfinex, .bitget, .bithumb, .bitmart, .bitmex, .bitstamp, .bitvavo,
    .bybit, .bybitTestnet, .coinbase, .coinbaseexchange, .coinex, .cryptocom, .deribit, .dydx,
    .gate, .gemini, .hashkey, .htx, .htxlinear, .hyperliquid, .kraken, .krakenfutures, .kucoin,
    .kucoinfutures, .lbank, .mexc, .mexccontract, .okx, .phemex, .poloniex, .upbit, .woo, .xt,
  ]
}
