import ClockCore
import Glibc
import LinuxSystem
import Testing

@testable import ClockDaemon

/// The hypervisor's page, played by a file.
@Suite struct VMClockTests {
  /// A page as the kernel's uapi/linux/vmclock-abi.h has it.
  private final class Page {
    let path: String
    private let number: CInt

    init(size: Int = 4096, magic: UInt32 = 0x4b4c_4356, version: UInt16 = 1) {
      var template = Array("/tmp/exchange-clock-vmclock-XXXXXX".utf8CString)
      number = mkstemp(&template)
      path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
      ftruncate(number, size)
      write(magic, at: 0)
      write(UInt32(4096), at: 4)
      write(version, at: 8)
      write(UInt32(6), at: 12)
      write(UInt64(77), at: 16)
    }

    deinit {
      close(number)
      unlink(path)
    }

    func write(_ value: some FixedWidthInteger, at offset: Int) {
      withUnsafeBytes(of: value.littleEndian) { bytes in
        _ = pwrite(number, bytes.baseAddress, bytes.count, offset)
      }
    }

    func disrupt(to marker: UInt64) { write(marker, at: 16) }
    func setSequence(_ count: UInt32) { write(count, at: 12) }
  }

  private static let moved = HostWatch.Interruption(
    reason: "the virtual machine was moved to another host or restored",
    event: "the virtual machine was moved to another host or restored")

  @Test func aDisruptionIsNoticedUntilItIsDealtWith() throws {
    let page = Page()
    let vmclock = try #require(try VMClock(path: page.path))
    #expect(vmclock.disruptionMarker == 77)
    var watch = HostWatch(at: HostClocks.read(), vmclock: vmclock)
    #expect(watch.interruption(at: HostClocks.read()) == nil)
    page.disrupt(to: 78)
    for _ in 0..<3 { #expect(watch.interruption(at: HostClocks.read()) == Self.moved) }
    watch.renew(at: HostClocks.read())
    #expect(watch.interruption(at: HostClocks.read()) == nil)
    page.disrupt(to: 5)
    #expect(watch.interruption(at: HostClocks.read()) == Self.moved)
  }

  /// What the hypervisor is writing cannot be compared; until it has written, no time is given.
  @Test func aPageThatIsBeingWrittenIsADisruption() throws {
    let page = Page()
    var watch = HostWatch(at: HostClocks.read(), vmclock: try VMClock(path: page.path))
    page.setSequence(7)
    #expect(watch.interruption(at: HostClocks.read()) == Self.moved)
    watch.renew(at: HostClocks.read())
    #expect(watch.interruption(at: HostClocks.read()) == Self.moved)
    page.disrupt(to: 78)
    page.setSequence(8)
    #expect(watch.interruption(at: HostClocks.read()) == Self.moved)
    watch.renew(at: HostClocks.read())
    #expect(watch.interruption(at: HostClocks.read()) == nil)
  }

  @Test func noDeviceIsNoError() throws {
    #expect(try VMClock(path: "/nonexistent/vmclock0") == nil)
  }

  @Test func whatIsNoSuchPageIsRefused() {
    for page in [Page(size: 100), Page(magic: 1), Page(version: 2)] {
      #expect(throws: SystemError("map \(page.path)", number: EPROTO)) {
        try VMClock(path: page.path)
      }
    }
  }
}
