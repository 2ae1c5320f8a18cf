internal import ColumnStore
internal import Documents
internal import Ingest

/// A request's target, cut but not yet decoded: segments are decoded once, after routing, so that `%2F` in an id never makes a
/// new segment.
///
///     /v1/receipts/a%2Fb?client=shop+1   segments: v1, receipts, a%2Fb     parameters: client = "shop 1"
///     http://host/v1/receipts            as /v1/receipts: which host was meant, nobody asks
package struct RequestTarget: Sendable {
    package struct Parameter: Sendable {
        package let name: String
        package let value: String
    }

    /// The raw path between slashes; of `/` a single empty one.
    package let segments: [[UInt8]]
    /// Everything before `?`, for logs.
    package let path: String
    private let rawQuery: [UInt8]

    /// As it was sent, in the form that begins with a slash.
    package var origin: [UInt8] {
        var origin: [UInt8] = []
        for segment in segments {
            origin.append(UInt8(ascii: "/"))
            origin.append(contentsOf: segment)
        }
        if !rawQuery.isEmpty {
            origin.append(UInt8(ascii: "?"))
            origin.append(contentsOf: rawQuery)
        }
        return origin
    }

    package init(_ raw: [UInt8]) {
        var raw = raw[...]
        // The absolute form (RFC 9112, 3.2.2), which every server must take.
        if raw.first != UInt8(ascii: "/"), let path = Self.path(ofAbsolute: raw) { raw = path }
        let mark = raw.firstIndex(of: UInt8(ascii: "?"))
        let rawPath = raw[..<(mark ?? raw.endIndex)]
        path = String(decoding: rawPath, as: UTF8.self)
        rawQuery = mark.map { Array(raw[($0 + 1)...]) } ?? []
        var segments = rawPath.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
        // What stands before the first slash is nothing; `//a` keeps its empty segment, which no route has.
        if segments.first?.isEmpty == true { segments.removeFirst() }
        self.segments = segments
    }

    /// Nil where it is no absolute form.
    private static func path(ofAbsolute raw: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let lower = raw.prefix(8).map { $0 | 0x20 }
        let scheme = lower.starts(with: "http://".utf8) ? 7 : lower.starts(with: "https://".utf8) ? 8 : nil
        guard let scheme else { return nil }
        let rest = raw.dropFirst(scheme)
        guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else { return [UInt8(ascii: "/")] }
        return rest[end] == UInt8(ascii: "/") ? rest[end...] : [UInt8(ascii: "/")] + rest[end...]
    }

    /// The query's parameters, decoded.
    ///
    /// Read for each call; two of one name are refused, since one reader would take the first and another the last.
    ///
    /// - Complexity: a comparison for each pair of parameters.
    /// - Throws: `bad-parameter` where a `%` escape is broken, the text is no UTF-8 or has a NUL, or a name comes twice.
    package func parameters() throws(Problem) -> [Parameter] {
        guard !rawQuery.isEmpty else { return [] }
        var parameters: [Parameter] = []
        var names: Set<String> = []
        for pair in rawQuery.split(separator: UInt8(ascii: "&")) {
            let mark = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let name = try Self.decode(pair[..<mark], plusIsBlank: true, what: "a parameter's name")
            let value = try Self.decode(pair[mark...].dropFirst(), plusIsBlank: true, what: name)
            guard names.insert(name).inserted else { throw .parameter(name, "given more than once", code: "duplicate") }
            parameters.append(Parameter(name: name, value: value))
        }
        return parameters
    }

    /// - Parameters:
    ///   - plusIsBlank: in a query it is, in a path it is a plus.
    ///   - what: names the text in the refusal.
    /// - Throws: `bad-parameter` for a broken escape, a NUL, bytes that are no UTF-8, and more combining marks in a row than are compared.
    package static func decode(_ raw: some Collection<UInt8>, plusIsBlank: Bool, what: String) throws(Problem) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.count)
        var rest = raw.makeIterator()
        while let byte = rest.next() {
            if byte == UInt8(ascii: "+"), plusIsBlank {
                bytes.append(0x20)
            } else if byte == UInt8(ascii: "%") {
                guard let high = rest.next().flatMap(hexValue), let low = rest.next().flatMap(hexValue)
                else { throw .parameter(what, "a % is not followed by two hexadecimal digits") }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte)
            }
        }
        guard bytes.withUnsafeBufferPointer({ UTF8Check.firstFault(in: $0) }) == nil else { throw .parameter(what, "not UTF-8 once decoded") }
        guard !bytes.contains(0) else { throw .parameter(what, "has a NUL") }
        guard !CombiningMarks.hasLongRun(in: bytes) else { throw .parameter(what, "has more than \(CombiningMarks.runMax) combining marks in a row") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Escapes everything but RFC 3986's unreserved characters.
    package static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                encoded += hex.utf8.count == 1 ? "%0" + hex : "%" + hex
            }
        }
        return encoded
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 0x30
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 0x37
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 0x57
        default: nil
        }
    }
}
