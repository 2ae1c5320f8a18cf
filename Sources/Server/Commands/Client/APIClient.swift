internal import ColumnStore
import Glibc

/// A small HTTP/1.1 client for the commands that work through a server.
///
/// One thread has it. A connection is kept for the next call unless the answer ends it, or was not read to its end.
final class APIClient {
    struct Answer {
        let status: Int
        /// Names in lower case.
        let headers: [String: String]
        /// As they came, those of one name too.
        var fields: [(name: String, value: String)] = []
        var body: [UInt8]
    }

    /// Of an answer that is held whole. No page is near it: what is longer comes of no server that is right.
    var answerByteCountMax = 512 << 20
    private let url: ServerURL
    private let key: String?
    private let trust: TLSConnection.Trust
    private let seconds: Int?
    private var connection: (any ByteConnection)?

    /// - Parameters:
    ///   - key: sent as the credential with every call.
    ///   - trust: whose certificate a server with TLS must show.
    ///   - seconds: how long a server may say nothing; nil: as long as it likes, for calls that take long.
    init(url: String, key: String?, trust: TLSConnection.Trust = .system, seconds: Int? = nil) throws {
        guard let parsed = ServerURL(url) else { throw UsageError("--url wants an address like http://127.0.0.1:8080, not \(url)") }
        (self.url, self.key, self.trust, self.seconds) = (parsed, key, trust, seconds)
    }

    init(like other: APIClient) throws { (url, key, trust, seconds) = (other.url, other.key, other.trust, other.seconds) }

    /// The server's, without what is secret.
    var address: String { "\(url.isTLS ? "https" : "http")://\(url.authority)\(url.prefix)" }

    /// A call whose answer is held whole.
    func call(_ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil) throws -> Answer {
        var bytes: [UInt8] = []
        var answer = try stream(method, path, headers: headers, body: body) { try keep($0, in: &bytes) }
        answer.body += bytes
        return answer
    }

    /// A call whose answer, if it is a 2xx, goes to `take` piece by piece; any other is in the answer's `body`.
    func stream(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil, take: (ArraySlice<UInt8>) throws -> Void
    ) throws -> Answer {
        var request = head(method, path, headers)
        if let body { request += "Content-Length: \(body.count)\r\n" }
        request += "\r\n"
        let isReused = connection != nil
        do {
            return try exchange(Array(request.utf8) + (body ?? []), take)
        } catch let error as ConnectionLost where isReused && error.isBeforeAnswer {
            // The server closed the idle connection meanwhile; a fresh one decides.
            connection = nil
            return try exchange(Array(request.utf8) + (body ?? []), take)
        }
    }

    /// A call whose body comes piece by piece, of any length; on a connection of its own, since it could not be sent again.
    ///
    /// - Parameter next: gives what follows, empty at the end: `byteCount` bytes in all.
    func send(_ method: String, _ path: String, byteCount: Int, _ next: () throws -> [UInt8]) throws -> Answer {
        connection = nil
        var bytes: [UInt8] = []
        var answer = try exchange(Array((head(method, path, []) + "Content-Length: \(byteCount)\r\n\r\n").utf8), body: next) { try keep($0, in: &bytes) }
        answer.body += bytes
        return answer
    }

    private func head(_ method: String, _ path: String, _ headers: [(String, String)]) -> String {
        var head = "\(method) \(url.prefix)\(path) HTTP/1.1\r\nHost: \(url.authority)\r\nUser-Agent: till/\(TillVersion.text)\r\n"
        if let key { head += "Authorization: Bearer \(key)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        return head
    }

    private func exchange(_ request: [UInt8], body: () throws -> [UInt8] = { [] }, _ take: (ArraySlice<UInt8>) throws -> Void) throws -> Answer {
        // Taken out while it is used: whatever is thrown from here on, a connection with half an answer in it is not used again.
        let connection = try self.connection ?? url.connect(trust, seconds: seconds)
        self.connection = nil
        try connection.write(request)
        while case let piece = try body(), !piece.isEmpty { try connection.write(piece) }
        var reader = AnswerReader(connection)
        var answer = try reader.answer()
        var kept: [UInt8] = []
        try reader.body(of: answer) { piece in
            if (200..<300).contains(answer.status) { try take(piece) } else { try keep(piece, in: &kept) }
        }
        answer.body = kept
        if answer.headers["connection"]?.lowercased() != "close" { self.connection = connection }
        return answer
    }

    private func keep(_ piece: ArraySlice<UInt8>, in bytes: inout [UInt8]) throws(CommandError) {
        guard bytes.count.addingSaturating(piece.count) <= answerByteCountMax else { throw CommandError("the server's answer is over \(answerByteCountMax) bytes") }
        bytes.append(contentsOf: piece)
    }

    /// The answer of a call that must succeed.
    ///
    /// - Throws: `CommandError` with what the problem says.
    static func succeed(_ answer: Answer) throws -> Answer {
        guard (200..<300).contains(answer.status) else { throw CommandError(problemText(answer)) }
        return answer
    }

    static func problemText(_ answer: Answer) -> String {
        (try? JSONParser.parse(answer.body)).flatMap(problemText) ?? "the server answered \(answer.status)"
    }

    /// Nil for what is no problem. It has what a server says, and what of a document a server repeats: a terminal obeys nothing of it.
    static func problemText(_ problem: JSONValue) -> String? {
        guard let type = problem["type"]?.text else { return nil }
        var text = type.split(separator: "/").last.map(String.init) ?? type
        if let position = problem["position"]?.integer { text += " at \(position)" }
        if let detail = problem["detail"]?.text { text += ": \(detail)" }
        if case .array(let errors)? = problem["errors"] {
            for error in errors { text += "\n  " + reasonText(error) }
        }
        return ResultTable.printable(lines: text)
    }

    /// One of a problem's reasons, on one line.
    static func reasonText(_ reason: JSONValue) -> String {
        ResultTable.printable(ErrorText.reason(pointer: reason["pointer"]?.text ?? "", code: reason["code"]?.text ?? "", message: reason["message"]?.text ?? ""))
    }
}

/// The connection ended where it should not.
struct ConnectionLost: Error, CustomStringConvertible {
    let isBeforeAnswer: Bool
    var description: String { "the server closed the connection" }
}
