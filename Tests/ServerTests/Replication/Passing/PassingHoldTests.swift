import Glibc
import TestSupport
import XCTest

@testable import Server

/// Goal: a client that hangs up ends the connection by which its own request was passed on, and nobody else's. Method: both ends of a connection, and one that is kept for the next request.
final class PassingHoldTests: XCTestCase {
    func test_connection_isCut_onlyWhileTheRequestHasIt() {
        var descriptors: [Int32] = [-1, -1]
        XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors), 0)
        let (own, peer) = (MemberSocket(descriptors[0], tls: nil), MemberSocket(descriptors[1], tls: nil))
        let hold = PassingHold(own)
        XCTAssertTrue(hold.release() === own)
        XCTAssertNil(hold.release())
        hold.cut()
        XCTAssertFalse(peer.hasNews)
        PassingHold(own).cut()
        XCTAssertTrue(Patience.until { peer.hasNews })
    }

    /// A try that came to nothing leaves its request nothing to hold.
    func test_connection_endsWithItsTry() {
        var descriptors: [Int32] = [-1, -1]
        XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors), 0)
        let peer = MemberSocket(descriptors[1], tls: nil)
        let hold = PassingHold(MemberSocket(descriptors[0], tls: nil))
        XCTAssertTrue(Patience.until { peer.hasNews })
        XCTAssertNil(hold.release())
    }

    /// The answer to the first is read whole, and its client reads it still.
    func test_connectionThatWasGivenBack_isTheNextRequestsAlone() throws {
        let (listening, port) = try ListeningSocket.open(host: "127.0.0.1", port: 0)
        defer { close(listening) }
        let url = try XCTUnwrap(ServerURL("http://127.0.0.1:\(port)"))
        let connections = LeaderConnections(nil)
        let socket = try connections.take(url, name: nil)
        let hold = PassingHold(socket)
        connections.give(hold, url)
        let next = try connections.take(url, name: nil)
        XCTAssertTrue(next === socket)
        hold.cut()
        XCTAssertFalse(next.hasNews)
    }
}
