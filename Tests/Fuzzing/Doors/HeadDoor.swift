import ColumnStore
import Documents
import Ingest
import Server

/// The head of a request as the server's own code reads it: cut into pieces as libmicrohttpd does, judged, followed byte by byte, and each of
/// its fields read by whoever reads such a field.
extension Door {
    static let head = Door(
        name: "head", seeds: { HeadSeeds.heads.map { Array($0.utf8) } }, words: { HeadSeeds.words },
        fuzz: { bytes in
            frame(bytes)
            let cut = HeadCut(bytes)
            guard let cut else { return }
            var check = HeadCheck(bytes, methodByteCount: cut.method.count, target: cut.target, version: cut.version)
            for field in cut.fields {
                check.field(name: UnsafeRawBufferPointer(rebasing: bytes[field.name]), value: UnsafeRawBufferPointer(rebasing: bytes[field.value]))
            }
            if let problem = check.problem() {
                precondition(!problem.detail.isEmpty, "a refusal without a reason")
                // The fields are read all the same: the log does, and so does the answer to the refusal.
            } else {
                precondition(cut.isStrict(bytes), "a head is taken that can be read in two ways")
            }
            readTarget(Array(bytes[cut.target]))
            for field in cut.fields { read(String(decoding: bytes[field.value], as: UTF8.self)) }
        })

    /// However the bytes are cut into pieces, the framing breaks at the same one, or at none.
    private static func frame(_ bytes: UnsafeRawBufferPointer) {
        var whole = FramingCheck()
        let fault = whole.take(bytes)
        let size = 1 + bytes.count % 7
        var pieces = FramingCheck()
        var found: Int?
        var start = 0
        while start < bytes.count, found == nil {
            let end = min(bytes.count, start + size)
            found = pieces.take(UnsafeRawBufferPointer(rebasing: bytes[start..<end])).map { $0 + start }
            start = end
        }
        precondition(found == fault, "pieces of \(size) bytes break at \(found ?? -1), the whole at \(fault ?? -1)")
    }

    private static let router = Router(APIRoutes.all)

    private static func readTarget(_ raw: [UInt8]) {
        let target = RequestTarget(raw)
        for method in HTTPMethod.allCases { _ = Result { try router.match(method, target) } }
        guard let parameters = try? target.parameters() else { return }
        for parameter in parameters {
            let again = RequestTarget(Array("/?\(RequestTarget.encode(parameter.name))=\(RequestTarget.encode(parameter.value))".utf8))
            guard let same = try? again.parameters() else { preconditionFailure("what was encoded cannot be decoded") }
            precondition(same.count == 1 && same[0].name.utf8.elementsEqual(parameter.name.utf8) && same[0].value.utf8.elementsEqual(parameter.value.utf8))
            _ = CalendarText.day(parameter.value).map(CalendarText.text(day:))
            _ = CalendarText.instant(parameter.value).map(CalendarText.text(instant:))
        }
    }

    /// As every reader of a field would.
    private static func read(_ value: String) {
        _ = MediaType(value)
        let accept = Accept(value)
        precondition((0...1000).contains(accept.quality(of: "application/json")), "a quality of another scale")
        _ = Result { try accept.choose(["application/json", "text/csv", "application/x-ndjson"]) }
        _ = ContentCoding.choose(value)
        _ = Result { try ContentCoding.decode([0x1F, 0x8B], coding: value, byteCountMax: 10) }
        if let trace = TraceContext(value) { precondition(trace.traceID.utf8.count == 32 && trace.flags.utf8.count == 2) }
        if JSONWebToken.looksLike(value) { _ = Result { try JSONWebToken(value) } }
        _ = APIKey.sha256(of: value)
        _ = CalendarText.instant(value)
        for form in [IntakeRequest.Form.json, .xml, .csv, .ndjson] { _ = StoredContentType.text(form, value) }
    }
}

/// The pieces of a head where libmicrohttpd would find them: it ends lines at LF, CR LF or CR, and a name at its colon.
private struct HeadCut {
    var method: Range<Int>
    var target: Range<Int>
    var version: Int
    var fields: [(name: Range<Int>, value: Range<Int>)] = []

