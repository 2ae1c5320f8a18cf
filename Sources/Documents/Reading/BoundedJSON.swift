import Synchronization

/// Reads a call's body that may be long: what it takes to read it is waited for before it is taken.
///
/// For bodies that are no documents: events, messages, what a task publishes. The tape lies in a pooled reader, so that reading allocates nothing
/// once its buffers have grown.
///
/// Order: a long text is passed over once (`JSONOutline`), which refuses what could not be read anyway and tells what reading takes; `ParsingRoom`
/// then gives so much, or lets wait.
package enum BoundedJSON {
    /// Proof: a reader is in the pool or with the one thread that took it out.
    private struct Lent: @unchecked Sendable { let reader: JSONReader }

    /// At most `idleCountMax` are kept; what is read beside them has a reader of its own.
    private static let idle = Mutex<[Lent]>([])
    private static let idleCountMax = 8

    /// Lends the tape of a text to `body`.
    ///
    /// - Parameters:
    ///   - text: any JSON text.
    ///   - body: must not keep the tape: the reader is lent on when it returns.
    /// - Throws: `Fault`: bad-json, too-large, and what `body` throws.
    package static func read<Result>(_ text: [UInt8], _ body: (JSONTape) throws -> Result) throws -> Result {
        try text.withUnsafeBytes { bytes in
            try ParsingRoom.shared.with(try byteCount(bytes)) {
                let lent = idle.withLock { $0.popLast() } ?? Lent(reader: JSONReader())
                defer { idle.withLock { if $0.count < idleCountMax { $0.append(lent) } } }
                do {
                    return try lent.reader.read(bytes, body)
                } catch let error as DocumentError {
                    throw Fault(error)
                }
            }
        }
    }

    /// What reading takes beyond a small text's; 0 for one that need not wait.
    private static func byteCount(_ text: UnsafeRawBufferPointer) throws -> Int {
        guard text.count >= JSONOutline.byteCountMin else { return 0 }
        let outline = JSONOutline(text)
        if let offset = outline.tooDeepOffset { throw Fault(.badJSON, "byte \(offset): nested deeper than \(JSONReader.depthMax)") }
        guard outline.tokenCount / 2 + 1 <= JSONReader.nodeCountMax else { throw Fault(.tooLarge, "more than \(JSONReader.nodeCountMax) values in one JSON text") }
        return outline.readingByteCount
    }
}
