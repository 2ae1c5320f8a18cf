import XCTest

@testable import Server

/// Goal: what psql has and the prompt does not says why. Method: commands with the letters that psql takes behind them, and those that are there.
final class AbsentCommandsTests: XCTestCase {
    func test_reason_ofPsqlsOtherCommands() {
        for name in ["\\dT", "\\dTS+", "\\dx+", "\\z", "\\dp", "\\ds", "\\lo_list", "\\c", "\\connect", "\\password", "\\sf+", "\\setenv"] {
            XCTAssertTrue(AbsentCommands.reason(name)?.hasPrefix("\(name): ") ?? false, name)
        }
        for name in ["\\d", "\\dt", "\\nosuch", "\\", "\\x"] { XCTAssertNil(AbsentCommands.reason(name), name) }
    }
}
