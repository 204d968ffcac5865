import Glibc
import LinuxSystem

/// The files of this repository, as they are on disk.
struct SourceTree {
  struct File {
    /// From the root of the repository.
    var path: String
    var lines: [Substring]

    var name: Substring { path.split(separator: "/").last ?? "" }

    /// The modules that a Swift file imports.
    var imports: [Substring] {
      lines.compactMap { line in
        let words = line.split(separator: " ")
        guard let index = words.firstIndex(of: "import"), index + 1 < words.count,
          words[..<index].allSatisfy({ Self.modifiers.contains($0) })
        else { return nil }
        return words[index + 1]
      }
    }

    private static let modifiers: Set<Substring> = [
      "internal", "package", "public", "private", "fileprivate", "@testable", "@preconcurrency",
    ]
  }

  let root: String

  /// Finds the root from where this file was compiled.
  init(here: String = #filePath) {
    root = here.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
      .joined(separator: "/")
  }

  /// The files under a directory of the root whose names end so, in order.
  func files(in directory: String, endingIn suffix: String) throws -> [File] {
    try paths(under: directory).filter { $0.hasSuffix(suffix) }.sorted().map(file)
  }

  func file(_ path: String) throws -> File {
    let text = String(decoding: try FileContents.read("\(root)/\(path)"), as: UTF8.self)
    return File(path: path, lines: text.split(separator: "\n", omittingEmptySubsequences: false))
  }

  func exists(_ path: String) -> Bool {
    access("\(root)/\(path)", F_OK) == 0
  }

  /// All files under a directory; none where it does not exist. Hidden names are passed over.
  private func paths(under directory: String) -> [String] {
    guard let stream = opendir("\(root)/\(directory)") else { return [] }
    defer { closedir(stream) }
    var paths: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard !name.hasPrefix(".") else { continue }
      let path = directory.isEmpty ? name : "\(directory)/\(name)"
      if entry.pointee.d_type == DT_DIR {
        paths += self.paths(under: path)
      } else {
        paths.append(path)
      }
    }
    return paths
  }
}
