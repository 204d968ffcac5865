package import ClockCore

/// Unix time in the units that exchanges speak; whole numbers are rounded down.
extension Instant where Scale == Exchange {
  package var seconds: Int64 { floored(1_000_000_000) }
  package var milliseconds: Int64 { floored(1_000_000) }
  package var microseconds: Int64 { floored(1000) }

  private func floored(_ unit: Int64) -> Int64 {
    let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: unit)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// As the HTTP header Date has it: `Tue, 11 Nov 2025 00:17:04 GMT`.
  package var httpDate: String {
    let time = CalendarTime(unixSeconds: seconds)
    return "\(time.weekdayName), \(two(time.day)) \(time.monthName) \(time.year) "
      + "\(two(time.hour)):\(two(time.minute)):\(two(time.second)) GMT"
  }

  /// As Kraken has it: `Tue, 11 Nov 25 00:17:04 +0000`.
  package var shortYearDate: String {
    let time = CalendarTime(unixSeconds: seconds)
    return "\(time.weekdayName), \(two(time.day)) \(time.monthName) \(two(time.year % 100)) "
      + "\(two(time.hour)):\(two(time.minute)):\(two(time.second)) +0000"
  }

  /// Reads `2020-12-08T09:08:57.715Z`: exactly three decimals and a Z.
  package init?(iso8601Milliseconds text: String) {
    let shape = "dddd-dd-ddTdd:dd:dd.dddZ"
    guard text.utf8.count == shape.utf8.count,
      zip(text.utf8, shape.utf8).allSatisfy({ byte, wanted in
        wanted == UInt8(ascii: "d") ? (0x30...0x39).contains(byte) : byte == wanted
      })
    else { return nil }
    let numbers = text.split { !$0.isNumber }.compactMap { Int64($0) }
    guard
      let seconds = CalendarTime.unixSeconds(
        year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3],
        minute: numbers[4], second: numbers[5])
    else { return nil }
    let (nanoseconds, overflow) = (seconds * 1000 + numbers[6]).multipliedReportingOverflow(
      by: 1_000_000)
    guard !overflow else { return nil }
    self.init(nanoseconds: nanoseconds)
  }
}

/// A number in at least two digits.
private func two(_ number: Int64) -> String {
  number < 10 ? "0\(number)" : "\(number)"
}

/// Civil time in UTC, by the proleptic Gregorian calendar.
///
/// Days are counted in eras of 400 years that begin on 1 March, so that the leap day is the last of
/// its year: Howard Hinnant, "chrono-compatible low-level date algorithms".
private struct CalendarTime {
  var year: Int64
  var month: Int64
  var day: Int64
  var hour: Int64
  var minute: Int64
  var second: Int64
  /// 0 is Sunday.
  var weekday: Int64

  init(unixSeconds: Int64) {
    var days = unixSeconds / 86_400
    var rest = unixSeconds % 86_400
    if rest < 0 {
      rest += 86_400
      days -= 1
    }
    (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
    weekday = ((days + 4) % 7 + 7) % 7
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Nil where there is no such date or time of day.
  static func unixSeconds(
    year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64
  ) -> Int64? {
    guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
    else { return nil }
    let marchYear = month <= 2 ? year - 1 : year
    let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
    let yearOfEra = marchYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second
    let back = CalendarTime(unixSeconds: seconds)
    return back.day == day && back.month == month ? seconds : nil
  }

  var weekdayName: String {
    ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(weekday)]
  }

  var monthName: String {
    [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ][Int(month) - 1]
  }
}
