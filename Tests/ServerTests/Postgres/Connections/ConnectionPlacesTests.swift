import Glibc
import XCTest

@testable import Server

/// Goal: whoever floods the door with beginnings takes no place of others. Method: pairs of sockets that stand for connections of several addresses.
final class ConnectionPlacesTests: XCTestCase {
    private static func address(_ last: UInt8) throws -> PeerAddress {
        var raw = sockaddr_in()
        raw.sin_family = sa_family_t(AF_INET)
        raw.sin_addr.s_addr = UInt32(bigEndian: 0x0A00_0000 | UInt32(last))
        return try withUnsafePointer(to: &raw) { try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { try XCTUnwrap(PeerAddress($0)) } }
    }

    private static func pair() -> (Int32, Int32) {
        var sockets: [Int32] = [0, 0]
        XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets), 0)
        return (sockets[0], sockets[1])
    }

    private static func isAtEnd(_ socket: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_DONTWAIT)) == 0
    }

    func test_enter_beginnings_makeRoomOfTheirOwn() throws {
        var limits = ConnectionPlaces.Limits()
        (limits.all, limits.ofAddress, limits.starting, limits.startingOfAddress) = (10, 8, 6, 2)
        let places = ConnectionPlaces(limits)
        let pairs = (0..<5).map { _ in Self.pair() }
        defer { for (one, other) in pairs { close(one); close(other) } }
        let flood = try Self.address(1)
        let first = try XCTUnwrap(places.enter(pairs[0].0, flood, Interruption()))
        _ = try XCTUnwrap(places.enter(pairs[1].0, flood, Interruption()))
        XCTAssertFalse(Self.isAtEnd(pairs[0].1))
        _ = try XCTUnwrap(places.enter(pairs[2].0, flood, Interruption()), "it displaces its own oldest")
        XCTAssertTrue(Self.isAtEnd(pairs[0].1))
        XCTAssertFalse(Self.isAtEnd(pairs[1].1))
        _ = try XCTUnwrap(places.enter(pairs[3].0, Self.address(2), Interruption()), "another address has its own share")
        places.leave(first) {}
        XCTAssertEqual(places.count, 3)
    }

    func test_enter_full_isRefused() throws {
        var limits = ConnectionPlaces.Limits()
        (limits.all, limits.ofAddress) = (3, 2)
        let places = ConnectionPlaces(limits)
        let (one, other) = Self.pair()
        defer { close(one); close(other) }
        for last in [1, 1] as [UInt8] { places.admitted(try XCTUnwrap(places.enter(one, Self.address(last), Interruption()))) }
        XCTAssertNil(places.enter(one, try Self.address(1), Interruption()))
        places.admitted(try XCTUnwrap(places.enter(one, Self.address(2), Interruption())))
        XCTAssertNil(places.enter(one, try Self.address(3), Interruption()))
        XCTAssertEqual(places.refusedCount, 2)
        places.stop()
        XCTAssertFalse(places.waitUntilEmpty(seconds: 0))
    }
}
