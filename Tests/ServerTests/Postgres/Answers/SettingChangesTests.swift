import Query
import XCTest

@testable import Server

/// Goal: what a question sets by set_config is what SET would, once for however many rows say it. Method: rows of a question set something, as the kernel does for each.
final class SettingChangesTests: XCTestCase {
    private func begun() throws -> SettingChanges {
        let changes = SettingChanges()
        changes.begin(with: try SessionSettings())
        return changes
    }

    func test_manyRowsThatSetTheSame_areOneChange() throws {
        let changes = try begun()
        for _ in 0..<20_000 { XCTAssertEqual(try changes.set("App.User", "7", isLocal: true), "7") }
        XCTAssertEqual(changes.take(), [SettingChange(name: "app.user", value: "7", isLocal: true)])
    }

    /// A plan with it is good for no other statement; that a transaction begins with it is no look.
    func test_momentOfAStatement_isKnownToHaveBeenSeen() throws {
        let changes = SettingChanges()
        XCTAssertNil(changes.cameAt)
        changes.came(at: 7)
        changes.beginPlanning()
        XCTAssertEqual(changes.cameAt, 7)
        XCTAssertFalse(changes.wasMomentSeen)
        XCTAssertEqual(changes.statementMoment(), 7)
        XCTAssertTrue(changes.wasMomentSeen)
        changes.beginPlanning()
        XCTAssertFalse(changes.wasMomentSeen)
    }

    func test_anotherIsolationLevel_isRefused_asTheQuestionHasLooked() throws {
        let changes = try begun()
        XCTAssertThrowsError(try changes.set("transaction_isolation", "serializable", isLocal: true)) { XCTAssertEqual(($0 as? QueryError)?.cause, .activeTransaction) }
        XCTAssertEqual(try begun().set("transaction_isolation", "repeatable read", isLocal: true), "repeatable read")
        XCTAssertEqual(try begun().set("default_transaction_isolation", "serializable", isLocal: false), "serializable")
    }
}
