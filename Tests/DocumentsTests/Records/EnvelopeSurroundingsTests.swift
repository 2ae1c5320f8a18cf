import TestSupport
import XCTest

@testable import Documents

/// Goal: a record of an envelope that is read record by record says what it says in the whole document, whatever stands around it and wherever that stands. Method: envelopes at random, each by types whose paths
/// reach out of the records in every way; what the reader of whole documents makes of each record is held against what it makes of the record's own document.
final class EnvelopeSurroundingsTests: XCTestCase {
    private func type(_ format: String, each: String, _ columns: String) throws -> DocumentType {
        let xml = format == "xml"
        return try DocumentType(json: Array(#"""
            {"name":"e","version":1,"format":"\#(format)","match":{},"each":{"path":"\#(each)"},"batch":"each","receipt_id":"\#(xml ? "b:Id" : "/id")","issued_at":"\#(xml ? "b:At" : "/at")","time_zone":"UTC",
             \#(xml ? #""namespaces":{"b":"urn:b"},"# : "")"columns":{\#(columns)}}
            """#.utf8))
    }

    private func said(_ results: [ReceiptResult], _ body: [UInt8]) throws -> [String] {
        try results.map { result in
            switch result {
            case .accepted(let receipt):
                let document = switch receipt.document {
                case .body(let range): Array(body[range])
                case .own(let bytes): bytes
                }
                return "\(String(decoding: receipt.receiptID, as: UTF8.self)) \(try receipt.type.layout.values(of: receipt.row)) \(String(decoding: document, as: UTF8.self))"
            case .refused(let fault, _, _): return "\(fault.code.rawValue) \(fault.errors.map { "\($0.pointer) \($0.code)" })"
            }
        }
    }

    private func reader(_ type: DocumentType) throws -> DocumentReader {
        let registry = TypeRegistry()
        try registry.put(type)
        return DocumentReader(registry: registry)
    }

    private func read(_ file: [UInt8], _ type: DocumentType, _ reader: DocumentReader) throws -> [ReceiptResult] {
        let options = ReadingOptions(type: "e", now: SampleFiles.now)
        return type.format == .json ? try reader.readJSON(file, options).receipts : try reader.readXML(file, options).receipts
    }

    /// As an upload reads it; nil where it would be read whole.
    private func recordByRecord(_ file: [UInt8], _ type: DocumentType, _ reader: DocumentReader, _ random: inout SplitMix64) throws -> [String]? {
        let facts = RecordFacts(type)
        let envelope = try XCTUnwrap(facts.envelope)
        var found: EnvelopeSurroundings?
        switch facts.reach {
        case .record: break
        case .elsewhere: return nil
        case .surroundings(let sought):
            var stream = RecordStream(surroundingsOf: envelope, seeking: sought)
            let cut = Int.random(in: 0...file.count, using: &random)
            try stream.add(Array(file[..<cut])) { _ in }
            try stream.add(Array(file[cut...])) { _ in }
            try stream.finish { _ in }
            found = try XCTUnwrap(stream.surroundings)
            if found?.strayPath != nil { return nil }
        }
        var all: [String] = []
        var stream = RecordStream(envelope, RecordStream.Options(), found)
        let take: (StreamRecord) throws -> Void = { record in
            guard case .whole(let bytes) = record.content else { return XCTFail("a record is refused") }
            let document = Array(bytes)
            all += try self.said(try self.read(document, type, reader), document)
        }
        try stream.add(file, take)
        try stream.finish(take)
        return all
    }

    /// - Returns: how many files were read record by record, and how many would be read whole.
    private func compare(_ type: DocumentType, _ count: Int, _ random: inout SplitMix64, _ make: (inout SplitMix64) -> String) throws -> (parts: Int, wholes: Int) {
        let reader = try reader(type)
        var (parts, wholes) = (0, 0)
        for _ in 0..<count {
            let text = make(&random)
            let file = Array(text.utf8)
            guard let found = try recordByRecord(file, type, reader, &random) else {
                wholes += 1
                continue
            }
            parts += 1
            XCTAssertEqual(found, try said(try read(file, type, reader), file), "\(String(decoding: type.file.json, as: UTF8.self)): \(text)")
        }
        return (parts, wholes)
    }

    // MARK: JSON

    private static func value(_ random: inout SplitMix64) -> String {
        [#""a""#, #""b\n""#, "7", "null", "true", #"{"x":"q","n":[{"y":1},{"y":"2"}]}"#, #"{"x":null}"#, #"[{"y":3},{"z":4},{"y":5}]"#, "[]"].randomElement(using: &random) ?? "0"
    }

    private static func members(_ names: [String], _ random: inout SplitMix64) -> (before: String, behind: String) {
        var (before, behind) = ("", "")
        for name in names.shuffled(using: &random) where Int.random(in: 0..<4, using: &random) > 0 {
            let member = "\"\(name)\":\(value(&random))"
            if Bool.random(using: &random) { before += member + "," } else { behind += "," + member }
        }
        return (before, behind)
    }

    private static func records(_ count: inout Int, _ random: inout SplitMix64) -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in
            count += 1
            let more = members(["h", "t"], &random)
            return "{\(more.before)\"id\":\"R\(count)\",\"at\":\"2026-01-01T00:00:00Z\"\(more.behind)}"
        }.joined(separator: " , ")
    }

    private static func json(_ each: String, _ random: inout SplitMix64) -> String {
        var count = 0
        func list(_ name: String, _ names: [String], _ random: inout SplitMix64) -> String {
            let around = members(names, &random)
            return "{\(around.before)\"\(name)\":[\(records(&count, &random))]\(around.behind)}"
        }
        let around = members(["h", "t"], &random)
        switch each {
        case "/r": return list("r", ["h", "t", "a"], &random)
        case "/a/r/*": return "{\(around.before)\"a\":\(list("r", ["h", "t"], &random))\(around.behind)}"
        case "/o": return "{\(around.before)\"o\":{\"id\":\"R\",\"at\":\"2026-01-01T00:00:00Z\"}\(around.behind)}"
        default:
            let groups = (0..<Int.random(in: 1...3, using: &random)).map { _ in list("i", ["h", "t"], &random) }
            return "{\(around.before)\"g\":[\(groups.joined(separator: ","))]\(around.behind)}"
        }
    }

    func test_json_sameAsInTheWholeDocument() throws {
        var random = SplitMix64(state: SourceSeed.of("Sources/Documents/Records"))
        var (parts, wholes) = (0, 0)
        let paths = ["/h", "/t", "/t/x", "/h/x", "/t/n/*/y", "/t/n/1/y", "/h/*/y", "/a/h", "/a/t/x", "/a", "/g/0/h", "/g/*/t", "/g/1/t/x", "/r/0/h", "/o/h", "/o", "/a/r/1/h", ""]
        for each in ["/r", "/a/r/*", "/g/*/i/*", "/o"] {
            for path in paths {
                let columns = [
                    #""c":{"path":"\#(path)","from_root":true,"type":"VARCHAR"}"#, #""c":{"path":"\#(path)","from_root":true,"type":"BIGINT","required":true}"#, #""c":{"sum":"\#(path)","from_root":true,"type":"BIGINT"}"#,
                    #""c":{"path":"\#(path)","from_root":true,"where":{"/y":"2"},"value":"/y","type":"VARCHAR"},"own":{"path":"/t/x","type":"VARCHAR"}"#,
                    #""c":{"path":"\#(path)","from_root":true,"columns":{"y":{"path":"/y","type":"VARCHAR"},"h":{"path":"/h","from_root":true,"type":"VARCHAR"}}}"#,
                ]
                for column in columns {
                    let found = try compare(try type("json", each: each, column), 5, &random) { Self.json(each, &$0) }
                    parts += found.parts
                    wholes += found.wholes
                }
            }
        }
        XCTAssertGreaterThan(parts, 700)
        XCTAssertGreaterThan(wholes, 200)
    }

    // MARK: XML

    private static func elements(_ random: inout SplitMix64) -> String {
        (0..<Int.random(in: 0...2, using: &random)).map { _ in
            ["<H>h1</H>", "<H a='1'>h2<X>x</X></H>", "<T/>", "<T>t1</T>", "<T a='2'><X>x2</X><X>x3</X></T>", "text &amp; more", "<!-- c -->", "<p:T xmlns:p='urn:b' a='1'>t2</p:T>", "<Empty xmlns=''><H>not</H></Empty>", "<![CDATA[<H>]]>", "\n "]
                .randomElement(using: &random) ?? ""
        }.joined()
    }

    private static func items(_ count: inout Int, _ hasMore: Bool, _ random: inout SplitMix64) -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in
            count += 1
            let more = hasMore ? elements(&random) : ""
            return elements(&random) + "<Item n='\(count)'>\(more)<Id>R\(count)</Id><At>2026-01-01</At></Item>" + elements(&random)
        }.joined()
    }

    private static func xml(_ each: String, _ random: inout SplitMix64) -> String {
        var count = 0
        let hasMore = Int.random(in: 0..<3, using: &random) == 0
        var inner = ""
        if each == "/b:Batch/b:Item" {
            inner = items(&count, hasMore, &random)
        } else {
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let list = items(&count, hasMore, &random)
                inner += elements(&random) + "<Group n='g\(count)'>" + elements(&random) + list + elements(&random) + "</Group>" + elements(&random)
            }
        }
        return "<Batch xmlns='urn:b' n='b'>" + elements(&random) + inner + elements(&random) + "</Batch>"
    }

    func test_xml_sameAsInTheWholeDocument() throws {
        var random = SplitMix64(state: SourceSeed.of("Sources/Documents/Records"))
        var (parts, wholes) = (0, 0)
        let paths = [
            "../b:H", "../b:T", "../b:T/b:X", "../../b:H", "../../b:T/b:X", "../@n", "../../@n", "/b:Batch/@n", "/b:Batch/b:H", "/b:Batch/b:T/b:X", "/b:Batch/b:Group/b:H", "/b:Batch/b:Group/@n", "//b:H", "//b:T/b:X", "../b:H[@a='1']", "../b:T[2]",
            "string(../b:T)", "concat(../b:H,'-',../../b:T)", "../b:Item[1]/b:Id", "count(../b:Item)", "count(../b:T)", "preceding-sibling::b:Item/b:Id", "following-sibling::b:T", "../b:H/following-sibling::b:T", "../text()", "b:Id", "b:H", "..",
            "ancestor::b:Batch/@n", "../*", "/*/b:T", "..//b:X", "../../b:Group/b:T", "b:H | ../b:T", "self::b:Item/../b:T", "/b:Other/b:H", "b:Id/following-sibling::b:At",
        ]
        for each in ["/b:Batch/b:Item", "/b:Batch/b:Group/b:Item", "//b:Group/b:Item", "//b:Item"] {
            for path in paths {
                for column in [
                    #""c":{"path":"\#(path)","type":"VARCHAR"}"#, #""c":{"path":"\#(path)","from_root":true,"type":"VARCHAR"}"#, #""c":{"path":"\#(path)","type":"VARCHAR","where":{"@a":"1"}}"#,
                    #""c":{"path":"\#(path)","columns":{"x":{"path":"b:X","type":"VARCHAR"},"h":{"path":"../b:H","type":"VARCHAR"}}}"#,
                ] {
                    let found = try compare(try type("xml", each: each, column), 4, &random) { Self.xml(each, &$0) }
                    parts += found.parts
                    wholes += found.wholes
                }
            }
        }
        XCTAssertGreaterThan(parts, 700)
        XCTAssertGreaterThan(wholes, 200)
    }

    // MARK: How far paths reach

    func test_reach_ofEachPath() throws {
        func reach(_ format: String, _ each: String, _ column: String) throws -> EnvelopeReach { RecordFacts(try type(format, each: each, column)).reach }
        let around = EnvelopeReach.surroundings(seeking: EnvelopeSeeking())
        for (each, path, expected) in [
            ("/r", "/h", around), ("/r/*", "/t/x", around), ("/a/r/*", "/a/h", around), ("/g/*/i/*", "/g/*/h", .elsewhere("/g/*/h")), ("/r", "/r/0/h", .elsewhere("/r/0/h")), ("/r", "", .elsewhere("")),
        ] { XCTAssertEqual(try reach("json", each, #""c":{"path":"\#(path)","from_root":true,"type":"VARCHAR"}"#), expected, "\(each) \(path)") }
        XCTAssertEqual(try reach("json", "/r", #""c":{"path":"/h","type":"VARCHAR"}"#), .record)
        let (items, groups) = ("/b:Batch/b:Item", "/b:Batch/b:Group/b:Item")
        for (each, path, expected) in [
            (items, "b:Id", .record), (items, "../@n", .record), (items, "/b:Batch/@n", .record), (items, "b:L[b:K='1']/b:V", .record), (items, "b:L/preceding-sibling::b:V", .record), (items, "../b:H", around), (groups, "../../b:H", around),
            (groups, "/b:Batch/b:Head/b:H", around), (groups, "../b:H[@a='1']/b:X", around), (groups, "/b:Batch/b:Group/b:H", .elsewhere("/b:Batch/b:Group/b:H")), (items, "../b:Item[1]/b:Id", .elsewhere("../b:Item[1]/b:Id")),
            (items, "count(../b:Item)", .elsewhere("count(../b:Item)")), (items, "preceding-sibling::b:T", .elsewhere("preceding-sibling::b:T")), (items, "//b:H", .surroundings(seeking: EnvelopeSeeking(anywhere: ["H": "//b:H"]))), (items, "//*", .elsewhere("//*")),
            ("//b:Sales/b:Item", "../../../b:Head/b:H", .surroundings(seeking: EnvelopeSeeking(holders: ["Head": "../../../b:Head/b:H", "H": "../../../b:Head/b:H"]))),
            ("//b:Sales/b:Item", "//b:Customer[b:Id='1']/b:Name", .surroundings(seeking: EnvelopeSeeking(anywhere: ["Customer": "//b:Customer[b:Id='1']/b:Name"]))),
        ] as [(String, String, EnvelopeReach)] { XCTAssertEqual(try reach("xml", each, #""c":{"path":"\#(path)","type":"VARCHAR"}"#), expected, "\(each) \(path)") }
    }

    /// Columns are not all that says paths: so do identities, dates, conditions, orders and time zones.
    func test_reach_ofEveryPlaceThatNamesAPath() throws {
        func reach(_ format: String, _ members: [String: String]) throws -> EnvelopeReach {
            let xml = format == "xml"
            var all = [
                "name": #""e""#, "version": "1", "format": "\"\(format)\"", "match": "{}", "batch": #""each""#, "receipt_id": xml ? #""b:Id""# : #""/id""#, "issued_at": xml ? #""b:At""# : #""/at""#, "time_zone": #""UTC""#,
                "each": xml ? #"{"path":"/b:Batch/b:Item"}"# : #"{"path":"/r"}"#, "columns": "{}",
            ]
            if xml { all["namespaces"] = #"{"b":"urn:b"}"# }
            all.merge(members) { $1 }
            return RecordFacts(try DocumentType(json: Array("{\(all.sorted { $0.key < $1.key }.map { "\"\($0)\":\($1)" }.joined(separator: ","))}".utf8))).reach
        }
        let around = EnvelopeReach.surroundings(seeking: EnvelopeSeeking())
        func column(_ path: String) -> String { #"{"c":{"path":"\#(path)","type":"VARCHAR"}}"# }
        let (list, any) = (#""columns":{"v":{"path":"b:V","type":"VARCHAR"}}"#, #"{"path":"//b:Sales/b:Item"}"#)
        for (members, expected) in [
            (["receipt_id": #""../b:H""#], around), (["issued_at": #""../b:H""#], around), (["time_zone": #"{"path":"../b:Zone","map":{"1":"Europe/Kyiv"}}"#], around),
            (["each": #"{"path":"/b:Batch/b:Item","where":{"../b:H":"1"}}"#], around),
            (["columns": #"{"l":{"path":"b:L",\#(list)}}"#], .record), (["columns": #"{"l":{"path":"b:L","order_by":["../../b:H"],\#(list)}}"#], around), (["columns": #"{"l":{"path":"b:L","distinct_by":["../../b:H"],\#(list)}}"#], around),
            // What stands before or behind something, and what is counted with what the record itself has, only the whole document can tell.
            (["columns": column("../b:H/following-sibling::b:T")], .elsewhere("../b:H/following-sibling::b:T")), (["columns": column("(b:H | ../b:H)[1]")], .elsewhere("(b:H | ../b:H)[1]")), (["columns": column("b:H | ../b:H")], .elsewhere("b:H | ../b:H")),
            // No document of this type has such an element.
            (["columns": column("/b:Other/b:H")], .record), (["columns": column("/")], .elsewhere("/")),
            (["each": any, "columns": column("../*/b:H")], .elsewhere("../*/b:H")),
            // Both are sought, and higher up than the path to the records says.
            (["each": any, "columns": #"{"c":{"path":"//b:H","type":"VARCHAR"},"d":{"path":"//b:T","type":"VARCHAR"}}"#], .surroundings(seeking: EnvelopeSeeking(anywhere: ["H": "//b:H", "T": "//b:T"]))),
            (["each": any, "columns": column("../../../../../b:H")], .surroundings(seeking: EnvelopeSeeking(holders: ["H": "../../../../../b:H"]))),
        ] as [([String: String], EnvelopeReach)] { XCTAssertEqual(try reach("xml", members), expected, "\(members)") }
        let fromRoot = #"{"c":{"path":"/h","from_root":true,"type":"VARCHAR"}}"#
        XCTAssertEqual(try reach("json", ["columns": fromRoot]), around)
        // What is decoded is a document of its own.
        XCTAssertEqual(try reach("json", ["decode": #"[{"path":"/a","as":["base64"],"to":"/content"}]"#, "columns": fromRoot]), .record)
    }
}
