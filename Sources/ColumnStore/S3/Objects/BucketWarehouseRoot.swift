/// By conditional puts.
struct BucketWarehouseRoot: WarehouseRoot {
    let client: BucketClient

    private static let byteCountMax = 4_096

    private func failing<Result>(_ key: String, _ body: () throws(BucketFailure) -> Result) throws(ColumnStoreError) -> Result {
        do throws(BucketFailure) { return try body() } catch { throw ColumnStoreError(error, key: "\(client.endpoint.location)/\(key)") }
    }

    func read(_ key: String) throws(ColumnStoreError) -> (bytes: [UInt8], tag: String)? {
        try failing(key) { () throws(BucketFailure) in
            do throws(BucketFailure) {
                let piece = try client.get(key, byteCountMax: Self.byteCountMax)
                return (piece.bytes, piece.head.tag)
            } catch {
                guard error.kind == .notFound else { throw error }
                return nil
            }
        }
    }

    func create(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) {
        try failing(key) { () throws(BucketFailure) in _ = try client.put(key, bytes, if: .absent) }
    }

    func swap(_ key: String, _ bytes: [UInt8], ifStill tag: String) throws(ColumnStoreError) {
        try failing(key) { () throws(BucketFailure) in _ = try client.put(key, bytes, if: .matches(tag: tag)) }
    }

    func remove(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) { try BucketStorage(client).delete(key, proof) }

    func isEmpty() throws(ColumnStoreError) -> Bool {
        var isEmpty = true
        do {
            // What probes have left is nothing, nor is the folder itself, which consoles make as an object of 0 bytes; the first other object tells.
            try client.list(prefix: "") { (object) throws(ColumnStoreError) in
                if object.key.hasPrefix(BucketProbe.folder + "/") || object.key.isEmpty && object.byteCount == 0 { return }
                isEmpty = false
                throw ColumnStoreError(.conflict, path: object.key, "lies there")
            }
        } catch where !isEmpty {}
        return isEmpty
    }
}
