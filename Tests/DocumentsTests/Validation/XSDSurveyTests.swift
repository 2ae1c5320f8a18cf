import Foundation
import XCTest

@testable import Documents

/// Goal: an XSD that would take libxml2 long is refused when its type comes, or counted with each document. Method: the shapes that were slow,
/// beside those that real schemas have.
final class XSDSurveyTests: XCTestCase {
    private static let head = #"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">"#

    private func reasons(_ schema: String) -> [String] {
        let json = #"{"name":"t","version":1,"format":"xml","match":{"/*":{"exists":true}},"xsd":"m.xsd","receipt_id":"//@id","issued_at":"//@at","accept_from":null}"#
        do throws(TypeFileError) {
            _ = try DocumentType(json: Array(json.utf8), files: ["m.xsd": Array((Self.head + schema + "</xs:schema>").utf8)])
            return []
        } catch {
            return error.reasons.map(\.message)
        }
    }

    func test_pattern_ambiguity_isToldFromWhatOnlyLooksLikeIt() {
        let expected: [(String, XSDPattern.Matching)] = [
            ("(a|aa|aaa)*b", .exponential), ("(.|x)*y", .exponential), (#"(\w+\s?)+"#, .exponential),
            (#"(\D+x?)+"#, .exponential), ("([a-z-[aeiou]]|[^x])*y", .exponential), ("(a|aa){50}", .exponential), ("((a{1,9}){1,9}){1,9}", .exponential),
            ("(a*)(a*)b", .quadratic), (".*a.*", .quadratic), ("a{0,1000}a{0,1000}b", .quadratic), (#"(\w{1,35}){1,2}"#, .quadratic),
            ("[0-9]{1,4}", .linear), (#"0|[1-9]{1}[0-9]{0,12}(\.[0-9]{2})?"#, .linear), ("[!-ÿ]{1}[ -ÿ]*[!-ÿ]{1}|[!-ÿ]{1}", .linear),
            ("(a*b*)*c", .linear), (#"(\s*[^\s]\s*)+"#, .quadratic), ("([A-Z]{1,3}){2}", .quadratic), ("([^,]+,)*[^,]+", .linear), (#"\d{4}-\d{2}-\d{2}"#, .linear), ("[A-Z]{2,3}[0-9]{4}|[A-Z]{3,4}[0-9]{3}", .linear), ("", .linear),
            (#"[\-+]?[0-9]+(\.[0-9]+)?"#, .linear), ("([a-z]+-)*[a-z]+", .linear), ("(x", .quadratic),
        ]
        for (pattern, matching) in expected { XCTAssertEqual(XSDPattern(pattern).matching, matching, pattern) }
    }

    /// Ways of a loop's turn are found once, not for each turn of all loops around it.
    func test_pattern_countedLoopsWithinEachOther_areRefusedAtOnce() {
        for depth in [3, 6, 8] {
            let pattern = (0..<depth).reduce("a") { inner, _ in "(\(inner){1,64})" }
            XCTAssertEqual(XSDPattern(pattern).matching, .exponential, pattern)
        }
    }

    /// libxml2 reads them twice as deep.
    func test_init_patternBelowManyLevels_isNotOverlooked() {
        func nested(_ count: Int) -> String {
            let open = #"<xs:element name="m"><xs:complexType><xs:sequence>"#
            let inner = #"<xs:element name="n"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="a"/></xs:restriction></xs:simpleType></xs:element>"#
            return String(repeating: open, count: count) + inner + String(repeating: "</xs:sequence></xs:complexType></xs:element>", count: count)
        }
        XCTAssertEqual(reasons(nested(30)), [])
        XCTAssertTrue(reasons(nested(45)).contains { $0.contains("nested deeper than 128") })
    }

    func test_init_patternOfManyWays_isRefused() {
        let simple = #"<xs:simpleType name="s"><xs:restriction base="xs:string"><xs:pattern value="%"/></xs:restriction></xs:simpleType><xs:element name="m" type="s"/>"#
        XCTAssertTrue(reasons(simple.replacingOccurrences(of: "%", with: "(a|aa|aaa)*b")).contains { $0.contains("so many ways") })
        XCTAssertEqual(reasons(simple.replacingOccurrences(of: "%", with: "[0-9]{1,4}")), [])
    }

    func test_init_longChainsOfTypesAndGroups_areRefused() {
        func chain(_ count: Int) -> String {
            let types = (1..<count).map {
                #"<xs:complexType name="t\#($0)"><xs:complexContent><xs:extension base="t\#($0 - 1)"><xs:sequence><xs:element name="a\#($0)" type="xs:string"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>"#
            }
            return #"<xs:complexType name="t0"><xs:sequence/></xs:complexType>\#(types.joined())<xs:element name="m" type="t\#(count - 1)"/>"#
        }
        XCTAssertEqual(reasons(chain(40)), [])
        XCTAssertTrue(reasons(chain(999)).contains { $0.contains("more than 64") })
        // The first by name stands on all others: as many calls within each other would take a thread's whole stack.
        let count = 20_000
        let falling = (0..<count).map { #"<xs:complexType name="t\#(100_000 + $0)"><xs:complexContent><xs:extension base="t\#(100_001 + $0)"/></xs:complexContent></xs:complexType>"# }
        XCTAssertTrue(reasons(falling.joined() + #"<xs:complexType name="t\#(100_000 + count)"/><xs:element name="m"/>"#).contains { $0.contains("more than 64") })
        let groups = (1..<30).map { #"<xs:group name="g\#($0)"><xs:sequence><xs:group ref="g\#($0 - 1)"/><xs:group ref="g\#($0 - 1)"/></xs:sequence></xs:group>"# }
        let doubling = #"<xs:group name="g0"><xs:sequence><xs:element name="e" type="xs:string"/></xs:sequence></xs:group>\#(groups.joined())<xs:element name="m"><xs:complexType><xs:group ref="g29"/></xs:complexType></xs:element>"#
        XCTAssertTrue(reasons(doubling).contains { $0.contains("more than 2000 elements") })
    }

    /// libxml2 before 2.11 would not come to an end.
    func test_init_elementThatStandsForOneOfAUnion_isRefused() {
        let union = #"<xs:simpleType name="u"><xs:union memberTypes="xs:integer xs:date"/></xs:simpleType><xs:element name="h" type="u"/>"#
        func reasons(_ member: String) -> [String] { self.reasons(union + member + #"<xs:element name="m"><xs:complexType><xs:sequence><xs:element ref="h"/></xs:sequence></xs:complexType></xs:element>"#) }
        for member in [
            #"<xs:element name="n" type="xs:integer" substitutionGroup="h"/>"#,
            #"<xs:element name="o" substitutionGroup="h"/><xs:element name="n" type="xs:integer" substitutionGroup="o"/>"#,
            #"<xs:element name="n" substitutionGroup="h"><xs:complexType><xs:simpleContent><xs:extension base="xs:integer"/></xs:simpleContent></xs:complexType></xs:element>"#,
        ] { XCTAssertTrue(reasons(member).contains { $0.contains("'n' stands for 'h', whose type is a union") }, member) }
        for member in [
            #"<xs:element name="n" substitutionGroup="h"/>"#, #"<xs:element name="n" type="u" substitutionGroup="h"/>"#,
            #"<xs:element name="n" substitutionGroup="h"><xs:simpleType><xs:restriction base="u"/></xs:simpleType></xs:element>"#, #"<xs:element name="n" type="u"/>"#,
        ] { XCTAssertEqual(reasons(member), [], member) }
    }

    func test_init_sharedSchemas_areTakenWithoutQuadraticPatterns() throws {
        let folder = SampleFiles.shared.appendingPathComponent("schemas")
        guard let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else { return XCTFail("no schemas") }
        var patternCount = 0
        for case let file as URL in files where file.pathExtension == "xsd" {
            let text = String(decoding: try SampleFiles.bytes(file), as: UTF8.self)
            for piece in text.components(separatedBy: "pattern value=\"").dropFirst() {
                let pattern = piece.prefix { $0 != "\"" }.replacingOccurrences(of: "&amp;", with: "&").replacingOccurrences(of: "&lt;", with: "<")
                patternCount += 1
                XCTAssertNotEqual(XSDPattern(pattern).matching, .exponential, "\(file.lastPathComponent): \(pattern)")
            }
        }
        XCTAssertGreaterThan(patternCount, 300)
    }

    func test_validate_atUnderEach_looksAtEachElementOnce() throws {
        let json = #"{"name":"t","version":1,"format":"xml","match":{"/e":{"exists":true}},"each":"/e/m","batch":"each","xsd":{"file":"m.xsd","at":"/e/m"},"receipt_id":"@id","issued_at":"@at","accept_from":null,"columns":{"n":{"path":"n","type":"VARCHAR"}}}"#
        let schema = Self.head + #"<xs:element name="m"><xs:complexType><xs:sequence><xs:element name="n" type="xs:decimal"/></xs:sequence><xs:attribute name="id"/><xs:attribute name="at"/></xs:complexType></xs:element></xs:schema>"#
        let registry = TypeRegistry()
        try registry.put(try DocumentType(json: Array(json.utf8), files: ["m.xsd": Array(schema.utf8)]))
        let receipts = (0..<800).map { #"<m id="\#($0)" at="2020-01-01T00:00:00Z"><n>1</n></m>"# }.joined()
        let body = Array("<e>\(receipts)</e>".utf8)
        let allowance = WorkAllowance(byteCount: body.count)
        let before = allowance.left
        var options = ReadingOptions(now: SampleFiles.now)
        options.allowance = allowance
        let reading = try DocumentReader(registry: registry).readXML(body, options)
        XCTAssertEqual(reading.receipts.count { if case .accepted = $0 { true } else { false } }, 800)
        // Once each, not for each receipt anew.
        XCTAssertLessThan(before - allowance.left, 800 * 1_000)
    }

    func test_validate_manyFaults_endsAfterAThousand() throws {
        let json = #"{"name":"t","version":1,"format":"xml","match":{"/m":{"exists":true}},"xsd":"m.xsd","receipt_id":"@id","issued_at":"@at","accept_from":null,"columns":{"n":{"path":"n","type":"VARCHAR"}}}"#
        let schema = Self.head + #"<xs:element name="m"><xs:complexType><xs:sequence><xs:element name="g" maxOccurs="unbounded"><xs:complexType><xs:sequence><xs:element name="n" type="xs:decimal" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element></xs:sequence><xs:attribute name="id"/><xs:attribute name="at"/></xs:complexType></xs:element></xs:schema>"#
        let registry = TypeRegistry()
        try registry.put(try DocumentType(json: Array(json.utf8), files: ["m.xsd": Array(schema.utf8)]))
        let groups = String(repeating: "<g>" + String(repeating: "<n>x</n>", count: 10) + "</g>", count: 500)
        let body = Array(#"<m id="1" at="2020-01-01T00:00:00Z">\#(groups)</m>"#.utf8)
        guard case .refused(let problem, _, _)? = try DocumentReader(registry: registry).readXML(body, ReadingOptions(now: SampleFiles.now)).receipts.first else {
            return XCTFail("accepted")
        }
        XCTAssertEqual(problem.errors.count, ExtractionContext.violationCountMax)
        XCTAssertEqual(problem.errors.first?.pointer, "/m/g[1]/n[1]")
    }
}
