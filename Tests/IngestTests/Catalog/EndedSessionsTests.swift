import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a session whose token has run out begins nothing, and what began before goes on. Method: a catalog under a clock of the test's.
final class EndedSessionsTests: XCTestCase {
    func test_sessionWhoseTokenHasRunOut_isThereForWhatBeganBefore_whileItIsUsed() throws {
        let directory = TemporaryDirectory()
        let begun: Int64 = 1_800_000_000_000_000
        let time = Atomic<Int64>(begun)
        let catalog = try Catalog(path: try directory.made() + "/catalog.sqlite", clock: Clock { time.load(ordering: .relaxed) })
        let hash = [UInt8](repeating: 7, count: 32)
        try catalog.begin(BrowserSession(.token(clientID: "c1", expiresAt: begun + 1_000, key: nil), usedAt: begun), sha256: hash)
        time.add(1_000, ordering: .relaxed)
        for _ in 0..<2 {
            try catalog.flushSessionUses()
            XCTAssertNil(catalog.session(ofSHA256: hash))
            XCTAssertNil(catalog.session(ofSHA256: hash, letInAt: begun + 1_000))
            XCTAssertEqual(catalog.session(ofSHA256: hash, letInAt: begun)?.usedAt, time.load(ordering: .relaxed), "the use is now")
            time.add(BrowserSession.idleMax - 1, ordering: .relaxed)
        }
        time.add(1, ordering: .relaxed)
        try catalog.flushSessionUses()
        XCTAssertNil(catalog.session(ofSHA256: hash, letInAt: begun), "nobody has used it for long")
    }

    func test_sessionThatIsForgotten_isGoneAtOnce_andAfterARestart() throws {
        let directory = TemporaryDirectory()
        let path = try directory.made() + "/catalog.sqlite"
        let hashes = [UInt8(7), 8].map { [UInt8](repeating: $0, count: 32) }
        let catalog = try Catalog(path: path)
        for hash in hashes {
            try catalog.begin(BrowserSession(.key(sha256: hash), usedAt: catalog.now), sha256: hash)
            XCTAssertNotNil(catalog.session(ofSHA256: hash))
        }
        catalog.forget(sessionOfSHA256: hashes[0])
        XCTAssertNil(catalog.session(ofSHA256: hashes[0]))
        XCTAssertFalse(try catalog.end(sessionOfSHA256: hashes[0]), "there is none any more")
        try catalog.flushSessionUses()
        catalog.close()
        let again = try Catalog(path: path)
        XCTAssertNil(again.session(ofSHA256: hashes[0]))
        XCTAssertNotNil(again.session(ofSHA256: hashes[1]))
    }

    func test_sessionsThatAreOver_endBeforeOthers() throws {
        let directory = TemporaryDirectory()
        let time = Atomic<Int64>(1_800_000_000_000_000)
        let catalog = try Catalog(path: try directory.made() + "/catalog.sqlite", clock: Clock { time.load(ordering: .relaxed) })
        let begun = time.load(ordering: .relaxed)
        func hash(_ number: Int) -> [UInt8] { [UInt8](repeating: 0, count: 30) + [UInt8(number / 256), UInt8(number % 256)] }
        func begin(_ number: Int, until expiresAt: Int64) throws {
            let now = time.add(1, ordering: .relaxed).newValue
            try catalog.begin(BrowserSession(.token(clientID: "c1", expiresAt: expiresAt, key: nil), usedAt: now), sha256: hash(number))
        }
        // The second is the first to end, and not the one that was used least of late.
        for number in 0..<BrowserSession.ownCountMax { try begin(number, until: number == 1 ? begun + 1_000 : begun + BrowserSession.idleMax) }
        time.add(1_000, ordering: .relaxed)
        try begin(BrowserSession.ownCountMax, until: begun + BrowserSession.idleMax)
        XCTAssertNil(catalog.session(ofSHA256: hash(1), letInAt: begun))
        for number in [0, 2, BrowserSession.ownCountMax] { XCTAssertNotNil(catalog.session(ofSHA256: hash(number)), "\(number)") }
    }
}
