import ColumnStore

/// Writes full groups of a tail into their file as Parquet images, in parts small enough that no commit waits long behind one.
enum HotFlusher {
    /// A part's number within its group has so many bits of `group_parts.id`.
    static let partBits: Int64 = 20
    /// A part is a transaction of the writer's thread: 1 MiB is a few milliseconds.
    static let partByteCount = 1 << 20

    static func flush(_ files: [HotFile], writer: HotWriter) throws {
        for file in files {
            for tail in file.allTails { try tail.drain() }
        }
    }
}
