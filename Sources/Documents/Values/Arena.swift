/// Bytes that live as long as one receipt's extraction: unescaped strings, joined texts. They never move; `reset` frees them all at once.
final class Arena {
    /// A text that is longer gets a chunk of its own.
    private static let chunkByteCount = 64 << 10
    private var chunks: [(base: UnsafeMutablePointer<UInt8>, capacity: Int)] = []
    /// Of the last chunk.
    private var used = 0
    /// What all chunks take.
    private(set) var byteCount = 0

    init() {}

    deinit { for chunk in chunks { chunk.base.deallocate() } }

    /// Room for `count` bytes, uninitialised.
    func allocate(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        if let chunk = chunks.last, chunk.capacity - used >= count {
            defer { used += count }
            return chunk.base + used
        }
        let capacity = max(count, Self.chunkByteCount)
        let base = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        chunks.append((base, capacity))
        byteCount += capacity
        used = count
        return base
    }

    func copy(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        let target = allocate(bytes.count)
        if let base = bytes.baseAddress { target.update(from: base, count: bytes.count) }
        return target
    }

    /// Forgets all bytes; keeps one chunk of the usual size.
    func reset() {
        while chunks.count > 1 || chunks.first.map({ $0.capacity > Self.chunkByteCount }) ?? false {
            let chunk = chunks.removeLast()
            byteCount -= chunk.capacity
            chunk.base.deallocate()
        }
        used = 0
    }
}
