/// An object on its way into a bucket: in one put while it is small, in parts from then on. One owner on one thread.
final class BucketObjectSink: ObjectSink {
    private let client: BucketClient
    private let key: String
    private let path: String
    private var buffer: [UInt8] = []
    private var room = 0
    private var upload: MultipartUpload?
    private var isEnded = false

    init(_ client: BucketClient, key: String, path: String) {
        self.client = client
        self.key = key
        self.path = path
    }

    deinit { client.room.give(room) }

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

    func abandon() {
        isEnded = true
        buffer = []
        upload?.abort()
    }
}
