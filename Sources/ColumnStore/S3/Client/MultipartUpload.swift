/// An object that goes up in parts, and appears whole when all are there. One owner on one thread; its parts go on the client's pool.
///
/// Three requests of S3: CreateMultipartUpload (`init`), UploadPart for each part (`add`), CompleteMultipartUpload (`complete`), which alone has the
/// condition. Until then, and after `abort`, there is no object.
final class MultipartUpload {
    private let client: BucketClient
    private let key: String
    /// In the object's metadata, by which a completion whose answer was lost is known for ours.
    private let mark = BucketClient.newMark()
    private let uploadID: String
    /// In order, numbered from 1; each holds its bytes until it is sent.
    private var parts: [TransferPool.Promise<Part>] = []
    private var isEnded = false

    /// S3's limit.
    static let partCountMax = 10_000
    /// Parts that are on their way at once, of one object: each holds its bytes.
    private static let parallelCount = 3

    private struct Part: Sendable {
        var tag: String
        var sum: String
    }

    init(_ client: BucketClient, key: String) throws(BucketFailure) {
        self.client = client
        self.key = key
        var call = BucketCall(method: .post, key: client.endpoint.key(key), query: [("uploads", "")], kind: .put)
        call.headers = [(BucketClient.markHeader, mark), ("x-amz-checksum-algorithm", "SHA256")]
        guard let id = ServiceXML.parse(try client.perform(call).body)?.text(of: "UploadId"), !id.isEmpty else {
            throw BucketClient.odd("no UploadId for an upload in parts")
        }
        uploadID = id
    }

    deinit { if !isEnded { abort() } }

    /// Sends the next part, waiting while as many are under way as may be.
    ///
    /// - Throws: what became of an earlier part too.
    func add(_ bytes: [UInt8]) throws(BucketFailure) {
        guard parts.count < Self.partCountMax else {
            throw BucketFailure(.refused, code: "EntityTooLarge", "more than \(Self.partCountMax) parts of \(client.options.partByteCount) bytes")
        }
        if parts.count >= Self.parallelCount { _ = try parts[parts.count - Self.parallelCount].wait() }
        let (client, key, uploadID, number) = (client, key, uploadID, parts.count + 1)
        parts.append(client.pool.start { () throws(BucketFailure) in
            let hash = SHA256.hash(bytes)
            let sum = SignatureText.base64(hash)
            var call = BucketCall(
                method: .put, key: client.endpoint.key(key), query: [("partNumber", String(number)), ("uploadId", uploadID)], body: bytes, payloadHash: hash,
                kind: .put)
            call.headers = [("x-amz-checksum-sha256", sum)]
            guard let tag = try client.perform(call).headers["etag"] else { throw BucketClient.odd("no ETag for part \(number)") }
            return Part(tag: tag, sum: sum)
        })
    }

    /// Makes the object of its parts.
    ///
    /// - Throws: `.lostRace` when the condition did not hold, or as `put`.
    func complete(if condition: BucketClient.Condition) throws(BucketFailure) {
        var text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        for (index, promise) in parts.enumerated() {
            let part = try promise.wait()
            text += "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(Self.escaped(part.tag))</ETag><ChecksumSHA256>\(part.sum)</ChecksumSHA256></Part>"
        }
        text += "</CompleteMultipartUpload>"
        var call = BucketCall(method: .post, key: client.endpoint.key(key), query: [("uploadId", uploadID)], body: Array(text.utf8), kind: .put)
        call.headers = [("Content-Type", "application/xml")]
        if let header = condition.header { call.headers.append(header) }
        do throws(BucketFailure) {
            let answer = try client.perform(call)
            // Behind a 200 that came early nothing but the result says that the object is there: an answer that broke off, or a gateway's page, may stand in its place.
            guard ServiceXML.parse(answer.body)?.name == "CompleteMultipartUploadResult" else {
                var unknown = BucketFailure(.unavailable, status: answer.status, code: "OddAnswer", "no result of an upload in parts")
                unknown.mayHaveApplied = true
                throw unknown
            }
        } catch {
            var failure = error
            // The upload is gone since a try of ours has been done, or since somebody has cleared it away.
            if failure.code == "NoSuchUpload" { (failure.kind, failure.mayHaveApplied) = (.unavailable, true) }
            _ = try client.settle(key, mark: mark, condition, after: failure)
        }
        isEnded = true
    }

    /// Forgets the parts, which the bucket would go on charging for.
    ///
    /// Waits for parts on their way, which would otherwise come after. Never fails: what is left is logged.
    func abort() {
        guard !isEnded else { return }
        isEnded = true
        for part in parts { _ = try? part.wait() }
        let call = BucketCall(method: .delete, key: client.endpoint.key(key), query: [("uploadId", uploadID)], kind: .delete)
        do throws(BucketFailure) { _ = try client.perform(call) } catch {
            StoreLog.note("left parts of an upload", path: client.endpoint.location + "/" + key, reason: error.description, level: .warning)
        }
    }

    private static func escaped(_ text: String) -> String {
        text.map { $0 == "&" ? "&amp;" : $0 == "<" ? "&lt;" : $0 == ">" ? "&gt;" : String($0) }.joined()
    }
}
