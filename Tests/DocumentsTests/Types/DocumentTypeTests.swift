import ColumnStore
import Dispatch
import XCTest

@testable import Documents

/// Type files against small documents: every form of design.md's "Document types", and every reason for refusing one.
final class DocumentTypeTests: XCTestCase {
    private func type(_ members: String, format: String = "json", name: String = "t", files: [String: [UInt8]] = [:]) throws -> DocumentType {
        var text = #"{"name":"\#(name)","version":1,"format":"\#(format)""#
        if !members.contains("\"receipt_id\"") { text += #","receipt_id":"\#(format == "xml" ? "/r/id" : format == "csv" ? "id" : "/id")""# }
        if !members.contains("\"issued_at\"") { text += #","issued_at":"\#(format == "xml" ? "/r/at" : format == "csv" ? "at" : "/at")""# }
        if !members.contains("\"match\"") { text += #","match":{}"# }
        if !members.contains("\"time_zone\"") { text += #","time_zone":"UTC""# }
        return try DocumentType(json: Array((text + (members.isEmpty ? "" : "," + members) + "}").utf8), files: files)
    }

    /// What is refused since for the form of its schemas keeps no store from starting.
    func test_kept_schemasThatAreRefusedSince_goOn() throws {
        let head = #""name":"t","version":1,"match":{},"time_zone":"UTC","columns":{}"#
        let xsd = #"<!DOCTYPE xs:schema [<!ENTITY t 'x'>]><xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:annotation><xs:documentation>&t;</xs:documentation></xs:annotation><xs:element name='m'/></xs:schema>"#
        for json in [
            #"{\#(head),"format":"json","receipt_id":"/id","issued_at":"/at","schema":{"$ref":"n.json"},"files":{"n.json":"{\"required\":\"id\"}"}}"#,
            #"{\#(head),"format":"xml","receipt_id":"id","issued_at":"at","xsd":"a.xsd","files":{"a.xsd":"\#(xsd)"}}"#,
        ] {
            XCTAssertThrowsError(try DocumentType(json: Array(json.utf8)), json)
            XCTAssertNoThrow(try DocumentType(kept: Array(json.utf8)), json)
        }
    }

    func test_lists_mayNotBeCalledAsTheViewsOfTables() throws {
        for name in ["accepted", "history"] {
            XCTAssertThrowsError(try type("\"columns\":{\"\(name)\":{\"path\":\"/h\",\"columns\":{\"v\":{\"path\":\"/v\",\"type\":\"VARCHAR\"}}}}")) { error in
                XCTAssertEqual((error as? TypeFileError)?.reasons.map(\.pointer), ["/columns/\(name)"])
            }
        }
        let members = #""columns":{"accepted":{"path":"/h","columns":{"v":{"path":"/v","type":"VARCHAR"}}}}"#
        let json = #"{"name":"t","version":1,"format":"json","receipt_id":"/id","issued_at":"/at","match":{},"time_zone":"UTC",\#(members)}"#
        // One that was taken before goes on.
        XCTAssertNoThrow(try DocumentType(kept: Array(json.utf8)))
        XCTAssertNoThrow(try type(#""columns":{"accepted":{"path":"/a","type":"BOOLEAN"}}"#))
    }

    private func reader(_ types: DocumentType...) throws -> DocumentReader {
        let registry = TypeRegistry()
        for type in types { try registry.put(type) }
        return DocumentReader(registry: registry)
    }

    private func results(_ type: DocumentType, _ text: String) throws -> [ReceiptResult] {
        let options = ReadingOptions(now: SampleFiles.now)
        let bytes = Array(text.utf8)
        switch type.format {
        case .json: return try reader(type).readJSON(bytes, options).receipts
        case .xml: return try reader(type).readXML(bytes, options).receipts
        case .csv: return try reader(type).readCSV(bytes, options).receipts
        }
    }

    private func columns(_ type: DocumentType, _ text: String) throws -> [Value] {
        switch try XCTUnwrap(try results(type, text).first) {
        case .accepted(let receipt): return try receipt.type.layout.values(of: receipt.row)
        case .refused(let problem, _, _): throw problem
        }
    }

    private func identity(_ type: DocumentType, _ text: String) throws -> String {
        switch try XCTUnwrap(try results(type, text).first) {
        case .accepted(let receipt):
            return String(decoding: receipt.receiptID, as: UTF8.self) + " " + CivilDate.text(microseconds: receipt.issuedAt) + " " + CivilDate.text(days: receipt.businessDay)
        case .refused(let problem, _, _): return problem.errors.map { "\($0.pointer) \($0.code)" }.joined(separator: "; ")
        }
    }

    private func faults(_ type: DocumentType, _ text: String) throws -> [String] {
        try results(type, text).flatMap { result -> [String] in
            guard case .refused(let problem, _, _) = result else { return [] }
            return problem.errors.isEmpty ? [problem.code.rawValue] : problem.errors.map { "\($0.pointer) \($0.code)" }
        }
    }

    private func reasons(_ json: String) -> [String] {
        do {
            _ = try DocumentType(json: Array(json.utf8))
            return []
        } catch {
            return error.reasons.map { "\($0.pointer) \($0.code)" }
        }
    }

    /// Faults of form hide none behind them, but for what only follows from them: a rule is not blamed for a column that could not be read.
    func test_reasons_areAllTold() {
        let rest = #""format":"json","receipt_id":"/id","issued_at":"/at","rules":[{"name":"r","check":"none > 1","message":"m"}]"#
        let rule = "/rules/0/check invalid-expression"
        XCTAssertEqual(reasons(#"{"name":"t","version":1,\#(rest)}"#), [rule])
        XCTAssertEqual(reasons(#"{"name":"t","version":1,"colour":1,\#(rest)}"#), ["/colour unknown-member", rule])
        XCTAssertEqual(reasons(#"{"name":"a b","version":0,\#(rest)}"#), ["/name invalid-value", "/version invalid-value", rule])
        XCTAssertEqual(reasons(#"{"name":"t",\#(rest)}"#), ["/version required", rule])
        XCTAssertEqual(
            reasons(#"{"name":"t","version":1,"columns":{"none":{"path":"/n","type":"NUMBER"}},\#(rest)}"#), ["/columns/none/type invalid-value"])
        XCTAssertEqual(reasons(#"{"name":"t","version":1,"colour":1,"format":"json","receipt_id":"/id","issued_at":"/at"}"#), ["/colour unknown-member"])
    }

    private func reasonsBeside(_ members: String, format: String = "json", identity: String = #""receipt_id":"/id","issued_at":"/at""#) -> [String] {
        reasons(#"{"name":"t","version":1,"format":"\#(format)",\#(identity),\#(members)}"#)
    }

    /// Of each part of the file at once: columns, paths, rules, the schema, times.
    func test_reasons_besideOneColumnsForm_areToldOfTheRest() {
        XCTAssertEqual(
            reasonsBeside(
                #""columns":{"a":{"path":"a","type":"DECIMAL(39,2)"},"b":{"path":"b","type":"VARCHAR"}},"rules":[{"name":"n","check":"nope > 1"},{"name":"b","check":"b >"}]"#),
            ["/columns/a/type invalid-value", "/columns/a/path invalid-path", "/columns/b/path invalid-path", "/rules/1/check invalid-expression"])
        let four = reasonsBeside(#""columns":{"a":{"path":"/a","type":"DECIMAL(39,2)","zz":1}},"schema":{"type":"nope"},"rules":[{"name":"a","check":"a >"}]"#)
        XCTAssertEqual(Set(four.map { $0.split(separator: " ").first }), ["/columns/a/zz", "/columns/a/type", "/rules/0/check", "/schema/type"])
        XCTAssertEqual(
            reasonsBeside(
                #""columns":{"a":{"path":"/a","type":"NOPE"},"l":{"path":"l","columns":{"x":{"path":"x","type":"VARCHAR"}}}}"#, identity: #""receipt_id":"/id","issued_at":"at""#),
            ["/columns/a/type invalid-value", "/issued_at invalid-path", "/columns/l/columns/x/path invalid-path", "/columns/l/path invalid-path"])
        // A member that is not known leaves the columns as they are.
        XCTAssertEqual(
            reasonsBeside(#""columns":{"a":{"path":"/a","type":"VARCHAR","zz":1}},"rules":[{"name":"n","check":"nope > 1"}]"#),
            ["/columns/a/zz unknown-member", "/rules/0/check invalid-expression"])
    }

    /// Each is whole once the one fault is mended.
    func test_reasons_thatFollowFromOthers_areNotTold() {
        let type = "/columns/a/type invalid-value"
        // A rule and a computed column over one of an unknown type; what is of some types only; a default of that type, and of a format that is none.
        XCTAssertEqual(
            reasonsBeside(
                #""columns":{"a":{"path":"/a","type":"DECIMAL(39,2)"},"e":{"expression":"a + 1","type":"INTEGER"}},"rules":[{"name":"a","check":"a > 1"},{"name":"e","check":"e > 1"}]"#),
            [type])
        XCTAssertEqual(reasonsBeside(#""columns":{"a":{"path":"/a","sum":"/b","type":"NOPE","scale":-2,"decimal_mark":",","default":5}}"#), [type])
        XCTAssertEqual(reasonsBeside(#""columns":{"a":{"path":"/a","type":"NOPE","trim":true,"format":"yyyy-MM-dd"}}"#), [type])
        XCTAssertEqual(reasonsBeside(#""columns":{"a":{"path":"/a","type":"DATE","format":"qq","default":"31.12.2020"}}"#), ["/columns/a/format invalid-value"])
        // Paths of a format that is none, and with a prefix of a namespace that is none.
        XCTAssertEqual(reasonsBeside(#""columns":{"a":{"path":"a","type":"VARCHAR"}}"#, format: "yaml"), ["/format invalid-value"])
        XCTAssertEqual(
            reasonsBeside(#""namespaces":{"p":[]},"columns":{"a":{"path":"p:a","type":"VARCHAR"}}"#, format: "xml", identity: #""receipt_id":"id","issued_at":"at""#),
            ["/namespaces/p invalid-value"])
        // A list whose other member could not be read.
        XCTAssertEqual(
            reasonsBeside(#""columns":{"l":{"path":"/l","columns":{"x":7,"y":{"path":"/y","type":"VARCHAR","stored":false}}}}"#), ["/columns/l/columns/x wrong-type"])
        // Files that could not be read.
        XCTAssertEqual(
            reasonsBeside(#""xsd":"a.xsd","files":{"a.xsd":7}"#, format: "xml", identity: #""receipt_id":"id","issued_at":"at""#), ["/files/a.xsd wrong-type"])
        // What a file of too many columns says beside is not looked at.
        let many = (0...1_000).map { "\"c\($0)\":{\"path\":\"c\",\"type\":\"VARCHAR\"}" }.joined(separator: ",")
        XCTAssertEqual(reasonsBeside("\"columns\":{\(many)}"), ["/columns invalid-value"])
    }

    /// The plan that is made meanwhile has numbers of paths that nobody has.
    func test_reasons_ofPathsNoneOfWhichCompiles_areAllTold() {
        let columns = #""columns":{"t":{"type":"VARCHAR","path":"$.t"},"l":{"path":"$.l","columns":{"x":{"type":"VARCHAR","path":"$.x"}}}}"#
        func codes(_ members: String) -> [Substring?] {
            reasons(#"{"name":"note","version":1,"format":"json","issued_at":"$.at",\#(members)}"#).map { $0.split(separator: " ").last }
        }
        XCTAssertEqual(codes(#""receipt_id":"$.id","columns":{"t":{"type":"VARCHAR","path":"$.t"}}"#), Array(repeating: "invalid-path", count: 3))
        XCTAssertEqual(codes(#""receipt_id":"$.id",\#(columns)"#), Array(repeating: "invalid-path", count: 5))
        // One that compiles has the number that the others were given.
        XCTAssertEqual(codes(#""receipt_id":"/id",\#(columns)"#), Array(repeating: "invalid-path", count: 4))
    }

    private let head = #""id":"1","at":"2026-01-02T03:04:05Z""#

    /// A type file of a million faults would be answered with gigabytes.
    func test_reasons_areBounded() throws {
        let unknown = (0..<5_000).map { "\"unknown\($0)\":1" }.joined(separator: ",")
        let faulty = (0..<5_000).map { "\"a\($0)\":{\"type\":5}" }.joined(separator: ",")
        for (members, most) in [(unknown, 1_010), ("\"schema\":{\"properties\":{\(faulty)}}", 2_000)] {
            XCTAssertThrowsError(try type(members)) { error in
                let count = (error as? TypeFileError)?.reasons.count ?? 0
                XCTAssertTrue((1_000...most).contains(count), "\(count) of \(members.prefix(20))")
            }
        }
    }

    func test_columns_everyOptionOfJSON_givesItsValue() throws {
        let cases: [(String, String, Value)] = [
            (#"{"path":"/a","type":"VARCHAR"}"#, #""a":"x""#, .string("x")), (#"{"path":"/a","type":"VARCHAR"}"#, #""a":17"#, .string("17")),
            (#"{"path":"/a","type":"VARCHAR"}"#, #""a":"\u0436\n""#, .string("ж\n")), (#"{"path":"/a","type":"VARCHAR","default":"d"}"#, #""a":null"#, .string("d")),
            (#"{"path":"/a","type":"INTEGER","default":3}"#, #""b":1"#, .integer(3)), (#"{"path":"/a","type":"INTEGER"}"#, #""a":1.0e1"#, .integer(10)),
            (#"{"path":"/a","type":"BIGINT"}"#, #""a":9223372036854775807"#, .integer(Int64.max)), (#"{"path":"/a","type":"DOUBLE"}"#, #""a":"1.5""#, .double(1.5)),
            (#"{"path":"/a","type":"BOOLEAN"}"#, #""a":1"#, .boolean(true)), (#"{"path":"/a","type":"BOOLEAN"}"#, #""a":"false""#, .boolean(false)),
            (#"{"path":"/a","type":"DATE"}"#, #""a":"2026-11-20""#, .integer(20_777)), (#"{"path":"/a","type":"DATE","format":"dd.MM.yyyy"}"#, #""a":"20.11.2026""#, .integer(20_777)),
            (#"{"path":"/a","type":"TIMESTAMPTZ"}"#, #""a":"1970-01-01T00:00:01""#, .integer(1_000_000)), (#"{"path":"/a","type":"TIMESTAMPTZ","format":"unix"}"#, #""a":2"#, .integer(2_000_000)),
            (#"{"path":"/a","type":"BLOB"}"#, #""a":"AQID""#, .bytes([1, 2, 3])), (#"{"path":"/a","type":"DECIMAL(9,2)","scale":-2}"#, #""a":6500"#, .decimal(6_500)),
            (#"{"path":"/a","type":"DECIMAL(9,2)","decimal_mark":","}"#, #""a":"1,5""#, .decimal(150)), (#"{"path":"/a","type":"DECIMAL(9,2)","suffix":"%"}"#, #""a":"20 %""#, .decimal(2_000)),
            (#"{"path":"/a","type":"DECIMAL(38,10)"}"#, #""a":1234567890123456789012345678.5"#, .decimal(12_345_678_901_234_567_890_123_456_785_000_000_000)),
            (#"{"from":["/a","/b"],"type":"VARCHAR"}"#, #""a":null,"b":"y""#, .string("y")), (#"{"path":"/a/1","type":"VARCHAR"}"#, #""a":["x","y"]"#, .string("y")),
            (#"{"path":"/a/*/v","type":"VARCHAR"}"#, #""a":[{},{"v":"y"}]"#, .string("y")), (#"{"path":"/a~1b/~0","type":"VARCHAR"}"#, #""a/b":{"~":"z"}"#, .string("z")),
            (#"{"path":"/a/*","where":{"/t":"y"},"value":"/v","type":"VARCHAR"}"#, #""a":[{"t":"x","v":"1"},{"t":"y","v":"2"}]"#, .string("2")),
            (#"{"path":"/a","where":{"/t":["x","z"]},"value":"/v","type":"VARCHAR"}"#, #""a":[{"t":"y","v":"1"},{"t":"z","v":"2"}]"#, .string("2")),
            (#"{"sum":"/a/*/v","type":"DECIMAL(9,2)"}"#, #""a":[{"v":0.005},{"v":"0.005"},{},{"v":null}]"#, .decimal(1)), (#"{"sum":"/a/*/v","type":"DECIMAL(9,2)"}"#, #""a":[]"#, .null),
            (#"{"path":"/a","where":{"/t":{"exists":true}},"sum":"/v","type":"INTEGER"}"#, #""a":[{"v":1},{"v":2,"t":1},{"v":3,"t":2},{"v":9,"t":null}]"#, .integer(5)),
            // What one number has past the column's scale another may take away; how large they are is no matter of that.
            (#"{"sum":"/a/*","type":"DECIMAL(38,0)"}"#, #""a":[12345678901234567890123456,1.5,-0.5]"#, .decimal(12_345_678_901_234_567_890_123_457)),
            (#"{"sum":"/a/*","type":"DOUBLE"}"#, #""a":[0.1,"0.2",123456789012345678901]"#, .double(123_456_789_012_345_678_901.3)),
            (#"{"sum":"/a/*","type":"DOUBLE"}"#, #""a":[0.1,0.2]"#, .double(0.3)), (#"{"sum":"/a/*","type":"DECIMAL(9,2)","scale":-2}"#, #""a":[150,0.5,0.5]"#, .decimal(151)),
            // A power of ten moves the mark: no digit changes.
            (#"{"path":"/a","type":"DOUBLE","scale":-2}"#, #""a":35"#, .double(0.35)), (#"{"path":"/a","type":"DOUBLE","scale":-3}"#, #""a":"4.35e2""#, .double(0.435)),
            (#"{"path":"/a","type":"DOUBLE","scale":2}"#, #""a":1.15"#, .double(115)), (#"{"path":"/a","type":"DOUBLE","scale":-38}"#, #""a":1e340"#, .double(1e302)),
            (#"{"path":"/a","type":"DOUBLE","decimal_mark":","}"#, #""a":"1,5""#, .double(1.5)), (#"{"path":"/a","type":"DOUBLE","decimal_mark":","}"#, #""a":1.5"#, .double(1.5)),
            (#"{"path":"/a","type":"VARCHAR","trim":true}"#, #""a":" \tA 1  \r\n""#, .string("A 1")), (#"{"path":"/a","type":"VARCHAR","trim":false}"#, #""a":" A ""#, .string(" A ")),
            (#"{"path":"/a","type":"VARCHAR","trim":true}"#, #""a":"  ""#, .string("")), (#"{"path":"/a","type":"VARCHAR","trim":true}"#, #""a":"\u00a0A""#, .string("\u{A0}A")),
            // No more than 0 has no digit; the least that a double has is none.
            (#"{"path":"/a","type":"DOUBLE"}"#, #""a":-0.00e-999"#, .double(-0.0)), (#"{"path":"/a","type":"DOUBLE"}"#, #""a":"5e-324""#, .double(.leastNonzeroMagnitude)),
            // A default is as types in force have it.
            (#"{"path":"/a","type":"DOUBLE","default":1e-400}"#, #""b":1"#, .double(0)),
            // An object may have a member called `*`, and `from` name both forms that documents have.
            (#"{"path":"/a/*/v","type":"INTEGER"}"#, #""a":{"*":{"v":7}}"#, .integer(7)), (#"{"from":["/a/*/v","/a/v"],"type":"INTEGER"}"#, #""a":{"v":7}"#, .integer(7)),
            (#"{"path":"/a/*/v","type":"INTEGER"}"#, #""a":null"#, .null), (#"{"sum":"/a/*/v","type":"INTEGER"}"#, #""b":1"#, .null),
            (#"{"path":"/a","type":"VARCHAR"}"#, #""a":" A ""#, .string(" A ")), (#"{"path":"/a","columns":{"x":{"path":"","type":"VARCHAR","trim":true}}}"#, #""a":[" x ","y"]"#, .list([.structure([.string("x")]), .structure([.string("y")])])),
        ]
        for (column, members, wanted) in cases {
            XCTAssertEqual(try columns(try type(#""columns":{"c":\#(column)}"#), "{\(head),\(members)}"), [wanted], "\(column) \(members)")
        }
    }

    func test_columns_faultsOfJSON_haveCodesAndPlaces() throws {
        let cases: [(String, String, String)] = [
            (#"{"path":"/a","type":"INTEGER"}"#, #""a":2147483648"#, "/a out-of-range"), (#"{"path":"/a","type":"INTEGER"}"#, #""a":1.5"#, "/a too-many-digits"),
            (#"{"path":"/a","type":"DECIMAL(4,2)"}"#, #""a":100"#, "/a out-of-range"), (#"{"path":"/a","type":"BOOLEAN"}"#, #""a":"yes""#, "/a not-a-boolean"),
            (#"{"path":"/a","type":"DATE"}"#, #""a":"2026-02-30""#, "/a not-a-date"), (#"{"path":"/a","type":"BLOB"}"#, #""a":"A""#, "/a not-base64"),
            (#"{"path":"/a","type":"VARCHAR"}"#, #""a":{}"#, "/a wrong-type"), (#"{"path":"/a","type":"VARCHAR"}"#, #""a":"\u0000""#, "/a nul-character"),
            (#"{"path":"/a/b","type":"VARCHAR","required":true}"#, #""a":{}"#, "/a/b required"), (#"{"path":"/a","type":"VARCHAR","required":true}"#, #""a":null"#, "/a required"),
            (#"{"path":"/a","columns":{"x":{"path":"/x","type":"INTEGER","required":true}}}"#, #""a":[{"x":1},{}]"#, "/a/1/x required"),
            (#"{"path":"/a","columns":{"x":{"path":"/x","type":"INTEGER"}}}"#, #""a":"no list""#, "/a wrong-type"), (#"{"path":"/a","type":"DOUBLE"}"#, #""a":"NaN""#, "/a not-a-number"),
            (#"{"path":"/a","type":"TIMESTAMPTZ"}"#, #""a":"9999-12-31T23:59:59-01:00""#, "/a out-of-range"),
            (#"{"path":"/a","type":"TIMESTAMPTZ","format":"unix"}"#, #""a":253402300800"#, "/a out-of-range"),
            (#"{"path":"/a","type":"DATE","format":"unix_ms"}"#, #""a":-62135596800001"#, "/a out-of-range"),
            (#"{"path":"/a","type":"DOUBLE"}"#, #""a":1e999"#, "/a out-of-range"), (#"{"path":"/a","type":"DECIMAL(9,2)"}"#, #""a":"""#, "/a not-a-number"),
            // A point where the mark is a comma parts thousands: what it is read as would be a thousandth.
            (#"{"path":"/a","type":"DOUBLE","decimal_mark":","}"#, #""a":"1.500""#, "/a not-a-number"), (#"{"path":"/a","type":"DECIMAL(9,2)","decimal_mark":","}"#, #""a":"1.500""#, "/a not-a-number"),
            (#"{"path":"/a","type":"DOUBLE"}"#, #""a":1e-400"#, "/a out-of-range"), (#"{"path":"/a","type":"DOUBLE","scale":-38}"#, #""a":"-1.0e-300""#, "/a out-of-range"),
            (#"{"sum":"/a/*","type":"DECIMAL(38,0)"}"#, #""a":[1,0.5]"#, "/a/* too-many-digits"), (#"{"path":"/a","type":"DOUBLE","scale":38}"#, #""a":1e300"#, "/a out-of-range"),
        ]
        for (column, members, wanted) in cases {
            XCTAssertEqual(try faults(try type(#""columns":{"c":\#(column)}"#), "{\(head),\(members)}"), [wanted], "\(column) \(members)")
        }
    }

    func test_lists_absentFilteredAndHelped_giveTheirRows() throws {
        let lines = #""columns":{"n":{"path":"/n","type":"INTEGER"},"l":{"path":"/l","where":{"/k":"sale"},"columns":{"c":{"path":"/c","type":"VARCHAR"},"q":{"path":"/q","type":"INTEGER","stored":false},"d":{"expression":"q * 2","type":"INTEGER"},"r":{"path":"/n","from_root":true,"type":"INTEGER"}}}}"#
        let document = #"{\#(head),"n":7,"l":[{"k":"sale","c":"a","q":1},{"k":"tax","c":"b"},{"k":"sale","q":3}]}"#
        XCTAssertEqual(
            try columns(try type(lines), document),
            [.integer(7), .list([.structure([.string("a"), .integer(2), .integer(7)]), .structure([.null, .integer(6), .integer(7)])])])
        XCTAssertEqual(try columns(try type(lines), "{\(head)}"), [.null, .list([])])
        XCTAssertEqual(try columns(try type(lines), "{\(head),\"l\":null}"), [.null, .list([])])
    }

    /// What `/*` asks for its elements, and has none to give, is no empty array: orders by their ids are many.
    func test_columns_starThatMeetsNoArray_isAFaultOfItsPlace() throws {
        let list = #"{"path":"/a/*","columns":{"q":{"path":"/q","type":"INTEGER"}}}"#
        let inner = #"{"path":"/a/*/i/*","columns":{"q":{"path":"/q","type":"INTEGER"}}}"#
        let both = #"{"from":["/a/list","/a/*"],"where":{"/k":"sale"},"columns":{"q":{"path":"/q","type":"INTEGER"}}}"#
        let cases: [(String, String, [String])] = [
            (list, #""a":{"x":{"q":5},"y":{"q":7}}"#, ["/a wrong-type"]), (list, #""a":5"#, ["/a wrong-type"]), (list, #""a":"x""#, ["/a wrong-type"]), (list, #""a":false"#, ["/a wrong-type"]), (list, #""a":null"#, []), (list, #""b":1"#, []),
            (list, #""a":[]"#, []), (inner, #""a":[{"i":[{"q":1}]},{"i":{"q":2}},{"i":null},{}]"#, ["/a/1/i wrong-type"]), (inner, #""a":[{"i":{"q":2}},{"i":3}]"#, ["/a/0/i wrong-type", "/a/1/i wrong-type"]),
            (#"{"from":["/a/*","/a/list"],"columns":{"q":{"path":"/q","type":"INTEGER"}}}"#, #""a":{"list":[{"q":1}]}"#, []),
            // The form that is there is the document's, if with nothing in it; where neither is, what is there is told.
            (both, #""a":{"list":[]}"#, []), (both, #""a":{"list":null}"#, []), (both, #""a":{"list":[{"k":"x","q":1}]}"#, []), (both, #""a":{"other":[{"q":1}]}"#, ["/a wrong-type"]),
            (#"{"from":["/a/*","/a/list/*"],"columns":{"q":{"path":"/q","type":"INTEGER"}}}"#, #""a":{"list":[]}"#, []),
            (#"{"from":["/a/q","/a/*/q"],"type":"INTEGER"}"#, #""a":{"q":null}"#, []), (#"{"from":["/a/*/q","/a/q"],"type":"INTEGER"}"#, #""a":{"q":null}"#, []),
            (#"{"from":["/a/*/q","/a/q"],"type":"INTEGER"}"#, #""a":{"x":{"q":5}}"#, ["/a wrong-type"]), (#"{"from":["/a/*","/a"],"sum":"/q","type":"INTEGER"}"#, #""a":{"q":null}"#, []),
            (#"{"from":["/a/*","/a"],"sum":"/q","type":"INTEGER"}"#, #""a":{"x":{"q":5}}"#, ["/a wrong-type"]),
            (#"{"path":"/a/*","required":true,"columns":{"q":{"path":"/q","type":"INTEGER"}}}"#, #""a":{"x":{"q":5}}"#, ["/a wrong-type"]),
            (#"{"sum":"/a/*/q","type":"INTEGER"}"#, #""a":{"x":{"q":5}}"#, ["/a wrong-type"]), (#"{"path":"/a/*","sum":"/i/*/q","type":"INTEGER"}"#, #""a":[{"i":[{"q":1}]},{"i":{"q":2}}]"#, ["/a/1/i wrong-type"]),
            (#"{"path":"/a/*/q","type":"INTEGER","default":1}"#, #""a":{"x":{"q":5}}"#, ["/a wrong-type"]), (#"{"path":"/a/*/q","type":"INTEGER","required":true}"#, #""a":[5]"#, ["/a/*/q required"]),
            (#"{"path":"/a/*","where":{"/k":"x"},"value":"/q","type":"INTEGER"}"#, #""a":{"k":"x","q":1}"#, ["/a wrong-type"]),
            // So programs write an empty list that know no other: nothing of it is lost.
            (list, #""a":{}"#, []), (list, #""a":"""#, []), (inner, #""a":[{"i":{}},{"i":""}]"#, []), (#"{"sum":"/a/*/q","type":"INTEGER"}"#, #""a":{}"#, []),
            (#"{"path":"/a/*/q","type":"INTEGER"}"#, #""a":"""#, []), (#"{"path":"/a/*","required":true,"columns":{"q":{"path":"/q","type":"INTEGER"}}}"#, #""a":{}"#, ["/a/* required"]),
        ]
        for (column, members, wanted) in cases { XCTAssertEqual(try faults(try type(#""columns":{"c":\#(column)}"#), "{\(head),\(members)}"), wanted, "\(column) \(members)") }
    }

    func test_lists_elementsInWhichNoColumnIsFound_areFaultsOfTheirPlaces() throws {
        let members = #"{"path":"/l","columns":{"a":{"path":"/a","type":"INTEGER"},"n":{"path":"/n","from_root":true,"type":"INTEGER"}}}"#
        let cases: [(String, String, [String])] = [
            (members, #"[5,{"a":1}]"#, ["/l/0 wrong-type"]), (members, #"[{"a":1},"x",true,[{"a":1}]]"#, ["/l/1 wrong-type", "/l/2 wrong-type", "/l/3 wrong-type"]),
            // NULL is NULL.
            (members, #"[null,{},{"a":1}]"#, []), (#"{"path":"/l","columns":{"a":{"path":"/0","type":"INTEGER"}}}"#, "[[1],[2]]", []), (#"{"path":"/l","columns":{"a":{"path":"/0","type":"INTEGER"}}}"#, "[1]", ["/l/0 wrong-type"]),
            (#"{"path":"/l","columns":{"a":{"path":"","type":"INTEGER"},"b":{"path":"/b","type":"INTEGER"}}}"#, "[1,2]", []), (#"{"path":"/l","columns":{"n":{"path":"/n","from_root":true,"type":"INTEGER"}}}"#, "[1,2]", []),
            (#"{"path":"/l/*","columns":{"a":{"path":"/a","type":"INTEGER","required":true}}}"#, "[7]", ["/l/0 wrong-type"]),
        ]
        for (list, elements, wanted) in cases { XCTAssertEqual(try faults(try type(#""columns":{"l":\#(list)}"#), "{\(head),\"n\":1,\"l\":\(elements)}"), wanted, "\(list) \(elements)") }
    }

    /// What is refused since is read as ever where it was taken: the columns of kept documents are made again of them.
    func test_read_documentsThatWereTaken_areNotRefused() throws {
        func row(_ type: DocumentType, _ text: String) throws -> [Value] {
            var options = ReadingOptions(type: "t", now: SampleFiles.now)
            options.allowance = .unlimited
            let reader = try reader(type)
            let receipts = type.format == .csv ? try reader.readCSV(Array(text.utf8), options).receipts : try reader.readJSON(Array(text.utf8), options).receipts
            guard case .accepted(let receipt)? = receipts.first else { throw Fault(.internalError, "it is refused: \(receipts)") }
            return try type.layout.values(of: receipt.row)
        }
        let json = try type(#""columns":{"d":{"path":"/d","type":"DOUBLE"},"l":{"path":"/l","columns":{"a":{"path":"/a","type":"INTEGER"}}},"s":{"path":"/s/*","columns":{"a":{"path":"/a","type":"INTEGER"}}},"t":{"sum":"/s/*/a","type":"INTEGER"}}"#)
        XCTAssertEqual(try row(json, #"{\#(head),"d":1e-400,"l":[5],"s":{"x":{"a":1}}}"#), [.double(0), .list([.structure([.null])]), .list([]), .null])
        let csv = try type(#""columns":{"n":{"path":"n","type":"INTEGER"}}"#, format: "csv")
        XCTAssertEqual(try row(csv, "id,at,n,more\n1,2026-01-02,5,x\n"), [.integer(5)])
    }

    func test_identity_partsAlternativesAndTimes_follow() throws {
        let cases: [(String, String, String)] = [
            (#""receipt_id":["/s",{"path":"/x","optional":true},"/n"]"#, #"{"s":" A ","n":12345678901234567890,"at":"2026-01-02"}"#, "A-12345678901234567890 2026-01-02T00:00:00.000000Z 2026-01-02"),
            (#""receipt_id":{"from":["/u",["/s","/n"]]}"#, #"{"s":"A","n":1,"at":"2026-01-02"}"#, "A-1 2026-01-02T00:00:00.000000Z 2026-01-02"),
            (#""receipt_id":{"from":["/u",["/s","/n"]]}"#, #"{"u":"U","s":"A","n":1,"at":"2026-01-02"}"#, "U 2026-01-02T00:00:00.000000Z 2026-01-02"),
            (#""receipt_id":{"from":["/u",["/s","/n"]]}"#, #"{"s":"A","at":"2026-01-02"}"#, "/u required"),
            (#""issued_at":["/d",{"path":"/t","optional":true}],"time_zone":"Europe/Kyiv""#, #"{"id":"1","d":"2026-01-02"}"#, "1 2026-01-01T22:00:00.000000Z 2026-01-02"),
            (#""issued_at":[{"path":"/d","format":"ddMMyyyy"},{"path":"/t","format":"HHmmss"}],"time_zone":"Europe/Kyiv""#, #"{"id":"1","d":"02012026","t":"030405"}"#, "1 2026-01-02T01:04:05.000000Z 2026-01-02"),
            (#""issued_at":{"path":"/at","format":"unix_ms"}"#, #"{"id":"1","at":1767312245123}"#, "1 2026-01-02T00:04:05.123000Z 2026-01-02"),
            (#""time_zone":{"path":"/z","map":{"a":"Asia/Tokyo"},"default":"Europe/Kyiv"}"#, #"{"id":"1","at":"2026-01-02T00:00:00","z":"a"}"#, "1 2026-01-01T15:00:00.000000Z 2026-01-02"),
            (#""time_zone":{"path":"/z","map":{"a":"Asia/Tokyo"},"default":"Europe/Kyiv"}"#, #"{"id":"1","at":"2026-01-02T00:00:00","z":"b"}"#, "1 2026-01-01T22:00:00.000000Z 2026-01-02"),
            (#""time_zone":{"path":"/z"}"#, #"{"id":"1","at":"2026-01-02T00:00:00"}"#, "/at no-time-zone"),
            (#""time_zone":null"#, #"{"id":"1","at":"2026-01-02T23:30:00-02:00"}"#, "1 2026-01-03T01:30:00.000000Z 2026-01-02"),
            (#""time_zone":null"#, #"{"id":"1","at":"2026-01-02T23:30:00"}"#, "/at no-time-zone"),
            (#""business_day":"/day""#, #"{"id":"1","at":"2026-01-02T23:30:00Z","day":"2026-01-03"}"#, "1 2026-01-02T23:30:00.000000Z 2026-01-03"),
            (#""business_day":{"path":"/day","optional":true}"#, #"{"id":"1","at":"2026-01-02T23:30:00Z"}"#, "1 2026-01-02T23:30:00.000000Z 2026-01-02"),
            (#""business_day":"/day""#, #"{"id":"1","at":"2026-01-02T23:30:00Z","day":"9999-01-01"}"#, "/day out-of-range"),
            (#""business_day":"/day""#, #"{"id":"1","at":"2026-01-02T23:30:00Z","day":"2026-02-30"}"#, "/day not-a-date"),
            (#""business_day":"/day""#, #"{"id":"1","at":"2026-01-02T23:30:00Z","day":"12:00:00"}"#, "/day not-a-date"),
            (#""business_day":{"path":"/day","format":"unix"},"time_zone":"Europe/Kyiv""#, #"{"id":"1","at":"2026-01-02T21:30:00Z","day":1767394800}"#, "1 2026-01-02T21:30:00.000000Z 2026-01-03"),
            // Whatever stands behind a date, and whatever the zone: a day that moved would make another document of one that comes again.
            (#""business_day":"/day","time_zone":"Asia/Tokyo""#, #"{"id":"1","at":"2026-01-02T21:30:00Z","day":"2026-01-02T23:00:00Z"}"#, "1 2026-01-02T21:30:00.000000Z 2026-01-02"),
            (#""business_day":["/day","/time"],"time_zone":"America/New_York""#, #"{"id":"1","at":"2026-01-02T21:30:00Z","day":"2026-01-02","time":"01:00:00+01:00"}"#, "1 2026-01-02T21:30:00.000000Z 2026-01-02"),
            (#""business_day":"/day","time_zone":"Asia/Tokyo""#, #"{"id":"1","at":"2026-01-02T21:30:00Z","day":"2026-01-02T23:00:00"}"#, "1 2026-01-02T21:30:00.000000Z 2026-01-02"),
            (#""business_day":"/day","time_zone":"Asia/Tokyo""#, #"{"id":"1","at":"2026-01-02T21:30:00Z","day":"2026-01-02Z"}"#, "1 2026-01-02T21:30:00.000000Z 2026-01-02"),
            (#""business_day":"/day","time_zone":null"#, #"{"id":"1","at":"2026-01-02T21:30:00Z","day":"2026-01-02T23:30:00-02:00"}"#, "1 2026-01-02T21:30:00.000000Z 2026-01-02"),
            // The first and the last instants that 64 bits hold: a zone's offset from them is past what they hold.
            (#""business_day":{"path":"/day","format":"unix"},"time_zone":"Europe/Kyiv""#, #"{"id":"1","at":"2026-01-02T23:30:00Z","day":-9223372036854.775808}"#, "/day out-of-range"),
            (#""business_day":{"path":"/day","format":"unix"},"time_zone":"Europe/Kyiv""#, #"{"id":"1","at":"2026-01-02T23:30:00Z","day":9223372036854.775807}"#, "/day out-of-range"),
            (#""business_day":{"path":"/day","format":"unix_ms"},"time_zone":"America/New_York""#, #"{"id":"1","at":"2026-01-02T23:30:00Z","day":"-9223372036854775.808"}"#, "/day out-of-range"),
            (#""business_day":{"path":"/day","format":"unix_ms"}"#, #"{"id":"1","at":"2026-01-02T23:30:00Z","day":9223372036854775.807}"#, "/day out-of-range"),
            ("", #"{"id":"","at":"2026-01-02"}"#, "/id required"), ("", #"{"id":true,"at":"2026-01-02"}"#, "/id wrong-type"),
            ("", "{\"id\":\"\(String(repeating: "x", count: 201))\",\"at\":\"2026-01-02\"}", "/id bad-id"), ("", #"{"id":"a\u0085b","at":"2026-01-02"}"#, "/id bad-id"),
            ("", #"{"id":"1","at":"1999-12-31T23:59:59Z"}"#, "/at out-of-range"), ("", #"{"id":"1","at":"0000-01-01"}"#, "/at not-a-time"), ("", #"{"id":"1","at":1767312245}"#, "/at not-a-time"),
            (#""accept_from":"1990-01-01""#, #"{"id":"1","at":"1999-12-31T23:59:59Z"}"#, "1 1999-12-31T23:59:59.000000Z 1999-12-31"),
            (#""accept_to":null"#, #"{"id":"1","at":"9999-12-31"}"#, "1 9999-12-31T00:00:00.000000Z 9999-12-31"),
            // An offset, a zone or a count of seconds may lead out of the years that a text can hold.
            (#""accept_to":null"#, #"{"id":"1","at":"9999-12-31T23:00:00-02:00"}"#, "/at out-of-range"),
            (#""accept_to":null,"time_zone":"Europe/Kyiv""#, #"{"id":"1","at":"9999-12-31T23:00:00Z"}"#, "/at out-of-range"),
            (#""accept_from":null"#, #"{"id":"1","at":"0001-01-01T00:00:00+01:00"}"#, "/at out-of-range"),
            (#""accept_to":null,"issued_at":{"path":"/at","format":"unix"}"#, #"{"id":"1","at":253402300800}"#, "/at out-of-range"),
            (#""accept_to":null,"issued_at":{"path":"/at","format":"unix"}"#, #"{"id":"1","at":253402300799}"#, "1 9999-12-31T23:59:59.000000Z 9999-12-31"),
        ]
        for (members, document, wanted) in cases { XCTAssertEqual(try identity(try type(members), document), wanted, "\(members) \(document)") }
    }

    func test_match_prioritiesTiesAndOverrides_choose() throws {
        let low = try type(#""match":{"/k":"x"}"#, name: "low")
        let high = try type(#""match":{"/k":["x","y"],"/n":1},"priority":5"#, name: "high")
        let tie = try type(#""match":{"/k":{"exists":true}}"#, name: "tie")
        let hidden = try DocumentType(json: Array(#"{"name":"hidden","version":1,"format":"json","receipt_id":"/id","issued_at":"/at","time_zone":"UTC"}"#.utf8))
        let reader = try reader(low, high, tie, hidden)
        func outcome(_ members: String, type: String? = nil) throws -> String {
            let reading = try reader.readJSON(Array("{\(head)\(members)}".utf8), ReadingOptions(type: type, now: SampleFiles.now))
            switch reading.receipts[0] {
            case .accepted(let receipt): return receipt.type.name
            case .refused(let problem, _, _): return problem.code.rawValue
            }
        }
        XCTAssertEqual(try outcome(#","k":"x","n":1.0"#), "high")
        XCTAssertEqual(try outcome(#","k":"x","n":2"#), "ambiguous-type")
        XCTAssertEqual(try outcome(#","k":"z""#), "tie")
        XCTAssertEqual(try outcome(#","k":null"#), "unknown-type")
        XCTAssertEqual(try outcome("", type: "hidden"), "hidden")
        XCTAssertEqual(try outcome("", type: "nobody"), "unknown-type")
    }

    func test_each_jsonEnvelopes_giveAReceiptEach() throws {
        let each = try type(#""match":{"/kind":"batch"},"each":{"path":"/list/*","where":{"/type":"sale"}},"columns":{"shop":{"path":"/shop","from_root":true,"type":"VARCHAR"}}"#)
        let text = #"{"kind":"batch","shop":"S1","list":[{\#(head),"type":"sale"},{"type":"report"},{"id":"2","at":"x","type":"sale"}]}"#
        let reading = try reader(each).readJSON(Array(text.utf8), ReadingOptions(now: SampleFiles.now))
        XCTAssertEqual(reading.shape, .batch)
        guard reading.receipts.count == 2, case .accepted(let first) = reading.receipts[0], case .refused(let problem, _, _) = reading.receipts[1] else {
            return XCTFail("\(reading)")
        }
        XCTAssertEqual(try first.type.layout.values(of: first.row), [.string("S1")])
        guard case .body(let range) = first.document else { return XCTFail("no range") }
        XCTAssertEqual(String(decoding: Array(text.utf8)[range], as: UTF8.self), #"{\#(head),"type":"sale"}"#)
        XCTAssertEqual(problem.errors.map(\.pointer), ["/at"])
        XCTAssertEqual(try faults(each, #"{"kind":"batch","list":[]}"#), ["/list/* no-receipts"])
        let many = #"{"kind":"batch","list":["# + Array(repeating: #"{\#(head),"type":"sale"}"#, count: 101).joined(separator: ",") + "]}"
        XCTAssertThrowsError(try reader(each).readJSON(Array(many.utf8), ReadingOptions(now: SampleFiles.now)))
        let wholeArray = try type(#""match":{"/0/type":{"exists":true}},"each":"/*","batch":"each""#)
        XCTAssertEqual(try reader(wholeArray).readJSON(Array("[{\(head),\"type\":1}]".utf8), ReadingOptions(now: SampleFiles.now)).shape, .each)
    }

    func test_xml_namespacesEnvelopeAndTrimming_giveColumns() throws {
        let members = #""namespaces":{"p":["urn:1","urn:2"]},"match":{"root":["{urn:1}e","{urn:2}e"]},"each":"/p:e/p:r","receipt_id":"@id","issued_at":"p:at","columns":{"a":{"path":"p:a","type":"VARCHAR"},"t":{"path":"p:tot","where":{"@k":"grand"},"type":"DECIMAL(9,2)"},"s":{"sum":"p:tot","type":"DECIMAL(9,2)"},"shop":{"path":"../@shop","type":"VARCHAR"},"l":{"path":"p:l","columns":{"v":{"path":".","type":"INTEGER"},"w":{"path":"../p:a","type":"VARCHAR"}}}}"#
        let type = try type(members, format: "xml")
        for uri in ["urn:1", "urn:2"] {
            let text = "<e xmlns='\(uri)' shop='S'><!-- c --><r id='7'><at>2026-01-02T00:00:00Z</at><a> <![CDATA[x & y]]>\n</a><tot k='net'>1.5</tot><tot k='grand'> 2.5 </tot><l>1</l><l/><l>3</l></r></e>"
            XCTAssertEqual(
                try columns(type, text),
                [.string("x & y"), .decimal(250), .decimal(400), .string("S"), .list([.structure([.integer(1), .string("x & y")]), .structure([.null, .string("x & y")]), .structure([.integer(3), .string("x & y")])])])
            guard case .accepted(let receipt) = try results(type, text)[0] else { return XCTFail("refused") }
            guard case .own(let document) = receipt.document else { return XCTFail("no canonical form") }
            XCTAssertTrue(String(decoding: document, as: UTF8.self).hasPrefix("<r xmlns=\"\(uri)\" id=\"7\"><at>"))
        }
        XCTAssertEqual(try faults(type, "<e xmlns='urn:3'/>"), ["unknown-type"])
        XCTAssertEqual(try faults(type, "<e xmlns='urn:1'><r id='1'><at>never</at></r></e>"), ["/at not-a-time"])
        XCTAssertEqual(try faults(type, "<e xmlns='urn:1'><r><at>2026-01-01</at></r></e>"), ["/@id required"])
    }

    func test_date_ofAnInstant_isTheDayInTheTypesZone() throws {
        let column = #""columns":{"d":{"path":"/d","type":"DATE","format":"unix"}}"#
        let late = #"{"id":"1","at":"2026-01-02T00:00:00Z","d":1767306600}"#
        XCTAssertEqual(try columns(try type(column), late), [.integer(20_454)])
        XCTAssertEqual(try columns(try type(#""time_zone":"Europe/Kyiv","# + column), late), [.integer(20_455)])
        // A date that is written is no instant, whatever stands behind it.
        let written = #""time_zone":"Europe/Kyiv","columns":{"d":{"path":"/d","type":"DATE"}}"#
        XCTAssertEqual(try columns(try type(written), #"{"id":"1","at":"2026-01-02T00:00:00Z","d":"2026-01-01T22:30:00Z"}"#), [.integer(20_454)])
    }

    /// What XPath cannot evaluate is not "nothing there".
    func test_xml_pathThatFailsOnADocument_isAFault() throws {
        let broken = try type(#""columns":{"c":{"path":"count(string(/r/v))","type":"INTEGER"}}"#, format: "xml")
        let text = "<r><id>1</id><at>2026-01-02</at><v>a</v><v>b</v></r>"
        XCTAssertEqual(try faults(broken, text).map { $0.split(separator: " ").last }, ["path-failed"])
        let places = try type(
            #""columns":{"one":{"path":"position()","type":"INTEGER"},"l":{"path":"/r/v","columns":{"n":{"path":"position()","type":"INTEGER"},"of":{"path":"last()","type":"INTEGER"}}},"m":{"path":"last()","type":"INTEGER"}}"#,
            format: "xml")
        let rows = [1, 2].map { Value.structure([.integer($0), .integer(2)]) }
        let values = try columns(places, text)
        XCTAssertTrue(values.contains(.list(rows)), "\(values)")
        XCTAssertEqual(values.filter { $0 == .integer(1) }.count, 2, "\(values)")
    }

    func test_csv_recordsWithQuotesAndFaults_areReceipts() throws {
        let type = try type(#""delimiter":";","match":{},"columns":{"n":{"path":"Name","type":"VARCHAR"},"v":{"path":"value","type":"DECIMAL(9,2)","decimal_mark":","}}"#, format: "csv")
        let text = "\u{FEFF}id;at;Name;value\r\n1;2026-01-02;\"a;\"\"b\"\"\nc\";1,5\r\n2;2026-01-02;;\r\n3;never;\"\";x\r\n4;too;few\r\n"
        let reading = try reader(type).readCSV(Array(text.utf8), ReadingOptions(type: "t", now: SampleFiles.now))
        XCTAssertEqual(reading.receipts.count, 4)
        guard case .accepted(let first) = reading.receipts[0], case .accepted(let second) = reading.receipts[1], case .refused(let third, _, _) = reading.receipts[2],
            case .refused(let fourth, _, _) = reading.receipts[3]
        else { return XCTFail("\(reading)") }
        XCTAssertEqual(try type.layout.values(of: first.row), [.string("a;\"b\"\nc"), .decimal(150)])
        XCTAssertEqual(first.document, .own(Array("id;at;Name;value\n1;2026-01-02;\"a;\"\"b\"\"\nc\";1,5".utf8)))
        XCTAssertEqual(try type.layout.values(of: second.row), [.null, .null])
        XCTAssertEqual(third.errors.map { "\($0.pointer) \($0.code)" }, ["/3/at not-a-time", "/3/value not-a-number"])
        XCTAssertEqual(fourth.errors.map(\.code), ["bad-csv"])
        guard case .refused(_, _, let document) = reading.receipts[3] else { return }
        XCTAssertEqual(document, .own(Array("id;at;Name;value\n4;too;few".utf8)))
    }

    /// As the header of a file that is uploaded: what the type does not know is a fault of the whole, and what it need not have may be missing.
    func test_csv_headerWithAnUnknownColumn_isRefused() throws {
        let type = try type(#""match":{"id":{"exists":true}},"columns":{"n":{"path":"Name","type":"VARCHAR"},"v":{"path":"Value","type":"INTEGER"}}"#, format: "csv")
        for name in [nil, "t"] {
            func read(_ text: String, knownTypes: Set<String>? = nil) throws -> [ReceiptResult] {
                var options = ReadingOptions(type: name, now: SampleFiles.now)
                options.knownTypes = knownTypes
                return try reader(type).readCSV(Array(text.utf8), options).receipts
            }
            for (header, pointers) in [("id,at,name,Value", ["/0/name"]), ("id,at, Name,value", ["/0/ Name", "/0/value"])] {
                XCTAssertThrowsError(try read("\(header)\n1,2026-01-02,x,5\n"), header) { error in
                    let fault = error as? Fault
                    XCTAssertEqual(fault?.code, .invalidDocument, header)
                    XCTAssertEqual(fault?.errors.map(\.pointer), pointers, header)
                    XCTAssertTrue(fault?.detail.hasSuffix(#"it knows "Name", "Value", "at", "id""#) ?? false, "\(error)")
                }
            }
            // The last name of a line that ends with the delimiter is none; a value below it is.
            let trailing = try read("id,at,\n1,2026-01-02,\n2,2026-01-02,x\n")
            guard trailing.count == 2, case .accepted = trailing[0], case .refused(let lost, _, _) = trailing[1] else { return XCTFail("\(trailing)") }
            XCTAssertEqual(lost.errors.map { "\($0.pointer) \($0.code)" }, ["/2/ unknown-column"])
            XCTAssertEqual(lost.errors.map(\.message), ["the header's name of column 3 is empty, and there is a value in it"])
            XCTAssertThrowsError(try read("id,at,other,\n1,2026-01-02,,\n")) { XCTAssertEqual(($0 as? Fault)?.errors.map(\.pointer), ["/0/other"]) }
            guard case .accepted(let receipt)? = try read("at,id\n2026-01-02,1\n").first else { return XCTFail("what may be missing is missing") }
            XCTAssertEqual(try type.layout.values(of: receipt.row), [.null, .null])
            // Whoever may not know the type hears nothing of its columns but what becomes of the record.
            guard case .refused(let fault, let meant, _)? = try read("id,at,name\n1,2026-01-02,x\n", knownTypes: ["other"]).first else { return XCTFail("a value that nobody knows is lost") }
            XCTAssertEqual(meant, "t")
            XCTAssertEqual(fault.errors.map { "\($0.pointer) \($0.code)" }, ["/1/name unknown-column"])
        }
    }

    /// A header that was looked at when its file began is not held against another version of the type in the midst of it; what the type does not know is told record by record.
    func test_csv_headerThatWasChecked_isNotAFaultOfItsRecords() throws {
        let type = try type(#""columns":{"n":{"path":"n","type":"VARCHAR"}}"#, format: "csv")
        var options = ReadingOptions(type: "t", now: SampleFiles.now)
        options.isHeaderChecked = true
        let receipts = try reader(type).readCSV(Array("id,at,n,more\n1,2026-01-02,x,\n2,2026-01-02,x,y\n".utf8), options).receipts
        guard receipts.count == 2, case .accepted = receipts[0], case .refused(let fault, _, _) = receipts[1] else { return XCTFail("\(receipts)") }
        XCTAssertEqual(fault.errors.map { "\($0.pointer) \($0.code)" }, ["/2/more unknown-column"])
    }

    /// Programs name a charset by default. What they send in UTF-8 with its mark is in UTF-8.
    func test_csv_markOfUTF8_winsOverItsCharset() throws {
        let type = try type(#""columns":{"n":{"path":"n","type":"VARCHAR"}}"#, format: "csv")
        for charset in ["windows-1252", "iso-8859-1", "us-ascii", "utf-16", "utf-8"] {
            var options = ReadingOptions(type: "t", now: SampleFiles.now)
            options.charset = charset
            let receipts = try reader(type).readCSV([0xEF, 0xBB, 0xBF] + Array("id,at,n\n1,2026-01-02,é\n".utf8), options).receipts
            guard case .accepted(let receipt)? = receipts.first else { return XCTFail("\(charset): \(receipts)") }
            XCTAssertEqual(try type.layout.values(of: receipt.row), [.string("é")], charset)
        }
        // What is UTF-8 already is not made anew.
        try Array("id,at,n\n1,2026-01-02,é\n".utf8).withUnsafeBytes { text in
            for charset in ["utf-8", "UTF8", "us-ascii"] { XCTAssertFalse(try TextCharset.isOther(text, charset: charset), charset) }
            XCTAssertTrue(try TextCharset.isOther(text, charset: "iso-8859-1"))
        }
    }

    func test_csv_delimiterOfTheTypesInForce_isFoundByTheHeader() throws {
        let registry = TypeRegistry()
        for (name, delimiter, match) in [("commas", ",", #"{"id":{"exists":true}}"#), ("semicolons", ";", #"{"Beleg":{"exists":true}}"#), ("tabs", "\\t", "{}")] {
            let id = name == "semicolons" ? "Beleg" : "id"
            try registry.put(try DocumentType(json: Array(
                #"{"name":"\#(name)","version":1,"format":"csv","delimiter":"\#(delimiter)","extra_columns":"ignore","match":\#(match),"receipt_id":"\#(id)","issued_at":"at","time_zone":"UTC","columns":{}}"#.utf8)))
        }
        let reader = DocumentReader(registry: registry)
        func types(_ text: String) throws -> [String] {
            try reader.readCSV(Array(text.utf8), ReadingOptions(now: SampleFiles.now)).receipts.map { result in
                switch result {
                case .accepted(let receipt): receipt.type.name
                case .refused(let problem, _, _): problem.code.rawValue
                }
            }
        }
        XCTAssertEqual(try types("id,at,x;y\n1,2026-01-02,\"a;b\"\n"), ["commas"])
        XCTAssertEqual(try types("Beleg;at;x,y\n1;2026-01-02;\"a,b\"\n2;2026-01-02;\n"), ["semicolons", "semicolons"])
        XCTAssertEqual(try types("id\tat\n1\t2026-01-02\n"), ["tabs"])
        XCTAssertEqual(try types("Beleg,at\n1,2026-01-02\n"), ["invalid-document"], "a type that matches everything")
    }

    func test_init_badTypeFiles_areRefusedWithEveryReason() {
        let cases: [(String, [String])] = [
            ("[]", [""]), ("{", [""]), ("{}", ["/name", "/version", "/format", "/receipt_id", "/issued_at"]),
            (#"{"name":"a b","version":0,"format":"yaml","receipt_id":"/id","issued_at":"/at","extra":1}"#, ["/extra", "/name", "/version", "/format"]),
            (#"{"name":"t","version":1,"format":"json","receipt_id":"id","issued_at":"/at"}"#, ["/receipt_id"]),
            (#"{"name":"t","version":1,"format":"json","receipt_id":[],"issued_at":["/a","/b","/c"]}"#, ["/receipt_id", "/issued_at"]),
            (#"{"name":"t","version":1,"format":"json","receipt_id":{"path":"/id","optional":true},"issued_at":{"path":"/at","format":"qq"},"time_zone":"Mars/Base"}"#, ["/receipt_id", "/issued_at/format", "/time_zone"]),
            (#"{"name":"t","version":1,"format":"json","receipt_id":"/id","issued_at":"/at","columns":{"state":{"path":"/s","type":"VARCHAR"},"X":{"path":"/x","type":"TEXT"},"y":{"type":"INTEGER"},"z":{"path":"/z","type":"INTEGER","default":"q"},"l":{"path":"/l","columns":{}}}}"#,
                ["/columns/state", "/columns/X", "/columns/X/type", "/columns/y/path", "/columns/l/columns", "/columns/z/default"]),
            (#"{"name":"t","version":1,"format":"json","receipt_id":"/id","issued_at":"/at","columns":{"z":{"path":"/z","type":"INTEGER","default":"q"},"e":{"expression":"no + 1","type":"INTEGER"}},"schema":{"type":"strin"},"rules":[{"name":"r","check":"1"}]}"#,
                ["/columns/z/default", "/columns/e/expression", "/rules/0/check", "/schema/type"]),
            (#"{"name":"t","version":1,"format":"xml","receipt_id":"p:id","issued_at":"/r/at[","xsd":"none.xsd","schema":{}}"#, ["/schema", "/receipt_id", "/issued_at", "/xsd"]),
            (#"{"name":"t","version":1,"format":"xml","receipt_id":"p:id","issued_at":"/r/at[","xsd":"none.xsd"}"#, ["/receipt_id", "/issued_at", "/xsd"]),
            (#"{"name":"t","version":1,"format":"json","receipt_id":"/id","issued_at":"/at","on_repeat":"keep","batch":"each","register":[[]],"priority":"high"}"#, ["/on_repeat", "/batch", "/register/0", "/priority"]),
            (#"{"name":"t","version":1,"format":"json","receipt_id":"/id","issued_at":"/at","match":{"/a":[],"/b":{"exist":1},"/c":null}}"#, ["/match/~1a", "/match/~1b/exist", "/match/~1b/exists", "/match/~1c"]),
        ]
        for (json, pointers) in cases {
            XCTAssertThrowsError(try DocumentType(json: Array(json.utf8)), json) { error in
                let found = (error as? TypeFileError)?.reasons.map(\.pointer) ?? []
                XCTAssertEqual(Set(found), Set(pointers), json)
            }
        }
    }

    func test_unknownMembers_nameANearOne() {
        let json = #"{"name":"t","version":1,"format":"json","receipt_id":"/id","issued_at":"/at","colums":{},"zzzzzz":1}"#
        XCTAssertThrowsError(try DocumentType(json: Array(json.utf8))) { error in
            let messages = (error as? TypeFileError)?.reasons.map(\.message) ?? []
            XCTAssertEqual(messages, [#"unknown member "colums"; did you mean columns?"#, #"unknown member "zzzzzz""#])
        }
    }

    func test_put_columnsThatDisagree_areRefused() throws {
        let registry = TypeRegistry()
        try registry.put(try type(#""columns":{"a":{"path":"/a","type":"VARCHAR"},"l":{"path":"/l","columns":{"x":{"path":"/x","type":"INTEGER"}}}}"#, name: "one"))
        XCTAssertThrowsError(
            try registry.put(try type(#""columns":{"a":{"path":"/a","type":"INTEGER"},"l":{"path":"/l","columns":{"x":{"path":"/x","type":"BIGINT"},"y":{"path":"/y","type":"DATE"}}}}"#, name: "two"))
        ) { error in
            XCTAssertEqual((error as? TypeFileError)?.reasons.map(\.pointer), ["/columns/a/type", "/columns/l/columns/x/type"])
        }
        XCTAssertNoThrow(try registry.put(try type(#""table":"licences","columns":{"a":{"path":"/a","type":"INTEGER"}}"#, name: "two")))
        XCTAssertTrue(registry.remove("one"))
        XCTAssertFalse(registry.remove("one"))
    }

    /// Types come and go while threads read.
    func test_read_whileTypesChange_isUndisturbed() throws {
        let registry = TypeRegistry()
        try registry.put(try SampleFiles.posReceipt())
        let reader = DocumentReader(registry: registry)
        let body = try SampleFiles.bytes("types/samples/pos-receipt-3.json")
        let other = try type(#""match":{"/schema":"other"}"#, name: "other")
        DispatchQueue.concurrentPerform(iterations: 4) { worker in
            for round in 0..<500 {
                if worker == 0 {
                    if round % 2 == 0 { try? registry.put(other) } else { _ = registry.remove("other") }
                } else {
                    let reading = try? reader.readJSON(body, ReadingOptions(now: SampleFiles.now))
                    guard case .accepted = reading?.receipts.first else { return XCTFail("refused") }
                }
            }
        }
    }
}
