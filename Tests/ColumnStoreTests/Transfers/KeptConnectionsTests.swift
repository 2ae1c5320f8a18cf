import Glibc
import XCTest

@testable import ColumnStore

/// Goal: a connection that is taken up again is known by its two ends, and looked at before a request goes out on it. Method: real connections over
/// loopback, on which the other end is silent, speaks, and closes.
final class KeptConnectionsTests: XCTestCase {
    private let kept = KeptConnections()

    /// Both sockets of a connection, and its ends as the near one sees them.
    private func connection() throws -> (near: Int32, far: Int32, ends: KeptConnections.Ends) {
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0), near = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { Glibc.close(listening) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                XCTAssertEqual(bind(listening, place, byteCount), 0)
                XCTAssertEqual(listen(listening, 1), 0)
                XCTAssertEqual(getsockname(listening, place, &byteCount), 0)
                XCTAssertEqual(connect(near, place, byteCount), 0)
            }
        }
        let far = accept(listening, nil, nil)
        XCTAssertGreaterThanOrEqual(far, 0)
        let remotePort = Int32(UInt16(bigEndian: address.sin_port))
        XCTAssertEqual(KeptConnections.localPort(of: far), remotePort)
        let localPort = try XCTUnwrap(KeptConnections.localPort(of: near))
        return (near, far, KeptConnections.Ends(remoteAddress: "127.0.0.1", remotePort: remotePort, localAddress: "127.0.0.1", localPort: localPort))
    }

    /// Waits until something has come: loopback hands it over on another processor.
    private func waitForSomething(on socket: Int32) {
        var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        XCTAssertEqual(poll(&polled, 1, -1), 1)
    }

    func test_socket_isKnownByItsEnds_untilItIsClosed() throws {
        let (one, another) = (try connection(), try connection())
        defer { [one.far, another.far].forEach { Glibc.close($0) } }
        XCTAssertNil(kept.socket(of: one.ends))
        kept.add(one.ends, one.near)
        kept.add(another.ends, another.near)
        XCTAssertEqual(kept.socket(of: one.ends), one.near)
        XCTAssertEqual(kept.socket(of: another.ends), another.near)
        XCTAssertEqual(kept.close(one.near), 0)
        XCTAssertNil(kept.socket(of: one.ends))
        XCTAssertEqual(kept.socket(of: another.ends), another.near)
        XCTAssertEqual(kept.close(another.near), 0)
    }

    /// Numbers of sockets are given again: what is known of one that was closed says nothing of the next.
    func test_socket_whoseNumberIsGivenAgain_hasTheEndsOfTheNewConnection() throws {
        let first = try connection()
        kept.add(first.ends, first.near)
        XCTAssertEqual(kept.close(first.near), 0)
        kept.add(KeptConnections.Ends(remoteAddress: "::1", remotePort: 80, localAddress: "::1", localPort: 1), first.near)
        XCTAssertNil(kept.socket(of: first.ends))
        Glibc.close(first.far)
    }

    func test_isQuiet_onlyWhileTheOtherEndIsSilentAndThere() throws {
        for isClosed in [false, true] {
            let pair = try connection()
            XCTAssertTrue(KeptConnections.isQuiet(pair.near))
            if isClosed { Glibc.close(pair.far) } else { XCTAssertEqual(send(pair.far, "4", 1, 0), 1) }
            waitForSomething(on: pair.near)
            XCTAssertFalse(KeptConnections.isQuiet(pair.near), isClosed ? "closed" : "spoken on")
            if !isClosed { Glibc.close(pair.far) }
            XCTAssertEqual(kept.close(pair.near), 0, "one that was never added is closed, too")
        }
    }

    func test_localPort_ofWhatIsNoSocket_isNil() {
        XCTAssertNil(KeptConnections.localPort(of: -1))
        let file = open("/dev/null", O_RDONLY)
        defer { Glibc.close(file) }
        XCTAssertNil(KeptConnections.localPort(of: file))
    }
}
