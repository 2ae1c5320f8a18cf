internal import CConsole
internal import ColumnStore

/// The console's files, which are in the binary. They are served under a path that names the hash of all of them: whatever has that path is the same
/// forever, and a page of one version never gets a module of another.
struct ConsoleFiles: Sendable {
    /// Bytes of the hash that the path has, in hexadecimal digits: enough that two versions differ.
    private static let hashByteCount = 8

    static let embedded = ConsoleFiles(Self.read())

    private let byPath: [String: ConsoleFile]
    /// `/console/assets/<hash>`
    let root: String

    init(_ files: [ConsoleFile]) {
        let folder = "styles/"
        let styles = Dictionary(
            files.filter { $0.path.hasPrefix(folder) }.map { (String($0.path.dropFirst(folder.count)), $0.bytes) }, uniquingKeysWith: { first, _ in first })
        byPath = Dictionary(
            files.map { file in
                let isMain = file.path == folder + "console.css"
                return (file.path, isMain ? ConsoleFile(path: file.path, bytes: Self.joined(file.bytes, styles) ?? file.bytes) : file)
            }, uniquingKeysWith: { first, _ in first })
        var all: [UInt8] = []
        for file in files.sorted(by: { $0.path < $1.path }) { all += Array(file.path.utf8) + [0] + Digest.sha256(file.bytes) }
        root = "/console/assets/" + Digest.sha256(all).prefix(Self.hashByteCount).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func read() -> [ConsoleFile] {
        (0..<console_file_count()).map { index in
            let file = console_file_at(index)
            return ConsoleFile(path: String(cString: file.path), bytes: Array(UnsafeBufferPointer(start: file.bytes, count: file.byte_count)))
        }
    }

    /// A language is a file: languages/<tag>.json.
    var languages: [String] {
        byPath.keys.compactMap { path in
            let parts = path.split(separator: "/")
            return parts.count == 2 && parts[0] == "languages" && parts[1].hasSuffix(".json") ? String(parts[1].dropLast(5)) : nil
        }.sorted()
    }

    func file(_ path: some StringProtocol) -> ConsoleFile? { byPath[String(path)] }
}
