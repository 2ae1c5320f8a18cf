import Ingest
import XCTest

@testable import Server

/// Goal: what is held beside a request's own charge is counted as long as it is needed, and no longer. Method: the ledger's figures at each step.
final class MemoryLedgerTests: XCTestCase {
    /// All who wait for changes are woken by one commit, and each asks for as many as it would take at most.
    func test_shrink_givesBackWhatIsNotNeeded_andTheEndTheRest() throws {
        var limits = MemoryLedger.Limits()
        (limits.all, limits.bodyByteCount) = (4_000, 1)
        let ledger = MemoryLedger(limits)
        let account = try ledger.enter(.admin)
        var holds: [MemoryLedger.Hold] = []
        for number in 1...3 {
            let hold = try ledger.hold(1_500, of: account)
            XCTAssertEqual(ledger.figures.byteCount, 1_500 + 100 * (number - 1))
            hold.shrink(to: 100)
            // Not what nobody asked for.
            hold.shrink(to: 2_000)
            holds.append(hold)
        }
        XCTAssertEqual(ledger.figures.byteCount, 300)
        holds.removeLast()
        XCTAssertEqual(ledger.figures.byteCount, 200)
        holds = []
        XCTAssertEqual(ledger.figures.byteCount, 0)
        XCTAssertEqual(ledger.figures.refusalCount, 0)
    }

    /// Sizes that somebody has told may be the greatest of all numbers, beside what others hold.
    func test_greatestNumber_isRefused_andAddedToNothing() throws {
        var limits = MemoryLedger.Limits()
        (limits.all, limits.bodyByteCount) = (4_000, 1)
        let ledger = MemoryLedger(limits)
        let account = try ledger.enter(.admin)
        let hold = try ledger.hold(1_500, of: account)
        XCTAssertThrowsError(try ledger.hold(.max, of: account)) { XCTAssertEqual(($0 as? Problem)?.slug, .overloaded) }
        XCTAssertEqual(ledger.figures.byteCount, 1_500)
        XCTAssertEqual(ledger.figures.refusalCount, 1)
        withExtendedLifetime(hold) {}
    }
}
