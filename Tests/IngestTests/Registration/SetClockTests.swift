import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a clock that was set back while the server was away puts off no call for longer than one may be put off. Method: the engine with a registrar over HTTP that asks for a day, a restart a year earlier, and
/// a day more.
final class SetClockTests: XCTestCase {
    private static let day = Clock.microsecondsPerDay
    private static let type = #"""
        {"name":"t","version":1,"format":"json","match":{"/schema":"t/1"},"receipt_id":"/id","issued_at":"/issued_at","columns":{},"register":[["r"]]}
        """#

    func test_clockSetBackBetweenTwoStarts_putsOffNoCallForLongerThanAnAnswerMay() throws {
        let directory = TemporaryDirectory()
        let isReady = Mutex(false)
        let time = Mutex(Clock.system.now())
        let server = TestHTTPServer { _ in isReady.withLock { $0 } ? .init(body: #"{"outcome":"accepted","reference":"s"}"#) : .init(status: 503, headers: [("Retry-After", "86400")]) }
        defer { server.close() }
        func begin() throws -> EngineFixture {
            let fixture = try EngineFixture(directory.path, clock: Clock { time.withLock { $0 } }) { options in
                options.registration.registrars["r"] = RegistrarOptions(url: "http://127.0.0.1:\(server.port)/", secret: "s")
                do { options.registration.policy = try AddressPolicy(allow: ["127.0.0.1"]) } catch { XCTFail("\(error)") }
            }
            _ = try fixture.engine.putType(name: "t", body: Array(Self.type.utf8))
            try fixture.engine.startRegistration(callbackBase: "http://127.0.0.1:1")
            return fixture
        }
        func take(_ id: String, _ fixture: EngineFixture) throws { _ = try fixture.taken(#"{"schema":"t/1","id":"\#(id)","issued_at":"2025-01-18T14:03:07Z"}"#) }
        func due(_ fixture: EngineFixture) throws -> [Int64] {
            var found: [Int64] = []
            for file in fixture.engine.tier.boundary.snapshot().files {
                try file.forEachOpen(now: 0) { work in
                    found += work.map(\.dueAt)
                    return true
                }
            }
            return found
        }
        let begun = time.withLock { $0 }
        var fixture = try begin()
        try take("first", fixture)
        XCTAssertTrue(try Patience.until { try due(fixture) == [begun + Self.day] })
        try fixture.engine.close()

        time.withLock { $0 = begun - 365 * Self.day }
        isReady.withLock { $0 = true }
        fixture = try begin()
        time.withLock { $0 += Self.day }
        // Whoever waits by a clock that goes by hand looks at it as something comes.
        try take("second", fixture)
        XCTAssertTrue(try Patience.until { try fixture.walk(PageRequest(state: .complete, fields: ["receipt_id"])).count == 2 })
        try fixture.engine.close()
    }
}
