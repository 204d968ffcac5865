import Glibc

/// The C library's calendar, to check the simulator's own against.
enum CivilTime {
  /// `2020-12-08T09:08:57.715Z`. Calls `gmtime_r(3)`.
  static func iso8601(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1000)
    var time = tm()
    gmtime_r(&seconds, &time)
    func digits(_ number: some BinaryInteger, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    return "\(digits(time.tm_year + 1900, 4))-\(digits(time.tm_mon + 1, 2))-"
      + "\(digits(time.tm_mday, 2))T\(digits(time.tm_hour, 2)):\(digits(time.tm_min, 2)):"
      + "\(digits(time.tm_sec, 2)).\(digits(milliseconds % 1000, 3))Z"
  }
}
