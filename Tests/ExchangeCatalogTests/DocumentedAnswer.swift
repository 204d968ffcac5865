import Testing

/// One answer of every exchange, as it is documented or was captured.
struct DocumentedAnswer: Sendable, CustomTestStringConvertible {
  /// Where the answer is from.
  enum Origin {
    /// The exchange's documentation, or a captured answer.
    case documented
    /// As documented, but the example's time is from before 2020: another one is put in its place.
    case moved
    /// Of the documented shape with a made-up time; for the `Date` header, of RFC 9110's shape.
    case constructed
  }

  var id: String
  var origin: Origin
  /// The body, with an @ where the time stands.
  var body: String
  /// The time as the answer writes it, quotes included; of a header, its value.
  var time: String
  /// Unix time.
  var nanoseconds: Int64
  /// The quantum that is claimed for this answer.
  var resolution: Duration

  var testDescription: String { id }

  init(
    _ id: String, _ origin: Origin, _ body: String, _ time: String, _ nanoseconds: Int64,
    _ resolution: Duration
  ) {
    self.id = id
    self.origin = origin
    self.body = body
    self.time = time
    self.nanoseconds = nanoseconds
    self.resolution = resolution
  }

  static let all: [DocumentedAnswer] = [
    .init(
      "ascendex", .documented,
      #"{"code":0,"data":{"requestTimeEcho":1640052379050,"requestReceiveAt":@,"latency":13}}"#,
      #"1640052379063"#, 1_640_052_379_063_000_000, .milliseconds(1)),
    .init(
      "backpack", .documented, #"@"#,
      #"1753131712992"#, 1_753_131_712_992_000_000, .milliseconds(1)),
    .init(
      "binance", .moved, #"{"serverTime":@}"#,
      #"1762820224559"#, 1_762_820_224_559_000_000, .milliseconds(1)),
    .init(
      "binance-testnet", .moved, #"{"serverTime":@}"#,
      #"1762820224559"#, 1_762_820_224_559_000_000, .milliseconds(1)),
    .init(
      "binancecoinm", .moved, #"{"serverTime":@}"#,
      #"1762820224559"#, 1_762_820_224_559_000_000, .milliseconds(1)),
    .init(
      "binanceoptions", .documented, #"{"serverTime":@}"#,
      #"1592387156596"#, 1_592_387_156_596_000_000, .milliseconds(1)),
    .init(
      "binanceus", .moved, #"{"serverTime":@}"#,
      #"1762820224559"#, 1_762_820_224_559_000_000, .milliseconds(1)),
    .init(
      "binanceusdm", .moved, #"{"serverTime":@}"#,
      #"1762820224559"#, 1_762_820_224_559_000_000, .milliseconds(1)),
    .init(
      "bingx", .documented, #"{"code":0,"msg":"","data":{"serverTime":@}}"#,
      #"1675319535362"#, 1_675_319_535_362_000_000, .milliseconds(1)),
    .init(
      "bitfinex", .constructed, #"[1]"#,
      #"Tue, 11 Nov 2025 00:17:04 GMT"#, 1_762_820_224_000_000_000, .seconds(1)),
    .init(
      "bitget", .documented,
      #"{"code":"00000","msg":"success","requestTime":1688008631614,"data":{"serverTime":@}}"#,
      #""1688008631614""#, 1_688_008_631_614_000_000, .milliseconds(1)),
    .init(
      "bithumb", .constructed, #"{}"#,
      #"Tue, 11 Nov 2025 00:17:04 GMT"#, 1_762_820_224_000_000_000, .seconds(1)),
    .init(
      "bitmart", .documented,
      #"{"message":"OK","code":1000,"trace":"c4e5e5b7-fe9f-4191-89f7-53f6c5bf9030","data":{"server_time":@}}"#,
      #"1599843709578"#, 1_599_843_709_578_000_000, .milliseconds(1)),
    .init(
      "bitmex", .documented, #"{"name":"BitMEX API","version":"1.2.0","timestamp":@}"#,
      #"1598985828877"#, 1_598_985_828_877_000_000, .milliseconds(1)),
    .init(
      "bitstamp", .constructed, #"{}"#,
      #"Tue, 11 Nov 2025 00:17:04 GMT"#, 1_762_820_224_000_000_000, .seconds(1)),
    .init(
      "bitvavo", .documented, #"{"time":@}"#,
      #"1590379519148"#, 1_590_379_519_148_000_000, .milliseconds(1)),
    .init(
      "bybit", .documented,
      #"{"retCode":0,"retMsg":"OK","result":{"timeSecond":"1688639403","timeNano":@},"retExtInfo":{},"time":1688639403423}"#,
      #""1688639403423213947""#, 1_688_639_403_423_213_947, .microseconds(1)),
    .init(
      "bybit-testnet", .documented,
      #"{"retCode":0,"retMsg":"OK","result":{"timeSecond":"1688639403","timeNano":@},"retExtInfo":{},"time":1688639403423}"#,
      #""1688639403423213947""#, 1_688_639_403_423_213_947, .microseconds(1)),
    .init(
      "coinbase", .documented,
      #"{"iso":"2024-02-27T03:37:14Z","epochSeconds":"1709005034","epochMillis":@}"#,
      #""1709005034333""#, 1_709_005_034_333_000_000, .milliseconds(1)),
    .init(
      "coinbaseexchange", .documented, #"{"iso":@,"epoch":1589270451.504}"#,
      #""2020-05-12T08:00:51.504Z""#, 1_589_270_451_504_000_000, .milliseconds(1)),
    .init(
      "coinex", .documented, #"{"code":0,"data":{"timestamp":@},"message":"OK"}"#,
      #"1711699867777"#, 1_711_699_867_777_000_000, .milliseconds(1)),
    .init(
      "cryptocom", .constructed, #"{}"#,
      #"Tue, 11 Nov 2025 00:17:04 GMT"#, 1_762_820_224_000_000_000, .seconds(1)),
    .init(
      "deribit", .documented,
      #"{"jsonrpc":"2.0","result":@,"usIn":1583922446019955,"usOut":1583922446019956,"usDiff":1,"testnet":false}"#,
      #"1583922446019"#, 1_583_922_446_019_000_000, .milliseconds(1)),
    .init(
      "dydx", .documented, #"{"iso":@,"epoch":1753024333.466}"#,
      #""2025-07-20T15:12:13.466Z""#, 1_753_024_333_466_000_000, .milliseconds(1)),
    .init(
      "gate", .documented, #"{"server_time":@}"#,
      #"1731447921098"#, 1_731_447_921_098_000_000, .milliseconds(1)),
    .init(
      "gemini", .constructed, #"{}"#,
      #"Tue, 11 Nov 2025 00:17:04 GMT"#, 1_762_820_224_000_000_000, .seconds(1)),
    .init(
      "hashkey", .documented, #"{"serverTime":@}"#,
      #"1721661553214"#, 1_721_661_553_214_000_000, .milliseconds(1)),
    .init(
      "htx", .documented, #"{"status":"ok","data":@}"#,
      #"1637504261099"#, 1_637_504_261_099_000_000, .milliseconds(1)),
    .init(
      "htxlinear", .documented, #"{"status":"ok","ts":@}"#,
      #"1578124684692"#, 1_578_124_684_692_000_000, .milliseconds(1)),
    .init(
      "hyperliquid", .constructed, #"{"specialStatuses":null,"time":1783730719629}"#,
      #"Tue, 11 Nov 2025 00:17:04 GMT"#, 1_762_820_224_000_000_000, .seconds(1)),
    .init(
      "kraken", .documented,
      #"{"error":[],"result":{"unixtime":@,"rfc1123":"Tue, 11 Nov 25 00:17:04 +0000"}}"#,
      #"1762820224"#, 1_762_820_224_000_000_000, .seconds(1)),
    .init(
      "krakenfutures", .documented, #"{"feeSchedules":[],"result":"success","serverTime":@}"#,
      #""2023-01-10T17:59:20.057Z""#, 1_673_373_560_057_000_000, .milliseconds(1)),
    .init(
      "kucoin", .moved, #"{"code":"200000","msg":"success","data":@}"#,
      #"1646837113087"#, 1_646_837_113_087_000_000, .milliseconds(1)),
    .init(
      "kucoinfutures", .documented, #"{"code":"200000","data":@}"#,
      #"1637385119302"#, 1_637_385_119_302_000_000, .milliseconds(1)),
    .init(
      "lbank", .documented, #"{"result":"true","data":@,"error_code":0,"ts":1691789627950}"#,
      #"1691789627950"#, 1_691_789_627_950_000_000, .milliseconds(1)),
    .init(
      "mexc", .documented, #"{"serverTime":@}"#,
      #"1645539742000"#, 1_645_539_742_000_000_000, .seconds(1)),
    .init(
      "mexccontract", .documented, #"{"success":true,"code":0,"data":@}"#,
      #"1648124374985"#, 1_648_124_374_985_000_000, .milliseconds(1)),
    .init(
      "okx", .documented, #"{"code":"0","msg":"","data":[{"ts":@}]}"#,
      #""1597026383085""#, 1_597_026_383_085_000_000, .milliseconds(1)),
    .init(
      "phemex", .constructed, #"{"code":0,"msg":"","data":{"serverTime":@}}"#,
      #"1676000000000"#, 1_676_000_000_000_000_000, .seconds(1)),
    .init(
      "poloniex", .constructed, #"{"serverTime":@}"#,
      #"1649371360000"#, 1_649_371_360_000_000_000, .seconds(1)),
    .init(
      "upbit", .constructed, #"{}"#,
      #"Tue, 11 Nov 2025 00:17:04 GMT"#, 1_762_820_224_000_000_000, .seconds(1)),
    .init(
      "woo", .documented,
      #"{"success":true,"data":{"status":0,"msg":"System is functioning properly.","estimatedEndTime":1749963600362},"timestamp":@}"#,
      #"1751442989564"#, 1_751_442_989_564_000_000, .milliseconds(1)),
    .init(
      "xt", .documented, #"{"rc":0,"mc":"SUCCESS","ma":[],"result":{"serverTime":@}}"#,
      #"1677823301643"#, 1_677_823_301_643_000_000, .milliseconds(1)),
  ]
}
