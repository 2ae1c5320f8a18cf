import ColumnStore
import Foundation
import Synchronization

/// What the requests do, each whole under the lock: as S3 does, where whoever comes second sees the first's work.
extension BucketDouble {
    func perform(_ asked: Asked) -> TestHTTPServer.Response {
        state.withLock { state in
            switch (asked.method, asked.query["uploadId"]) {
            case ("GET", nil) where asked.key.isEmpty: return Self.list(asked, state)
            case ("GET", nil), ("HEAD", nil): return Self.get(asked, state.objects)
            case ("PUT", nil): return put(asked, &state)
            case ("DELETE", nil):
                state.objects[asked.key] = nil
                return .init(status: 204)
            case ("POST", nil) where asked.query["uploads"] != nil:
                state.number += 1
                state.uploads["upload-\(state.number)"] = Upload(key: asked.key, metadata: Self.metadata(asked))
                return .init(body: "<InitiateMultipartUploadResult><UploadId>upload-\(state.number)</UploadId></InitiateMultipartUploadResult>")
            case ("PUT", let id?): return putPart(asked, id, &state)
            case ("POST", let id?): return complete(asked, id, &state)
            case ("DELETE", let id?):
                guard state.uploads.removeValue(forKey: id) != nil else { return Self.error(404, "NoSuchUpload") }
                return .init(status: 204)
            default: return Self.error(405, "MethodNotAllowed")
            }
        }
    }

    private static func metadata(_ asked: Asked) -> [String: String] { asked.headers.filter { $0.key.hasPrefix("x-amz-meta-") } }

    private static func sum(_ bytes: [UInt8]) -> String { Data(SHA256.hash(bytes)).base64EncodedString() }

    /// - Returns: nil when the conditions hold.
    private static func failedCondition(_ asked: Asked, _ state: State) -> TestHTTPServer.Response? {
        guard state.checksConditions else { return nil }
        let there = state.objects[asked.key]
        if asked.headers["if-none-match"] == "*", there != nil { return error(412, "PreconditionFailed") }
        if let tag = asked.headers["if-match"] {
            guard let there else { return error(404, "NoSuchKey") }
            if there.tag != tag { return error(412, "PreconditionFailed") }
        }
        return nil
    }

    private func put(_ asked: Asked, _ state: inout State) -> TestHTTPServer.Response {
        if let failed = Self.failedCondition(asked, state) { return failed }
        let sum = Self.sum(asked.body)
        if let theirs = asked.headers["x-amz-checksum-sha256"], theirs != sum { return Self.error(400, "BadDigest") }
        // Every content has its own tag, but the same content the same, as an MD5 has.
        let tag = "\"\(Self.hexadecimal(Array(SHA256.hash(asked.body).prefix(16))))\""
        state.objects[asked.key] = Object(bytes: asked.body, tag: tag, sum: sum, metadata: Self.metadata(asked))
        return .init(headers: [("ETag", tag)])
    }

    private func putPart(_ asked: Asked, _ id: String, _ state: inout State) -> TestHTTPServer.Response {
        guard state.uploads[id]?.key == asked.key else { return Self.error(404, "NoSuchUpload") }
        guard let number = asked.query["partNumber"].flatMap({ Int($0) }), (1...10_000).contains(number) else { return Self.error(400, "InvalidArgument") }
        let sum = Self.sum(asked.body)
        guard asked.headers["x-amz-checksum-sha256"] == sum else { return Self.error(400, "BadDigest") }
        state.number += 1
        let tag = "\"part-\(state.number)\""
        state.uploads[id]?.parts[number] = Object(bytes: asked.body, tag: tag, sum: sum, metadata: [:])
        return .init(headers: [("ETag", tag)])
    }

