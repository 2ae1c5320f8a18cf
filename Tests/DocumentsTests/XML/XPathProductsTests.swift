import XCTest

@testable import Documents

/// Goal: what libxml2 does to sets of nodes without counting it is seen in an expression, and nothing else is charged for. Method: expressions, and what is found in them.
final class XPathProductsTests: XCTestCase {
    private func found(_ path: String) throws -> String {
        XPathProduct.all(try XPathLexer(path, allowsSum: true).tokens, spelledOut: ["q"]).map { product in
            "\(product.kind) \(Self.text(product.left)) \(Self.text(product.right))"
        }.joined(separator: "; ")
    }

    private static func text(_ operand: XPathProduct.Operand) -> String {
        let names = operand.names.map { $0.map { String(decoding: $0.dropLast(), as: UTF8.self) } ?? "*" }.joined(separator: "|")
        return (operand.isFar ? "far:" : "") + (operand.byteCount > 0 ? "\(names)+\(operand.byteCount)" : names)
    }

    func test_comparisonsOfSets() throws {
        for (path, wanted) in [
            ("r[a = b]", "comparison a b"), ("r[a < b]", "comparison a b"), ("r[x/a != .//b]", "comparison a b"), ("r[a = b or c]", "comparison a b"), ("r[(a) = b]", "comparison * b"),
            ("r[a|c = b]", "union a c; comparison a|c b"), ("r[id('x') = b]", "comparison far:* b"), ("r[a[1]/c = b]", "comparison c b"), ("r[* >= text()]", "comparison * *"), ("r[a = ../b]", "comparison a far:b"),
            ("/r[a = b]", "comparison far:a far:b"), ("r[p:a = @*]", "comparison a *"), ("r[not(a = b)]", "comparison a b"),
        ] {
            XCTAssertEqual(try found(path), wanted, path)
        }
    }

    func test_comparisonsOfOne_areNone() throws {
        for path in [
            "r[a = 'x']", "r['x' = a]", "r[a = 1]", "r[count(a) = count(b)]", "r[a = string(b)]", "r[@a = b]", "r[. = b]", "r[a = ../@b]", "r[a + 1 = b]", "r[a = -b]", "r[a[1] = b]", "r[position() = last()]",
            "*[local-name()='a']", "TaxAmount[not(@c) or @c=../../Total/@c]", "a - b", "a and b",
        ] {
            XCTAssertEqual(try found(path), "", path)
        }
    }

    func test_unions_withinExpressions() throws {
        XCTAssertEqual(try found("count(a | b/c)"), "union a c")
        XCTAssertEqual(try found("(a | b | c)[1]"), "union a b; union a|b c")
        // Each of these is followed by itself.
        XCTAssertEqual(try found("a | b/c"), "")
    }

    func test_steps_thatMayFindANodeAgain() throws {
        for (path, wanted) in [
            ("r/a[x]/..", "parents far:a far:*"), ("r/a/ancestor::b", "ancestors far:a far:b"), ("r/a[x]//b", "descent a b"), ("r/a[x]//b/c", "descent a b"), ("r/a[x]//p:b", "descent a b"), ("r/a[x]//b[y]", "descent a *"), ("r/a[x]//*", "descent a *"), ("r/a[x]//@b", "descent a *"), ("r/a[x]//q:b", "descent a *"),
            ("r/a/descendant::b", "descent a b"), ("/r/a/following-sibling::a", "sideways far:a far:a"),
            ("r/a/preceding::*", "sideways far:a far:*"),
        ] {
            XCTAssertEqual(try found(path), wanted, path)
        }
        for path in ["..", "../..", "../../a", ".//a", "//a", "/r//a", "/r/..", "r[../a]", "r[following-sibling::a]", "r[ancestor::a]", "a[1]/..", "/descendant::a[count(preceding::*) = 1]", "a/b/@c"] {
            XCTAssertEqual(try found(path), "", path)
        }
    }

    func test_texts_soughtInTexts() throws {
        let long = String(repeating: "x", count: 40)
        XCTAssertEqual(try found("contains(a, b)"), "texts a b")
        XCTAssertEqual(try found("contains(a, concat(b, 'xyz'))"), "texts a *+5")
        XCTAssertEqual(try found("translate(a, '\(long)', '')"), "texts a +42")
        XCTAssertEqual(try found("r[substring-before(., ../b)]"), "texts far:* far:b")
        for path in ["contains(a, 'W')", "r[contains(@LETTERS, 'А')]", "translate(a, 'tax', 'TAX')", "starts-with(a, b)"] { XCTAssertEqual(try found(path), "", path) }
    }
}
