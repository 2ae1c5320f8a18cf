import XCTest

@testable import Server

/// Goal: `\sv` gives a text that makes the view again. Method: definitions as catalogs give them, with and without numbers.
final class ShellDefinitionTests: XCTestCase {
    private func statement(_ definition: String, numbered isNumbered: Bool = false) -> String { ShellDefinition.statement("public", "Odd", definition, numbered: isNumbered) }

    func test_statement_hasTheLinesOfTheView_withoutItsSemicolon() {
        let head = "CREATE OR REPLACE VIEW public.\"Odd\" AS\n"
        XCTAssertEqual(statement("SELECT 1 AS n;"), head + "SELECT 1 AS n\n")
        XCTAssertEqual(statement("SELECT\r\n\t1\t AS n -- all\n;"), head + "SELECT\n\t1\t AS n -- all\n")
        XCTAssertEqual(statement("SELECT '\u{1B}[2J' AS n;"), head + "SELECT '·[2J' AS n\n", "a terminal would obey it")
        XCTAssertEqual(statement("SELECT\n\t1 AS n;", numbered: true), "1       " + head + "2       SELECT\n3       \t1 AS n\n")
    }
}
