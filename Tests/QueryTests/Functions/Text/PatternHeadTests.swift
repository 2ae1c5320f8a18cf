import XCTest

@testable import Query

/// Options that patterns begin with. What is expected was asked of PostgreSQL 15.
final class PatternHeadTests: XCTestCase {
    private func matches(_ pattern: String, _ text: String, ignoringCase: Bool = false, flags: String = "") throws -> Bool {
        let head = try PatternHead(Array(pattern.utf8), ignoringCase: ignoringCase, flags: flags)
        let expression = try RegularExpression(AdvancedPattern.translated(head.rest, isTest: true, flags: head.flags, ignoringCase: false, for: .query), ignoringCase: head.ignoringCase)
        return expression.matches(Array(text.utf8))
    }

    func test_init_options_meanWhatPostgresSays() throws {
        let cases: [(String, String, Bool)] = [
            ("(?n)a.b", "a\nb", false), ("(?m)a.b", "a\nb", false), ("(?s)a.b", "a\nb", true), ("(?p)^b", "a\nb", false), ("(?w)^b", "a\nb", true), ("(?x) a b # c", "ab", true),
            ("(?xt)a b", "ab", false), ("(?t)a b", "a b", true), ("(?ix)A B", "ab", true), ("(?ic)A", "a", false), ("***:(?i)A", "a", true), ("***:a b", "ab", false), ("***=(?i)", "(?i)", true),
            ("***=a.", "ab", false), ("(?q)a.", "ab", false), ("(?q)a.", "xa.", true), ("(?:a)", "a", true), ("a", "a", true),
        ]
        for (pattern, text, isMatch) in cases { XCTAssertEqual(try matches(pattern, text), isMatch, "\(pattern) on \(text)") }
    }

    func test_init_options_goBeforeTheFlagsOfWhoAsks() throws {
        XCTAssertFalse(try matches("(?c)A", "a", ignoringCase: true))
        XCTAssertTrue(try matches("(?s)a.b", "a\nb", flags: "n"))
        XCTAssertFalse(try matches("(?t)a b", "ab", flags: "x"))
        XCTAssertTrue(try matches("(?i)", "(?i)", flags: "q"))
    }

    func test_init_whatIsNoOption_isRefused() {
        // RE2 is asked for what PostgreSQL has not.
        for pattern in ["(?z)a", "(?i"] { XCTAssertThrowsError(try matches(pattern, "a"), pattern) }
        for pattern in ["***a", "***"] {
            XCTAssertThrowsError(try matches(pattern, "a"), pattern) {
                guard case .outside(.badPattern, _)? = $0 as? KernelError else { return XCTFail("\(pattern): \($0)") }
            }
        }
        XCTAssertThrowsError(try matches("(?e)a", "a")) {
            guard case .outside(.notSupported, _)? = $0 as? KernelError else { return XCTFail("\($0)") }
        }
    }
}
