internal import ClockCore
internal import ClockProtocol
internal import ExchangeClock
internal import JSONDocument
internal import LinuxSystem

extension Verbs {
  /// Shows all exchanges until it is ended: a picture on a terminal, else a line for each change.
  static func watch(_ invocation: Invocation) throws {
    if !invocation.json, Terminal.isScreen, let screen = TerminalScreen() {
      try watch(invocation, on: screen)
    } else {
      try follow(invocation)
    }
  }

  private static func watch(
    _ invocation: Invocation, on screen: borrowing TerminalScreen
  ) throws {
    var feed = WatchFeed(invocation.socket)
    var model = WatchModel()
    let glyphs = Terminal.hasUnicode ? Glyphs.unicode : .ascii
    var scroll = 0
    while true {
      feed.update(&model, arrow: glyphs.arrow)
      let clocks = HostClocks.read()
      var view = WatchView(
        model: model, size: screen.size, now: clocks.raw,
        microseconds: clocks.local.nanoseconds / 1_000, glyphs: glyphs,
        takesKeys: screen.takesKeys)
      scroll = min(scroll, view.mostScroll)
      view.scroll = scroll
      try screen.draw(
        view.lines.map {
          $0.text(
            width: view.size.columns, hasColours: Terminal.hasColours, mark: view.glyphs.cut)
        })
      for key in screen.wait(for: feed.pause, orReadable: feed.descriptor).keys {
        switch key {
        case .character("q"), .character("Q"): return
        case .up, .character("k"): scroll -= 1
        case .down, .character("j"): scroll += 1
        case .pageUp: scroll -= view.size.rows / 2
        case .pageDown, .character(" "): scroll += view.size.rows / 2
        case .home, .character("g"): scroll = 0
        case .end, .character("G"): scroll = view.mostScroll
        case .character: break
        }
        scroll = max(scroll, 0)
      }
    }
  }
}
