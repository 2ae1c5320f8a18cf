public import ColumnStore
import Synchronization

/// A bucket in memory: conditional puts, whole objects, no renames. It counts listings, can lose its answers to conditional puts, and refuse to be read.
public final class ObjectStoreDouble: ObjectStorage {
    private struct State {
        var objects: [String: [UInt8]] = [:]
        var listingCount = 0
        var losesAnswers = false
        var refusesReading = false
        var cached: [String: [UInt8]] = [:]
    }
    private let state = Mutex(State())
    private let place: String

    /// - Parameter place: its URL, without a slash at the end.
    public init(_ place: String = "s3://bucket/receipts") { self.place = place }

    public var listingCount: Int { state.withLock { $0.listingCount } }

    /// Whether each conditional put is sent a second time, as a client does that had no answer to the first.
    public func loseAnswers(_ loses: Bool) { state.withLock { $0.losesAnswers = loses } }

    /// Whether every read of an object fails, as without the right to it.
    public func refuseReading(_ refuses: Bool) { state.withLock { $0.refusesReading = refuses } }

    /// From now on readers get these bytes of an object, as of a cache beside the bucket, until they let go of it.
    public func cache(_ key: String, _ bytes: [UInt8]) { state.withLock { $0.cached[key] = bytes } }
    public func forget(_ key: String) { state.withLock { $0.cached[key] = nil } }

    public var objects: [String: [UInt8]] { state.withLock { $0.objects } }

    public func location(of key: String) -> String { "\(place)/\(key)" }

    public func key(ofLocation location: String) -> String? {
        let prefix = "\(place)/"
        return location.hasPrefix(prefix) ? String(location.dropFirst(prefix.count)) : nil
    }

    public func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) {
        let isNew = state.withLock { state in
            guard state.objects[key] == nil else { return false }
            state.objects[key] = bytes
            return !state.losesAnswers
        }
        guard isNew else { throw ColumnStoreError(.conflict, path: key, "If-None-Match: *") }
    }

    public func put(_ key: String, _ bytes: [UInt8]) {
        state.withLock { $0.objects[key] = bytes }
    }

    public func create(_ key: String) -> any ObjectSink { Upload(self, key) }

    private func object(_ key: String) throws(ColumnStoreError) -> [UInt8] {
        let (found, isRefused) = state.withLock { ($0.cached[key] ?? $0.objects[key], $0.refusesReading) }
        if isRefused { throw ColumnStoreError(.io, path: key, "403 Access Denied") }
        guard let bytes = found else { throw ColumnStoreError(.notFound, path: key, "no such object") }
        return bytes
    }

    public func get(_ key: String, byteCountMax: Int) throws(ColumnStoreError) -> [UInt8] { try object(key) }

    public func get(_ key: String, range: Range<Int64>) throws(ColumnStoreError) -> [UInt8] {
        let bytes = try object(key)
        guard range.upperBound <= Int64(bytes.count) else { throw ColumnStoreError(.corruptFile, path: key, "too short") }
        return Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
    }

    public func open(_ key: String) throws(ColumnStoreError) -> any RandomAccessBytes { MemoryBytes(try object(key), name: key) }

    public func byteCount(of key: String) -> Int64? { state.withLock { $0.objects[key].map { Int64($0.count) } } }

    public func delete(_ key: String, _ proof: RemovalProof) { state.withLock { $0.objects[key] = nil } }

    public func list(prefix: String, _ body: (StoredObject) throws(ColumnStoreError) -> Void) throws(ColumnStoreError) {
        let objects = state.withLock { state in
            state.listingCount += 1
            return state.objects
        }
        for (key, bytes) in objects where key.hasPrefix(prefix) {
            try body(StoredObject(key: key, byteCount: Int64(bytes.count), modifiedMilliseconds: 0))
        }
    }

    private final class Upload: ObjectSink {
        private let storage: ObjectStoreDouble
        private let key: String
        private var bytes: [UInt8] = []

        init(_ storage: ObjectStoreDouble, _ key: String) {
            self.storage = storage
            self.key = key
        }

        func write(_ bytes: RawSpan) { bytes.withUnsafeBytes { self.bytes.append(contentsOf: $0) } }
        func commit() throws(ColumnStoreError) { try storage.putIfAbsent(key, bytes) }
        func abandon() { bytes = [] }
    }
}
