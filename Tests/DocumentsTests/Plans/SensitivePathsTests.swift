import ColumnStore
import XCTest

@testable import Documents

/// Goal: nothing of a type reads where a sensitive column does, and no reason for a refusal has a sensitive value. Method: type files that try to, each in
/// every format's own way, and others beside them that only look alike; documents with a value that is wrong.
final class SensitivePathsTests: XCTestCase {
    private static let secret = "987-65-4329"

    private func faults(_ format: String, _ members: String) -> [String] {
        do throws(TypeFileError) {
            _ = try DocumentType(json: Array(#"{"name":"t","version":1,"format":"\#(format)",\#(members)}"#.utf8))
            return []
        } catch {
            return error.reasons.map { "\($0.code) \($0.pointer)" }
        }
    }

    private func assert(_ format: String, _ members: String, _ wanted: String?, line: UInt = #line) {
        XCTAssertEqual(faults(format, members), wanted.map { ["reads-sensitive \($0)"] } ?? [], members, line: line)
    }

    func test_json_whatReadsASensitivePath_isRefused() {
        let head = #""match":{},"receipt_id":"/id","issued_at":"/at""#
        func columns(_ more: String, _ wanted: String?, line: UInt = #line) {
            assert("json", head + #","columns":{"ssn":{"path":"/person/ssn","type":"VARCHAR","sensitive":true},\#(more)}"#, wanted, line: line)
        }
        columns(#""a":{"path":"/person/name","type":"VARCHAR"}"#, nil)
        columns(#""a":{"path":"/person/ssn2","type":"VARCHAR"}"#, nil)
        columns(#""a":{"path":"/person/ssn","type":"VARCHAR"}"#, "/columns/a/path")
        columns(#""a":{"path":"/person/ssn","type":"VARCHAR","sensitive":true}"#, nil)
        columns(#""a":{"path":"/person/ssn","type":"VARCHAR","stored":false}"#, "/columns/a/path")
        columns(#""a":{"path":"/person","type":"VARCHAR"}"#, "/columns/a/path")
        columns(#""a":{"path":"/person/ssn/0","type":"VARCHAR"}"#, "/columns/a/path")
        columns(#""a":{"from":["/x","/person/ssn"],"type":"VARCHAR"}"#, "/columns/a/from/1")
        columns(#""a":{"path":"/person","value":"/ssn","type":"VARCHAR"}"#, "/columns/a/path")
        columns(#""a":{"path":"/person","where":{"/ssn":"1"},"value":"/name","type":"VARCHAR"}"#, "/columns/a/path")
        columns(#""a":{"path":"/person","where":{"/ssn":{"exists":true}},"value":"/name","type":"VARCHAR"}"#, "/columns/a/path")
        columns(#""a":{"sum":"/person/ssn","type":"BIGINT"}"#, "/columns/a/sum")
        columns(#""a":{"expression":"left(ssn, 3)","type":"VARCHAR"}"#, "/columns/a/expression")
        columns(#""a":{"expression":"left(ssn, 3)","type":"VARCHAR","sensitive":true},"b":{"expression":"a || 'x'","type":"VARCHAR"}"#, "/columns/b/expression")
        columns(#""l":{"path":"/l","columns":{"a":{"path":"/person/ssn","from_root":true,"type":"VARCHAR"}}}"#, "/columns/l/columns/a/path")
        columns(#""l":{"path":"/l","columns":{"a":{"expression":"ssn","type":"VARCHAR"}}}"#, "/columns/l/columns/a/expression")
        columns(#""l":{"path":"/person/*","columns":{"a":{"path":"/name","type":"VARCHAR"}}}"#, nil)
    }

    func test_json_identityAndRecognition_readNoSensitivePath() {
        let columns = #""columns":{"ssn":{"path":"/ssn","type":"VARCHAR","sensitive":true}}"#
        func head(_ members: String, _ wanted: String?, line: UInt = #line) { assert("json", members + "," + columns, wanted, line: line) }
        head(#""match":{},"receipt_id":"/ssn","issued_at":"/at""#, "/receipt_id")
        head(#""match":{},"receipt_id":["/id","/ssn"],"issued_at":"/at""#, "/receipt_id/1")
        head(#""match":{},"receipt_id":{"from":["/id","/ssn"]},"issued_at":"/at""#, "/receipt_id/from/1")
        head(#""match":{},"receipt_id":"/id","issued_at":"/ssn""#, "/issued_at")
        head(#""match":{},"receipt_id":"/id","issued_at":"/at","business_day":"/ssn""#, "/business_day")
        head(#""match":{},"receipt_id":"/id","issued_at":"/at","client_id":"/ssn""#, "/client_id")
        head(#""match":{},"receipt_id":"/id","issued_at":"/at","callback_url":"/ssn""#, "/callback_url")
        head(#""match":{},"receipt_id":"/id","issued_at":"/at","time_zone":{"path":"/ssn","map":{"1":"UTC"}}"#, "/time_zone/path")
        head(#""match":{"/ssn":"987-65-4329"},"receipt_id":"/id","issued_at":"/at""#, "/match/~1ssn")
        // That there is one says nothing of it.
        head(#""match":{"/ssn":{"exists":true}},"receipt_id":"/id","issued_at":"/at""#, nil)
    }

    func test_json_envelopesAndLists_areFollowed() {
        let head = #""match":{},"receipt_id":"/id","issued_at":"/at""#
        assert("json", #""each":"/people/*",\#(head),"columns":{"ssn":{"path":"/ssn","type":"VARCHAR","sensitive":true},"a":{"path":"/people/0/ssn","from_root":true,"type":"VARCHAR"}}"#, "/columns/a/path")
        assert("json", #""each":{"path":"/people","where":{"/ssn":"1"}},\#(head),"columns":{"ssn":{"path":"/ssn","type":"VARCHAR","sensitive":true}}"#, "/each/where/~1ssn")
        let owners = #""owners":{"path":"/owners","columns":{"name":{"path":"/name","type":"VARCHAR"},"ssn":{"path":"/ssn","type":"VARCHAR","sensitive":true}}}"#
        assert("json", head + #","columns":{\#(owners),"a":{"path":"/owners/0/name","type":"VARCHAR"}}"#, nil)
        assert("json", head + #","columns":{\#(owners),"a":{"path":"/owners/0/ssn","type":"VARCHAR"}}"#, "/columns/a/path")
        assert("json", head + #","columns":{\#(owners),"a":{"expression":"list_count(owners)","type":"BIGINT"},"b":{"expression":"list_max(owners.name)","type":"VARCHAR"}}"#, nil)
        assert("json", head + #","columns":{\#(owners),"a":{"expression":"list_max(owners.ssn)","type":"VARCHAR"}}"#, "/columns/a/expression")
        let whole = #""owners":{"path":"/owners","sensitive":true,"columns":{"name":{"path":"/name","type":"VARCHAR"}}}"#
        assert("json", head + #","columns":{\#(whole),"a":{"path":"/owners/0/other","type":"VARCHAR"}}"#, "/columns/a/path")
        assert("json", head + #","columns":{\#(whole),"a":{"expression":"list_max(owners.name)","type":"VARCHAR"}}"#, "/columns/a/expression")
        assert("json", head + #","columns":{\#(whole),"a":{"expression":"list_count(owners)","type":"BIGINT"}}"#, "/columns/a/expression")
        assert("json", head + #","columns":{\#(whole),"a":{"expression":"owners IS NULL","type":"BOOLEAN"}}"#, "/columns/a/expression")
        // The order of elements, and which are alike, tell of what they are ordered and told apart by.
        for key in ["order_by", "distinct_by"] {
            let ordered = #""owners":{"path":"/owners","\#(key)":["/rank","/ssn"],"columns":{"name":{"path":"/name","type":"VARCHAR"},"ssn":{"path":"/ssn","type":"VARCHAR","sensitive":true}}}"#
            assert("json", head + #","columns":{\#(ordered)}"#, "/columns/owners/\(key)/1")
            assert("json", head + #","columns":{\#(ordered.replacing(#""owners":{"#, with: #""owners":{"sensitive":true,"#))}"#, nil)
            assert("json", head + #","columns":{\#(ordered.replacing(#","/ssn"]"#, with: "]"))}"#, nil)
        }
    }

    func test_json_decodedTexts_areWhatTheyAreDecodedFrom() {
        func columns(_ decode: String, _ ssn: String, _ open: String, _ wanted: String?, head: String = #""match":{},"receipt_id":"/id","issued_at":"/at""#, line: UInt = #line) {
            assert("json", #"\#(head),"decode":[\#(decode)],"columns":{"ssn":{"path":"\#(ssn)","type":"VARCHAR","sensitive":true},"a":{"path":"\#(open)","type":"VARCHAR"}}"#, wanted, line: line)
        }
        let one = #"{"path":"/p/text","as":["base64"],"to":"/content"}"#
        columns(one, "/p/text", "/content/a", "/columns/a/path")
        columns(one, "/p", "/content/a", "/columns/a/path")
        columns(one, "/content/ssn", "/p/text", "/columns/a/path")
        columns(one, "/content/ssn", "/p", "/columns/a/path")
        columns(one, "/content/ssn", "/content", "/columns/a/path")
        columns(one, "/content/ssn", "/content/a", nil)
        columns(one, "/content/ssn", "/p/other", nil)
        columns(one, "/p/other", "/content/a", nil)
        columns(one, "/p/text", "/x", "/receipt_id", head: #""match":{},"receipt_id":"/content/id","issued_at":"/at""#)
        let two = one + #",{"path":"/content/inner","as":["hex"],"to":"/deep"}"#
        columns(two, "/p/text", "/deep/a", "/columns/a/path")
        columns(two, "/deep/ssn", "/p/text", "/columns/a/path")
        columns(two, "/deep/ssn", "/content/inner", "/columns/a/path")
        columns(two, "/content/inner", "/deep/a", "/columns/a/path")
        columns(two, "/deep/ssn", "/content/other", nil)
        columns(two, "/content/ssn", "/deep/a", nil)
    }

    func test_xml_pathsThatMayMeet_areRefused() {
        func columns(_ path: String, _ isRefused: Bool, ssn: String = "person/ssn", line: UInt = #line) {
            assert(
                "xml", #""match":{"root":"doc"},"receipt_id":"id","issued_at":"at","columns":{"ssn":{"path":"\#(ssn)","type":"VARCHAR","sensitive":true},"a":{"path":"\#(path)","type":"VARCHAR"}}"#,
                isRefused ? "/columns/a/path" : nil, line: line)
        }
        for path in [
            "person/ssn", "/doc/person/ssn", "//ssn", "person/*", "person", "/doc/person", "string(person/ssn)", "person/ssn/text()", "person[ssn='1']/name", "//person",
            "substring(person/ssn, 1, 3)", "*[local-name()='person']/*[local-name()='ssn']", "person/name/../ssn", "person/name/following-sibling::ssn", "person/ssn/part",
            "concat(id, person/ssn)", "person/descendant::ssn", "(person/ssn | id)", "//text()", "descendant::text()", "person//text()", "//text()[1]", "//*/text()", "string(//text())", "id | //text()",
            "count(//text())", "/doc/person/descendant::text()",
            // Any steps may be none, of which the parent is the parent of where they begin.
            "person/name//following-sibling::ssn", "person/name//../ssn", "person/name//..", "person/name/node()/../../ssn", "person/name//preceding-sibling::*",
            // What lies any steps below it lies below it.
            "person/ssn//part", "person/ssn/descendant::part", "person/ssn//*/text()", "person/ssn/part//piece", "//ssn/part", "//ssn//part",
            // The root element by its name has all texts.
            "doc", "string(doc)", "*[local-name()='doc']", "*",
        ] { columns(path, true) }
        for path in ["person/name", "id", "//name", "person/@kind", "person/ssn/@kind", "person/text()", "*[local-name()='id']", "person/name[position()=1]", "count(lines/line)"] { columns(path, false) }
        for path in ["person/name/text()", "//name/text()", "person/name//text()", "lines//text()", "//@kind", "person/name//..//name", "lines/line//../@kind", "person/ssn//@kind", "//name//part"] { columns(path, false) }
        columns("//text()", false, ssn: "person/@ssn")
        // What a function makes a value of is what it reads; what it asks on the way there is not.
        for ssn in ["string(person/ssn)", "substring(person/ssn, 1, 3)", "normalize-space(person/ssn)", "concat(person/ssn, '')", "translate(string(person/ssn), '-', '')", "concat('x', person/ssn)"] {
            columns("person/ssn", true, ssn: ssn)
            columns("string(person/ssn)", true, ssn: ssn)
            columns("person", true, ssn: ssn)
            columns("person/name", false, ssn: ssn)
        }
        columns("person/name", false, ssn: "string(person[name = 'x']/ssn)")
        columns("person/@kind", false, ssn: "person[@kind = 'x']/ssn")
        // A nested one that is called alike is another, where the root's name is known.
        columns("spouse/ssn", false, ssn: "ssn")
        columns("doc/ssn", true, ssn: "ssn")
        columns("person/name", false, ssn: "//ssn")
        columns("person/ssn", true, ssn: "//ssn")
        columns("/doc", true, ssn: "//ssn")
        columns("/doc/person", true, ssn: "/doc/person//ssn")
        // Attributes are in no element's text.
        columns("person", false, ssn: "person/@ssn")
        columns("person/@*", true, ssn: "person/@ssn")
        columns("person/@kind", false, ssn: "person/@ssn")
    }

    func test_csv_oneHeader_isOnePath() {
        let head = #""receipt_id":"id","issued_at":"at","columns":{"ssn":{"path":"SSN","type":"VARCHAR","sensitive":true}"#
        assert("csv", head + #","a":{"path":"SSN","type":"VARCHAR"}}"#, "/columns/a/path")
        assert("csv", head + #","a":{"path":"Name","type":"VARCHAR"}}"#, nil)
    }

    // MARK: Agreement

    private func type(_ name: String, _ columns: String, version: Int = 1) throws -> DocumentType {
        try DocumentType(json: Array(#"{"name":"\#(name)","version":\#(version),"format":"json","match":{},"table":"t","receipt_id":"/id","issued_at":"/at","columns":{\#(columns)}}"#.utf8))
    }

    func test_typesOfOneTable_agree() throws {
        let open = #""ssn":{"path":"/ssn","type":"VARCHAR"}"#, closed = #""ssn":{"path":"/ssn","type":"VARCHAR","sensitive":true}"#
        let list = #""l":{"path":"/l","columns":{"x":{"path":"/x","type":"VARCHAR"}}}"#
        let member = #""l":{"path":"/l","columns":{"x":{"path":"/x","type":"VARCHAR","sensitive":true}}}"#
        let whole = #""l":{"path":"/l","sensitive":true,"columns":{"x":{"path":"/x","type":"VARCHAR"}}}"#
        for (one, other, pointers) in [
            (open, closed, ["/columns/ssn/sensitive"]), (closed, open, ["/columns/ssn/sensitive"]), (closed, closed, []), (list, member, ["/columns/l/columns/x/sensitive"]),
            (member, whole, ["/columns/l/sensitive"]), (member, member, []), (closed, list, []),
        ] {
            let registry = TypeRegistry()
            try registry.put(try type("a", one))
            XCTAssertEqual(registry.sensitiveConflicts(of: try type("b", other).file).map(\.pointer), pointers, "\(one) \(other)")
        }
        // A new version may hide what was open, and opens nothing again.
        let registry = TypeRegistry()
        try registry.put(try type("a", open))
        try registry.put(try type("a", closed, version: 2))
        XCTAssertThrowsError(try registry.put(try type("a", open, version: 3)))
        var known = SensitiveColumns()
        known.add(try type("a", closed), place: 5)
        // Nor under another name, however many versions later.
        let renamed = #""x":{"path":"/ssn","type":"VARCHAR"}"#
        XCTAssertEqual(known.conflicts(ofVersion: try type("a", renamed, version: 2).file).map(\.pointer), ["/columns/x/path"])
        XCTAssertEqual(known.conflicts(ofVersion: try type("a", renamed.replacing("}", with: #","sensitive":true}"#), version: 2).file), [])
        XCTAssertEqual(known.conflicts(ofVersion: try type("a", #""x":{"path":"/other","type":"VARCHAR"}"#, version: 2).file), [])
        XCTAssertEqual(known.conflicts(ofVersion: try type("b", renamed, version: 2).file), [])
        var kept = SensitiveColumns()
        try kept.add(file: try type("a", closed).file.json, place: 5)
        XCTAssertEqual(kept.conflicts(ofVersion: try type("a", renamed, version: 3).file).map(\.pointer), ["/columns/x/path"])
        XCTAssertEqual(ColumnAgreement.conflicts(of: try type("b", open).file, withSensitive: known.paths(of: "t")).map(\.pointer), ["/columns/ssn/sensitive"])
        var read = SensitiveColumns()
        try read.add(file: try type("a", closed + "," + member).file.json, place: 5)
        XCTAssertEqual(read.paths(of: "t"), ["ssn", "l.x"])
        XCTAssertEqual(read.openTypes(of: "t"), [])
        XCTAssertNil(read.openTypes(of: "u"))
    }

    // MARK: Reasons

    private func reasons(_ type: DocumentType, _ body: String) throws -> String {
        let registry = TypeRegistry()
        try registry.put(type)
        let reader = DocumentReader(registry: registry)
        let options = ReadingOptions(type: type.name, now: SampleFiles.now)
        let reading =
            switch type.format {
            case .json: try reader.readJSON(Array(body.utf8), options)
            case .xml: try reader.readXML(Array(body.utf8), options)
            case .csv: try reader.readCSV(Array(body.utf8), options)
            }
        return reading.receipts.map { result in
            guard case .refused(let problem, _, _) = result else { return "accepted" }
            return problem.detail + problem.errors.map { " \($0.pointer) \($0.code) \($0.message)" }.joined()
        }.joined()
    }

    func test_reasons_haveNoSensitiveValue() throws {
        let secret = Self.secret
        let head = #""name":"t","version":1,"receipt_id":"/id","issued_at":"/at","time_zone":"UTC""#
        for (format, columns, body) in [
            ("json", #""s":{"path":"/s","type":"BIGINT","sensitive":true}"#, #"{"id":"1","at":"2026-01-01","s":"\#(secret)"}"#),
            ("json", #""s":{"path":"/s","type":"DATE","sensitive":true}"#, #"{"id":"1","at":"2026-01-01","s":"\#(secret)"}"#),
            ("json", #""s":{"path":"/s","type":"VARCHAR","sensitive":true},"b":{"expression":"s::bigint","type":"BIGINT","sensitive":true}"#, #"{"id":"1","at":"2026-01-01","s":"\#(secret)"}"#),
            ("json", #""l":{"path":"/l","sensitive":true,"columns":{"s":{"path":"/s","type":"BIGINT"}}}"#, #"{"id":"1","at":"2026-01-01","l":[{"s":"\#(secret)"}]}"#),
            ("json", #""l":{"path":"/l","columns":{"s":{"path":"/s","type":"BIGINT","sensitive":true}}}"#, #"{"id":"1","at":"2026-01-01","l":[{"s":"\#(secret)"}]}"#),
            ("json", #""s":{"sum":"/s","type":"BIGINT","sensitive":true}"#, #"{"id":"1","at":"2026-01-01","s":"\#(secret)"}"#),
        ] {
            let text = try reasons(try DocumentType(json: Array("{\(head),\"format\":\"\(format)\",\"columns\":{\(columns)}}".utf8)), body)
            XCTAssertFalse(text.contains(secret) || text == "accepted", text)
        }
        let ruled = #"{\#(head),"format":"json","columns":{"s":{"path":"/s","type":"VARCHAR","sensitive":true}},"rules":[{"name":"r","check":"s::bigint > 0"},{"name":"q","check":"s ~ '^x'","message":"an ssn begins with x"}]}"#
        let text = try reasons(try DocumentType(json: Array(ruled.utf8)), #"{"id":"1","at":"2026-01-01","s":"\#(secret)"}"#)
        XCTAssertTrue(text.contains("the rule r cannot be evaluated") && text.contains("an ssn begins with x") && !text.contains(secret), text)
        let schema = #"{\#(head),"format":"json","columns":{"s":{"path":"/p/s","type":"VARCHAR","sensitive":true}},"schema":{"properties":{"p":{"properties":{"s":{"type":"object","additionalProperties":false,"maxProperties":0}}}}}}"#
        let named = try reasons(try DocumentType(json: Array(schema.utf8)), #"{"id":"1","at":"2026-01-01","p":{"s":{"\#(secret)":1}}}"#)
        XCTAssertTrue(named.contains("/p/s additionalProperties") && !named.contains(secret), named)
    }

    func test_xsd_messagesHaveNoValues() throws {
        let secret = Self.secret
        let xsd = #"<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='d'><xs:complexType><xs:sequence><xs:element name='id'/><xs:element name='at'/><xs:element name='s' maxOccurs='3'><xs:simpleType><xs:restriction base='xs:string'><xs:pattern value='x+'/></xs:restriction></xs:simpleType></xs:element><xs:element name='n' type='xs:int' minOccurs='0'/></xs:sequence><xs:attribute name='k' type='xs:date'/></xs:complexType><xs:unique name='u'><xs:selector xpath='s'/><xs:field xpath='.'/></xs:unique></xs:element></xs:schema>"#
        let type = try DocumentType(json: Array(#"{"name":"t","version":1,"format":"xml","match":{"root":"d"},"receipt_id":"id","issued_at":"at","time_zone":"UTC","xsd":"a.xsd","files":{"a.xsd":"\#(xsd)"},"columns":{"s":{"path":"s","type":"VARCHAR","sensitive":true}}}"#.utf8))
        for body in [
            "<d><id>1</id><at>2026-01-01</at><s>\(secret)</s></d>", "<d><id>1</id><at>2026-01-01</at><s>\(secret)</s><s>\(secret)</s></d>",
            "<d k='\(secret)'><id>1</id><at>2026-01-01</at><s>x</s></d>", "<d><id>1</id><at>2026-01-01</at><s>x</s><n>\(secret)</n></d>",
            "<d><id>1</id><at>2026-01-01</at><s>' is \(secret) '</s></d>",
        ] {
            let text = try reasons(type, body)
            XCTAssertFalse(text.contains(secret) || text == "accepted", text)
            XCTAssertTrue(text.contains("Element '"), text)
        }
        XCTAssertTrue(try reasons(type, "<d><id>1</id><at>2026-01-01</at><t>1</t></d>").contains("This element is not expected. Expected is ( s )"))
    }
}
