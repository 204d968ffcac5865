import Glibc

/// A terminal whose other side is this process: what is drawn on it can be read.
final class PseudoTerminal {
  private let descriptor: CInt
  /// Kept open, so that the terminal outlives the programs that draw on it.
  private let programs: CInt
  private(set) var drawn = ""

  /// What a program opens as its terminal.
  let path: String

  /// openpty(3), which Swift's Glibc module leaves out.
  private typealias Open =
    @convention(c) (
      UnsafeMutablePointer<CInt>, UnsafeMutablePointer<CInt>, UnsafeMutablePointer<CChar>,
      UnsafeRawPointer?, UnsafeRawPointer?
    ) -> CInt

  init() throws {
    guard let symbol = dlsym(nil, "openpty") else {
      throw Expired(what: "openpty(3) is in the C library", log: "")
    }
    let open = unsafeBitCast(symbol, to: Open.self)
    var (own, other): (CInt, CInt) = (-1, -1)
    var name = [CChar](repeating: 0, count: 128)
    guard open(&own, &other, &name, nil, nil) == 0 else {
      throw Expired(what: "a pseudo terminal can be had", log: "errno \(errno)")
    }
    for number in [own, other] { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(own, F_SETFL, O_NONBLOCK)
    (descriptor, programs) = (own, other)
    path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    close(descriptor)
    close(programs)
  }

  /// Takes in what was drawn since, and says whether this is in all that was drawn.
  func shows(_ text: String) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return drawn.contains(text) }
      drawn += String(decoding: buffer[..<count], as: UTF8.self)
    }
  }

  /// The last whole one of the pictures that are drawn from the top.
  func lastPicture() -> Substring {
    _ = shows("")
    return drawn.split(separator: "\u{1B}[H").dropLast().last ?? ""
  }

  func forget() {
    drawn = ""
  }

  /// It shows what is typed and gives it line by line, as a shell wants to find it.
  var isAsItWas: Bool {
    var settings = termios()
    tcgetattr(descriptor, &settings)
    let flags = tcflag_t(ICANON | ECHO)
    return settings.c_lflag & flags == flags
  }
}
