import Server
import XCTest

/// Goal: statements end where SQL says, however the text comes. Method: every kind of quote and comment with semicolons in it.
final class StatementSplitterTests: XCTestCase {
    func test_statements_areCutOutsideQuotesAndComments() {
        var splitter = StatementSplitter()
        XCTAssertEqual(splitter.add("SELECT ';' -- ; \n, \"a;b\" /* ; /* ; */ ; */ FROM t; SELECT 2"), ["SELECT ';' -- ; \n, \"a;b\" /* ; /* ; */ ; */ FROM t"])
        XCTAssertEqual(splitter.add(" ; ;\n"), [" SELECT 2 "])
        XCTAssertTrue(splitter.isEmpty)
    }

    func test_statements_areCutOutsideEveryKindOfQuote() {
        for statement in [
            #"SELECT E'a\';' || e'\\' "#, "SELECT $$;'$$", "SELECT $$$;$$", "SELECT $тег$ $$ ; $x$ $тег$", #"SELECT 'a\'"#, "SELECT $1, a$b$c", "SELECT ''''", "SELECT /*/ ; */ 1",
            "SELECT 'e\u{301}'", "SELECT fine'x'", "SELECT 1 -- '\r\n",
        ] {
            var splitter = StatementSplitter()
            XCTAssertEqual(splitter.add(statement + ";SELECT 2"), [statement])
            XCTAssertEqual(splitter.rest, "SELECT 2")
            // However the text comes in parts.
            var slow = StatementSplitter()
            XCTAssertEqual((statement + ";").unicodeScalars.flatMap { slow.add(String($0)) }, [statement])
        }
    }

    func test_joinedStatements_areOneText_untilAPlainSemicolon() {
        var splitter = StatementSplitter()
        XCTAssertEqual(splitter.add("SELECT 1 "), [])
        splitter.join()
        XCTAssertEqual(splitter.add(" SELECT ';' ; SELECT 3"), ["SELECT 1 ; SELECT ';' "])
        XCTAssertEqual(splitter.rest, " SELECT 3")
        XCTAssertEqual(StatementSplitter.statements(of: "SELECT 1 ; SELECT ';' ;; SELECT 2 -- end;"), ["SELECT 1 ", " SELECT ';' ", " SELECT 2 -- end;"])
        XCTAssertEqual(StatementSplitter.statements(of: " \n;"), [])
    }

    func test_statementThatIsNotClosed_isTheRest() {
        for open in ["SELECT 'a;", "SELECT $$;", #"SELECT E'\';"#, "SELECT /* ;"] {
            var splitter = StatementSplitter()
            XCTAssertEqual(splitter.add(open), [])
            XCTAssertEqual(splitter.rest, open)
        }
    }
}
