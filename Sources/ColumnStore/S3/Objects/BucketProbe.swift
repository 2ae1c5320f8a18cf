/// Finds out at the start whether a bucket keeps its word: a commit excludes another only as long as conditions hold. One that takes a put in spite of a
/// condition that is not met, which many servers do that speak S3, would lose what was committed.
package enum BucketProbe {
    /// Below the prefix; each probe has keys of its own, so that two starts do not disturb each other.
    package static let folder = "probe"

    /// Seven small requests.
    ///
    /// - Throws: `.unavailable` that says what the bucket did, or why it could not be asked.
    package static func check(_ client: BucketClient) throws(ColumnStoreError) {
        if let fault = try fault(of: client) { throw fault }
    }

    /// - Returns: what it does that it must not; nil when it keeps its word.
    /// - Throws: where it could not be asked.
    package static func fault(of client: BucketClient) throws(ColumnStoreError) -> ColumnStoreError? {
        let key = "\(folder)/\(BucketClient.newMark())"
        let place = client.endpoint.location
        do throws(BucketFailure) {
            let fault = try fault(client, key)
            // By the clean-up rule of the bucket, if not now.
            do throws(BucketFailure) { try client.delete(key) } catch { if fault == nil { throw error } }
            guard let fault else { return nil }
            let failure = BucketFailure(
                .refused, code: "NoConditions", fault + "; two writers would overwrite each other's commits: take a bucket or a server that keeps If-None-Match and If-Match")
            return ColumnStoreError(failure, key: place)
        } catch {
            throw ColumnStoreError(error, key: place)
        }
    }

    /// - Returns: what it did that it must not; nil when it keeps its word.
    private static func fault(_ client: BucketClient, _ key: String) throws(BucketFailure) -> String? {
        let (first, second) = (Array("till probe, first".utf8), Array("till probe, second".utf8))
        let tag = try client.put(key, first, if: .absent)
        if try isTaken(client, key, second, .absent) { return "it replaced an object in spite of If-None-Match: *" }
        let found = try client.get(key, byteCountMax: 1_024)
        guard found.bytes == first else { return "it answered 412 to If-None-Match: *, and replaced the object all the same" }
        if try isTaken(client, key, second, .matches(tag: "\"00000000000000000000000000000000\"")) { return "it replaced an object in spite of If-Match with another's tag" }
        guard !tag.isEmpty else { return "it gave no ETag for what was put" }
        // What is read is replaced on condition of the tag that came with it.
        guard found.head.tag == tag else { return "it gave GET another ETag than the put of the same content had" }
        guard try isTaken(client, key, second, .matches(tag: tag)) else { return "it refused If-Match with the object's own tag" }
        guard try client.get(key, byteCountMax: 1_024).bytes == second else { return "it gives out an older content than it has taken" }
        return nil
    }

    private static func isTaken(_ client: BucketClient, _ key: String, _ bytes: [UInt8], _ condition: BucketClient.Condition) throws(BucketFailure) -> Bool {
        do throws(BucketFailure) {
            try client.put(key, bytes, if: condition)
            return true
        } catch {
            guard error.kind == .lostRace else { throw error }
            return false
        }
    }
}
