import Glibc

/// What a later version of this program has made of a store that records are folded into: this one keeps it, and would not serve it rightly.
package struct LaterFormat: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    /// A record whose bytes are as they were made, and say nothing to this program.
    init(record: Int64, _ what: String) { description = "record \(record) is of a later version: \(what)" }

    /// - Parameter name: of a database, below DATA.
    /// - Returns: nil where this program knows that version.
    init?(version: Int64, of name: String) {
        guard let known = Self.known(name), version > known else { return nil }
        description = "\(name) is of version \(version), and this program knows \(known)"
    }

    private static let databases = ["catalog.sqlite", "queues.sqlite", "executions.sqlite"]

    private static func known(_ name: String) -> Int64? {
        switch name {
        case databases[0]: Int64(CatalogSchema.migrations.count)
        case databases[1]: QueueFile.version
        case databases[2]: ExecutionSchema.version
        default: name.hasPrefix("hot/") ? HotFileSchema.version : nil
        }
    }

    /// Looks at all databases of a directory, beside whoever writes them: at what is committed.
    ///
    /// - Returns: the first that is of a later version; nil for none.
    static func first(in directory: String) throws -> LaterFormat? {
        var names = databases
        if access("\(directory)/hot", F_OK) == 0 { names += try DataDirectory.names(in: "\(directory)/hot").filter { $0.hasSuffix(".sqlite") }.sorted().map { "hot/\($0)" } }
        for name in names {
            let version: Int64?
            // What cannot be read tells no version, and is found by who reads it.
            do { version = try FormatReport.version("\(directory)/\(name)") } catch is SQLiteError { continue }
            if let later = version.flatMap({ LaterFormat(version: $0, of: name) }) { return later }
        }
        return nil
    }
}
