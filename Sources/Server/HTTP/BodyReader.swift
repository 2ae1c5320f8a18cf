package import Ingest
import Synchronization

/// Collects a request's body within its limit, and counts what all requests together hold.
package struct BodyReader {
    /// Bodies over this are counted against `sharedByteCountMax`; smaller ones are bounded by the number of connections.
    private static let countedFrom = 256 << 10
    /// All large bodies in memory at once: four of the largest.
    private static let sharedByteCountMax = 256 << 20
    private static let shared = Atomic<Int>(0)

    package private(set) var bytes: [UInt8] = []
    private let byteCountMax: Int
    private var countedByteCount = 0

    /// - Parameter expected: the Content-Length, if one was sent. It only sizes the first allocation.
    package init(byteCountMax: Int, expected: Int?) {
        self.byteCountMax = byteCountMax
        if let expected, expected > 0 { bytes.reserveCapacity(min(expected, 64 << 10) + 64) }
    }

    package mutating func append(_ piece: UnsafeRawBufferPointer) throws(Problem) {
        guard bytes.count + piece.count <= byteCountMax else {
            throw Problem(.tooLarge, "the body is over its limit of \(byteCountMax) bytes")
        }
        let total = bytes.count + piece.count
        if total > Self.countedFrom {
            let more = total - countedByteCount
            let (_, now) = Self.shared.add(more, ordering: .relaxed)
            countedByteCount += more
            guard now <= Self.sharedByteCountMax else {
                throw Problem(.overloaded, "too many large bodies are being received at once")
            }
        }
        bytes.append(contentsOf: piece)
    }

    /// Hands over the bytes; they stay counted until `release`.
    package mutating func take() -> [UInt8] {
        let taken = bytes
        bytes = []
        return taken
    }

    /// Drops the bytes and what was counted for them.
    package mutating func release() {
        bytes = []
        if countedByteCount > 0 { Self.shared.subtract(countedByteCount, ordering: .relaxed) }
        countedByteCount = 0
    }
}
