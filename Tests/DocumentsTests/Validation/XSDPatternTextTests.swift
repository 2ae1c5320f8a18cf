import Foundation
import TestSupport
import XCTest

@testable import Documents

/// Goal: an XSD's pattern takes the texts that it means, and no others. Method: documents held against patterns that libxml2 by itself matches wrongly, of schemas of states and drawn at random, with
/// Foundation's expressions as the judge.
final class XSDPatternTextTests: XCTestCase {
    private func violations(_ pattern: String, _ texts: [String]) throws -> [Fault.Violation] {
        func escaped(_ text: String) -> String {
            text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;").replacingOccurrences(of: "\"", with: "&quot;")
        }
        let schema = #"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="m"><xs:complexType><xs:sequence><xs:element name="n" maxOccurs="unbounded"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="\#(escaped(pattern))"/></xs:restriction></xs:simpleType></xs:element></xs:sequence><xs:attribute name="id"/><xs:attribute name="at"/></xs:complexType></xs:element></xs:schema>"#
        let json = #"{"name":"t","version":1,"format":"xml","match":{"/*":{"exists":true}},"xsd":"m.xsd","receipt_id":"//@id","issued_at":"//@at","accept_from":null}"#
        let registry = TypeRegistry()
        try registry.put(try DocumentType(json: Array(json.utf8), files: ["m.xsd": Array(schema.utf8)]))
        let document = #"<m id="1" at="2020-01-01T00:00:00Z">\#(texts.map { "<n>\(escaped($0))</n>" }.joined())</m>"#
        let reading = try DocumentReader(registry: registry).readXML(Array(document.utf8), ReadingOptions(now: SampleFiles.now))
        return reading.receipts.flatMap { result -> [Fault.Violation] in
            guard case .refused(let problem, _, _) = result else { return [] }
            return problem.errors.filter { $0.code == "xsd" }
        }
    }

    /// Places from 1, as pointers have them.
    private func refused(_ pattern: String, _ texts: [String]) throws -> Set<String> { Set(try violations(pattern, texts).map(\.pointer)) }

    func test_validate_patternsOfTwoWays_takeWhatTheyMean() throws {
        let cases: [(pattern: String, right: [String], wrong: [String])] = [
            ("[0-9]{2}|[0-9]{8}", ["12", "12345678"], ["123", "123456789", ""]),
            ("[A-Z]{2,3}[0-9]{4}|[A-Z]{3,4}[0-9]{3}", ["AB1234", "ABC1234", "ABC123", "ABCD123"], ["ABCDE123", "AB123"]),
            ("[0-9]{2}[0]{1}[1-9]{1}|[0-9]{2}[1]{1}[0-2]{1}", ["2412", "2409"], ["24012", "2413"]),
            ("(ab?){1,2}b", ["ab", "abb", "abab", "aab"], ["a", "b", "ababab"]),
            ("(b?){2}", ["", "b", "bb"], ["bbb"]),
            ("a(,a)*|b", ["a", "a,a", "b"], ["b,a", "b,"]),
            (#"[\p{L}\-]{1,2}|[x\]|]{3}"#, ["é-", "x]|", "a"], ["xx]|", "|"]),
            ("(a{0,2}){1,}|[a-z-[aeiou]]{2}", ["", "aaaaa", "xy"], ["xa", "xyz"]),
        ]
        for (pattern, right, wrong) in cases {
            XCTAssertEqual(try refused(pattern, right + wrong), Set(wrong.indices.map { "/m/n[\(right.count + $0 + 1)]" }), pattern)
        }
    }

    /// Nobody knows the words that libxml2 has for it.
    func test_validate_fault_quotesThePatternOfTheSchema() throws {
        let message = try XCTUnwrap(try violations("[0-9]{2}|[0-9]{8}", ["1", "12"]).first).message
        XCTAssertTrue(message.hasSuffix("The value '1' is not accepted by the pattern '[0-9]{2}|[0-9]{8}'."), message)
    }

    func test_rewritten_whatIsMatchedRightly_staysAsItIs() {
        for pattern in ["[0-9]{1,13}", #"\d{4}-\d{2}(x{2})"#, "", "a*b+", "(a|b", "a{2", "[a", "a||{2}", "(a|b)"] {
            XCTAssertNil(XSDPatternText.rewritten(pattern), pattern)
        }
        XCTAssertEqual(XSDPatternText.rewritten("x{2}|y{1,3}|z{2,}|w{0}"), "xx|y(y(y)?)?()|zzz*|()()")
        // Written out it would be too long, or nest too deep: a loop like that is left, beside others that are not.
        XCTAssertEqual(XSDPatternText.rewritten("a{2}|b{1,99}|c{2000}"), "aa|b{1,99}|c{2000}")
    }

    func test_validate_randomPatterns_areMatchedAsFoundationDoes() throws {
        var random = SplitMix64(state: 0x7E17)
        func quantifier() -> String { ["", "", "", "?", "*", "+", "{2}", "{1,2}", "{0,2}", "{2,3}", "{1,}", "{0,}"].randomElement(using: &random) ?? "" }
        func atom(_ depth: Int) -> String {
            if depth > 0, Int.random(in: 0..<3, using: &random) == 0 { return "(" + choice(depth - 1) + ")" }
            return ["a", "b", "[ab]"].randomElement(using: &random) ?? ""
        }
        func sequence(_ depth: Int) -> String { (0..<Int.random(in: 1...3, using: &random)).map { _ in atom(depth) + quantifier() }.joined() }
        func choice(_ depth: Int) -> String { (0..<Int.random(in: 1...2, using: &random)).map { _ in sequence(depth) }.joined(separator: "|") }
        // All texts of a and b of up to five characters, the empty one among them.
        let texts = (0...5).flatMap { (length: Int) -> [String] in
            (0..<1 << length).map { (bits: Int) -> String in (0..<length).map { (place: Int) -> String in bits >> place & 1 == 0 ? "a" : "b" }.joined() }
        }
        for _ in 0..<120 {
            let pattern = choice(2)
            // Some are refused, as they can match one text in too many ways.
            guard let found = try? refused(pattern, texts) else { continue }
            let judge = try NSRegularExpression(pattern: "\\A(?:\(pattern))\\z")
            let wrong = texts.indices.filter { judge.firstMatch(in: texts[$0], range: NSRange(texts[$0].startIndex..., in: texts[$0])) == nil }
            XCTAssertEqual(found, Set(wrong.map { "/m/n[\($0 + 1)]" }), pattern)
        }
    }
}
