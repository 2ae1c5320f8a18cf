/// A request's head as it goes on to the node that leads: as it came, but for what two ends of one connection say to each other (RFC 9110, 7.6).
///
///     METHOD target HTTP/1.1
///     Till-Passed: NODE
///     Via: 1.1 NODE
///     …the request's own fields but those of one connection…
///     Content-Length: N           of a body, and of methods that have one
package struct PassedHead: Sendable {
    /// Marks what was passed on: nobody passes it on again.
    package static let mark: StaticString = "Till-Passed"

    private let line: [UInt8]
    private let fields: [UInt8]
    /// Whether it changes nothing to send it twice: it is a read, its own ids make a repeat recognisable, or it puts one thing in one place, or removes one.
    package let isRepeatable: Bool
    /// Its answer has no body.
    let isHead: Bool
    /// It changes nothing, whoever takes it.
    let isRead: Bool
    /// It puts or removes one thing, or brings a piece of a file: nobody knows what was done where a try is lost, or cut off in the body of a file, and no other is answered. Receipts are
    /// told by their identities, reads do nothing, and anything else is not tried again.
    let isChange: Bool
    /// It brings an upload's file, or a piece of it: what comes of it is kept, though it is not whole.
    let bringsFile: Bool
    /// Tells those who ask by the credential that they show; all who show none are one.
    let asker: Int
    /// Without a body it says so.
    private let saysLength: Bool

    /// In lower case. `content-length` and `expect` too: the body is whole by now, and its length said anew.
    private static let hop: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "expect", "till-passed",
    ]

    /// - Parameters:
    ///   - fields: all of them, with their values as they were sent.
    ///   - node: which passes it on.
    /// - Returns: nil for a method that no call has.
    package init?(_ request: Request, fields: [(name: String, value: [UInt8])], node: String) {
        guard let method = request.methodName else { return nil }
        line = Array("\(method) ".utf8) + request.target.origin + Array(" HTTP/1.1\r\n".utf8)
        var bytes = Array("\(Self.mark): \(node)\r\nVia: 1.1 \(node)\r\n".utf8)
        let dropped = Self.dropped(fields.map { ($0.name, String(decoding: $0.value, as: UTF8.self)) })
        for field in fields where !dropped.contains(field.name.lowercased()) { bytes += Array("\(field.name): ".utf8) + field.value + [0x0D, 0x0A] }
        self.fields = bytes
        isHead = request.method == .head
        bringsFile = [.put, .patch, .post].contains(request.method) && Self.isOfFile(request.target)
        isRead = ![.post, .put, .patch, .delete].contains(request.method) || request.method == .post && Self.isQuestion(request.target)
        isChange = bringsFile || [.put, .delete].contains(request.method)
        // Not the credential itself: it only divides threads among askers, and this process alone sees the number.
        var hasher = Hasher()
        for field in fields where field.name.lowercased() == "authorization" { hasher.combine(field.value) }
        asker = hasher.finalize()
        saysLength = [.post, .put, .patch].contains(request.method)
        isRepeatable = ![.post, .patch].contains(request.method) && !(request.method == .delete && Self.isOfMany(request.target)) || Self.isTold(request.target)
    }

    /// Receipts have identities, and SQL only asks.
    private static func isTold(_ target: RequestTarget) -> Bool {
        let path = target.segments.map { String(decoding: $0, as: UTF8.self) }
        return path.first == "v1" && path.count > 1 && ["receipts", "sql"].contains(path[1])
    }

    /// All that is in one place at that moment: sent again, it would remove what has come there since, and tell of that alone.
    private static func isOfMany(_ target: RequestTarget) -> Bool {
        let path = target.segments.map { String(decoding: $0, as: UTF8.self) }
        guard let last = path.last, path.first == "v1" else { return false }
        return path.count == 3 && path[1] == "admin" && ["quarantine", "dead-letters"].contains(last)
            || path.count == 4 && path[1] == "queues" && ["messages", "dead-letters"].contains(last)
    }

    private static func isQuestion(_ target: RequestTarget) -> Bool { target.segments.map { String(decoding: $0, as: UTF8.self) } == ["v1", "sql"] }

    /// Pieces of an upload's file come by POST too, for those who cannot send PATCH.
    private static func isOfFile(_ target: RequestTarget) -> Bool {
        let path = target.segments.map { String(decoding: $0, as: UTF8.self) }
        return path.count == 4 && path[0] == "v1" && path[1] == "uploads" && path[3] == "file"
    }

    /// Whether an answer of that status has no body.
    func isBare(_ status: Int) -> Bool { isHead || [204, 304].contains(status) }

    /// Whether a refusal may be of its own success, where a try before it is lost, or has left a part of a file: what that has put is there, closed, or still being written, and what it
    /// has removed is not, be it the key or the right by which it is asked.
    func mayMeetItself(_ status: Int) -> Bool { isChange && [401, 403, 404, 409, 410, 412].contains(status) }

    package func bytes(bodyByteCount: Int) -> [UInt8] { line + fields + Array((bodyByteCount > 0 || saysLength ? "Content-Length: \(bodyByteCount)\r\n\r\n" : "\r\n").utf8) }

    /// Names in lower case of the fields that end here: those that always do, and those that `Connection` names.
    static func dropped(_ fields: [(name: String, value: String)]) -> Set<String> {
        var dropped = hop
        for field in fields where field.name.lowercased() == "connection" {
            for name in field.value.split(separator: ",") { dropped.insert(String(name).trimmingBlanks.lowercased()) }
        }
        return dropped
    }
}
