import Foundation
import XCTest

@testable import Documents

/// Goal: what a document costs is bounded by its size, whoever looks at it. Method: the attacks of issue 15, counted in steps, never timed.
final class WorkBudgetTests: XCTestCase {
    private func reader(_ types: [DocumentType]) throws -> DocumentReader {
        let registry = TypeRegistry()
        for type in types { try registry.put(type) }
        return DocumentReader(registry: registry)
    }

    private func type(_ json: String, files: [String: [UInt8]] = [:]) throws -> DocumentType {
        do throws(TypeFileError) {
            return try DocumentType(json: Array(json.utf8), files: files)
        } catch {
            throw Fault(.invalidType, "\(error.reasons)")
        }
    }

    private func xmlType(_ members: String, files: [String: [UInt8]] = [:]) throws -> DocumentType {
        try type(
            #"{"name":"t","version":1,"format":"xml","match":{"/d":{"exists":true}},"receipt_id":"@id","issued_at":"@at","accept_from":null,\#(members)}"#,
            files: files)
    }

    private struct Outcome {
        var steps: Int
        var results: [ReceiptResult]
        var problems: [Fault] {
            results.compactMap { result -> Fault? in
                guard case .refused(let problem, _, _) = result else { return nil }
                return problem
            }
        }
        var isTooMuch: Bool { problems.contains { $0.errors.contains { $0.code == "too-much-work" } } }
    }

    private func read(_ text: String, _ format: TypeFile.Format, _ types: [DocumentType]) throws -> Outcome {
        let body = Array(text.utf8)
        let allowance = WorkAllowance(byteCount: body.count)
        let before = allowance.left
        var options = ReadingOptions(now: SampleFiles.now)
        options.allowance = allowance
        let reader = try reader(types)
        var results: [ReceiptResult]
        do {
            results =
                switch format {
                case .json: try reader.readJSON(body, options).receipts
                case .xml: try reader.readXML(body, options).receipts
                case .csv: try reader.readCSV(body, options).receipts
                }
        } catch let problem as Fault {
            results = [.refused(problem, type: nil, document: .own([]))]
        }
        return Outcome(steps: before - allowance.left, results: results)
    }

    // MARK: XPath

