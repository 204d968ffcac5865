import ClockProtocol
import Glibc
import LinuxSystem
import PageReading
import Testing

@testable import ClockDaemon

/// A writer at full speed, and readers in other processes that look for what was not written
/// together.
@Suite struct TornPageTests {
  private static let seconds = 3
  private let directory = TemporaryDirectory()

  /// The readers' programs, as commands without the page and the time.
  private func readers() throws -> [[String]] {
    var readers = [[product("page-reader"), "hunt"]]
    let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let root = "/" + tests.split(separator: "/").dropLast().joined(separator: "/")
    let program = directory.path("hunt")
    let compile =
      "for cc in gcc clang; do command -v $cc >/dev/null && exec $cc -std=c11 -O2"
      + " -I\(root)/clients/c /\(tests)/clients/c/hunt.c -o \(program); done; exit 9"
    let result = try run("/bin/sh", ["-c", compile])
    if result.code == 9 {
      print("SKIPPED: torn reads from C: there is no compiler")
    } else {
      try #require(result.code == 0, "\(result.output)")
      readers.append([program])
    }
    return readers
  }

  @Test func nothingIsReadHalf() throws {
    let ids = try ["binance", "okx"].map { try #require(PageID($0)) }
    let path = directory.path("clock.page")
    let place = PageFile.Place(
      path: path, mode: 0o600, group: nil,
      boot: HostIdentity.boot.flatMap { PageHeader.bootID($0) })
    let page = try PageFile(at: place, ids: ids)
    for (index, id) in ids.enumerated() { page.write(.hunted(id, 0), index: index) }
    let hunts = try readers().enumerated().map { number, command in
      let output = directory.path("output\(number)")
      return (
        name: command[0], output: output,
        process: try ChildProcess(
          command[0], command.dropFirst() + [path, "\(Self.seconds)"], output: output)
      )
    }
    var number: Int64 = 0
    while hunts.contains(where: { !$0.process.hasEnded }) {
      for _ in 0..<10_000 {
        number += 1
        for (index, id) in ids.enumerated() { page.write(.hunted(id, number), index: index) }
      }
    }
    for (name, output, process) in hunts {
      let text = String(decoding: try FileContents.read(output), as: UTF8.self)
      #expect(process.exitCode() == 0, "\(name): \(text)")
      print("\(number * 2) writes; \(name): \(text)", terminator: "")
    }
  }
}
