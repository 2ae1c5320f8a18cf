extension BucketClient {
    /// On what a put depends.
    package enum Condition: Sendable, Equatable {
        case none
        /// There is no object under the key (`If-None-Match: *`).
        case absent
        /// The object has this content still (`If-Match`).
        case matches(tag: String)

        var header: (name: String, value: String)? {
            switch self {
            case .none: nil
            case .absent: ("If-None-Match", "*")
            case .matches(let tag): ("If-Match", tag)
            }
        }
    }

    /// By which a put is known again: of each put another, of its tries the same.
    static let markHeader = "x-amz-meta-till-put"

    static func newMark() -> String {
        var source = SystemRandomNumberGenerator()
        return SignatureText.hexadecimal((0..<2).flatMap { _ in withUnsafeBytes(of: source.next()) { Array($0) } })
    }

    /// Stores an object whole, its sum checked by the bucket.
    ///
    /// A try may be done though its answer is lost, and the next then loses the race against it: whoever lost looks whose object is there.
    ///
    /// - Returns: the tag of the content.
    /// - Throws: `.lostRace`; `.corrupt` before anything is sent where `condition` has no tag; `.unavailable`, whose `mayHaveApplied` says whether it may be stored all the same, now or a little later.
    @discardableResult
    package func put(_ key: String, _ bytes: [UInt8], if condition: Condition = .none) throws(BucketFailure) -> String {
        // A header without a value is left out on its way: the put would have no condition.
        if case .matches(tag: "") = condition { throw Self.odd("an object without an ETag cannot be replaced on condition that it is the one that was read") }
        let (mark, hash) = (Self.newMark(), SHA256.hash(bytes))
        var call = BucketCall(method: .put, key: endpoint.key(key), body: bytes, payloadHash: hash, kind: .put)
        call.headers = [(Self.markHeader, mark), ("x-amz-checksum-sha256", SignatureText.base64(hash))]
        if let header = condition.header { call.headers.append(header) }
        do throws(BucketFailure) { return try perform(call).headers["etag"] ?? "" } catch {
            return try settle(key, mark: mark, condition, after: error).tag
        }
    }

    /// Finds out what became of a put that failed.
    func settle(_ key: String, mark: String, _ condition: Condition, after failure: BucketFailure) throws(BucketFailure) -> ObjectHead {
        var failure = failure
        // What a swap was to replace is gone.
        if failure.kind == .notFound, case .matches = condition { failure.kind = .lostRace }
        guard failure.kind == .lostRace || (failure.kind == .unavailable && failure.mayHaveApplied) else { throw failure }
        let found: ObjectHead?
        do throws(BucketFailure) { found = try head(key) } catch {
            // What is there nobody knows: that is not a race lost.
            var unknown = error
            if unknown.kind != .cancelled { unknown.kind = .unavailable }
            unknown.mayHaveApplied = true
            throw unknown
        }
        if let found, found.mark == mark { return found }
        guard failure.kind == .unavailable else { throw failure }
        switch condition {
        case .none: throw failure
        case .absent where found == nil: throw failure
        case .matches(let tag) where found?.tag == tag: throw failure
        // Another's content is there: no try of ours can still be done.
        case .absent, .matches: throw BucketFailure(.lostRace, status: failure.status, code: failure.code, "another was first", requestID: failure.requestID)
        }
    }

    /// Removes an object; one that isn't there counts as removed.
    package func delete(_ key: String) throws(BucketFailure) {
        do throws(BucketFailure) { _ = try perform(BucketCall(method: .delete, key: endpoint.key(key), kind: .delete)) } catch {
            guard error.kind == .notFound else { throw error }
        }
    }
}
