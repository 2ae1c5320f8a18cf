import ColumnStore
import Glibc

/// DATA/FORMAT: which layout the directory has, of which store it is, and how far its catalog had come.
///
///     till 1
///     store 5f0c…                 32 digits: tells this store from others
///     generation 1234             of the catalog, at the last start and the last orderly end
///     warehouse s3://…            where its cold tables are, unless that is below DATA
///     end <16 digits>             XXH64 of everything above
///
/// Stores of earlier versions have the first line alone. On disk: change only with the version in it.
struct StoreFormat: Equatable, Sendable {
    var store: String?
    var generation: Int64 = 0
    /// nil: below DATA, or not known.
    var warehouse: String?

    init(store: String? = nil, generation: Int64 = 0, warehouse: String? = nil) {
        self.store = store
        self.generation = generation
        self.warehouse = warehouse
    }

    var text: String {
        guard let store else { return "\(DataDirectory.format)\n" }
        let body = "\(DataDirectory.format)\nstore \(store)\ngeneration \(generation)\n" + (warehouse.map { "warehouse \($0)\n" } ?? "")
        return body + "end \(Self.sum(body))\n"
    }

    private static func sum(_ body: String) -> String {
        let sum = Array(body.utf8).withUnsafeBytes { XXHash64.hash($0) }
        return Hexadecimal.text((0..<8).map { UInt8(truncatingIfNeeded: sum >> (56 - 8 * $0)) })
    }

    /// - Returns: nil where there is no such file.
    /// - Throws: `DataDirectory.Failure.unknownFormat`, and where it cannot be read.
    static func read(_ directory: String) throws -> StoreFormat? {
        let path = "\(directory)/FORMAT"
        try DataDirectory.checkPlain(path)
        guard let text = DataDirectory.text(path) else {
            let code = errno
            guard access(path, F_OK) != 0 else { throw DataDirectory.Failure.opening(path, code, operation: "read") }
            return nil
        }
        if let format = parse(text) { return format }
        // Of another version the first line says it; else something has changed in the file.
        let first = lines(text)[0]
        throw DataDirectory.Failure.unknownFormat(first == DataDirectory.format ? text : first, path: path)
    }

    /// There is one at least.
    private static func lines(_ text: String) -> [String] { text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

    /// - Returns: nil where it is not what `text` gives.
    private static func parse(_ text: String) -> StoreFormat? {
        let lines = lines(text)
        var format = StoreFormat()
        if (5...6).contains(lines.count), lines[1].hasPrefix("store "), lines[2].hasPrefix("generation "), let generation = Int64(lines[2].dropFirst(11)) {
            format = StoreFormat(store: String(lines[1].dropFirst(6)), generation: generation)
            if lines.count == 6, lines[3].hasPrefix("warehouse ") { format.warehouse = String(lines[3].dropFirst(10)) }
        }
        return format.text == text ? format : nil
    }

    /// Whether it is another version that has written the file, and none of this one that has changed: it begins as each version's does, and the sum at its end is not of what this one would have begun
    /// it with.
    static func isOfAnotherVersion(_ directory: String) -> Bool {
        guard let text = DataDirectory.text("\(directory)/FORMAT") else { return false }
        var lines = lines(text)
        let words = lines[0].split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, words[0] == "till", !words[1].isEmpty, words[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            lines[0] != DataDirectory.format
        else { return false }
        lines[0] = DataDirectory.format
        // The first line alone has no sum, which would prove it to be of this one.
        return parse(lines.joined(separator: "\n"))?.store == nil
    }

    /// Takes the place of what is there, whole and durable.
    func write(_ directory: String, calls: any FileSystemCalls = LinuxFileSystem()) throws {
        let path = "\(directory)/FORMAT"
        do {
            if access(path + ".tmp", F_OK) == 0 { try calls.unlink(path + ".tmp", .temporary) }
            let descriptor = try calls.create(path + ".tmp")
            defer { calls.close(descriptor) }
            let bytes = Array(text.utf8)
            try calls.write(descriptor, bytes.span.bytes)
            try calls.synchronize(descriptor)
            try calls.rename(path + ".tmp", path)
            try calls.synchronizeDirectory(directory)
        } catch {
            throw DataDirectory.Failure.io(operation: error.operation, path: path, code: error.code)
        }
    }
}
