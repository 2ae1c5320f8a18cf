import ColumnStore

/// Copies objects whose hash is known.
enum FileCopy {
    /// Copies an object in pieces, durably; it appears under its new key only when it has the hash that it should have.
    ///
    /// - Parameter beforeEachPiece: may throw to end the copy, which leaves nothing under the new key.
    /// - Throws: `.corruptFile` naming the source when it has not.
    static func copy(
        _ key: String, from source: any ObjectStorage, to target: any ObjectStorage, as name: String, byteCount: Int64, sha256: [UInt8],
        beforeEachPiece: () throws -> Void = {}
    ) throws {
        let path = source.place(of: key)
        guard try source.byteCount(of: key) == byteCount else {
            throw ColumnStoreError(.corruptFile, path: path, "is not there with the \(byteCount) bytes that it should have")
        }
        let sink = try target.create(name)
        let hashing = HashingSink(sink)
        var offset: Int64 = 0
        while offset < byteCount {
            let end = min(byteCount, offset + 4 << 20)
            do {
                try beforeEachPiece()
            } catch {
                sink.abandon()
                throw error
            }
            try hashing.write(try source.get(key, range: offset..<end))
            offset = end
        }
        guard hashing.digest() == sha256 else {
            sink.abandon()
            throw ColumnStoreError(.corruptFile, path: path, "does not have the hash that it should have")
        }
        try sink.commit()
    }
}