    /// A check whose every line names every letter of tax, and as many rows of tax.
    private func check(lineCount: Int) -> String {
        let lines = (1...lineCount).map { #"<ROW ROWNUM="\#($0)"><CODE>\#($0)</CODE><LETTERS>АБ</LETTERS><COST>1.00</COST></ROW>"# }.joined()
        let taxes = (1...lineCount).map { #"<ROW ROWNUM="\#($0)"><TYPE>1</TYPE><LETTER>Ц</LETTER><PRC>20.00</PRC><SUM>0.10</SUM></ROW>"# }.joined()
        return """
            <CHECK><CHECKHEAD><DOCTYPE>0</DOCTYPE><DOCSUBTYPE>0</DOCSUBTYPE><UID>u-1</UID><TIN>1</TIN><ORDERDATE>20112025</ORDERDATE>\
            <ORDERTIME>101010</ORDERTIME><CASHREGISTERNUM>1</CASHREGISTERNUM><ORDERNUM>1</ORDERNUM></CHECKHEAD><CHECKTOTAL><SUM>1.00</SUM></CHECKTOTAL>\
            <CHECKTAX>\(taxes)</CHECKTAX><CHECKBODY>\(lines)</CHECKBODY></CHECK>
            """
    }

    func test_read_checkOfManyLinesAndTaxes_costsByTheLineNotByTheSquare() throws {
        let type = try DocumentType(json: try SampleFiles.bytes("types/ua-prro-check01.json"))
        let half = try read(check(lineCount: 500), .xml, [type])
        let whole = try read(check(lineCount: 1_000), .xml, [type])
        XCTAssertTrue(whole.problems.isEmpty, "\(whole.problems)")
        XCTAssertLessThan(whole.steps, half.steps * 5 / 2)
        XCTAssertLessThan(whole.steps, check(lineCount: 1_000).utf8.count * WorkBudget.stepsPerByte)
    }

    func test_read_expressionThatCountsAllBefore_isRefusedNamingXPath() throws {
        let type = try xmlType(#""columns":{"lines":{"path":"l","columns":{"n":{"path":"count(preceding::*)","type":"BIGINT"}}}}"#)
        let text = #"<d id="1" at="2020-01-01T00:00:00Z">\#(String(repeating: "<l/>", count: 20_000))</d>"#
        let outcome = try read(text, .xml, [type])
        XCTAssertTrue(outcome.isTooMuch)
        XCTAssertTrue(outcome.problems[0].detail.contains("XPath"), outcome.problems[0].detail)
        XCTAssertLessThanOrEqual(outcome.steps, WorkBudget.steps(forByteCount: text.utf8.count))
        // A few lines of the same are what they were.
        let few = try read(#"<d id="1" at="2020-01-01T00:00:00Z"><l/><l/></d>"#, .xml, [type])
        XCTAssertTrue(few.problems.isEmpty)
    }

    func test_read_setsHeldAgainstEachOther_areChargedForByBoth() throws {
        let type = try xmlType(##""columns":{"n":{"path":"count(r[a = b])","type":"BIGINT"},"m":{"path":"count(r[count(a | b) > 2])","type":"BIGINT"}}"##)
        func document(_ count: Int) -> String { #"<d id="1" at="2020-01-01T00:00:00Z"><r>\#(String(repeating: "<a>x</a><b>y</b>", count: count))</r></d>"# }
        let hostile = try read(document(40_000), .xml, [type])
        XCTAssertTrue(hostile.isTooMuch)
        XCTAssertTrue(hostile.problems[0].detail.contains("XPath"), hostile.problems[0].detail)
        // A hundred of each, as receipts have them, take a small part of what they may.
        let ordinary = try read(document(100), .xml, [type])
        XCTAssertTrue(ordinary.problems.isEmpty, "\(ordinary.problems)")
        XCTAssertLessThan(ordinary.steps, WorkBudget.stepsMin / 10)
    }

    func test_read_textsMadeForEachLine_areChargedForByBoth() throws {
        let type = try xmlType(##""columns":{"n":{"path":"count(l[string-length(string(/)) > 1])","type":"BIGINT"},"m":{"path":"count(l[c = ../m/c])","type":"BIGINT"}}"##)
        func document(_ count: Int) -> String { #"<d id="1" at="2020-01-01T00:00:00Z">\#(String(repeating: "<l><c>x</c></l>", count: count))<m><c>y</c></m></d>"# }
        let hostile = try read(document(10_000), .xml, [type])
        XCTAssertTrue(hostile.isTooMuch)
        XCTAssertTrue(hostile.problems[0].detail.contains("XPath"), hostile.problems[0].detail)
        // Receipts of two kilobytes: a small part of what they may.
        let ordinary = try read(document(100), .xml, [type])
        XCTAssertTrue(ordinary.problems.isEmpty, "\(ordinary.problems)")
        XCTAssertLessThan(ordinary.steps, WorkBudget.stepsMin / 10)
    }

    func test_read_columnsThatLeadToOneLongText_areRefusedBeforeTheRowIsMade() throws {
        let type = try xmlType(#""columns":{"lines":{"path":"l","columns":{"n":{"path":"../t","type":"VARCHAR"},"m":{"path":"..","type":"VARCHAR"}}}}"#)
        let text = #"<d id="1" at="2020-01-01T00:00:00Z"><t>\#(String(repeating: "x", count: 200_000))</t>\#(String(repeating: "<l/>", count: 5_000))</d>"#
        XCTAssertTrue(try read(text, .xml, [type]).isTooMuch)
    }

    func test_split_pathsThatRise_findWhatTheWholeExpressionFinds() throws {
        let text = "<a><h><v>1</v><v k='2'>2</v></h><b><c s='x'>p</c><c>q</c></b><b><c>r</c></b></a>"
        for path in [
            "self::c[@s]/../../h/v[@k]", "../../h/v[last()]", "..//c[. = 'q']", "../c[2]", "/a/h/v[@k='2']", "//c[. = 'r']/../c", "../../h/v[3]",
            "self::x[@s]/../../h/v[1]", "../../h/v[1] | ../c[1] | self::c[@s]", "/a/b/c[1] | /a/b[1]/c", "../../..//v[1]",
        ] {
            let document = try Array(text.utf8).withUnsafeBytes { try XMLReader.read($0) }
            let arena = Arena()
            let plain = XMLSource(
                document: document, paths: [try XMLPath("/a/b/c", namespaces: [:]), try XMLPath(path, namespaces: [:])], arena: arena,
                evaluator: XPathEvaluator(document: document, arena: arena))
            // A function around it keeps libxml2 from being helped: what it counts is what there is.
            let counting = XMLSource(
                document: document, paths: [try XMLPath("/a/b/c", namespaces: [:]), try XMLPath("count(\(path))", namespaces: [:])], arena: arena,
                evaluator: XPathEvaluator(document: document, arena: arena))
            var starts: [Int] = []
            plain.forEach(0, from: plain.root) { node in
                starts.append(node)
                return true
            }
            for start in starts {
                var found: [Int] = []
                plain.forEach(1, from: start) { node in
                    found.append(node)
                    return true
                }
                XCTAssertEqual("\(found.count)", counting.text(counting.first(1, from: start)).string, path)
                XCTAssertEqual(Set(found).count, found.count, path)
            }
        }
    }

    // MARK: XML itself

    func test_read_elementOfManyAttributes_isRefusedBeforeItIsParsed() throws {
        let type = try xmlType(#""columns":{"a":{"path":"@a1","type":"VARCHAR"}}"#)
        func document(_ count: Int) -> String {
            #"<d id="1" at="2020-01-01T00:00:00Z" "# + (1...count).map { #"a\#($0)="""# }.joined(separator: " ") + "/>"
        }
        XCTAssertTrue(try read(document(900), .xml, [type]).problems.isEmpty)
        XCTAssertTrue(try read(document(80_000), .xml, [type]).isTooMuch)
        // Text, comments and sections of the same look are none.
        XCTAssertTrue(try read(#"<d id="1" at="2020-01-01T00:00:00Z">a = b, \#(String(repeating: "c = d, ", count: 2_000))</d>"#, .xml, [type]).problems.isEmpty)
    }

    func test_read_namespacesWithinEachOther_areBounded() throws {
        let type = try xmlType(#""columns":{"a":{"path":"@a1","type":"VARCHAR"}}"#)
        func document(_ depth: Int) -> String {
            let open = (1...depth).map { level in "<e " + (1...20).map { #"xmlns:p\#(level)x\#($0)="u""# }.joined(separator: " ") + ">" }.joined()
            return #"<d id="1" at="2020-01-01T00:00:00Z">\#(open)\#(String(repeating: "</e>", count: depth))</d>"#
        }
        XCTAssertTrue(try read(document(10), .xml, [type]).problems.isEmpty)
        XCTAssertTrue(try read(document(100), .xml, [type]).isTooMuch)
    }

    // MARK: JSON Schema

    func test_validate_enumOfThousandsOverManyItems_isFoundByHash() throws {
        let values = (0..<20_000).map { "\"v\($0)\"" }.joined(separator: ",")
        let type = try type(
            #"{"name":"j","version":1,"format":"json","match":{"/id":{"exists":true}},"receipt_id":"/id","issued_at":"/at","accept_from":null,"schema":{"properties":{"items":{"items":{"enum":[\#(values)]}}}},"columns":{"a":{"path":"/a","type":"VARCHAR"}}}"#)
        let items = (0..<20_000).map { "\"v\(19_999 - $0)\"" }.joined(separator: ",")
        let text = #"{"id":"1","at":"2020-01-01T00:00:00Z","items":[\#(items)]}"#
        let outcome = try read(text, .json, [type])
        XCTAssertTrue(outcome.problems.isEmpty)
        XCTAssertLessThan(outcome.steps, text.utf8.count * 16)
        let bad = try read(text.replacingOccurrences(of: "\"v7\"", with: "\"w7\""), .json, [type])
        XCTAssertEqual(bad.problems.first?.errors.map(\.code), ["enum"])
    }

    func test_validate_enumOfEveryKind_findsEqualValues() throws {
        let values = #"["a",1.0,null,true,[1,{"x":2}],{"a":1,"b":[2]},"é",0,-5,{"c":{}},[],"z"]"#
        let schema = try JSONSchema(Array(#"{"enum":\#(values)}"#.utf8), assertsFormat: false)
        for good in [#""a""#, "1", "1e0", "10e-1", "null", "true", #"[1.0,{"x":2}]"#, #"{"b":[2],"a":1}"#, #""\u00e9""#, "-0", "-5.0", #"{"c":{}}"#, "[]"] {
            XCTAssertTrue(try schema.accepts(Array(good.utf8)), good)
        }
        for bad in [#""b""#, "2", "false", "[1]", #"{"a":1}"#, "5", "{}"] { XCTAssertFalse(try schema.accepts(Array(bad.utf8)), bad) }
    }

    func test_validate_schemasThatMultiply_areRefusedNamingTheSchema() throws {
        let branches = (0..<500).map { #"{"properties":{"m\#($0)":{"minLength":1}},"patternProperties":{"^q\#($0)":true}}"# }.joined(separator: ",")
        let type = try type(
            #"{"name":"j","version":1,"format":"json","match":{"/id":{"exists":true}},"receipt_id":"/id","issued_at":"/at","accept_from":null,"schema":{"properties":{"items":{"items":{"allOf":[\#(branches)]}}}},"columns":{"a":{"path":"/a","type":"VARCHAR"}}}"#)
        let items = String(repeating: #"{"a":1,"b":2},"#, count: 3_000) + "{}"
        let outcome = try read(#"{"id":"1","at":"2020-01-01T00:00:00Z","items":[\#(items)]}"#, .json, [type])
        XCTAssertTrue(outcome.isTooMuch)
        XCTAssertTrue(outcome.problems[0].detail.contains("JSON Schema"), outcome.problems[0].detail)
    }

    // MARK: Shapes

    func test_read_listOfManyEmptyElements_isRefusedBeforeItsCells() throws {
        let columns = (0..<60).map { #""c\#($0)":{"path":"/c\#($0)","type":"VARCHAR"}"# }.joined(separator: ",")
        let type = try type(
            #"{"name":"j","version":1,"format":"json","match":{"/id":{"exists":true}},"receipt_id":"/id","issued_at":"/at","accept_from":null,"columns":{"lines":{"path":"/l","columns":{\#(columns)}}}}"#)
        let text = #"{"id":"1","at":"2020-01-01T00:00:00Z","l":[\#(String(repeating: "0,", count: 100_000))0]}"#
        XCTAssertTrue(try read(text, .json, [type]).isTooMuch)
    }

    func test_read_pathsFromTheRootPerElement_areCharged() throws {
        let type = try type(
            #"{"name":"j","version":1,"format":"json","match":{"/id":{"exists":true}},"receipt_id":"/id","issued_at":"/at","accept_from":null,"columns":{"lines":{"path":"/l","columns":{"n":{"path":"/t/*","from_root":true,"where":{"/k":"no"},"value":"/v","type":"VARCHAR"}}}}}"#)
        let many = String(repeating: #"{"k":1},"#, count: 8_000) + "{}"
        XCTAssertTrue(try read(#"{"id":"1","at":"2020-01-01T00:00:00Z","t":[\#(many)],"l":[\#(many)]}"#, .json, [type]).isTooMuch)
    }

    /// A fault's place counts the siblings before it: hundreds of faults behind tens of thousands of siblings.
    func test_read_placesOfFaultsBehindManySiblings_areFoundForHalfOfTheWork_andTheOthersToldAllTheSame() throws {
        let json = try type(
            #"{"name":"j","version":1,"format":"json","match":{"/id":{"exists":true}},"receipt_id":"/id","issued_at":"/at","accept_from":null,"columns":{"lines":{"path":"/l","columns":{"n":{"path":"/n","type":"BIGINT"}}}}}"#)
        let schema = try schemaType(#"{"properties":{"l":{"items":{"properties":{"n":{"type":"number"}}}}}}"#)
        for type in [json, schema] {
            func document(_ before: Int) -> String {
                let lines = String(repeating: "{},", count: before) + String(repeating: #"{"n":"x"},"#, count: 1_000)
                return #"{"id":"1","at":"2020-01-01T00:00:00Z","l":[\#(lines){}]}"#
            }
            let errors = try XCTUnwrap(try read(document(60_000), .json, [type]).problems.first?.errors)
            XCTAssertEqual(Set(errors.map(\.code)).count, 1)
            XCTAssertGreaterThan(errors.filter { $0.pointer.hasSuffix("/n") }.count, 100)
            XCTAssertEqual(errors.last?.pointer, "/l")
            // A thousand faulty lines are told as ever.
            XCTAssertEqual(try read(document(0), .json, [type]).problems.first?.errors.last?.pointer, "/l/999/n")
        }
        let lines = #""lines":{"path":"l","columns":{"n":{"path":"@n","type":"BIGINT"}}}"#
        // By the tape, and by the tree.
        for columns in [lines, #""c":{"path":"count(@id)","type":"BIGINT"},"# + lines] {
            let type = try xmlType("\"columns\":{\(columns)}")
            func document(_ before: Int) -> String {
                let lines = String(repeating: "<l/>", count: before) + String(repeating: #"<l n="x"/>"#, count: 1_000)
                return #"<d id="1" at="2020-01-01T00:00:00Z">\#(lines)</d>"#
            }
            let errors = try XCTUnwrap(try read(document(40_000), .xml, [type]).problems.first?.errors)
            XCTAssertEqual(errors.first?.pointer, "/d/l[40001]/@n", columns)
            XCTAssertEqual(errors.last?.pointer, "/d/l/@n", columns)
            XCTAssertEqual(try read(document(0), .xml, [type]).problems.first?.errors.last?.pointer, "/d/l[1000]/@n", columns)
        }
    }

    /// By the document's own limit: what others of the body have taken changes no place.
    func test_mayFindPlace_isTheSame_whateverOfTheBodyIsLeft() {
        for left in [Int.max, WorkBudget.stepsMin / 8] {
            let work = WorkBudget()
            work.beginBody(WorkAllowance(steps: left))
            work.beginDocument(byteCount: 0)
            XCTAssertTrue(work.mayFindPlace(in: WorkBudget.stepsMin / 2))
            XCTAssertFalse(work.mayFindPlace(in: WorkBudget.stepsMin / 2 + 1))
            work.setMark()
            _ = work.chargePlace(WorkBudget.stepsMin / 2 - 100)
            XCTAssertFalse(work.mayFindPlace(in: 101))
            // Some siblings are looked at in any case.
            _ = work.chargePlace(1_000)
            XCTAssertTrue(work.mayFindPlace(in: 64))
            work.goBack()
            XCTAssertTrue(work.mayFindPlace(in: WorkBudget.stepsMin / 2))
        }
    }

    private func schemaType(_ schema: String) throws -> DocumentType {
        try type(#"{"name":"j","version":1,"format":"json","match":{"/id":{"exists":true}},"receipt_id":"/id","issued_at":"/at","accept_from":null,"schema":\#(schema)}"#)
    }

    private static let ab: [Character] = {
        var state: UInt32 = 1
        return (0..<300_000).map { _ in
            state = state &* 1_103_515_245 &+ 12_345
            return state >> 16 & 1 == 1 ? "a" : "b"
        }
    }()

    /// RE2's automaton is too large for its memory, and each byte takes the whole program.
    func test_read_schemaPatternsOfLargeAutomata_areCharged() throws {
        let names = (0..<1_000).map { "\"\(String(repeating: "a", count: 500))\($0)\":1" }.joined(separator: ",")
        let byName = try schemaType(#"{"properties":{"x":{"patternProperties":{"(a?){500}a{500}":{}}}}}"#)
        XCTAssertTrue(try read(#"{"id":"1","at":"2020-01-01T00:00:00Z","x":{\#(names)}}"#, .json, [byName]).isTooMuch)
        for pattern in ["(a?b?){500}(ab){500}c", "a[ab]{1000}[ab]{1000}c", "a[ab]{1000}[ab]{1000}[ab]{1000}[ab]{1000}c", "[ab]{900}a[ab]*$"] {
            let type = try schemaType(#"{"properties":{"x":{"items":{"pattern":"\#(pattern)"}}}}"#)
            let items = (0..<300).map { "\"\(String(Self.ab[$0 * 1_000..<($0 + 1) * 1_000]))\"" }.joined(separator: ",")
            XCTAssertTrue(try read(#"{"id":"1","at":"2020-01-01T00:00:00Z","x":[\#(items)]}"#, .json, [type]).isTooMuch, pattern)
        }
    }

    func test_read_rulePatternsOfLargeAutomata_areCharged() throws {
        let text = String(Self.ab[..<100_000])
        for (pattern, isTooMuch) in [("a[ab]{1000}[ab]{1000}c", true), ("(a?b?){500}(ab){500}c", true), ("^[ab]{1,1000}$", false), ("^[ab]+$", false)] {
            let type = try type(
                #"{"name":"j","version":1,"format":"json","match":{"/id":{"exists":true}},"receipt_id":"/id","issued_at":"/at","accept_from":null,"columns":{"x":{"path":"/x","type":"VARCHAR"}},"rules":[{"name":"r","check":"x ~ '\#(pattern)' or x <> ''","message":"m"}]}"#)
            XCTAssertEqual(try read(#"{"id":"1","at":"2020-01-01T00:00:00Z","x":"\#(text)"}"#, .json, [type]).isTooMuch, isTooMuch, pattern)
        }
    }

    /// Those that people write, on each text of a large document.
    func test_read_ordinarySchemaPatterns_takeLittle() throws {
        let items = (0..<10_000).map { #""2026-11-20 a\#($0)""# }.joined(separator: ",")
        let document = #"{"id":"1","at":"2020-01-01T00:00:00Z","x":[\#(items)]}"#
        for pattern in [
            "^.{1,255}$", "^.{1,1000}$", #"^\\S.{0,198}\\S$"#, "^[a-zA-Z0-9 -]{1,63}$", #"^[\\p{L}\\p{N} -]+$"#, #"\\d{4}-\\d{2}-\\d{2}"#, "^(?:[a-z]|[0-9a-z -]+)$",
            "^([0-9]{4})-(0[1-9]|1[0-2])-([0-2][0-9]|3[01]) a[0-9]+$", "^[^\\\\u0000-\\\\u001f]{1,100}$", "a[0-9]{1,10}$", "^2026",
        ] {
            let outcome = try read(document, .json, [try schemaType(#"{"properties":{"x":{"items":{"pattern":"\#(pattern)"}}}}"#)])
            XCTAssertTrue(outcome.problems.isEmpty, "\(pattern): \(outcome.problems)")
            XCTAssertLessThan(outcome.steps, document.utf8.count * 32, pattern)
        }
    }

    func test_samples_takeASmallPartOfWhatTheyMay() throws {
        let registry = TypeRegistry()
        for file in BuiltInTypes.files { try registry.put(try DocumentType(json: Array(file.json.utf8))) }
        let reader = DocumentReader(registry: registry)
        var worst = 0.0
        for folder in [SampleFiles.root.appendingPathComponent("types/samples")] + (try SampleFiles.files(in: SampleFiles.shared.appendingPathComponent("samples"))) where folder.hasDirectoryPath {
            for file in try SampleFiles.files(in: folder) where ["json", "xml"].contains(file.pathExtension) {
                let body = try SampleFiles.bytes(file)
                let allowance = WorkAllowance(byteCount: body.count)
                let before = allowance.left
                var options = ReadingOptions(now: SampleFiles.now)
                options.allowance = allowance
                if file.pathExtension == "json" { _ = try? reader.readJSON(body, options) } else { _ = try? reader.readXML(body, options) }
                let steps = before - allowance.left
                // A quarter of what a connection's thread gives a document.
                if steps > 100_000 { print("\(file.lastPathComponent): \(steps) steps, \(body.count) bytes") }
                worst = max(worst, Double(steps) / Double(WorkBudget.steps(forByteCount: body.count)))
            }
        }
        print("worst share of the budget: \(worst)")
        XCTAssertLessThan(worst, 0.1)
    }
}
