import XCTest

@testable import Query

/// Goal: names that are keywords of any kind but the unreserved stand in quotes. Method: one of each kind.
final class QuotingTests: XCTestCase {
    func test_quoteIdent_keywords_areInQuotesUnlessUnreserved() throws {
        for (name, isQuoted) in [("time", true), ("values", true), ("xmltable", true), ("left", true), ("select", true), ("name", false), ("abort", false), ("till", false)] {
            XCTAssertEqual(SQLText.name(Array(name.utf8)[...]), Array((isQuoted ? "\"\(name)\"" : name).utf8), name)
        }
        XCTAssertEqual(try QueryFixture(threads: 1).rows("SELECT format('%I.%I', 'int', 'abort') = '\"int\".abort', quote_ident('time') = '\"time\"'"), "true,true")
    }
}
