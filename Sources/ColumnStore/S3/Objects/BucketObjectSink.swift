/// An object on its way into a bucket: in one put while it is small, in parts from then on. One owner on one thread.
///
/// 1. `buffer` is shorter than a part between two calls; nothing is sent before it has been as long as one. It is charged to nobody: a store has a few
///    objects on their way at a time.
/// 2. Once `isEnded`, nothing more is written: after a commit, an abandonment, or a part that failed.
/// 3. The key must be free at `commit`; until then no reader sees anything.
final class BucketObjectSink: ObjectSink {
    private let client: BucketClient
    /// Below the client's prefix.
    private let key: String
    /// For errors: the object as readers name it.
    private let path: String
    /// What was written and belongs to no part yet.
    private var buffer: [UInt8] = []
    /// Nil while the object is shorter than a part. Aborts itself when it is let go unfinished.
    private var upload: MultipartUpload?
    private var isEnded = false

    init(_ client: BucketClient, key: String, path: String) {
        self.client = client
        self.key = key
        self.path = path
    }

    func write(_ bytes: RawSpan) throws(ColumnStoreError) {
        precondition(!isEnded, "written to after its end")
        bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
        let partByteCount = client.options.partByteCount
        guard buffer.count >= partByteCount else { return }
        do throws(BucketFailure) {
            while buffer.count >= partByteCount {
                if upload == nil { upload = try MultipartUpload(client, key: key) }
                try upload?.add(Array(buffer[..<partByteCount]))
                buffer.removeFirst(partByteCount)
            }
        } catch {
            isEnded = true
            throw ColumnStoreError(error, key: path)
        }
    }

    /// - Throws: `.conflict` when there is an object under the key; `.unavailable` when it is not known whether it is there now.
    func commit() throws(ColumnStoreError) {
        precondition(!isEnded, "committed after its end")
        isEnded = true
        do throws(BucketFailure) {
            guard let upload else {
                try client.put(key, buffer, if: .absent)
                return
            }
            // The last part alone may be short, and an object of whole parts has none.
            if !buffer.isEmpty { try upload.add(buffer) }
            buffer = []
            try upload.complete(if: .absent)
        } catch {
            throw ColumnStoreError(error, key: path)
        }
    }

    /// Forgets what was written, and has the bucket forget the parts that it holds.
    func abandon() {
        isEnded = true
        buffer = []
        upload?.abort()
    }
}
