import Cluster
import Glibc
import TestSupport
import XCTest

@testable import Server

/// Goal: what waits between members is bounded, in bytes and in time. Method: the bounds by themselves; a connection of this machine to itself.
final class LinkBoundsTests: XCTestCase {
    private func lead(_ byteCount: Int, count: Int) -> Message {
        let configuration = Configuration(epoch: 1, nonce: Nonce(session: 1, count: 1), leader: "a", insync: ["a"], mode: .pair, log: nil, floor: 1, removed: [], level: 1)
        var records: [Record] = []
        for _ in 0..<count { records.append(Record(after: records.last?.mark ?? .start, epoch: 1, kind: .rows, level: 1, body: [UInt8](repeating: 7, count: byteCount))) }
        return .lead(Lead(
            configuration: configuration, session: 1, to: 2, version: 1, sentAt: 1, tenure: 1, committed: .start, records: records, resume: nil, vouches: [], isOffer: false))
    }

    func test_mail_isBounded_andTakenAgainOnceTheThreadHasTakenWhatWaits() {
        var mail = PeerMail()
        let message = lead(Record.bodyByteCountMax, count: 16)
        XCTAssertGreaterThanOrEqual(PeerMail.byteCount(of: message), message.bytes.count)
        var count = 0
        while mail.admit(message) { count += 1 }
        XCTAssertGreaterThan(count, 4)
        XCTAssertLessThanOrEqual(mail.byteCount, PeerMail.byteCountMax)
        // What has room is taken still; small ones come to an end, too.
        var small = 0
        while small < 1_000_000, mail.admit(.refusal(epoch: 1)) { small += 1 }
        XCTAssertLessThan(small, 1_000_000)
        mail = PeerMail()
        XCTAssertTrue(mail.admit(message))
    }

    func test_peerThatTakesNoConnection_isSaidToDoSo_untilOneLasts() throws {
        let (closed, port) = try ListeningSocket.open(host: "127.0.0.1", port: 0)
        close(closed)
        let link = PeerLink(to: "b", .init(host: "127.0.0.1", port: port), log: Log(format: .json, level: .error))
        XCTAssertNil(link.fault)
        link.start { PeerDoor.Greeting(from: "a", to: "b", url: "http://127.0.0.1:1", door: "http://127.0.0.1:1", store: nil).bytes }
        defer { link.stop() }
        XCTAssertTrue(Patience.until { link.fault == "nobody takes one at 127.0.0.1:\(port)" }, link.fault ?? "")
        let (listening, _) = try ListeningSocket.open(host: "127.0.0.1", port: port)
        defer { close(listening) }
        let isGone = Patience.until {
            link.send(.refusal(epoch: 1))
            return link.fault == nil
        }
        XCTAssertTrue(isGone, link.fault ?? "")
    }

    /// Else a way that is lost in silence is noticed after a quarter of an hour.
    func test_connectionToAPeer_endsWhereItsWayIsLost() throws {
        let (listening, port) = try ListeningSocket.open(host: "127.0.0.1", port: 0)
        defer { close(listening) }
        let connected = try XCTUnwrap(MemberSocket.connect(host: "127.0.0.1", port: port, seconds: 5))
        defer { close(connected) }
        MemberSocket.endWhereUnanswered(connected)
        func option(_ descriptor: Int32, _ level: Int32, _ name: Int32) -> Int32 {
            var (value, length) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
            XCTAssertEqual(getsockopt(descriptor, level, name, &value, &length), 0)
            return value
        }
        // One that requests are passed on by is no other.
        let passing = try LeaderConnections(nil).take(try XCTUnwrap(ServerURL("http://127.0.0.1:\(port)")), name: nil)
        for descriptor in [connected, passing.descriptor] {
            XCTAssertEqual(option(descriptor, SOL_SOCKET, SO_KEEPALIVE), 1)
            XCTAssertEqual(option(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE), 5)
            XCTAssertEqual(option(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT), 10_000)
        }
    }
}
