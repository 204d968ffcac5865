/// A moment of UTC on the calendar (proleptic Gregorian, no leap seconds), as Unix time counts it.
///
/// Days are counted as in Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
package struct CivilTime: Sendable, Hashable {
  package var year: Int
  /// 1...12
  package var month: Int
  /// 1...31
  package var day: Int
  /// 0...23
  package var hour: Int
  /// 0...59
  package var minute: Int
  /// 0...59
  package var second: Int
  /// 0...999,999,999
  package var nanosecond: Int

  /// Fails where there is no such day or time of day, and outside the years 0 to 9999.
  package init?(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0,
    nanosecond: Int = 0
  ) {
    guard (0...9999).contains(year), (1...12).contains(month),
      (1...Self.days(inMonth: month, of: year)).contains(day), (0...23).contains(hour),
      (0...59).contains(minute), (0...59).contains(second),
      (0...999_999_999).contains(nanosecond)
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
    self.nanosecond = nanosecond
  }

  /// The civil time of a Unix time; every 64-bit value has one (years 1677 to 2262).
  package init(unixNanoseconds: Int64) {
    let (seconds, nanoseconds) = Self.floorDivided(Int(unixNanoseconds), 1_000_000_000)
    let (days, secondOfDay) = Self.floorDivided(seconds, 86_400)
    // Years begin in March, so that the leap day is the last day of a year; eras have 400 years.
    let (era, dayOfEra) = Self.floorDivided(days + 719_468, 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    hour = secondOfDay / 3600
    minute = secondOfDay / 60 % 60
    second = secondOfDay % 60
    nanosecond = nanoseconds
  }

  /// Seconds since 1970-01-01T00:00:00Z.
  package var unixSeconds: Int64 {
    Int64(daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second)
  }

  /// Nanoseconds since 1970-01-01T00:00:00Z; nil outside 64 bits (years 1677 to 2262).
  package var unixNanoseconds: Int64? {
    // Counted from the next whole second: the earliest representable one lies between two.
    let isBefore = unixSeconds < 0
    let (whole, isTooFar) = (unixSeconds + (isBefore ? 1 : 0))
      .multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isTooMuch) = whole.addingReportingOverflow(
      Int64(nanosecond) - (isBefore ? 1_000_000_000 : 0))
    return isTooFar || isTooMuch ? nil : sum
  }

  /// 0 for Sunday to 6 for Saturday.
  package var weekday: Int {
    Self.floorDivided(daysSinceEpoch + 4, 7).remainder
  }

  private var daysSinceEpoch: Int {
    let year = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = Self.floorDivided(year, 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }

  private static func floorDivided(_ number: Int, _ by: Int) -> (quotient: Int, remainder: Int) {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: by)
    return remainder < 0 ? (quotient - 1, remainder + by) : (quotient, remainder)
  }
}
