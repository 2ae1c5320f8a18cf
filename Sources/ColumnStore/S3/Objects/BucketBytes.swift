internal import Synchronization

/// An object of a bucket, read by ranges: from what was fetched, from the cache on disk, or by requests side by side for all that is wanted by then.
///
/// `expect` only notes; the next read sends for everything that was noted, so that ranges close together become one request, and what comes next is
/// on its way while this is decoded.
final class BucketBytes: RandomAccessBytes {
    /// For errors: the object's location.
    let name: String
    let byteCount: Int64
    private let key: String
    private let tag: String?
    private let source: BucketReader
    /// What was noted since the last read, oldest first.
    private let expected = Mutex<[Range<Int64>]>([])

    /// Beyond that the oldest are forgotten: a hint costs nothing to lose.
    private static let expectedCountMax = 256

    /// - Parameter tag: of the content that all ranges must be of; nil where the key tells it.
    init(_ source: BucketReader, key: String, name: String, byteCount: Int64, tag: String?) {
        self.source = source
        self.key = key
        self.name = name
        self.byteCount = byteCount
        self.tag = tag
    }

    /// Only notes.
    func expect(_ range: Range<Int64>) {
        let inside = range.clamped(to: 0..<byteCount)
        if inside.isEmpty { return }
        expected.withLock { expected in
            if expected.count >= Self.expectedCountMax { expected.removeFirst() }
            expected.append(inside)
        }
    }

    var waitsForNetwork: Bool { true }

    /// Sends for what was noted, and waits for nothing.
    func begin() { source.begin(key, byteCount: byteCount, tag: tag, takeExpected()) }

    func keepAtHand(_ range: Range<Int64>) throws(ColumnStoreError) {
        let inside = range.clamped(to: 0..<byteCount)
        if inside.isEmpty { return }
        do throws(BucketFailure) { try source.keepAtHand(key, byteCount: byteCount, tag: tag, inside) } catch { throw ColumnStoreError(error, key: name) }
    }

    private func takeExpected() -> [Range<Int64>] {
        expected.withLock { expected in
            defer { expected = [] }
            return expected
        }
    }

    func read(at offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(ColumnStoreError) {
        let region = try region(at: offset, count: target.count)
        withExtendedLifetime(region) { target.copyMemory(from: region.bytes) }
    }

    /// - Throws: `.corruptFile` for a range past the end, before anything is asked; `.unavailable`, `.notFound`.
    func region(at offset: Int64, count: Int) throws(ColumnStoreError) -> ByteRegion {
        guard offset >= 0, count >= 0, offset <= byteCount, Int64(count) <= byteCount - offset else {
            throw ColumnStoreError(.corruptFile, path: name, offset: offset, "\(count) bytes reach past the end at \(byteCount)")
        }
        if count == 0 { return ByteRegion(count: 0) { _ in } }
        let ahead = takeExpected()
        do throws(BucketFailure) {
            return try source.region(of: key, byteCount: byteCount, tag: tag, offset..<(offset + Int64(count)), ahead: ahead)
        } catch {
            throw ColumnStoreError(error, key: name)
        }
    }
}
