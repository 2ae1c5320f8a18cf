import Foundation
import Ingest
import Synchronization
import TestSupport
import XCTest

/// Goal: a session outlives a restart, and ends after twelve hours without use, or by its end. Method: a catalog under a clock of the test's.
final class SessionCacheTests: XCTestCase {
    func test_sessions_outliveARestart_andEndWhenUnused() throws {
        let directory = TemporaryDirectory()
        let path = try directory.made() + "/catalog.sqlite"
        let time = Atomic<Int64>(1_800_000_000_000_000)
        let clock = Clock { time.load(ordering: .relaxed) }
        var now: Int64 { time.load(ordering: .relaxed) }
        let hash = [UInt8](repeating: 7, count: 32), other = [UInt8](repeating: 8, count: 32)
        let begun = BrowserSession.Holder.token(clientID: "c1", expiresAt: now + 1_000_000, key: [1, 2, 3])
        do {
            let catalog = try Catalog(path: path, clock: clock)
            try catalog.begin(BrowserSession(.key(sha256: hash), usedAt: now), sha256: hash)
            try catalog.begin(BrowserSession(begun, usedAt: now), sha256: other)
        }
        let catalog = try Catalog(path: path, clock: clock)
        XCTAssertEqual(catalog.session(ofSHA256: hash)?.holder, .key(sha256: hash))
        XCTAssertEqual(catalog.session(ofSHA256: other)?.holder, begun)
        time.add(BrowserSession.idleMax - 1, ordering: .relaxed)
        XCTAssertNil(catalog.session(ofSHA256: other), "its token has ended")
        XCTAssertNotNil(catalog.session(ofSHA256: hash))
        time.add(BrowserSession.idleMax - 1, ordering: .relaxed)
        XCTAssertNotNil(catalog.session(ofSHA256: hash), "use keeps it")
        time.add(BrowserSession.idleMax, ordering: .relaxed)
        XCTAssertNil(catalog.session(ofSHA256: hash))
        try catalog.begin(BrowserSession(.key(sha256: hash), usedAt: now), sha256: hash)
        try catalog.end(sessionOfSHA256: hash)
        XCTAssertNil(catalog.session(ofSHA256: hash))
    }

    func test_manySessionsOfOne_endNobodyElses() throws {
        let directory = TemporaryDirectory()
        let time = Atomic<Int64>(1_800_000_000_000_000)
        let catalog = try Catalog(path: try directory.made() + "/catalog.sqlite", clock: Clock { time.load(ordering: .relaxed) })
        func hash(_ number: Int) -> [UInt8] { [UInt8](repeating: 0, count: 30) + [UInt8(number / 256), UInt8(number % 256)] }
        let other = [UInt8](repeating: 9, count: 32)
        try catalog.begin(BrowserSession(.key(sha256: [1]), usedAt: time.load(ordering: .relaxed)), sha256: other)
        for number in 0...BrowserSession.ownCountMax {
            time.add(1, ordering: .relaxed)
            try catalog.begin(BrowserSession(.key(sha256: [2]), usedAt: time.load(ordering: .relaxed)), sha256: hash(number))
        }
        XCTAssertNotNil(catalog.session(ofSHA256: other), "it was used before all of them")
        XCTAssertNil(catalog.session(ofSHA256: hash(0)))
        XCTAssertNotNil(catalog.session(ofSHA256: hash(1)))
        XCTAssertNotNil(catalog.session(ofSHA256: hash(BrowserSession.ownCountMax)))
    }

    /// Each of a contract's tokens ends at an instant of its own.
    func test_manySessionsByTokensOfOneContract_countTogether_andEndNobodyElses() throws {
        let directory = TemporaryDirectory()
        let time = Atomic<Int64>(1_800_000_000_000_000)
        let catalog = try Catalog(path: try directory.made() + "/catalog.sqlite", clock: Clock { time.load(ordering: .relaxed) })
        func hash(_ number: Int) -> [UInt8] { [UInt8](repeating: 0, count: 30) + [UInt8(number / 256), UInt8(number % 256)] }
        func begin(_ client: String, _ hash: [UInt8]) throws {
            let now = time.add(1, ordering: .relaxed).newValue
            try catalog.begin(BrowserSession(.token(clientID: client, expiresAt: now + BrowserSession.idleMax, key: nil), usedAt: now), sha256: hash)
        }
        let other = [UInt8](repeating: 9, count: 32)
        try begin("c2", other)
        for number in 0...BrowserSession.ownCountMax { try begin("c1", hash(number)) }
        XCTAssertNotNil(catalog.session(ofSHA256: other), "it was used before all of them")
        XCTAssertNil(catalog.session(ofSHA256: hash(0)))
        XCTAssertNotNil(catalog.session(ofSHA256: hash(1)))
        XCTAssertNotNil(catalog.session(ofSHA256: hash(BrowserSession.ownCountMax)))
    }

    /// Each that begins ends another one, and not all of them the same.
    func test_sessionsThatBeginAtOnce_endOneEach() throws {
        let directory = TemporaryDirectory()
        let clock = Clock { 1_800_000_000_000_000 }
        let catalog = try Catalog(path: try directory.made() + "/catalog.sqlite", clock: clock)
        @Sendable func hash(_ number: Int) -> [UInt8] { [UInt8](repeating: 0, count: 30) + [UInt8(number / 256), UInt8(number % 256)] }
        @Sendable func begin(_ number: Int) throws {
            try catalog.begin(BrowserSession(.key(sha256: [2]), usedAt: clock.now() + Int64(number)), sha256: hash(number))
        }
        let (before, more) = (BrowserSession.ownCountMax, 8)
        for number in 0..<before { try begin(number) }
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: more) { place in
            do { try begin(before + place) } catch { failures.withLock { $0.append("\(error)") } }
        }
        XCTAssertEqual(failures.withLock { $0 }, [])
        let left = (0..<before + more).filter { catalog.session(ofSHA256: hash($0)) != nil }
        XCTAssertEqual(left, Array(more..<before + more))
    }
}
