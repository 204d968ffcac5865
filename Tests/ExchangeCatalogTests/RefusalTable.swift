/// How all exchanges of the fact sheet refuse, one line each: exchange | code | HTTP status |
/// message | what it is. Written down from the exchanges' documents, not from the catalogue.
enum RefusalTable {
  static let text = #"""
    ascendex | 100011 |  |  | clock
    ascendex | 200001 |  |  | key
    ascendex |  |  | INVALID_TIMESTAMP | clock
    backpack | INVALID_SIGNATURE |  |  | signature
    backpack | INVALID_CLIENT_REQUEST |  | Invalid timestamp | clock
    backpack | INVALID_CLIENT_REQUEST |  | Request has expired | clock behind
    backpack | INVALID_CLIENT_REQUEST |  | Insufficient funds | unknown
    binance | -1021 |  |  | clock
    binance | -1131 |  |  | format
    binance | -1022 |  |  | signature
    binance | -2014 |  |  | key
    binance | -2015 |  |  | key
    binance | -2008 |  |  | key
    binance | -1002 |  |  | key
    binance | -1021 |  | Timestamp for this request is outside of the recvWindow. | clock behind
    binance | -1021 |  | Timestamp for this request was 1000ms ahead of the server's time. | \#
    clock ahead
    binance |  |  | APIError(code=-1021): Timestamp for this request was 1000ms ahead of the \#
    server's time. | clock ahead
    binance |  |  | binance {"code":-1021,"msg":"Timestamp for this request is outside of the \#
    recvWindow."} | clock behind
    binance |  | 429 |  | rate_limit
    binance |  | 418 |  | rate_limit
    binance-testnet | -1021 |  |  | clock
    binance-testnet | -1022 |  |  | signature
    binance-testnet | -2014 |  |  | key
    binance-testnet | -2015 |  |  | key
    binance-testnet | -1021 |  | Timestamp for this request is outside of the recvWindow. | \#
    clock behind
    binance-testnet | -1021 |  | Timestamp for this request was 1000ms ahead of the server's \#
    time. | clock ahead
    binance-testnet |  |  | APIError(code=-1021): Timestamp for this request was 1000ms ahead \#
    of the server's time. | clock ahead
    binance-testnet |  |  | binance-testnet {"code":-1021,"msg":"Timestamp for this request is \#
    outside of the recvWindow."} | clock behind
    binance-testnet |  | 429 |  | rate_limit
    binance-testnet |  | 418 |  | rate_limit
    binancecoinm | -1021 |  |  | clock
    binancecoinm | -4188 |  |  | late
    binancecoinm | -1022 |  |  | signature
    binancecoinm | -2014 |  |  | key
    binancecoinm | -2015 |  |  | key
    binancecoinm | -1002 |  |  | key
    binancecoinm | -1021 |  | Timestamp for this request is outside of the recvWindow. | clock \#
    behind
    binancecoinm | -1021 |  | Timestamp for this request was 1000ms ahead of the server's time. \#
    | clock ahead
    binancecoinm |  |  | APIError(code=-1021): Timestamp for this request was 1000ms ahead of \#
    the server's time. | clock ahead
    binancecoinm |  |  | binancecoinm {"code":-1021,"msg":"Timestamp for this request is \#
    outside of the recvWindow."} | clock behind
    binancecoinm |  | 429 |  | rate_limit
    binancecoinm |  | 418 |  | rate_limit
    binancecoinm | -4188 |  | Timestamp for this request is outside of the ME recvWindow. | late
    binanceoptions | -1021 |  |  | clock
    binanceoptions | -1131 |  |  | format
    binanceoptions | -1022 |  |  | signature
    binanceoptions | -2014 |  |  | key
    binanceoptions | -2015 |  |  | key
    binanceoptions | -1002 |  |  | key
    binanceoptions | -1021 |  | Timestamp for this request is outside of the recvWindow. | \#
    clock behind
    binanceoptions | -1021 |  | Timestamp for this request was 1000ms ahead of the server's \#
    time. | clock ahead
    binanceoptions |  |  | APIError(code=-1021): Timestamp for this request was 1000ms ahead of \#
    the server's time. | clock ahead
    binanceoptions |  |  | binanceoptions {"code":-1021,"msg":"Timestamp for this request is \#
    outside of the recvWindow."} | clock behind
    binanceoptions |  | 429 |  | rate_limit
    binanceoptions |  | 418 |  | rate_limit
    binanceus | -1021 |  |  | clock
    binanceus | -1022 |  |  | signature
    binanceus | -2014 |  |  | key
    binanceus | -2015 |  |  | key
    binanceus | -1021 |  | Timestamp for this request is outside of the recvWindow. | clock behind
    binanceus | -1021 |  | Timestamp for this request was 1000ms ahead of the server's time. | \#
    clock ahead
    binanceus |  |  | APIError(code=-1021): Timestamp for this request was 1000ms ahead of the \#
    server's time. | clock ahead
    binanceus |  |  | binanceus {"code":-1021,"msg":"Timestamp for this request is outside of \#
    the recvWindow."} | clock behind
    binanceus |  | 429 |  | rate_limit
    binanceus |  | 418 |  | rate_limit
    binanceusdm | -1021 |  |  | clock
    binanceusdm | -5028 |  |  | late
    binanceusdm | -1022 |  |  | signature
    binanceusdm | -2014 |  |  | key
    binanceusdm | -2015 |  |  | key
    binanceusdm | -1002 |  |  | key
    binanceusdm | -1021 |  | Timestamp for this request is outside of the recvWindow. | clock \#
    behind
    binanceusdm | -1021 |  | Timestamp for this request was 1000ms ahead of the server's time. \#
    | clock ahead
    binanceusdm |  |  | APIError(code=-1021): Timestamp for this request was 1000ms ahead of \#
    the server's time. | clock ahead
    binanceusdm |  |  | binanceusdm {"code":-1021,"msg":"Timestamp for this request is outside \#
    of the recvWindow."} | clock behind
    binanceusdm |  | 429 |  | rate_limit
    binanceusdm |  | 418 |  | rate_limit
    binanceusdm | -5028 |  | Timestamp for this request is outside of the ME recvWindow. | late
    bingx | 100421 |  |  | clock
    bingx | 100001 |  |  | signature
    bingx | 100413 |  |  | key
    bingx | 100419 |  |  | key
    bingx | 100421 |  | Null timestamp or timestamp mismatch, please check | clock
    bitfinex | 10114 |  |  | clock
    bitfinex | 10100 |  |  | key
    bitfinex | 10114 | 500 | nonce: small | clock
    bitfinex |  | 500 | ["error",10114,"nonce: small"] | clock
    bitfinex | 10100 |  | apikey: invalid | key
    bitget | 40008 |  |  | clock
    bitget | 40005 |  |  | format
    bitget | 40004 |  |  | clock
    bitget | 30013 |  |  | format
    bitget | 30014 |  |  | clock
    bitget | 40911 |  |  | format
    bitget | 40078 |  |  | format
    bitget | 40009 |  |  | signature
    bitget | 40006 |  |  | key
    bitget | 40012 |  |  | key
    bitget | 40001 |  |  | key
    bitget | 40002 |  |  | key
    bitget | 40003 |  |  | key
    bitget | 40011 |  |  | key
    bitget | 40036 |  |  | key
    bitget | 40008 |  | Request timestamp expired | clock
    bitget | 40005 |  | Invalid ACCESS_TIMESTAMP | format
    bitget | 40007 |  | Invalid Content_Type | unknown
    bitget |  |  | Request timestamp expired | clock
    bitget |  |  | Invalid ACCESS_TIMESTAMP | format
    bitget |  |  | sign signature error | signature
    bithumb | expired_jwt |  |  | clock
    bithumb | jwt_verification |  |  | signature
    bithumb | invalid_query_payload |  |  | signature
    bitmart | 30007 |  |  | clock
    bitmart | 30008 |  |  | format
    bitmart | 30006 |  |  | format
    bitmart | 40008 |  |  | format
    bitmart | 40039 |  |  | format
    bitmart | 91022 |  |  | format
    bitmart | 91023 |  |  | format
    bitmart | 30005 |  |  | signature
    bitmart | 30004 |  |  | key
    bitmart | 30002 |  |  | key
    bitmart | 30003 |  |  | key
    bitmart | 30007 | 401 | Header X-BM-TIMESTAMP range. Within a minute | clock
    bitmart | 30008 | 401 | Header X-BM-TIMESTAMP invalid format | format
    bitmart |  |  | Header X-BM-TIMESTAMP range. Within a minute | clock
    bitmart |  |  | Header X-BM-TIMESTAMP invalid format | format
    bitmart |  |  | Header X-BM-TIMESTAMP is empty | format
    bitmex |  | 400 | This request has expired - `expires` is in the past. Current time: \#
    1561918674 | clock behind
    bitmex |  |  | {"error":{"message":"Signature not valid.","name":"HTTPError"}} | signature
    bitmex |  |  | Invalid API Key. | key
    bitstamp | API0017 |  |  | clock
    bitstamp | API0018 |  |  | format
    bitstamp | API0015 |  |  | format
    bitstamp | API0004 |  |  | format
    bitstamp | API0005 |  |  | signature
    bitstamp | API0001 |  |  | key
    bitstamp | API0011 |  |  | key
    bitstamp | API0008 |  |  | key
    bitstamp | API0017 | 403 | X-Auth-Timestamp header is out of boundaries | clock
    bitstamp | API0018 | 403 | X-Auth-Timestamp header is invalid | format
    bitstamp |  |  | X-Auth-Timestamp header is out of boundaries | clock
    bitstamp |  |  | X-Auth-Timestamp header is invalid | format
    bitstamp |  |  | Invalid nonce | format
    bitvavo | 302 |  |  | format
    bitvavo | 303 |  |  | format
    bitvavo | 304 |  |  | clock
    bitvavo | 308 |  |  | signature
    bitvavo | 309 |  |  | signature
    bitvavo | 301 |  |  | key
    bitvavo | 305 |  |  | key
    bybit | 10002 |  |  | clock
    bybit | -1021 |  |  | format
    bybit | 10004 |  |  | signature
    bybit | 10003 |  |  | key
    bybit | 10007 |  |  | key
    bybit | 10002 | 200 | invalid request, please check your server timestamp or recv_window \#
    param. req_timestamp[1],server_timestamp[2],recv_window[5000] | clock
    bybit | -1 |  | request expired: o@0, now[1] diff[2] | clock behind
    bybit | -1 |  | anything else | unknown
    bybit | 10001 | 200 | empty value: apiKey[]: openapi sign params error! | signature
    bybit | 10001 | 200 | params error | unknown
    bybit | 33004 |  |  | key
    bybit | -2015 |  |  | key
    bybit |  | 403 | access too frequent | rate_limit
    bybit | 10004 | 200 |  | signature
    bybit |  |  | invalid request, please check your server timestamp or recv_window param | clock
    bybit |  |  | InvalidRequestError: invalid request, please check your server timestamp or \#
    recv_window param. req_timestamp[1],server_timestamp[2],recv_window[5000] (ErrCode: 10002) \#
    (ErrTime: 12:00:00). | clock
    bybit-testnet | 10002 |  |  | clock
    bybit-testnet | -1021 |  |  | format
    bybit-testnet | 10004 |  |  | signature
    bybit-testnet | 10003 |  |  | key
    bybit-testnet | 10007 |  |  | key
    bybit-testnet | 10002 | 200 | invalid request, please check your server timestamp or \#
    recv_window param. req_timestamp[1],server_timestamp[2],recv_window[5000] | clock
    bybit-testnet | -1 |  | request expired: o@0, now[1] diff[2] | clock behind
    bybit-testnet | -1 |  | anything else | unknown
    bybit-testnet | 10001 | 200 | empty value: apiKey[]: openapi sign params error! | signature
    bybit-testnet | 10001 | 200 | params error | unknown
    bybit-testnet | 33004 |  |  | key
    bybit-testnet | -2015 |  |  | key
    bybit-testnet |  | 403 | access too frequent | rate_limit
    bybit-testnet |  |  | invalid request, please check your server timestamp or recv_window param | clock
    bybit-testnet |  |  | InvalidRequestError: invalid request, please check your server timestamp or \#
    recv_window param. req_timestamp[1],server_timestamp[2],recv_window[5000] (ErrCode: 10002) \#
    (ErrTime: 12:00:00). | clock
    coinbase |  | 401 | {"errors":[{"id":"authentication_error","message":"request timestamp \#
    expired"}]} | clock
    coinbase |  | 401 | Unauthorized | unknown
    coinbaseexchange |  | 401 | request timestamp expired | clock
    coinbaseexchange |  | 401 | {"message":"invalid signature"} | signature
    coinbaseexchange |  | 401 | Invalid API Key | key
    coinex | 4010 |  |  | clock
    coinex | 4017 |  |  | clock
    coinex | 227 |  |  | clock
    coinex | 4006 |  |  | signature
    coinex | 4008 |  |  | signature
    coinex | 4005 |  |  | key
    coinex | 21002 |  |  | signature
    cryptocom | 40102 |  |  | clock
    cryptocom | 10007 |  |  | clock
    cryptocom | 40101 |  |  | key
    cryptocom | 40102 | 400 | INVALID_NONCE | clock
    cryptocom |  |  | INVALID_NONCE | clock
    cryptocom |  |  | UNAUTHORIZED | key
    deribit | 13004 |  |  | key
    deribit | 13009 |  |  | key
    deribit | 10000 |  |  | key
    deribit |  |  | invalid_credentials | key
    deribit |  |  | authorization_required | key
    dydx | 1 | 400 | anything | unknown
    gate | REQUEST_EXPIRED |  |  | clock
    gate | INVALID_SIGNATURE |  |  | signature
    gate | INVALID_KEY |  |  | key
    gate | INVALID_CREDENTIALS |  |  | key
    gate | REQUEST_EXPIRED | 403 | gap between request Timestamp and server time exceeds 60 | \#
    clock
    gemini | InvalidTimestampInPayload |  |  | format
    gemini | InvalidSignature |  |  | signature
    gemini | MissingSignatureHeader |  |  | key
    gemini | InvalidNonce | 400 | Nonce '1' is not within 30 seconds of server time '2' | clock
    gemini | InvalidNonce | 400 |  | unknown
    gemini | InvalidNonce | 400 | Nonce '1' has not increased since your last call to the Gemini \#
    API | nonce
    gemini |  | 400 | {"result":"error","reason":"InvalidNonce","message":"Nonce '1' has not \#
    increased since your last call to the Gemini API"} | nonce
    gemini |  |  | gemini Nonce '1' has not increased since your last call to the Gemini API | nonce
    hashkey | -1021 |  |  | clock
    hashkey | 0002 |  |  | signature
    hashkey | -1022 |  |  | signature
    hashkey |  |  | Incorrect signature | signature
    htx | api-signature-check-failed |  |  | signature
    htx | 1003 |  |  | key
    htx | login-required |  |  | key
    htx | api-signature-not-valid |  | Signature not valid: Invalid submission time or \#
    incorrect time format [x] | clock
    htx | api-signature-not-valid |  | Signature not valid: Verification failure | signature
    htx | api-signature-not-valid |  |  | unknown
    htxlinear | 12001 |  |  | clock
    htxlinear | 12006 |  |  | format
    htxlinear | 12008 |  |  | signature
    htxlinear | 403 |  |  | signature
    htxlinear | 12002 |  |  | key
    htxlinear | 12003 |  |  | key
    htxlinear | 12007 |  |  | key
    htxlinear | 12004 |  |  | key
    htxlinear | 12001 |  | Invalid submission time | clock
    htxlinear | 403 |  | Verification failure | signature
    hyperliquid |  | 200 | nonce too low | unknown
    kraken | EAPI:Invalid nonce |  |  | clock
    kraken | EAPI:Invalid signature |  |  | signature
    kraken | EAPI:Invalid key |  |  | key
    kraken |  | 200 | {"error":["EAPI:Invalid nonce"]} | clock
    kraken |  |  | EAPI:Invalid nonce | clock
    kraken |  |  | Invalid nonce | clock
    kraken |  |  | Invalid signature | signature
    kraken |  |  | Invalid key | key
    krakenfutures | nonceBelowThreshold |  |  | clock
    krakenfutures | nonceDuplicate |  |  | clock
    krakenfutures | authenticationError |  |  | key
    kucoin | 400002 |  |  | clock
    kucoin | 400005 |  |  | signature
    kucoin | 400003 |  |  | key
    kucoin | 400004 |  |  | key
    kucoin | 400001 |  |  | key
    kucoin | 400009 |  |  | key
    kucoin | 400006 |  |  | key
    kucoin | 400002 |  | KC-API-TIMESTAMP Invalid -- Time differs from server time by more than \#
    5 seconds | clock
    kucoin | 400002 |  | Invalid KC-API-TIMESTAMP. | clock
    kucoin | 400100 |  | Parameter Error | unknown
    kucoin |  |  | KC-API-TIMESTAMP Invalid -- Time differs from server time by more than 5 \#
    seconds | clock
    kucoin |  |  | Invalid KC-API-TIMESTAMP. | clock
    kucoin |  |  | Please check the header of your request for KC-API-KEY, KC-API-SIGN, \#
    KC-API-TIMESTAMP, KC-API-PASSPHRASE | key
    kucoin | 400001 |  | Please check the header of your request for KC-API-KEY, \#
    KC-API-SIGN, KC-API-TIMESTAMP, KC-API-PASSPHRASE | key
    kucoinfutures | 400002 |  |  | clock
    kucoinfutures | 400005 |  |  | signature
    kucoinfutures | 400003 |  |  | key
    kucoinfutures | 400004 |  |  | key
    kucoinfutures | 400001 |  |  | key
    kucoinfutures | 400009 |  |  | key
    kucoinfutures | 400006 |  |  | key
    kucoinfutures | 400002 |  | Invalid KC-API-TIMESTAMP. | clock
    kucoinfutures | 400100 |  | Parameter Error | unknown
    kucoinfutures |  |  | KC-API-TIMESTAMP Invalid -- Time differs from server time by more than 5 \#
    seconds | clock
    kucoinfutures |  |  | Invalid KC-API-TIMESTAMP. | clock
    kucoinfutures |  |  | Please check the header of your request for KC-API-KEY, KC-API-SIGN, \#
    KC-API-TIMESTAMP, KC-API-PASSPHRASE | key
    kucoinfutures | 400001 |  | Please check the header of your request for KC-API-KEY, \#
    KC-API-SIGN, KC-API-TIMESTAMP, KC-API-PASSPHRASE | key
    lbank | 10600 |  |  | clock
    lbank | 10007 |  |  | signature
    lbank | 10005 |  |  | key
    lbank | 10600 |  | intercepted by replay attacks filter, check timestamp | clock
    lbank | 10004 |  |  | rate_limit
    lbank | 10031 |  |  | unknown
    lbank |  |  | intercepted by replay attacks filter, check timestamp | clock
    lbank |  |  | Invalid signature | signature
    mexc | 700003 |  |  | clock
    mexc | 10073 |  |  | clock
    mexc | 700005 |  |  | format
    mexc | 700002 |  |  | signature
    mexc | 602 |  |  | signature
    mexc | 700001 |  |  | key
    mexc | 10072 |  |  | key
    mexc | 700003 |  | Timestamp for this request is outside of the recvWindow. | clock
    mexccontract | 513 |  |  | clock
    mexccontract | 602 |  |  | signature
    mexccontract | 401 |  |  | key
    mexccontract | 402 |  |  | key
    okx | 50102 |  |  | clock
    okx | 50112 |  |  | format
    okx | 50107 |  |  | format
    okx | 60006 |  |  | clock
    okx | 60004 |  |  | format
    okx | 50036 |  |  | late
    okx | 50113 |  |  | signature
    okx | 50111 |  |  | key
    okx | 50105 |  |  | key
    okx | 50106 |  |  | key
    okx | 50119 |  |  | key
    okx | 60007 |  |  | signature
    okx | 60005 |  |  | key
    okx | 50102 | 401 | Timestamp request expired | clock
    okx | 50112 | 401 | Invalid OK-ACCESS-TIMESTAMP | format
    okx | 50113 | 401 | Invalid Sign | signature
    okx |  | 401 | {"msg":"Timestamp request expired","code":"50102"} | clock
    okx |  |  | Timestamp request expired | clock
    okx |  |  | Invalid Sign | signature
    phemex | 10500 |  |  | signature
    phemex | 401 |  | 401 Request Expired at 1 | clock behind
    phemex | 401 |  | Failed to load API KEY | key
    phemex | 401 |  |  | unknown
    phemex | 10500 |  | API Signature verification failed | signature
    phemex |  |  | API Signature verification failed | signature
    phemex |  |  | 401 Request Expired at 1 | clock behind
    phemex |  |  | Failed to load API KEY | key
    poloniex |  | 400 | signTimestamp is more than 1 second from poloniex system time | clock
    poloniex |  | 408 |  | late
    poloniex |  | 401 |  | key
    upbit | jwt_verification |  |  | signature
    upbit | invalid_access_key |  |  | key
    hashkey | 2 |  |  | signature
    hashkey | 3 |  |  | rate_limit
    woo | 317179 |  |  | clock
    woo | -1002 |  |  | signature
    woo | -1001 |  |  | key
    woo | 317179 |  | Request has failed as the receive window: `5000` millisecond is exceeded \#
    from `1` | clock
    xt | AUTH_105 |  |  | clock
    xt | AUTH_002 |  |  | format
    xt | AUTH_003 |  |  | format
    xt | AUTH_004 |  |  | format
    xt | AUTH_103 |  |  | signature
    xt | AUTH_007 |  |  | signature
    xt | AUTH_101 |  |  | key
    """#
}
