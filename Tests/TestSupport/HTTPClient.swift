import Glibc

/// A deliberately plain HTTP client over a raw socket: tests must be able to send what no good client would.
package final class HTTPClient {
    package struct Answer {
        package var status = 0
        /// Names in lower case.
        package var headers: [String: String] = [:]
        package var body: [UInt8] = []
        /// The connection ended before the body did.
        package var isCut = false

        package init() {}

        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let port: UInt16
    private var descriptor: Int32 = -1
    private var buffer: [UInt8] = []
    /// Of what is received; less than the C library would map and clear anew for each call.
    private var piece = [UInt8](repeating: 0, count: 64 << 10)
    package var authorization: String?
    /// Looks at each answer to `call`, and throws where it is not what it should be.
    package var check: ((_ method: String, _ target: String, Answer) throws -> Void)?

    package init(port: UInt16, key: String? = nil) {
        self.port = port
        authorization = key.map { "Bearer \($0)" }
    }

    deinit { close() }

    package func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
        buffer = []
    }

    package func get(_ path: String, _ headers: [(String, String)] = []) throws -> Answer { try call("GET", path, headers: headers) }

    package func post(_ path: String, _ body: String, type: String = "application/json", _ headers: [(String, String)] = []) throws -> Answer {
        try call("POST", path, headers: [("Content-Type", type)] + headers, body: Array(body.utf8))
    }

    package func put(_ path: String, _ body: String, type: String = "application/json") throws -> Answer {
        try call("PUT", path, headers: [("Content-Type", type)], body: Array(body.utf8))
    }

    package func delete(_ path: String) throws -> Answer { try call("DELETE", path) }

    package func call(_ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil) throws -> Answer {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        if let authorization, !headers.contains(where: { $0.0 == "Authorization" }) { head += "Authorization: \(authorization)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        let bytes = Array((head + "\r\n").utf8) + (body ?? [])
        let isFresh = descriptor < 0
        let answer: Answer
        do {
            try send(bytes)
            answer = try self.answer(toHead: method == "HEAD")
        } catch where !isFresh {
            // The server may close an idle connection at any time.
            close()
            try send(bytes)
            answer = try self.answer(toHead: method == "HEAD")
        }
        try check?(method, path, answer)
        return answer
    }

    // MARK: Raw

    package func connect() throws {
        guard descriptor < 0 else { return }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close()
            throw Failure(description: "connect: \(String(cString: strerror(errno)))")
        }
        // No test waits longer than this for a byte. A disk that others keep busy has held up a commit for over a minute.
        var patience = timeval(tv_sec: 300, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    package func send(_ bytes: [UInt8]) throws {
        try connect()
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            // The server may have answered and closed already: reading will tell.
            if count <= 0 { return }
            sent += count
        }
    }

    /// Sends no more, and goes on reading.
    package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads the connection's last answer, and what comes behind it: the server must close the connection.
    package func lastAnswer() throws -> (answer: Answer, rest: [UInt8]) {
        let answer = try answer(closes: false)
        while try fill() {}
        defer { close() }
        return (answer, buffer)
    }

    /// Reads the next answer, passing over "100 Continue".
    package func answer(toHead: Bool = false, closes: Bool = true) throws -> Answer {
        var answer = Answer()
        repeat {
            answer = Answer()
            let status = try line().split(separator: " ")
            guard status.count >= 2, let code = Int(status[1]) else { throw Failure(description: "no status line") }
            answer.status = code
            while true {
                let field = try line()
                if field.isEmpty { break }
                guard let colon = field.firstIndex(of: ":") else { continue }
                let value = field[field.index(after: colon)...].drop { $0 == " " }
                answer.headers[field[..<colon].lowercased()] = String(value)
            }
        } while answer.status == 100
        if toHead || answer.status == 204 || answer.status == 304 { return answer }
        try body(of: &answer)
        if closes, answer.headers["connection"]?.lowercased() == "close" { close() }
        return answer
    }

    private func body(of answer: inout Answer) throws {
        if answer.headers["transfer-encoding"]?.lowercased() == "chunked" {
            // Cut means cut anywhere: within a chunk, its length or the end of its line.
            while let text = try? line(), let count = Int(text.prefix { $0 != ";" }, radix: 16) {
                if count == 0 {
                    while try !line().isEmpty {}
                    return
                }
                guard (try? take(count, into: &answer.body)) == true, (try? line()) != nil else { break }
            }
            answer.isCut = true
            return close()
        }
        if let count = answer.headers["content-length"].flatMap({ Int($0) }) {
            if try !take(count, into: &answer.body) {
                answer.isCut = true
                close()
            }
            return
        }
        while try fill() {}
        answer.body = buffer
        close()
    }

    private func take(_ count: Int, into body: inout [UInt8]) throws -> Bool {
        while buffer.count < count { if try !fill() { return false } }
        body.append(contentsOf: buffer[..<count])
        buffer.removeFirst(count)
        return true
    }

    private func line() throws -> String {
        while true {
            if let end = buffer.firstIndex(of: 0x0A) {
                var line = buffer[..<end]
                if line.last == 0x0D { line = line.dropLast() }
                let text = String(decoding: line, as: UTF8.self)
                buffer.removeFirst(end + 1)
                return text
            }
            if try !fill() { throw Failure(description: "the connection ended") }
        }
    }

    private func fill() throws -> Bool {
        let room = piece.count
        var count = 0
        // A timer of whoever runs this may interrupt it, as libFuzzer's does.
        repeat { count = recv(descriptor, &piece, room, 0) } while count < 0 && errno == EINTR
        if count < 0 { throw Failure(description: "recv: \(String(cString: strerror(errno)))") }
        buffer.append(contentsOf: piece[..<count])
        return count > 0
    }
}
