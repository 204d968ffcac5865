import LinuxSystem
import Testing

@Suite struct CataloguePageTests {
  /// The page of the repository is what the program prints, without a daemon; behind that are the
  /// links that all pages have.
  @Test func thePageIsUpToDate() throws {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
      .joined(separator: "/")
    let page = String(
      decoding: try FileContents.read(root + "/docs/exchanges.md"), as: UTF8.self)
    let (code, output) = try run(
      product("exchange-clock"), ["exchanges", "--markdown", "--socket", "/nowhere"])
    #expect(code == 0)
    #expect(page.hasPrefix(output + "\n---\n"), "run make docs")
  }
}
