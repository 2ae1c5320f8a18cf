import XCTest

@testable import Documents

/// Goal: texts, orders and conditions that libxml2 does not count are seen in an expression, and what a document's own bytes pay for is not. Method: expressions, and what is found in them.
final class XPathDemandTests: XCTestCase {
    private func demand(_ path: String, isOnce: Bool = false) throws -> XPathDemand {
        XPathDemand(try XPathLexer(path, allowsSum: true).tokens, spelledOut: ["q"], isOnce: isOnce)
    }

    private static func text(_ name: [UInt8]?) -> String { name.map { String(decoding: $0.dropLast(), as: UTF8.self) } ?? "*" }

    /// What is selected, below which name; how it is reached; how often it is gone through.
    private static func shown(_ texts: [XPathText]) -> String {
        texts.map { text in
            let operand = text.operand
            let names = operand.isStart ? "start" : zip(operand.names, operand.holders).map { "\(Self.text($1))/\(Self.text($0))" }.joined(separator: "|")
            return "\(names)\(operand.byteCount > 0 ? "+\(operand.byteCount)" : "") \(operand.way) \(text.passCount)"
        }.joined(separator: "; ")
    }

    func test_textsOfFarNodes() throws {
        for (path, wanted) in [
            ("//a[string-length(string(/)) > 1]", "start beyond 3"), ("//a[/r = 'x']", "*/r beyond 1"), ("//a[c = ../m/b]", "a/c below 1; m/b beyond 1"), ("l[concat(../a, 'x', ../b)]", "*/a beyond 4; */b beyond 4"),
            ("l[sum(//c) > 1]", "*/c beyond 2"), ("l[translate(../t, 'ab', 'AB') = 'x']", "*/t beyond 13"), ("l[number(..) = 1]", "*/* beyond 2"), ("l[a[. = ../b]]", "*/b beyond 1"), ("string(/r/t)", "r/t beyond 2"),
            ("l[.//c = 1]", "*/c descent 1"), ("l[@n = ../m/@k]", "m/k beyond 1"),
        ] {
            XCTAssertEqual(Self.shown(try demand(path).texts), wanted, path)
        }
    }

    func test_textsThatTheirBytesPayFor_areNotCharged() throws {
        for path in [
            "r[a = 'x']", "r[contains(a, 'x')]", "string(.)", "r[@a = 'x' or @b = 'y']", "r[. > 1]", "r[count(//a) > 1]", "r[not(../a)]", "r[position() = last()]", "*[local-name()='a']", "self::ROW[contains(LETTERS,'A')]",
            "CHECKTAX/ROW[TYPE='0' and LETTER='A']/PRC", "P[number(.) = number(.)]", "sum(l/a)",
        ] {
            XCTAssertEqual(Self.shown(try demand(path).texts), "", path)
        }
        // From the document, and once.
        XCTAssertEqual(Self.shown(try demand("/d/r[a = 'x']", isOnce: true).texts), "")
        XCTAssertEqual(Self.shown(try demand("/d/r[a = 'x']").texts), "r/a below 1")
        // Five of them are too many, and so are many words.
        XCTAssertEqual(try demand("r[a = '1' or b = '2' or c = '3' or d = '4' or e = '5']").texts.count, 5)
        let long = String(repeating: "x", count: 300)
        XCTAssertEqual(Self.shown(try demand("r[string-length('\(long)') > 1]").texts), "+302 below 2")
    }

    func test_conditionsWithinConditions() throws {
        func shown(_ path: String) throws -> String {
            try demand(path).stands.map { "\($0.outer.map(String.init) ?? "-") \(Self.text($0.nodes.names[0])) \($0.nodes.way) \($0.step)\($0.isRepeated ? " again" : "")" }.joined(separator: "; ")
        }
        for (path, wanted) in [
            ("//a[b]", "- a beyond once"), ("a[b[c]/d[e]]", "- a below once; 0 b below once; 0 d below once"), ("//a[//b[c]]", "- a beyond once; 0 b beyond once again"), ("a[.//b[c]]", "- a below once; 0 b descent once again"),
            ("x/ancestor::a[b]", "- a beyond ancestors again"), ("ancestor::a[b]", "- a beyond ancestors"), ("x/following-sibling::a[b]", "- a beyond sideways again"), ("x//b[c]", "- b descent once"),
            ("x/descendant::b[c]", "- b descent descent again"), ("a[b][c]", "- a below once; - a below once"),
        ] {
            XCTAssertEqual(try shown(path), wanted, path)
        }
        XCTAssertEqual(try demand("//a[b = ../c]").products.map(\.stand), [0])
        XCTAssertEqual(try demand("count(a | b)").products.map(\.stand), [nil])
    }

    func test_setsOfOthersThanElements_arePutIntoOrder() throws {
        for (path, wanted) in [
            ("/r/text()", "r/* beyond 1"), ("string(//comment())", "*/* beyond 1"), ("count(//text())", ""), ("string(//a)", ""), ("a/b", ""), ("a[text()]", ""), ("(//text())[2]", "*/* beyond 1; */* beyond 1"), ("a[sum(../node()) > 1]", "*/* beyond 1"),
            ("string(a/preceding::text())", "*/* beyond 17"),
        ] {
            XCTAssertEqual(Self.shown(try demand(path).orders), wanted, path)
        }
    }

    func test_patternsOfNames() throws {
        let cases: [(String, XPathShape.Pattern)] = [
            ("//a", .walk(1)), ("//l//c", .walk(2)), ("/d/l//c", .walk(3)), ("l//c", .walk(2)), ("//a/b", .walk(2)), ("//a//a//a", .ways), ("//a//b/c", .ways), (".//a//b", .ways), ("//*//b", .ways), ("//ї//b", .ways),
            ("a/b", .none), ("//l[c]//d", .none), ("//a/..", .none), ("count(//l//c)", .none), ("//p:a//b", .none), ("//l//@c", .none), (".//a", .none),
        ]
        for (path, wanted) in cases {
            XCTAssertEqual(XPathShape.pattern(try XPathLexer(path).tokens), wanted, path)
        }
    }

    func test_pathsThatGoUpAtTheirEnd() throws {
        for (path, wanted) in [("a/b/..", "a/b 1"), ("//a[x]/../..", "//a[x] 2"), ("../..", "../.. 0"), ("a//..", "a//.. 0"), ("count(a/..)", "count(a/..) 0"), ("a/../b", "a/../b 0"), ("a/.. | b/..", "a/..|b/.. 0"), ("/a/..", "/a 1")] {
            let (rising, parentCount) = XPathShape.rising(try XPathLexer(path).tokens)
            XCTAssertEqual(rising.map(\.text).joined() + " \(parentCount)", wanted, path)
        }
    }

    func test_stepsToWhichOneNodeLeads() throws {
        for (path, wanted) in [
            ("r/x/following-sibling::y[1]", "nearest"), ("r/x/following-sibling::y[c][2]", "nearest"), ("r/x/following-sibling::y", "sideways"), ("r/x/following-sibling::y[c]", "sideways"), ("r/x/ancestor::y[1]", "nearest"),
            ("r/x/preceding::node()[1]", "nearest"), ("r/x/descendant::y[1]", "nearest"), ("r/x/parent::y[1]", "parents"),
        ] {
            XCTAssertEqual(try demand(path).products.map { "\($0.kind)" }.joined(separator: "; "), wanted, path)
        }
    }
}
