internal import ClockProtocol

/// How one entry of a history is written: little-endian numbers, with a checksum behind them that
/// tells an entry from what a power cut or somebody else has made of it.
///
///     measurement, 72 bytes                       event, 128 bytes
///      0  u64  sequence, from 1                    0  u64  sequence, from 1
///      8  i64  time, Unix us                       8  i64  time, Unix us
///     16  i64  offset, ns                         16  i64  size, ns
///     24  i64  lower end, ns                      24  u8   kind, as numbered below
///     32  i64  upper end, ns                      25  u8   length of the text, bytes
///     40  i32  drift, 0.001 ppm                   26       the text, UTF-8, zeros behind it
///     44  u32  error of the drift, 0.001 ppm     120  u64  FNV-1a of the bytes before
///     48  u32  shortest round trip, us
///     52  u32  last round trip, us
///     56  u16  samples
///     58  u16  rejected
///     60  i32  CLOCK_REALTIME's rate since the one before, 0.001 ppm
///     64  u64  FNV-1a of the bytes before
enum HistorySlot {
  static let measurementSize = 72
  static let eventSize = 128
  private static let longestText = 94

  /// What no clock shows would overflow what is reckoned with it: times of more than 142 years from
  /// 1970, offsets and sizes of more than 73.
  private static let mostTimes = -Int64(1 << 52)...1 << 52
  private static let mostNanoseconds: Int64 = 1 << 61

  /// In the order of their numbers, from 1; a new one is added at the end.
  private static let kinds: [HistoryResult.Event.Kind] = [
    .started, .state, .exchangeStep, .stepRefused, .rejection, .rate, .fleet, .stopSignal,
    .localStep, .disruption, .held,
  ]

  static func bytes(of entry: HistoryResult.Measurement) -> [UInt8] {
    var bytes = ByteWriter()
    bytes.add(entry.sequence)
    bytes.add(entry.microseconds)
    bytes.add(entry.offsetNanoseconds)
    bytes.add(entry.lowerNanoseconds)
    bytes.add(entry.upperNanoseconds)
    bytes.add(Int32(clamping: Int64((entry.driftPPM * 1_000).rounded())))
    bytes.add(UInt32(clamping: Int64((entry.driftErrorPPM * 1_000).rounded(.up))))
    bytes.add(UInt32(clamping: (entry.shortestRoundTripNanoseconds + 500) / 1_000))
    bytes.add(UInt32(clamping: (entry.lastRoundTripNanoseconds + 500) / 1_000))
    bytes.add(UInt16(clamping: entry.samples))
    bytes.add(UInt16(clamping: entry.rejected))
    bytes.add(Int32(clamping: Int64((entry.localRatePPM * 1_000).rounded())))
    return bytes.sealed(size: measurementSize)
  }

  static func bytes(of entry: HistoryResult.Event) -> [UInt8] {
    var text = ""
    for scalar in entry.text.unicodeScalars {
      guard text.utf8.count + String(scalar).utf8.count <= longestText else { break }
      text.unicodeScalars.append(StateReader.isControl(scalar) ? " " : scalar)
    }
    var bytes = ByteWriter()
    bytes.add(entry.sequence)
    bytes.add(entry.microseconds)
    bytes.add(entry.sizeNanoseconds)
    bytes.add(UInt8(1 + (kinds.firstIndex(of: entry.kind) ?? 0)))
    bytes.add(UInt8(text.utf8.count))
    bytes.add(Array(text.utf8))
    return bytes.sealed(size: eventSize)
  }

  /// Nil where the bytes are no entry.
  static func measurement(_ bytes: ArraySlice<UInt8>) -> HistoryResult.Measurement? {
    guard var bytes = ByteReader(sealed: bytes), let sequence = bytes.sequence() else {
      return nil
    }
    let (time, offset, lower, upper) = (
      bytes.take(Int64.self), bytes.take(Int64.self), bytes.take(Int64.self),
      bytes.take(Int64.self)
    )
    guard lower <= offset, offset <= upper, mostTimes.contains(time),
      -mostNanoseconds <= lower, upper <= mostNanoseconds
    else { return nil }
    return HistoryResult.Measurement(
      sequence: sequence, microseconds: time, offsetNanoseconds: offset, lowerNanoseconds: lower,
      upperNanoseconds: upper, driftPPM: Double(bytes.take(Int32.self)) / 1_000,
      driftErrorPPM: Double(bytes.take(UInt32.self)) / 1_000,
      shortestRoundTripNanoseconds: Int64(bytes.take(UInt32.self)) * 1_000,
      lastRoundTripNanoseconds: Int64(bytes.take(UInt32.self)) * 1_000,
      samples: Int64(bytes.take(UInt16.self)), rejected: Int64(bytes.take(UInt16.self)),
      localRatePPM: Double(bytes.take(Int32.self)) / 1_000)
  }

  static func event(_ bytes: ArraySlice<UInt8>) -> HistoryResult.Event? {
    guard var bytes = ByteReader(sealed: bytes), let sequence = bytes.sequence() else {
      return nil
    }
    let (time, size) = (bytes.take(Int64.self), bytes.take(Int64.self))
    let number = Int(bytes.take(UInt8.self))
    let length = Int(bytes.take(UInt8.self))
    guard kinds.indices.contains(number - 1), length <= longestText, mostTimes.contains(time),
      size.magnitude <= mostNanoseconds
    else { return nil }
    let text = String(decoding: bytes.take(length), as: UTF8.self)
    guard !text.unicodeScalars.contains(where: StateReader.isControl) else { return nil }
    return HistoryResult.Event(
      sequence: sequence, microseconds: time, kind: kinds[number - 1], sizeNanoseconds: size,
      text: text)
  }
}

/// Numbers one after the other, little-endian.
struct ByteWriter {
  private var bytes: [UInt8] = []

  mutating func add(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  mutating func add(_ more: [UInt8]) {
    bytes += more
  }

  /// With zeros and a checksum behind them, so many bytes in all.
  func sealed(size: Int) -> [UInt8] {
    var sealed = ByteWriter()
    sealed.bytes = bytes + [UInt8](repeating: 0, count: size - 8 - bytes.count)
    sealed.add(Checksum.number(of: sealed.bytes))
    return sealed.bytes
  }
}

/// Reads what a `ByteWriter` wrote.
struct ByteReader {
  private var rest: ArraySlice<UInt8>

  /// Nil where the checksum does not fit.
  init?(sealed bytes: ArraySlice<UInt8>) {
    guard bytes.count > 8 else { return nil }
    rest = bytes.suffix(8)
    guard take(UInt64.self) == Checksum.number(of: bytes.dropLast(8)) else { return nil }
    rest = bytes.dropLast(8)
  }

  /// - Precondition: so many bytes are left.
  mutating func take<Number: FixedWidthInteger>(_: Number.Type) -> Number {
    var number: Number = 0
    withUnsafeMutableBytes(of: &number) { $0.copyBytes(from: take($0.count)) }
    return Number(littleEndian: number)
  }

  mutating func take(_ count: Int) -> ArraySlice<UInt8> {
    precondition(count <= rest.count, "an entry is read as it was written")
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  /// Nil where it is none: they count from 1.
  mutating func sequence() -> Int64? {
    let sequence = take(Int64.self)
    return sequence > 0 && sequence < 1 << 62 ? sequence : nil
  }
}
