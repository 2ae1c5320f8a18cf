internal import ColumnStore

/// Reads one answer after another from a connection (RFC 9112). Whoever is there may say what he likes: no head takes more memory than is named here, and a length that two readers
/// would understand in two ways is none.
///
/// One thread has it. What was read beyond an answer stays for the next one, so a connection belongs to one reader.
struct AnswerReader {
    /// Of all lines of a head, and of the fields behind a body in chunks.
    private static let headByteCountMax = 256 << 10
    /// A server has one or two to give.
    private static let interimCountMax = 16
    /// Longer ones are no length: no number of so many digits is out of range.
    private static let lengthDigitsMax = 18
    private let connection: any ByteConnection
    private var buffer: [UInt8] = []
    private var position = 0
    private var hasRead = false
    /// Of the lines in hand, what they may still have.
    private var room = AnswerReader.headByteCountMax

    init(_ connection: any ByteConnection) { self.connection = connection }

    /// The status line and the fields of the next answer, with an empty body. Of fields of one name `headers` has the last, `fields` all. Interim answers before it are passed over:
    /// nobody asks for them here, and a server may send them all the same (RFC 9110, 15.2).
    ///
    /// - Throws: `ConnectionLost`, which says whether anything had come before; `CommandError` for what is no HTTP, or has no end.
    mutating func answer() throws -> APIClient.Answer {
        for _ in 0..<Self.interimCountMax {
            let answer = try head()
            if answer.status >= 200 { return answer }
        }
        throw CommandError("the server says without end that its answer is to come")
    }

    private mutating func head() throws -> APIClient.Answer {
        room = Self.headByteCountMax
        let statusLine = try line()
        let parts = statusLine.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let status = Int(parts[1]), (100...999).contains(status) else {
            throw CommandError("what answers there is no HTTP server")
        }
        var headers: [String: String] = [:]
        var fields: [(name: String, value: String)] = []
        while true {
            let line = try line()
            if line.isEmpty {
                guard Self.hasOneEnd(fields) else { throw CommandError("the server's answer does not say for certain where it ends") }
                return APIClient.Answer(status: status, headers: headers, fields: fields, body: [])
            }
            guard let colon = line.firstIndex(of: ":") else { continue }
            let (name, value) = (String(line[..<colon]), line[line.index(after: colon)...].trimmingBlanks)
            headers[name.lowercased()] = value
            fields.append((name, value))
        }
    }

    /// Whether there is at most one length, which is a number, and none beside chunks (RFC 9112, 6.3). Of codings chunks alone are read here: what another says of the body's end would be
    /// passed over.
    private static func hasOneEnd(_ fields: [(name: String, value: String)]) -> Bool {
        let lengths = fields.filter { $0.name.lowercased() == "content-length" }
        let codings = fields.filter { $0.name.lowercased() == "transfer-encoding" }
        guard codings.isEmpty else { return lengths.isEmpty && codings.count == 1 && codings[0].value.lowercased() == "chunked" }
        guard let length = lengths.first?.value else { return true }
        return lengths.allSatisfy { $0.value == length } && (1...lengthDigitsMax).contains(length.utf8.count) && length.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Gives the body to `take` as it comes, in pieces of at most 64 KiB that are good for the call alone.
    ///
    /// - Throws: `ConnectionLost` where the body stops before its end.
    mutating func body(of answer: APIClient.Answer, take: (ArraySlice<UInt8>) throws -> Void) throws {
        if answer.status == 204 || answer.status == 304 { return }
        if answer.headers["transfer-encoding"]?.lowercased() == "chunked" {
            while true {
                room = Self.headByteCountMax
                let text = try line().prefix { $0 != ";" }
                guard let count = Int(text.trimmingBlanks, radix: 16), count >= 0 else { throw ConnectionLost(isBeforeAnswer: false) }
                if count == 0 {
                    // Fields behind the last chunk are passed over.
                    while try !line().isEmpty {}
                    return
                }
                try bytes(count, take)
                _ = try line()
            }
        }
        if let count = answer.headers["content-length"].flatMap({ Int($0) }) { return try bytes(count, take) }
        // Neither: the body lasts as long as the connection.
        while try fill() {
            try take(buffer[position...])
            position = buffer.count
        }
    }

    private mutating func bytes(_ count: Int, _ take: (ArraySlice<UInt8>) throws -> Void) throws {
        var left = count
        while left > 0 {
            if position == buffer.count, try !fill() { throw ConnectionLost(isBeforeAnswer: false) }
            let length = min(left, buffer.count - position)
            try take(buffer[position..<(position + length)])
            position += length
            left -= length
        }
    }

    private mutating func line() throws -> String {
        var line: [UInt8] = []
        while true {
            if position == buffer.count, try !fill() { throw ConnectionLost(isBeforeAnswer: !hasRead) }
            guard room > 0 else { throw CommandError("the server's answer has a head without end") }
            room = room.subtractingSaturating(1)
            let byte = buffer[position]
            position += 1
            if byte == 0x0A {
                if line.last == 0x0D { line.removeLast() }
                return String(decoding: line, as: UTF8.self)
            }
            line.append(byte)
        }
    }

    /// - Returns: false at the connection's end.
    private mutating func fill() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        let count = try piece.withUnsafeMutableBytes { try connection.read(into: $0) }
        guard count > 0 else { return false }
        hasRead = true
        buffer = Array(piece[..<count])
        position = 0
        return true
    }
}
