import XCTest

@testable import Server

/// Goal: no value of `\bind` is passed over. Method: statements with places in quotes, comments and words, and what each takes.
final class ShellParametersTests: XCTestCase {
    func test_placeCount_isTheHighestOutsideQuotes() {
        let wanted = ["SELECT $1, '$2', \"$3\", a$4, $$ $6 $$, -- $7\n $12": 12, "SELECT $2": 2, "SELECT 1": 0, "SELECT $1::int+$3": 3, "$": 0, "SELECT $1$2": 1, "": 0, "SELECT $99999999999999999999": 0]
        for (statement, count) in wanted { XCTAssertEqual(ShellParameters.placeCount(in: statement), count, statement) }
    }

    func test_check_refusesValuesThatNothingTakes() throws {
        try ShellParameters.check(["a", "b"], for: ["SELECT $2, $1"])
        try ShellParameters.check([], for: ["SELECT 1"])
        XCTAssertThrowsError(try ShellParameters.check(["a"], for: ["SELECT 1"])) { XCTAssertEqual("\($0)", "\\bind has 1 values, and the statement takes 0") }
        XCTAssertThrowsError(try ShellParameters.check(["a"], for: ["SELECT $1", "SELECT $1"]))
    }
}
