import ColumnStore
import Foundation
import Glibc
import TestSupport
import XCTest

@testable import Server

/// Goal: of a request that is passed on it is known whether anybody can have done it, however slowly it is taken, and no answer takes more memory than is kept. Method: both ends of a
/// connection, and a thread that answers as no server of ours does.
final class PassedTryTests: XCTestCase {
    private struct None: HeaderSource {
        func header(_ name: StaticString) -> String? { nil }
    }

    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-try") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    /// - Parameters:
    ///   - credentials: of both ends, by TLS; nil: in the clear.
    ///   - leader: has the other end, which is closed behind it.
    /// - Returns: what came of it, with status and body of an answer.
    private func outcome(
        _ method: String = "GET", _ body: PassedBody? = nil, _ credentials: LinkCredentials? = nil, stillSeconds: Double? = nil, isAbandoned: @escaping @Sendable () -> Bool = { false },
        leader: @escaping @Sendable (Int32) -> Void
    ) throws -> String {
        let request = Request(method: method, target: RequestTarget(Array("/v1/x".utf8)), headers: None())
        let head = try XCTUnwrap(PassedHead(request, fields: [], node: "b"))
        var descriptors: [Int32] = [-1, -1]
        XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors), 0)
        let (other, done) = (descriptors[1], DispatchGroup())
        done.enter()
        Thread.detachNewThread {
            leader(other)
            close(other)
            done.leave()
        }
        let text = run(head, body, descriptors[0], credentials, stillSeconds, isAbandoned)
        XCTAssertTrue(done.waitPatiently())
        return text
    }

    /// The connection ends with it.
    private func run(
        _ head: PassedHead, _ body: PassedBody?, _ descriptor: Int32, _ credentials: LinkCredentials?, _ stillSeconds: Double?, _ isAbandoned: @escaping @Sendable () -> Bool
    ) -> String {
        var tls: SocketTLS?
        if let credentials {
            // Less than a record of TLS is on its way then.
            var byteCount: Int32 = 4_096
            setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &byteCount, socklen_t(MemoryLayout<Int32>.size))
            MemberSocket.limitHandshake(descriptor)
            do { tls = try Self.tls(credentials, descriptor, isServer: false) } catch {
                close(descriptor)
                return "no TLS: \(error)"
            }
        }
        let socket = MemberSocket(descriptor, tls: tls, looksAsItSends: true)
        socket.isAbandoned = isAbandoned
        if let stillSeconds { socket.stillSeconds = stillSeconds }
        return switch PassedTry.run(head, body, by: socket) {
        case .whole(let answer): "\(answer.status) \(String(decoding: answer.body, as: UTF8.self))"
        case .long(let answer, _): "long \(answer.status)"
        case .untaken: "untaken"
        case .cutOff: "cut off"
        case .unreadable(let error): "unreadable: \((error as? Problem)?.slug.rawValue ?? "")"
        case .lost(let reason): "lost: \(reason)"
        }
    }

    private func body(_ byteCount: Int) throws -> PassedBody {
        let body = PassedBody(PassedBody.Room(folder: folder.path, byteCountMax: byteCount, minFreeBytes: 0))
        try [UInt8](repeating: 7, count: byteCount).withUnsafeBytes { try body.append($0) }
        return body
    }

    private static func tls(_ credentials: LinkCredentials, _ descriptor: Int32, isServer: Bool) throws -> SocketTLS {
        try SocketTLS(credentials, socket: descriptor, isServer: isServer, name: nil, until: SteadyClock.seconds() + Patience.seconds, isAnyone: true)
    }

    /// - Returns: how many came, at most `count`.
    private static func take(_ count: Int, from descriptor: Int32, _ tls: SocketTLS? = nil) -> Int {
        var (taken, buffer) = (0, [UInt8](repeating: 0, count: 64 << 10))
        while taken < count {
            let wanted = min(buffer.count, count - taken)
            let done = buffer.withUnsafeMutableBytes { bytes in
                tls.map { $0.receive(UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted])) } ?? recv(descriptor, bytes.baseAddress, wanted, 0)
            }
            guard done > 0 else { break }
            taken += done
        }
        return taken
    }

    /// - Returns: whether all of it was taken.
    @discardableResult
    private static func say(_ text: String, to descriptor: Int32, _ tls: SocketTLS? = nil) -> Bool {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let done = bytes[sent...].withUnsafeBytes { bytes in tls.map { $0.send(bytes) } ?? send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) }
            guard done > 0 else { return false }
            sent += done
        }
        return true
    }

    /// Reads up to the end of a head.
    private static func takeHead(from descriptor: Int32, _ tls: SocketTLS? = nil) {
        var (last, byte): ([UInt8], UInt8) = ([], 0)
        func takeByte() -> Bool { withUnsafeMutableBytes(of: &byte) { bytes in tls.map { $0.receive(bytes) } ?? recv(descriptor, bytes.baseAddress, 1, 0) } == 1 }
        while last != Array("\r\n\r\n".utf8), takeByte() { last = Array((last + [byte]).suffix(4)) }
    }

    // MARK: Bodies

    /// Half a request is nobody's, and a leader that waits for the rest answers for that.
    func test_leaderThatStandsStillInABody_isWaitedFor_andIsSentAllOfIt() throws {
        let shown = try TestCertificate.write()
        defer { try? FileManager.default.removeItem(at: shown) }
        let (chain, key) = (Array(try Data(contentsOf: shown.appendingPathComponent("cert.pem"))), Array(try Data(contentsOf: shown.appendingPathComponent("key.pem"))))
        for credentials in [nil, try LinkCredentials(chain: chain, key: key, authority: chain)] {
            let (byteCount, asked) = (4 << 20, Monitor(0))
            let text = try outcome("POST", body(byteCount), credentials, isAbandoned: {
                asked.withLock { $0 += 1 }
                return false
            }) { descriptor in
                let tls = credentials.flatMap { try? Self.tls($0, descriptor, isServer: true) }
                guard (tls == nil) == (credentials == nil) else { return }
                Self.takeHead(from: descriptor, tls)
                let first = Self.take(1 << 20, from: descriptor, tls)
                // Writes have come to their timeout by then, and more than once: what is on its way holds less than a piece of the body, behind which it is asked too.
                let before = asked.withLock { $0 }
                let isLate = Patience.until { asked.withLock { $0 > before + 4 } }
                let rest = Self.take(byteCount - first, from: descriptor, tls)
                Self.say("HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\n" + (isLate && first + rest == byteCount ? "good" : "bad!"), to: descriptor, tls)
            }
            XCTAssertEqual(text, "201 good", credentials == nil ? "in the clear" : "by TLS")
        }
    }

    func test_bodyThatIsCutOff_isDoneByNobody() throws {
        let ended = try outcome("POST", body(4 << 20)) { descriptor in _ = Self.take(1 << 20, from: descriptor) }
        XCTAssertEqual(ended, "cut off")
        // Nobody wants it any more, while the other end takes nothing.
        let abandoned = try outcome("POST", body(4 << 20), isAbandoned: { true }) { descriptor in _ = Patience.until { Self.isLetGo(by: descriptor) } }
        XCTAssertEqual(abandoned, "cut off")
        // It lives, and takes nothing for too long.
        let isLetGo = Monitor(false)
        let still = try outcome("POST", body(4 << 20), stillSeconds: 0) { descriptor in
            let isGone = Patience.until { Self.isLetGo(by: descriptor) }
            isLetGo.withLock { $0 = isGone }
        }
        XCTAssertEqual(still, "cut off")
        XCTAssertTrue(isLetGo.withLock { $0 })
        // Of one that is there whole nobody knows.
        let lost = try outcome("POST", body(1 << 10)) { descriptor in
            Self.takeHead(from: descriptor)
            _ = Self.take(1 << 10, from: descriptor)
        }
        XCTAssertTrue(lost.hasPrefix("lost"), lost)
    }

    /// It leads no more, and takes what it is given: nobody ever waits for it.
    func test_bodyThatNobodyWantsAnyMore_isCutOff_thoughTheOtherEndTakesIt() throws {
        let (byteCount, asked, taken) = (4 << 20, Monitor(0), Monitor(0))
        let text = try outcome("POST", body(byteCount), isAbandoned: {
            asked.withLock { asked in
                asked += 1
                return asked > 4
            }
        }) { descriptor in
            Self.takeHead(from: descriptor)
            let count = Self.take(byteCount, from: descriptor)
            taken.withLock { $0 = count }
        }
        XCTAssertEqual(text, "cut off")
        XCTAssertLessThan(taken.withLock { $0 }, byteCount)
    }

    /// All of it went out, and not all of it came.
    func test_leaderThatHasWaitedForTheRest_hasTakenNothing() throws {
        let text = try outcome("PUT", body(1 << 10)) { descriptor in
            Self.takeHead(from: descriptor)
            _ = Self.take(1 << 10, from: descriptor)
            Self.say("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", to: descriptor)
        }
        XCTAssertEqual(text, "cut off")
    }

    /// It is the disk of this machine that fails, and no other machine has anything to do with that.
    func test_bodyThatCannotBeReadAgain_isNoTryThatWasLost() throws {
        let body = try body(4 << 20)
        let own = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").map { "/proc/self/fd/\($0)" }.first { path in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
            return target?.contains("\(folder.lastPathComponent)/passed-") == true
        }
        XCTAssertEqual(truncate(try XCTUnwrap(own), 1 << 20), 0)
        let text = try outcome("PUT", body) { descriptor in _ = Self.take(8 << 20, from: descriptor) }
        XCTAssertEqual(text, "unreadable: storage-unavailable")
    }

    // MARK: Answers

    func test_answers_areReadWhole_behindInterimOnes() throws {
        for (answer, expected) in [
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "200 ok"),
            ("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nno", "404 no"), ("HTTP/1.1 204 No Content\r\n\r\n", "204 "),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "long 200"), ("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", "long 200"),
        ] {
            let text = try outcome { descriptor in
                Self.takeHead(from: descriptor)
                Self.say(answer, to: descriptor)
            }
            XCTAssertEqual(text, expected, answer)
        }
    }

    func test_answersWithoutACertainEnd_areNone() throws {
        for fields in [
            "Content-Length: 2\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 1", "Content-Length: 2\r\nContent-Length: 3", "Content-Length: -1",
            "Content-Length: +2", "Content-Length: 2, 2", "Content-Length:", "Content-Length: 9999999999999999999", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity",
            "Transfer-Encoding:", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        ] {
            let text = try outcome { descriptor in
                Self.takeHead(from: descriptor)
                Self.say("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n2\r\nok\r\n0\r\n\r\n", to: descriptor)
            }
            XCTAssertEqual(text, "lost: the server's answer does not say for certain where it ends", fields)
        }
        for status in ["-12", "99", "1000", "2e2"] {
            let text = try outcome { descriptor in
                Self.takeHead(from: descriptor)
                Self.say("HTTP/1.1 \(status) OK\r\nContent-Length: 0\r\n\r\n", to: descriptor)
            }
            XCTAssertEqual(text, "lost: what answers there is no HTTP server", status)
        }
    }

    /// Each of them would be read until the memory is gone, or for good.
    func test_answersWithoutEnd_areLost() throws {
        for (first, more, reason) in [
            ("HTTP/1.1 200 OK\r\n", "X-More: 1\r\n", "the server's answer has a head without end"), ("HTTP/1.1 200 OK\r\nX-More: ", "11111111", "the server's answer has a head without end"),
            ("", "HTTP/1.1 100 Continue\r\n\r\n", "the server says without end that its answer is to come"),
        ] {
            let text = try outcome { descriptor in
                Self.takeHead(from: descriptor)
                let piece = String(repeating: more, count: 1_000)
                if Self.say(first, to: descriptor) { while Self.say(piece, to: descriptor) {} }
            }
            XCTAssertEqual(text, "lost: \(reason)", more)
        }
    }

    private static func isLetGo(by descriptor: Int32) -> Bool {
        var polled = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&polled, 1, 0) > 0
    }
}
