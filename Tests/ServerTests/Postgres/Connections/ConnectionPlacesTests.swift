import Glibc
import Ingest
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

    /// Wherever they come from.
    func test_admitted_oneContractLeavesHalfOfThePlacesToOthers() throws {
        var limits = ConnectionPlaces.Limits()
        limits.all = 6
        let places = ConnectionPlaces(limits)
        let pairs = pairs(7)
        func enter(_ index: Int) throws -> Int { try XCTUnwrap(places.enter(pairs[index].0, Self.address(UInt8(index + 1)), Interruption())) }
        let (shop, other) = (Identity.contract(ClientID("shop")), Identity.contract(ClientID("other")))
        let first = try enter(0)
        XCTAssertTrue(places.admitted(first, shop))
        for index in 1..<3 { XCTAssertTrue(places.admitted(try enter(index), shop)) }
        let fourth = try enter(3)
        XCTAssertFalse(places.admitted(fourth, shop))
        XCTAssertEqual(places.refusedCount, 1)
        places.leave(fourth) {}
        XCTAssertTrue(places.admitted(try enter(4), other))
        XCTAssertTrue(places.admitted(try enter(5), .administrator))
        places.leave(first) {}
        XCTAssertTrue(places.admitted(try enter(6), shop), "one of its own has gone")
    }

    /// Pairs of sockets that are closed with the test.
    private func pairs(_ count: Int) -> [(Int32, Int32)] {
        let pairs = (0..<count).map { _ in Self.pair() }
        addTeardownBlock { for (one, other) in pairs { close(one); close(other) } }
        return pairs
    }

    /// Several addresses that each keep to their share have all beginnings together: whoever comes then is let in all the same.
    func test_enter_beginningsTaken_closesTheOldestOfTheNetworkWithMost() throws {
        var limits = ConnectionPlaces.Limits()
        (limits.starting, limits.startingOfAddress, limits.startingOfNetworkMin) = (9, 6, 2)
        let places = ConnectionPlaces(limits)
        let pairs = pairs(12)
        // One of somebody else first, which is the oldest of all.
        for (index, last) in ([3, 1, 1, 1, 2, 2, 2, 2, 2] as [UInt8]).enumerated() { _ = try XCTUnwrap(places.enter(pairs[index].0, Self.address(last), Interruption())) }
        let next = try XCTUnwrap(places.enter(pairs[9].0, Self.address(4), Interruption()), "the door is shut")
        XCTAssertEqual(pairs.indices.filter { Self.isAtEnd(pairs[$0].1) }, [4])
        XCTAssertTrue(places.admitted(next, .nobody))
        // They have as many each by now: of those that with the oldest.
        _ = try XCTUnwrap(places.enter(pairs[10].0, Self.address(1), Interruption()))
        _ = try XCTUnwrap(places.enter(pairs[11].0, Self.address(5), Interruption()))
        XCTAssertEqual(pairs.indices.filter { Self.isAtEnd(pairs[$0].1) }, [1, 4])
        XCTAssertEqual(places.refusedCount, 0)
    }

    /// Who has a place each in any number of networks holds the door shut only by taking all of them anew.
    func test_enter_beginningsOfManyNetworks_closesTheOldest_whileFewAreGoing() throws {
        var limits = ConnectionPlaces.Limits()
        (limits.starting, limits.startingOfAddress) = (6, 3)
        let places = ConnectionPlaces(limits)
        let pairs = pairs(11)
        var numbers: [Int] = []
        for index in 0..<9 { numbers.append(try XCTUnwrap(places.enter(pairs[index].0, Self.address(UInt8(index)), Interruption()), "the door is shut to \(index)")) }
        XCTAssertEqual(pairs.indices.filter { Self.isAtEnd(pairs[$0].1) }, [0, 1, 2])
        XCTAssertNil(places.enter(pairs[9].0, try Self.address(9), Interruption()), "as many as that are going, and each has a thread still")
        XCTAssertEqual(pairs.indices.filter { Self.isAtEnd(pairs[$0].1) }, [0, 1, 2])
        places.leave(numbers[0]) {}
        XCTAssertNotNil(places.enter(pairs[10].0, try Self.address(10), Interruption()))
        XCTAssertEqual(pairs.indices.filter { Self.isAtEnd(pairs[$0].1) }, [0, 1, 2, 3])
    }

    /// Beginnings take no place of those who say who they are, where there are few places beside them either.
    func test_enter_allTaken_byAFloodOfBeginnings_closesOneOfThem() throws {
        var limits = ConnectionPlaces.Limits()
        (limits.all, limits.startingOfNetworkMin) = (6, 2)
        let places = ConnectionPlaces(limits)
        let pairs = pairs(8)
        for index in 0..<3 { XCTAssertTrue(places.admitted(try XCTUnwrap(places.enter(pairs[index].0, Self.address(1), Interruption())), .nobody)) }
        for index in 3..<6 { _ = try XCTUnwrap(places.enter(pairs[index].0, Self.address(2), Interruption())) }
        XCTAssertTrue(places.admitted(try XCTUnwrap(places.enter(pairs[6].0, Self.address(1), Interruption())), .nobody))
        XCTAssertEqual(pairs.indices.filter { Self.isAtEnd(pairs[$0].1) }, [3])
        XCTAssertNil(places.enter(pairs[7].0, try Self.address(1), Interruption()), "two that begin are no flood")
    }

    /// The fewest that settings allow: beginnings of many networks, none of which has many, do not take all of them.
    func test_enter_fewPlaces_areNotAllThoseOfBeginnings() throws {
        var limits = ConnectionPlaces.Limits()
        limits.bound(all: 16, ofAddress: 16)
        let places = ConnectionPlaces(limits)
        let pairs = pairs(17)
        XCTAssertTrue(places.admitted(try XCTUnwrap(places.enter(pairs[0].0, Self.address(9), Interruption())), .nobody))
        for index in 1..<16 { _ = try places.enter(pairs[index].0, Self.address(UInt8(index % 4)), Interruption()) }
        // Those that were asked to make room have gone.
        for index in 1..<16 where Self.isAtEnd(pairs[index].1) { places.leave(index + 1) {} }
        XCTAssertNotNil(places.enter(pairs[16].0, try Self.address(8), Interruption()), "the door is shut")
    }

    func test_enter_full_isRefused() throws {
        var limits = ConnectionPlaces.Limits()
        (limits.all, limits.ofAddress) = (3, 2)
        let places = ConnectionPlaces(limits)
        let (one, other) = Self.pair()
        defer { close(one); close(other) }
        for last in [1, 1] as [UInt8] { XCTAssertTrue(places.admitted(try XCTUnwrap(places.enter(one, Self.address(last), Interruption())), .nobody)) }
        XCTAssertNil(places.enter(one, try Self.address(1), Interruption()))
        XCTAssertTrue(places.admitted(try XCTUnwrap(places.enter(one, Self.address(2), Interruption())), .nobody))
        XCTAssertNil(places.enter(one, try Self.address(3), Interruption()))
        XCTAssertEqual(places.refusedCount, 2)
        places.stop()
        XCTAssertFalse(places.waitUntilEmpty(seconds: 0))
    }
}
