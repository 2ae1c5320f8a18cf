import XCTest

@testable import Documents

/// Goal: whatever an XPath reads is known, and of one that may lead to very many places only that it may lead anywhere. Method: paths that read the node they start from unsaid, and paths whose places double with
/// each step; what they are said to read, and what becomes of types with them.
final class XPathReadsTests: XCTestCase {
    private func type(_ members: String) throws -> DocumentType {
        try DocumentType(json: Array(#"{"name":"t","version":1,"format":"xml","receipt_id":"id","issued_at":"at",\#(members)}"#.utf8))
    }

    private func faults(_ members: String) -> [String] {
        do {
            _ = try type(members)
            return []
        } catch {
            return (error as? TypeFileError)?.reasons.map { "\($0.code) \($0.pointer)" } ?? ["\(error)"]
        }
    }

    /// Of a type with these two columns, each as its members without the type.
    private func columns(_ ssn: String, _ open: String, isRefused: Bool, line: UInt = #line) {
        let wanted = isRefused ? ["reads-sensitive /columns/a/path"] : []
        XCTAssertEqual(
            faults(#""match":{"root":"doc"},"columns":{"ssn":{\#(ssn),"type":"VARCHAR","sensitive":true},"a":{\#(open),"type":"VARCHAR"}}"#), wanted, "\(ssn) \(open)", line: line)
    }

    private func reach(_ column: String) throws -> EnvelopeReach {
        RecordFacts(try type(#""match":{},"each":{"path":"/r/o"},"batch":"each","columns":{"c":{\#(column),"type":"VARCHAR"}}"#)).reach
    }

    // MARK: Functions that read the node itself

    func test_functionsWithoutArguments_readTheNodeItself() {
        let ssn = #""path":"person/ssn""#
        for open in [
            #""path":"person/ssn","value":"normalize-space()""#, #""path":"person/ssn","value":"string()""#, #""path":"person/ssn","value":"number( )""#, #""path":"person","value":"string-length()""#,
            #""path":"string()""#, #""path":"substring-after(string(),'x')""#, #""path":"concat(id, normalize-space())""#, #""path":"person[starts-with(string(),'1')]/name""#, #""path":"person[string-length() = 3]/name""#,
            #""path":"*[number() > 1]/name""#,
        ] { columns(ssn, open, isRefused: true) }
        for open in [
            #""path":"person/name","value":"normalize-space()""#, #""path":"person/name[string-length() = 3]""#, #""path":"person[position() = last()]/name""#, #""path":"id[number() > 1]""#, #""path":"concat(local-name(), id)""#,
        ] { columns(ssn, open, isRefused: false) }
        // A sensitive value that such a function makes is at the node.
        for value in ["normalize-space()", "string()", "concat('x', string())", "substring(normalize-space(), 1, 3)"] {
            columns(ssn + #","value":"\#(value)""#, ssn, isRefused: true)
            columns(ssn + #","value":"\#(value)""#, #""path":"person/name""#, isRefused: false)
        }
    }

    func test_reach_ofFunctionsWithoutArguments_isThatOfTheNode() throws {
        let around = EnvelopeReach.surroundings(seeking: EnvelopeSeeking())
        XCTAssertEqual(try reach(#""path":"../h","value":"normalize-space()""#), around)
        XCTAssertEqual(try reach(#""path":"../h[string() = '1']/@n""#), around)
        XCTAssertEqual(try reach(#""path":"h","value":"normalize-space()""#), .record)
        XCTAssertEqual(try reach(#""path":"string()""#), .record)
        XCTAssertEqual(try reach(#""path":"string()","from_root":true"#), .elsewhere("string()"))
    }

    // MARK: Many places

    private func places(_ path: String) throws -> [PathPattern] { XPathReads(try XPathLexer(path).tokens, from: [PathPattern()]).outer }

    private static func descents(_ name: (Int) -> String) -> String { (0..<30).map { "descendant-or-self::\(name($0))" }.joined(separator: "/") }

    /// Each of thirty steps leads to the node itself and to what lies below it: a thousand million places, were none of them the same and all counted.
    func test_descendantsOrSelf_ofManySteps_areFewPlaces() throws {
        XCTAssertEqual(try places("name/descendant-or-self::x"), [PathPattern(steps: [.name("name")]), PathPattern(steps: [.name("name"), .deep, .name("x")])])
        XCTAssertEqual(try places(Self.descents { _ in "*" }).count, 31)
        let all = try places(Self.descents { "n\($0)" })
        XCTAssertTrue(all.count <= XPathReads.placeCountMax && all.allSatisfy(\.isUnknown), "\(all.count)")
    }

    func test_typesOfSuchPaths_areChecked() throws {
        let (same, others) = (Self.descents { _ in "*" }, Self.descents { "n\($0)" })
        for path in [same, others] { columns(#""path":"person/ssn""#, #""path":"\#(path)""#, isRefused: true) }
        columns(#""path":"person/ssn""#, #""path":"person/name/descendant-or-self::part""#, isRefused: false)
        XCTAssertEqual(try reach(#""path":"\#(same)""#), .record)
        XCTAssertEqual(try reach(#""path":"\#(others)""#), .elsewhere(others))
    }

    // MARK: Blanks

    /// A tab before the parenthesis makes no name of a function.
    func test_functionsBeforeAnyBlank_areFunctions() {
        for blank in [" ", #"\t"#, #"\n"#, #"\r"#, #"\t \n"#] { columns(#""path":"person/ssn""#, #""path":"id\#(blank)('p')/ssn""#, isRefused: true) }
    }
}