    init?(_ bytes: UnsafeRawBufferPointer) {
        var lines: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
            lines.append(start..<end)
            start = end + 1
            if end + 1 < bytes.count, bytes[end] == 0x0D, bytes[end + 1] == 0x0A { start += 1 }
        }
        guard let line = lines.first, let first = bytes[line].firstIndex(of: 0x20), let last = bytes[line].lastIndex(of: 0x20), last > first,
            last + 9 == line.upperBound, bytes[(last + 1)..<(last + 9)].elementsEqual("HTTP/1.0".utf8) || bytes[(last + 1)..<(last + 9)].elementsEqual("HTTP/1.1".utf8)
        else { return nil }
        method = line.lowerBound..<first
        target = (first + 1)..<last
        version = last + 1
        // The library hands over what ends with the first empty line, and refuses other versions and lines without a colon by itself.
        guard lines.last?.isEmpty ?? false, lines.count >= 2 else { return nil }
        for line in lines.dropFirst().dropLast() {
            guard let colon = bytes[line].firstIndex(of: UInt8(ascii: ":")) else { return nil }
            var value = colon + 1
            while value < line.upperBound, bytes[value] == 0x20 || bytes[value] == 0x09 { value += 1 }
            fields.append((line.lowerBound..<colon, value..<line.upperBound))
        }
    }

    /// Whether every line ends in CR LF and in nothing else, with an empty one at the end and no byte that a field may not have.
    func isStrict(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 4, bytes.suffix(4).elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]) else { return false }
        for (index, byte) in bytes.enumerated() {
            if byte == 0x0A, index == 0 || bytes[index - 1] != 0x0D { return false }
            if byte == 0x0D, index + 1 >= bytes.count || bytes[index + 1] != 0x0A { return false }
            if byte < 0x20, byte != 0x0A, byte != 0x0D, byte != 0x09 { return false }
        }
        return true
    }
}

enum HeadSeeds {
    static let heads: [String] = [
        "GET /v1/receipts?client=a%20b&from=2026-01-01&to=2026-02-01T00:00:00Z&limit=10&fields=*&cursor=AQAA HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer x.y.z\r\nAccept: text/csv;q=0.5, application/x-ndjson;q=0.9, */*;q=0.1\r\nAccept-Encoding: gzip;q=0.8, zstd, *;q=0\r\n\r\n",
        "POST /v1/receipts HTTP/1.1\r\nHost: h:80\r\nContent-Type: application/xml; charset=\"windows-1251\"\r\nContent-Encoding: zstd\r\nContent-Length: 12\r\nTill-Callback-URL: https://h/c\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n",
        "POST /v1/callbacks/tax HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nwebhook-id: 1\r\nwebhook-timestamp: 1795176000\r\nwebhook-signature: v1,AA==\r\nExpect: 100-continue\r\n\r\n5;x=\"y\"\r\nabcde\r\n0\r\nTrailer: z\r\n\r\n",
        "GET http://example/v1/tickets/01JCX5 HTTP/1.0\r\nConnection: keep-alive\r\nCookie: a=b; c=d\r\nRange: bytes=0-9,-5\r\nIf-None-Match: W/\"x\"\r\nIf-Modified-Since: Sat, 21 Nov 2026 00:00:00 GMT\r\nX-Request-Id: q\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "HEAD /%2F/%00?a=%zz&a=1&b HTTP/1.1\r\nHost: h\r\nHost: i\r\n folded: 1\r\nX: \t y \t\r\n\r\n",
        "PUT /v1/contracts/%D0%B0 HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551616\r\nContent-Length: 1\r\n\r\n",
    ]

    static let words = [
        "\r\n", "\r\n\r\n", "\r\n ", "\n", ": ", "Host: ", "Content-Length: ", "Transfer-Encoding: chunked", "Content-Encoding: ", "gzip", "zstd", "x-gzip", "identity",
        "Accept: ", "Accept-Encoding: ", "Authorization: Bearer ", "Range: bytes=", "If-None-Match: ", "Connection: close", "Connection: keep-alive", "Expect: 100-continue",
        "webhook-id: ", "webhook-timestamp: ", "webhook-signature: v1,", "traceparent: ", "Till-Callback-URL: ", "Till-CSRF: ", ";q=0.", ";q=", "charset=", "HTTP/1.1", "HTTP/1.0",
        "GET /", "POST /", "PUT /", "DELETE /", "HEAD /", "OPTIONS ", "/v1/receipts", "/v1/sql", "/v1/tickets/", "/v1/changes", "/v1/types/", "/v1/contracts/", "/keys",
        "/v1/quarantine", "/v1/dead-letters/", "/v1/callbacks/tax", "/v1/audit", "/v1/admin/compact", "/v1/admin/jobs/", "/metrics", "/healthz", "/readyz", "/openapi.json",
        "?client=", "&limit=", "&cursor=", "&after=", "&wait=", "&from=", "&to=", "%2F", "%00", "%C3%28", "0;", "0\r\n\r\n", "FFFFFFFFFFFFFFFF\r\n",
    ]
}
