import Cluster
import ColumnStore
import TestSupport
import XCTest

@testable import Server

/// Goal: a node learns that the object lacks the store's name once its place keeps names, and not before; and of all that it waits for it hears. Method: a place that takes no names, as a witness of a
/// version before, and then does; one that gives no answer for a while.
final class ObjectCallsTests: XCTestCase {
    private final class Place: ObjectPlace {
        struct State {
            var bytes: [UInt8]?
            var takesStores = false
            var count = 0
            /// It gives no answer.
            var isAway = false
            /// What it answers in place of the object.
            var fault: String?
        }
        let state = Monitor(State())
        var takesStores: Bool { state.withLock { $0.takesStores } }
        func read() throws -> (bytes: [UInt8], tag: String)? {
            state.wait { $0.isAway ? nil : () }
            if let fault = state.withLock({ $0.fault }) { throw ObjectAtWitness.Refused(description: fault) }
            return state.withLock { state in state.bytes.map { ($0, "\(state.count)") } }
        }
        func create(_ bytes: [UInt8]) throws -> Bool { state.withLock { ($0.bytes, $0.count) = (bytes, $0.count + 1) }; return true }
        func swap(_ bytes: [UInt8], ifStill tag: String) throws -> Bool { try create(bytes) }
    }

    func test_objectWithoutItsName_isToldOf_onceThePlaceKeepsNames() throws {
        let place = Place()
        let calls = ObjectCalls(place, slots: nil, log: Log(format: .json, level: .error))
        let events = Monitor<[Event]>([])
        calls.start(mayName: { true }) { event in events.broadcast { $0.append(event) } }
        defer { calls.stop() }
        func next() throws -> Event { try XCTUnwrap(events.wait(seconds: Patience.seconds) { $0.isEmpty ? nil : $0.removeFirst() }) }
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

    /// A healthy pair needs it for nothing: that it could not be read would be found out as a machine is lost.
    func test_objectThatCannotBeRead_isToldOf_onceItIsNoHiccup_andNoMoreOnceItCan() throws {
        let place = Place()
        let calls = ObjectCalls(place, slots: nil, log: Log(format: .json, level: .error))
        let events = Monitor<[Event]>([])
        calls.start(mayName: { true }) { event in events.broadcast { $0.append(event) } }
        defer { calls.stop() }
        func look() throws {
            calls.add(.read(ticket: 1))
            _ = try XCTUnwrap(events.wait(seconds: Patience.seconds) { $0.isEmpty ? nil : $0.removeFirst() })
        }
        for _ in 0..<2 {
            place.state.withLock { $0.fault = "the key has expired" }
            for _ in 0..<2 { try look() }
            XCTAssertNil(calls.unread)
            for _ in 0..<3 { try look() }
            XCTAssertEqual(calls.unread, "the key has expired")
            place.state.withLock { $0.fault = nil }
            try look()
            XCTAssertNil(calls.unread)
            XCTAssertNil(calls.fault)
        }
        XCTAssertTrue(NodeWords.leaderWithUnread("the key has expired").contains("(the key has expired)"))
    }

    /// A swap that is never answered would keep its node from ever leading, and a look its leader from ever looking again.
    func test_calls_behindManyLooksOfAFollower_areAnswered() throws {
        let place = Place()
        place.state.withLock { $0.isAway = true }
        let calls = ObjectCalls(place, slots: nil, log: Log(format: .json, level: .error))
        let events = Monitor<[Event]>([])
        calls.start(mayName: { true }) { event in events.broadcast { $0.append(event) } }
        defer { calls.stop() }
        for ticket in 1...200 { calls.add(.read(ticket: ticket)) }
        let object = Configuration(epoch: 1, nonce: Nonce(session: 1, count: 1), leader: "a", insync: ["a"], mode: .pair, log: nil, floor: 0, removed: [], level: 1)
        calls.add(.swap(expected: nil, object, ticket: 201))
        calls.add(.read(ticket: 202))
        place.state.broadcast { $0.isAway = false }
        var (isSwapped, lookCount) = (false, 0)
        while true {
            let event = try XCTUnwrap(events.wait(seconds: Patience.seconds) { $0.isEmpty ? nil : $0.removeFirst() })
            switch event {
            case .swapped(.done, 201): isSwapped = true
            case .configuration(.found(let found), 202):
                XCTAssertEqual(found.nonce, object.nonce)
                XCTAssertTrue(isSwapped)
                XCTAssertLessThan(lookCount, 20, "of those that nobody waits for")
                return
            case .configuration: lookCount += 1
            default: XCTFail("\(event)")
            }
        }
    }
}
