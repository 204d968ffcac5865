import DaemonSettings
import Glibc
import LinuxSystem
import Testing

@testable import ClockDaemon

/// Whatever stands where the state file should be.
@Suite struct GuardedFileTests {
  private let directory = Scratch()

  /// What a start makes of the path.
  private func restored() throws -> RestoredState {
    let state = try TestState()
    return RestoredState.load(directory.path, for: state.settings, here: state.here)
  }

  private func expectRefusal(_ reason: String) throws {
    let restored = try restored()
    #expect(restored.isEmpty)
    #expect(
      restored.lines == [
        .init(
          priority: .warning,
          message: "the state file \(directory.path) is ignored: \(reason); all exchanges' time"
            + " is measured anew")
      ])
  }

  @Test func aMissingFileIsNothingToSpeakOf() throws {
    let restored = try restored()
    #expect(restored.isEmpty && restored.lines.isEmpty)
  }

  @Test func whatIsWrittenIsRead() throws {
    let state = try TestState()
    for _ in 0..<3 {
      try GuardedFile.replace(directory.path, with: state.text)
      #expect(try restored().memories.count == 3)
    }
    #expect(directory.names == ["state.json"])
    #expect(directory.mode == 0o600)
  }

  @Test func whatAKillLeftBehindIsReplaced() throws {
    directory.write("half a sta", to: directory.path + ".new")
    #expect(symlink("/etc/passwd", directory.path) == 0)
    unlink(directory.path)
    try GuardedFile.replace(directory.path, with: try TestState().text)
    #expect(directory.names == ["state.json"])
    #expect(try restored().memories.count == 3)
  }

  /// A link in the temporary file's place must not lead the write elsewhere.
  @Test func aLinkInThePlaceOfTheTemporaryFileIsNotFollowed() throws {
    directory.write("precious", to: directory.root + "/other")
    #expect(symlink(directory.root + "/other", directory.path + ".new") == 0)
    try GuardedFile.replace(directory.path, with: [1, 2, 3])
    #expect(try FileContents.read(directory.root + "/other") == Array("precious".utf8))
    #expect(try FileContents.read(directory.path) == [1, 2, 3])
  }

  @Test func aDirectory() throws {
    mkdir(directory.path, 0o700)
    try expectRefusal("it is not a regular file")
    expectNotReplaced(.isNotRegular)
  }

  @Test func aFIFO() throws {
    mkfifo(directory.path, 0o600)
    try expectRefusal("it is not a regular file")
    expectNotReplaced(.isNotRegular)
  }

  @Test func aSocket() throws {
    let listener = try UnixSocket.listen(at: directory.path, mode: 0o600, group: nil)
    defer { withExtendedLifetime(listener.number) {} }
    try expectRefusal("it is not a regular file")
    expectNotReplaced(.isNotRegular)
  }

  @Test func aLink() throws {
    try GuardedFile.replace(directory.root + "/real", with: try TestState().text)
    #expect(symlink(directory.root + "/real", directory.path) == 0)
    try expectRefusal("it is a symbolic link, which is not followed")
    expectNotReplaced(.isSymbolicLink)
  }

  @Test(arguments: ["/dev/null", "/dev/zero"])
  func aDevice(_ device: String) throws {
    #expect(throws: GuardedFile.Failure.isNotRegular) {
      try GuardedFile.read(device, limit: 1 << 20)
    }
    #expect(throws: GuardedFile.Failure.isNotRegular) {
      try GuardedFile.replace(device, with: [1])
    }
    var status = stat()
    #expect(lstat(device, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    #expect(access(device + ".new", F_OK) != 0)
  }

  @Test(arguments: [0o620, 0o602, 0o666, 0o777] as [UInt32])
  func oneThatOthersMayWrite(_ mode: UInt32) throws {
    try GuardedFile.replace(directory.path, with: try TestState().text)
    chmod(directory.path, mode)
    try expectRefusal("group or others may write it (mode 0\(String(mode, radix: 8)))")
    // It is replaced by one that only we may write.
    try GuardedFile.replace(directory.path, with: try TestState().text)
    #expect(try restored().memories.count == 3)
  }

  @Test func oneOfAnotherUser() throws {
    try GuardedFile.replace(directory.path, with: try TestState().text)
    guard chown(directory.path, 12_345, 12_345) == 0 else {
      print("SKIPPED: a state file of another user: only root can give a file away")
      return
    }
    try expectRefusal("it belongs to user 12345, not to this process's or root")
  }

  @Test func anEmptyOne() throws {
    try GuardedFile.replace(directory.path, with: [])
    try expectRefusal("it is empty")
  }

  @Test func oneOfFourMebibytesAndMore() throws {
    try GuardedFile.replace(directory.path, with: [UInt8](repeating: 0x20, count: 4 << 20 | 1))
    try expectRefusal("it is larger than 4194304 bytes")
    try GuardedFile.replace(directory.path, with: [UInt8](repeating: 0x20, count: 4 << 20))
    try expectRefusal("it is no state file of exchange-clockd")
  }

  @Test func whereNothingCanBeWrittenItSaysWhy() throws {
    let path = directory.root + "/none/state.json"
    #expect(throws: GuardedFile.Failure.system(SystemError("create \(path).new", number: ENOENT))) {
      try GuardedFile.replace(path, with: [1])
    }
    // The temporary file's place is taken; the good file stays.
    try GuardedFile.replace(directory.path, with: try TestState().text)
    mkdir(directory.path + ".new", 0o700)
    #expect(
      throws: GuardedFile.Failure.system(
        SystemError("create \(directory.path).new", number: EEXIST))
    ) { try GuardedFile.replace(directory.path, with: [1]) }
    #expect(try restored().memories.count == 3)
  }

  private func expectNotReplaced(_ failure: GuardedFile.Failure) {
    #expect(throws: failure) { try GuardedFile.replace(directory.path, with: [1]) }
  }
}
