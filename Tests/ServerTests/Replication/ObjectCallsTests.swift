import Cluster
import ColumnStore
import TestSupport
import XCTest

@testable import Server

/// Goal: a node learns that the object lacks the store's name once its place keeps names, and not before. Method: a place that takes none, as a witness of a version before, and then does.
final class ObjectCallsTests: XCTestCase {
    private final class Place: ObjectPlace {
        struct State {
            var bytes: [UInt8]?
            var takesStores = false
            var count = 0
        }
        let state = Monitor(State())
        var takesStores: Bool { state.withLock { $0.takesStores } }
        func read() throws -> (bytes: [UInt8], tag: String)? { state.withLock { state in state.bytes.map { ($0, "\(state.count)") } } }
        func create(_ bytes: [UInt8]) throws -> Bool { state.withLock { ($0.bytes, $0.count) = (bytes, $0.count + 1) }; return true }
        func swap(_ bytes: [UInt8], ifStill tag: String) throws -> Bool { try create(bytes) }
    }

    func test_objectWithoutItsName_isToldOf_onceThePlaceKeepsNames() throws {
        let place = Place()
        let calls = ObjectCalls(place, slots: nil, log: Log(format: .json, level: .error))
        let events = Monitor<[Event]>([])
        calls.start(mayName: { true }) { event in events.broadcast { $0.append(event) } }
        defer { calls.stop() }
        func next() throws -> Event { try XCTUnwrap(events.wait(seconds: 60) { $0.isEmpty ? nil : $0.removeFirst() }) }
        func found() throws -> Configuration? {
            calls.add(.read(ticket: 2))
            guard case .configuration(.found(let found), 2) = try next() else { return nil }
            return found
        }
        let own = try XCTUnwrap(StoreIdentity("00112233445566778899aabbccddeeff"))
        var object = Configuration(epoch: 1, nonce: Nonce(session: 1, count: 1), leader: "a", insync: ["a"], mode: .pair, log: nil, floor: 0, removed: [], level: 1, store: own)
        calls.add(.swap(expected: nil, object, ticket: 1))
        guard case .swapped(.done, 1) = try next() else { return XCTFail("it was not made") }
        let kept = try Configuration(parsingObject: XCTUnwrap(place.state.withLock { $0.bytes }))
        XCTAssertNil(kept.store)
        XCTAssertEqual(try found()?.store, own, "to name it again would be as vain")
        place.state.withLock { $0.takesStores = true }
        XCTAssertEqual(try found()?.nonce, object.nonce)
        XCTAssertNil(try found()?.store)
        let former = object.nonce
        (object.epoch, object.nonce) = (2, Nonce(session: 1, count: 2))
        calls.add(.swap(expected: former, object, ticket: 3))
        guard case .swapped(.done, 3) = try next() else { return XCTFail("it was not swapped") }
        XCTAssertEqual(try found()?.store, own)
    }
}
