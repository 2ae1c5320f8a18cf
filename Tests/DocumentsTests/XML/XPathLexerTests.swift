import XCTest

@testable import Documents

/// Goal: a name is taken for what libxml2 takes it for, whatever blanks stand behind it. Method: each kind of name with each blank.
final class XPathLexerTests: XCTestCase {
    private static let blanks = ["", " ", "\t", "\n", "\r", "\r\n", " \t\n\r "]

    func test_names_areFunctionsNodeTypesAndAxes_acrossAnyBlanks() throws {
        for blank in Self.blanks {
            XCTAssertEqual(try XPathLexer("id\(blank)('p')/ssn").tokens.map(\.kind), [.function, .openParenthesis, .literal, .closeParenthesis, .slash, .name], blank.debugDescription)
            XCTAssertEqual(try XPathLexer("a/text\(blank)()").tokens.map(\.kind), [.name, .slash, .nodeType, .openParenthesis, .closeParenthesis], blank.debugDescription)
            let axis = try XPathLexer("child\(blank)::a").tokens
            XCTAssertEqual(axis.map(\.kind), [.axis, .name], blank.debugDescription)
            XCTAssertEqual(axis.map(\.text), ["child", "a"], blank.debugDescription)
            XCTAssertEqual(try XPathLexer("a\(blank)/b").tokens.map(\.kind), [.name, .slash, .name], blank.debugDescription)
        }
    }

    func test_whatATypeMayNotHave_isRefusedAcrossAnyBlanks() throws {
        for blank in Self.blanks {
            XCTAssertThrowsError(try XPathLexer("sum\(blank)(line/amount)"), blank.debugDescription)
            XCTAssertEqual(try XPathLexer("sum\(blank)(line/amount)", allowsSum: true).tokens.first?.kind, .function, blank.debugDescription)
            XCTAssertThrowsError(try XPathLexer("document\(blank)('x')"), blank.debugDescription)
        }
    }
}
