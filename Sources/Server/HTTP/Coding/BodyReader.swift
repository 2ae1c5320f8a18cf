internal import Documents
package import Ingest

/// Collects bytes that come in pieces, within a limit: a body, or what its Content-Encoding unfolds to. Asks for the memory before it takes it.
///
/// Doubles where nothing was announced; else it grows fourfold, up to that: an announced body of 13 MB is moved 5 MB on its way and not 16. One connection's thread has it.
package struct BodyReader {
    /// Until bytes come no more is laid aside than this, whatever the Content-Length promises.
    private static let firstByteCount = 4 << 10

    package private(set) var bytes: [UInt8] = []
    private let byteCountMax: Int
    /// How many there will be, if that was said.
    private let expected: Int
    private let growth: Int
    private var capacity = 0

    /// - Parameter expected: the Content-Length, if one was sent. Only the growth of the memory follows it.
    package init(byteCountMax: Int, expected: Int?) {
        self.byteCountMax = byteCountMax
        self.expected = expected.map { min(max($0, 0), byteCountMax) } ?? byteCountMax
        growth = expected == nil ? 2 : 4
    }

    /// - Parameters:
    ///   - what: of what the limit is, for the refusal.
    ///   - charge: asked with the bytes that will be held, before they are: while it grows both what it has and where that goes, then the latter alone.
    package mutating func append(
        _ piece: UnsafeRawBufferPointer, what: @autoclosure () -> String = "the body", charge: (Int) throws -> Void
    ) throws {
        // `bytes.count` never exceeds the limit, so the difference cannot be negative.
        guard piece.count <= byteCountMax - bytes.count else {
            throw Problem(.tooLarge, "\(what()) is over its limit of \(byteCountMax) bytes")
        }
        let total = bytes.count + piece.count
        if total > capacity {
            // At least what is here now; a multiple of what there was, from 4 KiB on; no more than was announced, unless more has come than that.
            let grown = max(total, min(max(capacity * growth, Self.firstByteCount), expected))
            let isCharged = grown > MemoryLedger.freeByteCount
            if isCharged { try charge(grown + capacity) }
            bytes.reserveCapacity(grown)
            if isCharged, capacity > 0 { try charge(grown) }
            capacity = grown
        }
        bytes.append(contentsOf: piece)
    }

    /// Hands over the bytes.
    package mutating func take() -> [UInt8] {
        let taken = bytes
        release()
        return taken
    }

    package mutating func release() { (bytes, capacity) = ([], 0) }
}

/// Takes a body as it comes, one too long for memory. One thread at a time; one that is let go of before its call was answered was cut off.
package protocol BodySink: AnyObject, Sendable {
    /// - Throws: what refuses the body; nothing more comes then.
    func append(_ bytes: UnsafeRawBufferPointer) throws
}

extension UploadFile: BodySink {}
