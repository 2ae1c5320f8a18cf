extension BucketClient {
    /// What a bucket says of an object.
    package struct ObjectHead: Sendable, Equatable {
        package var byteCount: Int64
        /// Of this very content, with its quotation marks.
        package var tag: String
        /// The mark of the put that stored it, if it was one of ours.
        package var mark: String?
    }

    /// A piece of an object.
    package struct Piece: Sendable {
        package var bytes: [UInt8]
        /// From the object's beginning.
        package var start: Int64
        package var head: ObjectHead
    }

    /// One request for what is there, two for what is not.
    ///
    /// - Returns: nil when there is no such object.
    package func head(_ key: String) throws(BucketFailure) -> ObjectHead? {
        do throws(BucketFailure) {
            let answer = try perform(BucketCall(method: .head, key: endpoint.key(key), kind: .head))
            guard let count = answer.headers["content-length"].flatMap({ Int64($0) }), count >= 0 else { throw Self.odd("no Content-Length") }
            return ObjectHead(byteCount: count, tag: answer.headers["etag"] ?? "", mark: answer.headers[Self.markHeader])
        } catch {
            guard error.kind == .notFound else { throw error }
        }
        // An answer to HEAD has no words, and a bucket that is gone answers 404 as well: GET tells which it is.
        var call = BucketCall(method: .get, key: endpoint.key(key), answerByteCountMax: 1 << 16, kind: .get)
        call.headers = [("Range", "bytes=0-0")]
        do throws(BucketFailure) { _ = try perform(call) } catch {
            guard error.kind == .notFound || error.kind == .noSuchRange else { throw error }
        }
        // What GET finds all the same came behind HEAD.
        return nil
    }

    /// The whole object, with its sum checked where the bucket has one of it.
    ///
    /// - Throws: `.notFound`; `.corrupt` when it is longer than `byteCountMax`, and then with the code `TooLong`.
    package func get(_ key: String, byteCountMax: Int) throws(BucketFailure) -> Piece {
        // One byte more than is wanted tells a longer object, without its length being known.
        var call = BucketCall(method: .get, key: endpoint.key(key), answerByteCountMax: byteCountMax.addingSaturating(1), kind: .get)
        call.headers = [("x-amz-checksum-mode", "ENABLED"), ("Range", "bytes=0-\(byteCountMax)")]
        let answer: OutgoingResponse
        do throws(BucketFailure) { answer = try perform(call) } catch {
            // Of an empty object there is no first byte.
            guard error.kind == .noSuchRange, let head = try head(key), head.byteCount == 0 else { throw error }
            return Piece(bytes: [], start: 0, head: head)
        }
        let piece = try Self.piece(answer, wanted: 0..<Int64(byteCountMax).addingSaturating(1))
        guard piece.head.byteCount <= Int64(byteCountMax) else { throw Self.tooLong(piece.head.byteCount, byteCountMax: byteCountMax) }
        guard Int64(piece.bytes.count) == piece.head.byteCount else { throw Self.odd("\(piece.bytes.count) of \(piece.head.byteCount) bytes") }
        // A sum with a "-" is one of parts' sums.
        if let sum = answer.headers["x-amz-checksum-sha256"], !sum.contains("-"), sum != SignatureText.base64(SHA256.hash(piece.bytes)) {
            throw Self.odd("the bytes do not have the checksum that the bucket has of them")
        }
        return piece
    }

    static let tooLongCode = "TooLong"

    static func tooLong(_ byteCount: Int64, byteCountMax: Int) -> BucketFailure {
        BucketFailure(.corrupt, code: tooLongCode, "\(byteCount) bytes, of which at most \(byteCountMax) are read")
    }

    /// A part of an object, whole.
    ///
    /// - Parameter tag: the content that it must be of; nil: any.
    /// - Throws: `.notFound`; `.noSuchRange` when it ends before the range does; `.lostRace` when it is another content now.
    package func get(_ key: String, range: Range<Int64>, tag: String? = nil) throws(BucketFailure) -> Piece {
        guard !range.isEmpty, range.lowerBound >= 0, let count = Int(exactly: range.upperBound.subtractingSaturating(range.lowerBound)) else {
            throw BucketFailure(.noSuchRange, code: "InvalidRange", "bytes \(range.lowerBound)..<\(range.upperBound)")
        }
        var call = BucketCall(method: .get, key: endpoint.key(key), answerByteCountMax: count, kind: .get)
        call.headers = [("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")]
        if let tag, !tag.isEmpty { call.headers.append(("If-Match", tag)) }
        let piece = try Self.piece(try perform(call), wanted: range)
        guard piece.bytes.count == count else {
            throw BucketFailure(.noSuchRange, code: "InvalidRange", "the object ends at \(piece.head.byteCount), before \(range.upperBound)")
        }
        return piece
    }

    /// The end of an object, and with it its length: what a file with a footer is opened by.
    ///
    /// - Throws: `.notFound`.
    package func tail(_ key: String, byteCount: Int) throws(BucketFailure) -> Piece {
        var call = BucketCall(method: .get, key: endpoint.key(key), answerByteCountMax: byteCount, kind: .get)
        call.headers = [("Range", "bytes=-\(byteCount)")]
        let answer: OutgoingResponse
        do throws(BucketFailure) { answer = try perform(call) } catch {
            guard error.kind == .noSuchRange, let head = try head(key), head.byteCount == 0 else { throw error }
            return Piece(bytes: [], start: 0, head: head)
        }
        let piece = try Self.piece(answer, wanted: nil)
        guard piece.start.addingSaturating(Int64(piece.bytes.count)) == piece.head.byteCount else { throw Self.odd("not the object's end") }
        return piece
    }

    /// Checks that an answer is the piece that was asked for.
    private static func piece(_ answer: OutgoingResponse, wanted: Range<Int64>?) throws(BucketFailure) -> Piece {
        let (bytes, tag) = (answer.body, answer.headers["etag"] ?? "")
        if let length = answer.headers["content-length"], Int(length) != bytes.count { throw odd("\(bytes.count) bytes under a Content-Length of \(length)") }
        // Some servers answer 200 to a range, with a Content-Range all the same.
        guard answer.status == 206 || answer.headers["content-range"] != nil else {
            // One that passes ranges over gives the whole.
            guard answer.status == 200, wanted?.lowerBound ?? 0 == 0 else { throw odd("status \(answer.status) for a range") }
            return Piece(bytes: bytes, start: 0, head: ObjectHead(byteCount: Int64(bytes.count), tag: tag, mark: answer.headers[markHeader]))
        }
        guard let range = answer.headers["content-range"].flatMap(contentRange), range.start <= range.total,
            Int64(bytes.count) <= range.total - range.start, range.end == range.start.addingSaturating(Int64(bytes.count))
        else { throw odd("a Content-Range that does not fit its bytes: \(answer.headers["content-range"] ?? "none")") }
        if let wanted, range.start != wanted.lowerBound || range.end > wanted.upperBound { throw odd("bytes from \(range.start) on, asked for \(wanted)") }
        return Piece(bytes: bytes, start: range.start, head: ObjectHead(byteCount: range.total, tag: tag, mark: answer.headers[markHeader]))
    }

    /// `bytes 0-99/1000`; the end is the one behind the last byte.
    private static func contentRange(_ text: String) -> (start: Int64, end: Int64, total: Int64)? {
        guard text.hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst("bytes ".count).split { $0 == "-" || $0 == "/" }
        guard parts.count == 3, let start = Int64(parts[0]), let last = Int64(parts[1]), let total = Int64(parts[2]), 0 <= start, start <= last, last < total
        else { return nil }
        return (start, last + 1, total)
    }

    static func odd(_ what: String) -> BucketFailure { BucketFailure(.corrupt, code: "OddAnswer", what) }
}
