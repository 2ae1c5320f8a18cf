import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a queue that is longer than memory keeps holds up no other, and loses nothing. Method: the engine with real registrars over HTTP,
/// one of them slow, and room for 40 steps of each.
final class OverflowTests: XCTestCase {
    private static func type(_ name: String) -> String {
        #"""
        {"name":"\#(name)","version":1,"format":"json","match":{"/schema":"\#(name)/1"},"receipt_id":"/id","issued_at":"/issued_at",
        "columns":{"total":{"path":"/total","type":"DECIMAL(18,4)"}},"register":[["\#(name)"]]}
        """#
    }

    func test_overflow_ofASlowRegistrar_holdsUpNoOther_andIsWorkedOff() throws {
        let directory = TemporaryDirectory()
        let isOpen = Mutex(false)
        let slow = TestHTTPServer { _ in
            isOpen.withLock { $0 } ? .init(body: #"{"outcome":"accepted","reference":"s"}"#) : .init(status: 503, headers: [("Retry-After", "1")])
        }
        let quick = TestHTTPServer { _ in .init(body: #"{"outcome":"accepted","reference":"q"}"#) }
        defer { for server in [slow, quick] { server.close() } }
        let fixture = try EngineFixture(directory.path) { options in
            for (name, port) in [("slow", slow.port), ("quick", quick.port)] {
                options.registration.registrars[name] = RegistrarOptions(
                    url: "http://127.0.0.1:\(port)/", secret: "s",
                    retry: RetryPolicy(backoffMinimum: 100_000, backoffMaximum: 1_000_000, attemptCountMax: 1_000), concurrency: 8)
            }
            options.registration.queueCapacity = 40
            do { options.registration.policy = try AddressPolicy(allow: ["127.0.0.1"]) } catch { XCTFail("\(error)") }
        }
        for name in ["slow", "quick"] { _ = try fixture.engine.putType(name: name, body: Array(Self.type(name).utf8)) }
        try fixture.engine.startRegistration(callbackBase: "http://127.0.0.1:1")
        func take(_ name: String, _ count: Int) throws {
            for number in 0..<count {
                _ = try fixture.taken(#"{"schema":"\#(name)/1","id":"\#(name)-\#(number)","issued_at":"2026-11-18T14:03:07Z","total":1.5}"#)
            }
        }
        func completed(_ name: String) throws -> Int {
            try fixture.walk(PageRequest(state: .complete, fields: ["receipt_id"], limit: 10_000)).count { $0.hasPrefix(name) }
        }
        func wait(_ what: String, _ condition: () throws -> Bool) throws {
            XCTAssertTrue(try Patience.until(condition), "in vain: \(what)")
        }
        func metric(_ name: String, _ queue: String) -> Double? {
            fixture.engine.metrics().first { metric in metric.name == name && metric.labels.contains { $0.value == queue } }?.value
        }
        try take("slow", 300)
        try take("quick", 200)
        try wait("the quick ones") { try completed("quick") == 200 }
        XCTAssertEqual(try completed("slow"), 0)
        XCTAssertEqual(metric("queue_overflow", "slow"), 1)
        XCTAssertEqual(metric("queue_overflow", "quick"), 0)
        let open = fixture.engine.metrics().filter { metric in metric.name == "steps" && metric.labels.contains { $0.value == "slow" } }
        XCTAssertEqual(open.reduce(0) { $0 + $1.value }, 300, "those on disk alone are counted too")
        isOpen.withLock { $0 = true }
        try wait("the slow ones") { try completed("slow") == 300 }
        XCTAssertEqual(metric("queue_overflow", "slow"), 0)
        try fixture.engine.close()
    }

    /// Of one day, as where a page of it is damaged: what waits in the files of others is behind it.
    func test_overflow_besideAFileThatCannotBeRead_isWorkedOff() throws {
        let directory = TemporaryDirectory()
        let isOpen = Mutex(false)
        let server = TestHTTPServer { _ in
            isOpen.withLock { $0 } ? .init(body: #"{"outcome":"accepted","reference":"s"}"#) : .init(status: 503, headers: [("Retry-After", "1")])
        }
        defer { server.close() }
        let fixture = try EngineFixture(directory.path) { options in
            options.registration.registrars["slow"] = RegistrarOptions(
                url: "http://127.0.0.1:\(server.port)/", secret: "s",
                retry: RetryPolicy(backoffMinimum: 100_000, backoffMaximum: 1_000_000, attemptCountMax: 1_000), concurrency: 8)
            options.registration.queueCapacity = 10
            do { options.registration.policy = try AddressPolicy(allow: ["127.0.0.1"]) } catch { XCTFail("\(error)") }
        }
        _ = try fixture.engine.putType(name: "slow", body: Array(Self.type("slow").utf8))
        try fixture.engine.startRegistration(callbackBase: "http://127.0.0.1:1")
        let tier = fixture.engine.tier
        for number in 0..<32 {
            if number == 2 { try tier.writer.seal() }
            _ = try fixture.taken(#"{"schema":"slow/1","id":"slow-\#(number)","issued_at":"2026-11-18T14:03:07Z","total":1.5}"#)
        }
        let file = try XCTUnwrap(tier.boundary.snapshot().files.first { $0.state.isSealed })
        func change(_ sql: String) throws { try tier.writer.perform(on: file) { try $0.perform { try $0.execute(sql) } } }
        try change("ALTER TABLE steps RENAME TO lost_steps")
        isOpen.withLock { $0 = true }
        func completed() throws -> Set<String> { Set(try fixture.walk(PageRequest(state: .complete, fields: ["receipt_id"], limit: 10_000))) }
        let expected = Set((2..<32).map { "slow-\($0)" })
        XCTAssertTrue(try Patience.until { try completed().isSuperset(of: expected) })
        try change("ALTER TABLE lost_steps RENAME TO steps")
        try fixture.engine.close()
    }
}
