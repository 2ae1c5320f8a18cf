import Foundation
import Glibc
import Server
import TestSupport

/// A whole connection against the real listener: heads, bodies, pipelines and chunks as they come, in pieces, ended on one side or on both.
/// The first byte says into how many pieces, and how it ends. What comes back is a row of answers, none of them an error of the server's own.
extension Door {
    static let connection = Door(
        name: "connection",
        seeds: { requests.enumerated().map { [UInt8($0.offset % 8)] + $0.element } },
        words: { HeadSeeds.words + ["Authorization: Bearer \(ServedStore.adminKey)\r\n", "Authorization: Bearer \(ServedStore.keys[0])\r\n", "Prefer: wait=1\r\n"] },
        fuzz: { input in
            guard let first = input.first, input.count > 1 else { return }
            // What outlives the input would make it another's fault: no call waits longer than the ones before it were given.
            let bytes = Array(input.dropFirst())
            let store = try ServedStore.shared.get()
            let answer = try exchange(bytes, port: store.listener.port, manner: first)
            guard let statuses = AnswerBytes.statuses(answer) else { preconditionFailure("no answers of HTTP: \(String(decoding: answer.prefix(400), as: UTF8.self))") }
            precondition(!statuses.contains(500), "the server fails: \(String(decoding: answer.prefix(2_000), as: UTF8.self))")
            if bytes.count % 32 == 0 {
                try store.furnish()
                store.check()
            }
        })

    /// - Returns: all that came back until the server closed, or nothing came any more.
    private static func exchange(_ bytes: [UInt8], port: UInt16, manner: UInt8) throws -> [UInt8] {
        let socket = try LoopbackSocket(port: port)
        let size = manner & 3 == 0 ? bytes.count : max(1, bytes.count / Int(1 + manner >> 2 & 7))
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + size)
            guard socket.send(bytes[start..<end]) else { break }
            if end < bytes.count, manner & 3 == 1 { usleep(200) }
            start = end
        }
        // Gone at once, with what is on its way unread.
        if manner & 0xC0 == 0xC0 { return [] }
        socket.finishSending()
        return socket.readAll()
    }

    private static let requests: [[UInt8]] = {
        let key = "Authorization: Bearer \(ServedStore.keys[0])\r\n"
        let admin = "Authorization: Bearer \(ServedStore.adminKey)\r\n"
        let receipt = String(decoding: LittleStore.receipt(50), as: UTF8.self)
        let get = "GET /v1/receipts?limit=2 HTTP/1.1\r\nHost: h\r\n\(key)\r\n"
        let post = "POST /v1/receipts HTTP/1.1\r\nHost: h\r\n\(key)Content-Type: application/json\r\nContent-Length: \(receipt.utf8.count)\r\n\r\n\(receipt)"
        let query = #"{"query":"SELECT count(*) FROM receipts"}"#
        return [
            get, post, get + post + get, "GET /healthz HTTP/1.1\u{11}\r\nHost: h\r\n\r\n",
            "POST /v1/receipts HTTP/1.1\r\nHost: h\r\n\(key)Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}\n{}\r\n1;x=y\r\n\n\r\n0\r\nTrailer: z\r\n\r\n",
            "POST /v1/sql HTTP/1.1\r\nHost: h\r\n\(key)Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: \(query.utf8.count)\r\n\r\n\(query)" + get,
            "GET /v1/changes?after=0&wait=1 HTTP/1.1\r\nHost: h\r\n\(admin)\r\nGET /metrics HTTP/1.1\r\nHost: h\r\n\(admin)\r\n",
            "HEAD /openapi.json HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: h\r\n\r\nBREW / HTTP/1.0\r\n\r\n",
            "PUT /v1/contracts/c3 HTTP/1.1\r\nHost: h\r\n\(admin)Content-Type: application/json\r\nContent-Length: 33\r\n\r\n{\"access\":\"read\",\"scope\":\"own\"}  DELETE /v1/contracts/c3 HTTP/1.1\r\nHost: h\r\n\(admin)\r\n",
            "POST /v1/receipts HTTP/1.1\r\nHost: h\r\n\(key)Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 9223372036854775807\r\n\r\n\u{1F}",
            "POST /v1/callbacks/tax HTTP/1.1\r\nHost: h\r\nwebhook-id: 1\r\nwebhook-timestamp: -9223372036854775808\r\nwebhook-signature: v1,AA==\r\nContent-Length: 2\r\n\r\n{}",
        ].map { Array($0.utf8) }
    }()
}

/// A bare connection to this machine, which no good client would use so.
private final class LoopbackSocket {
    private let descriptor: Int32
    /// In seconds: for a byte. Longer than the server gives a head or a body.
    private static let patience = 20

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard code == 0 else { throw FuzzError(description: "connect: \(String(cString: strerror(errno)))") }
        var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        // No port stays behind in TIME_WAIT: there are thousands of inputs.
        var gone = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &gone, socklen_t(MemoryLayout<linger>.size))
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    /// - Returns: false when the other side takes no more.
    func send(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func readAll() -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < 8 << 20 {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count < 0, errno == EINTR { continue }
            precondition(!(count < 0 && errno == EAGAIN), "the server neither answers nor closes")
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return bytes
    }
}
