/// Where a writer's bytes go, in order. One owner on one thread at a time.
public protocol ByteSink: AnyObject {
    /// Appends all of `bytes`, or throws; after an error the sink takes no more.
    func write(_ bytes: RawSpan) throws(ColumnStoreError)
}

extension ByteSink {
    public func write(_ bytes: [UInt8]) throws(ColumnStoreError) {
        try write(bytes.span.bytes)
    }
}

/// A new object that is written piece by piece and appears whole, or never.
///
/// Until `commit` no reader can see it. A sink that is dropped without either call is abandoned.
public protocol ObjectSink: ByteSink {
    /// Makes the object durable, then visible under its key, in this order.
    ///
    /// - Throws: `.conflict` when the key was taken meanwhile: the other object stays as it is.
    func commit() throws(ColumnStoreError)
    /// Forgets what was written.
    func abandon()
}

/// Bytes gathered in memory.
public final class MemorySink: ByteSink {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public func write(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { self.bytes.append(contentsOf: $0) }
    }
}

/// Passes bytes on and hashes them on the way, so that a file need not be read again for its hash.
public final class HashingSink: ByteSink {
    private let target: any ByteSink
    private var hasher = SHA256()
    /// Written so far.
    public private(set) var byteCount: Int64 = 0

    public init(_ target: any ByteSink) {
        self.target = target
    }

    public func write(_ bytes: RawSpan) throws(ColumnStoreError) {
        try target.write(bytes)
        hasher.update(bytes)
        byteCount += Int64(bytes.byteCount)
    }

    /// The hash of all bytes so far.
    public func digest() -> [UInt8] {
        var copy = hasher
        return copy.finalize()
    }
}