    private func complete(_ asked: Asked, _ id: String, _ state: inout State) -> TestHTTPServer.Response {
        guard let upload = state.uploads[id], upload.key == asked.key else { return Self.error(404, "NoSuchUpload") }
        guard let wanted = ServiceXML.parse(asked.body)?.children.filter({ $0.name == "Part" }), !wanted.isEmpty else { return Self.error(400, "MalformedXML") }
        var bytes: [UInt8] = []
        for (index, part) in wanted.enumerated() {
            guard part.text(of: "PartNumber") == "\(index + 1)", let stored = upload.parts[index + 1], part.text(of: "ETag") == stored.tag,
                part.text(of: "ChecksumSHA256") == stored.sum
            else { return Self.error(400, "InvalidPart") }
            if index + 1 < wanted.count, stored.bytes.count < partByteCountMin { return Self.error(400, "EntityTooSmall") }
            bytes += stored.bytes
        }
        if let failed = Self.failedCondition(asked, state) { return failed }
        state.number += 1
        let tag = "\"upload-\(state.number)-\(wanted.count)\""
        state.objects[asked.key] = Object(bytes: bytes, tag: tag, sum: "c29tZXRoaW5n-\(wanted.count)", metadata: upload.metadata)
        state.uploads[id] = nil
        return .init(body: "<CompleteMultipartUploadResult><ETag>\(tag)</ETag></CompleteMultipartUploadResult>")
    }

    private static func get(_ asked: Asked, _ objects: [String: Object]) -> TestHTTPServer.Response {
        guard let object = objects[asked.key] else { return error(404, "NoSuchKey") }
        if let tag = asked.headers["if-match"], tag != object.tag { return error(412, "PreconditionFailed") }
        var response = TestHTTPServer.Response(headers: [("ETag", object.tag)] + object.metadata.map { ($0.key, $0.value) })
        if asked.headers["x-amz-checksum-mode"] == "ENABLED", !object.sum.isEmpty { response.headers.append(("x-amz-checksum-sha256", object.sum)) }
        guard let text = asked.headers["range"] else {
            response.body = object.bytes
            return response
        }
        let sides = text.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard text.hasPrefix("bytes="), sides.count == 2 else { return error(400, "InvalidArgument") }
        let count = object.bytes.count
        let start = sides[0] ?? max(0, count - (sides[1] ?? 0))
        let end = sides[0] == nil ? count : min(count, (sides[1] ?? count - 1).addingSaturating(1))
        guard start < end else { return error(416, "InvalidRange") }
        response.status = 206
        response.headers.append(("Content-Range", "bytes \(start)-\(end - 1)/\(count)"))
        response.body = Array(object.bytes[start..<end])
        return response
    }

    private static func list(_ asked: Asked, _ state: State) -> TestHTTPServer.Response {
        let objects = state.objects
        let format = ISO8601DateFormatter()
        guard asked.query["list-type"] == "2" else { return error(400, "InvalidArgument") }
        let prefix = asked.query["prefix"] ?? ""
        let after = asked.query["continuation-token"].flatMap { Data(base64Encoded: $0) }.map { String(decoding: $0, as: UTF8.self) } ?? asked.query["start-after"] ?? ""
        let limit = min(1_000, asked.query["max-keys"].flatMap { Int($0) } ?? 1_000)
        let delimiter = asked.query["delimiter"]
        var entries: [(mark: String, xml: String)] = []
        for key in objects.keys.sorted(by: { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }) where key.hasPrefix(prefix) {
            if let delimiter, let end = key.dropFirst(prefix.count).range(of: delimiter)?.upperBound {
                let folder = String(key[..<end])
                if entries.last?.mark != folder { entries.append((folder, "<CommonPrefixes><Prefix>\(encode(folder))</Prefix></CommonPrefixes>")) }
            } else {
                let modified = format.string(from: (objects[key]?.modified ?? Date()).addingTimeInterval(TimeInterval(state.clockOffset)))
                entries.append((key, "<Contents><Key>\(encode(key))</Key><LastModified>\(modified)</LastModified><Size>\(objects[key]?.bytes.count ?? 0)</Size></Contents>"))
            }
        }
        let rest = entries.filter { after.isEmpty || Array(after.utf8).lexicographicallyPrecedes(Array($0.mark.utf8)) }
        let page = rest.prefix(limit)
        var text = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><EncodingType>url</EncodingType>"
        text += page.map(\.xml).joined() + "<IsTruncated>\(page.count < rest.count)</IsTruncated>"
        if page.count < rest.count, let last = page.last {
            text += "<NextContinuationToken>\(Data(last.mark.utf8).base64EncodedString())</NextContinuationToken>"
        }
        return .init(body: text + "</ListBucketResult>")
    }
}
