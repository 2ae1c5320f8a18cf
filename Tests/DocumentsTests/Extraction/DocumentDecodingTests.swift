import ColumnStore
import Foundation
import Synchronization
import XCTest

@testable import Documents

/// Goal: a text that is a document is read as one, whatever is done to it; lists are ordered and freed of repeats. Method: documents made here, by all
/// codings, and broken ones.
final class DocumentDecodingTests: XCTestCase {
    private func type(_ decode: String, columns: String = #""v":{"path":"/content/v","type":"INTEGER","required":true}"#) throws -> DocumentType {
        let json =
            #"{"name":"t","version":1,"format":"json","match":{"/id":{"exists":true}},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","decode":\#(decode),"columns":{\#(columns)}}"#
        return try DocumentType(json: Array(json.utf8))
    }

    private func read(_ type: DocumentType, _ members: String, documentByteCountMax: Int = 1 << 20) throws -> ReceiptResult {
        let registry = TypeRegistry()
        try registry.put(type)
        let body = #"{"id":"1","at":"2026-01-01"\#(members)}"#
        let options = ReadingOptions(now: SampleFiles.now, documentByteCountMax: documentByteCountMax)
        return try XCTUnwrap(try DocumentReader(registry: registry).readJSON(Array(body.utf8), options).receipts.first)
    }

    private func values(_ result: ReceiptResult) throws -> [Value] {
        switch result {
        case .accepted(let receipt): return try receipt.type.layout.values(of: receipt.row)
        case .refused(let problem, _, _): throw problem
        }
    }

    private func fault(_ result: ReceiptResult) -> String {
        guard case .refused(let problem, _, _) = result else { return "" }
        return problem.errors.map { "\($0.pointer) \($0.code)" }.joined(separator: ", ")
    }

    private func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
    private let inner = Array(#"{"v":17}"#.utf8)

    func test_eachCoding_isUndone_andTheDocumentStaysAsItCame() throws {
        let zlib = Array(Data([0x78, 0x9C])) + Array(StreamCompressor(.gzip).compress(inner, isLast: true).dropFirst(10).dropLast(8)) + adler(inner)
        let cases: [(String, String)] = [
            (#"["base64"]"#, base64(inner)), (#"["hex"]"#, inner.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()),
            (#"["base64","gzip"]"#, base64(StreamCompressor(.gzip).compress(inner, isLast: true))), (#"["base64","zlib"]"#, base64(zlib)),
            (#"["base64","zstd"]"#, base64(StreamCompressor(.zstd).compress(inner, isLast: true))),
            (#"["base64url","gzip"]"#, base64(StreamCompressor(.gzip).compress(inner, isLast: true)).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")),
        ]
        for (codings, text) in cases {
            let type = try type(#"[{"path":"/archive","as":\#(codings),"to":"/content"}]"#)
            let result = try read(type, #","archive":"\#(text)""#)
            XCTAssertEqual(try values(result), [.integer(17)], codings)
            guard case .accepted(let receipt) = result, case .body(let range) = receipt.document else { return XCTFail(codings) }
            XCTAssertEqual(range.count, #"{"id":"1","at":"2026-01-01","archive":"\#(text)"}"#.utf8.count)
        }
    }

    /// Whether an element of XML is an object or a text is for its attributes to say, which may be left out.
    func test_elementsOfXML_thatAreTexts_areRowsOfNULLs() throws {
        let rates = #""l":{"path":"/content/r/tax","columns":{"rate":{"path":"/@rate","type":"INTEGER"}}}"#
        let type = try type(#"[{"path":"/archive","as":["base64"],"to":"/content"}]"#, columns: rates)
        let xml = Array(#"<r><tax rate="20">5</tax><tax>3</tax><tax/></r>"#.utf8)
        XCTAssertEqual(try values(try read(type, #","archive":"\#(base64(xml))""#)), [.list([.structure([.integer(20)]), .structure([.null]), .structure([.null])])])
        // Numbers are of JSON alone.
        let json = Array(#"{"r":{"tax":[3]}}"#.utf8)
        XCTAssertEqual(fault(try read(type, #","archive":"\#(base64(json))""#)), "/content/r/tax/0 wrong-type")
    }

    func test_byteOrderMark_isPassedOver() throws {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let type = try type(#"[{"path":"/archive","as":["base64"],"to":"/content"}]"#)
        XCTAssertEqual(try values(try read(type, #","archive":"\#(base64(mark + inner))""#)), [.integer(17)])
        XCTAssertEqual(try values(try read(type, #","archive":"\#(base64(mark + Array("\r\n".utf8) + inner))""#)), [.integer(17)])
        XCTAssertEqual(fault(try read(type, #","archive":"\#(base64(mark + mark + inner))""#)), "/archive decode")
        let xml = try self.type(#"[{"path":"/archive","as":["base64"],"to":"/content"}]"#, columns: #""v":{"path":"/content/n/v","type":"INTEGER","required":true}"#)
        XCTAssertEqual(try values(try read(xml, #","archive":"\#(base64(mark + Array("<n><v>5</v></n>".utf8)))""#)), [.integer(5)])
    }

    private func adler(_ bytes: [UInt8]) -> [UInt8] {
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in bytes { (a, b) = ((a + UInt32(byte)) % 65_521, (b + a + UInt32(byte)) % 65_521) }
        return withUnsafeBytes(of: (b << 16 | a).bigEndian) { Array($0) }
    }

    func test_steps_followEachOther_intoWhatIsDecoded() throws {
        let type = try type(#"[{"path":"/a","as":["base64"],"to":"/b"},{"path":"/b/c","as":["hex"],"to":"/content"}]"#)
        let outer = #"{"c":"\#(inner.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())"}"#
        XCTAssertEqual(try values(try read(type, #","a":"\#(base64(Array(outer.utf8)))""#)), [.integer(17)])
    }

    func test_whatIsWrong_isAFaultAtItsPlace_andABombEnds() throws {
        let type = try type(#"[{"path":"/archive","as":["base64","gzip"],"to":"/content"}]"#)
        XCTAssertEqual(fault(try read(type, "")), "/content/v required")
        XCTAssertEqual(fault(try read(type, #","archive":null"#)), "/content/v required")
        for broken in [#"5"#, #""%""#, #""AAAA""#, #""\#(base64(StreamCompressor(.gzip).compress(Array("{".utf8), isLast: true)))""#] {
            XCTAssertEqual(fault(try read(type, ",\"archive\":\(broken)")), "/archive decode", broken)
        }
        let cut = base64(StreamCompressor(.gzip).compress(inner, isLast: true).dropLast(12).map { $0 })
        XCTAssertEqual(fault(try read(type, #","archive":"\#(cut)""#)), "/archive decode")
        XCTAssertEqual(fault(try read(type, #","archive":"\#(base64(StreamCompressor(.gzip).compress(inner, isLast: true)))","content":1"#)), "/archive decode")
        let bomb = base64(StreamCompressor(.gzip).compress([UInt8](repeating: 0x20, count: 40_000), isLast: true))
        XCTAssertEqual(fault(try read(type, #","archive":"\#(bomb)""#, documentByteCountMax: 2_000)), "/archive decode")
    }

    /// Of a few kilobytes: whoever reads it has counted those alone.
    func test_whatIsDecoded_isWorkOfTheDocument() throws {
        let type = try type(#"[{"path":"/archive","as":["base64","gzip"],"to":"/content"}]"#)
        func document(_ byteCount: Int) -> String {
            let text = Array(#"{"v":17,"x":""#.utf8) + [UInt8](repeating: 0x61, count: byteCount) + Array(#""}"#.utf8)
            return #","archive":"\#(base64(StreamCompressor(.gzip).compress(text, isLast: true)))""#
        }
        XCTAssertEqual(try values(try read(type, document(2 << 20))), [.integer(17)])
        XCTAssertEqual(fault(try read(type, document(12 << 20))), " too-much-work")
    }

    /// Long ones have their memory from a room, and wait for it.
    func test_longTexts_waitForTheirRoom() throws {
        let registry = TypeRegistry()
        try registry.put(try type(#"[{"path":"/archive","as":["base64","gzip"],"to":"/content"}]"#))
        let reader = DocumentReader(registry: registry)
        let zeros = Array((#"{"v":17,"x":[0"# + String(repeating: ",0", count: 400_000) + "]}").utf8)
        let body = Array(#"{"id":"1","at":"2026-01-01","archive":"\#(base64(StreamCompressor(.gzip).compress(zeros, isLast: true)))"}"#.utf8)
        let isFree = Atomic<Bool>(false), wasFree = Atomic<Bool>(false), isAccepted = Atomic<Bool>(false)
        let isHeld = Monitor(false)
        let thread = WorkerThread(name: "decoding") {
            isHeld.wait { $0 ? () : nil }
            let receipt = try? reader.readJSON(body, ReadingOptions(now: SampleFiles.now, documentByteCountMax: 1 << 20)).receipts.first
            wasFree.store(isFree.load(ordering: .relaxed), ordering: .relaxed)
            if case .accepted? = receipt { isAccepted.store(true, ordering: .relaxed) }
        }
        ParsingRoom.decoded.with(.max) {
            isHeld.broadcast { $0 = true }
            // Time for whoever does not wait.
            usleep(300_000)
            isFree.store(true, ordering: .relaxed)
        }
        thread.join()
        XCTAssertTrue(isAccepted.load(ordering: .relaxed))
        XCTAssertTrue(wasFree.load(ordering: .relaxed))
    }

    func test_XML_standsThereAsJSON() throws {
        let columns = ##""v":{"path":"/content/check/score","type":"INTEGER"},"l":{"path":"/content/check/answers/answer","columns":{"q":{"path":"/@q","type":"INTEGER"},"a":{"path":"/#text","type":"VARCHAR"}}}"##
        let type = try type(#"[{"path":"/archive","as":["base64"],"to":"/content","lists":["/check/answers/answer"]}]"#, columns: columns)
        for (xml, wanted) in [
            ("<check>\n<score> 17 </score><answers><answer q=\"1\">a</answer></answers></check>", 1),
            ("<?xml version=\"1.0\"?><check><score>17</score><answers><answer q=\"1\">a</answer><!-- x --><answer q=\"2\"><![CDATA[<b>]]></answer></answers></check>", 2),
        ] {
            let found = try values(try read(type, #","archive":"\#(base64(Array(xml.utf8)))""#))
            XCTAssertEqual(found.first, .integer(17))
            guard case .list(let elements)? = found.last else { return XCTFail("\(found)") }
            XCTAssertEqual(elements.count, wanted)
            guard case .structure(let members)? = elements.last else { return XCTFail("\(found)") }
            XCTAssertEqual(members, wanted == 1 ? [.integer(1), .bytes(Array("a".utf8))] : [.integer(2), .bytes(Array("<b>".utf8))])
        }
        let deep = String(repeating: "<a>", count: 200) + String(repeating: "</a>", count: 200)
        for broken in ["<check>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", deep] {
            XCTAssertEqual(fault(try read(type, #","archive":"\#(base64(Array(broken.utf8)))""#)), "/archive decode", broken)
        }
        let wide = "<a>" + String(repeating: "<b/>", count: 9_000) + "</a>"
        XCTAssertEqual(fault(try read(type, #","archive":"\#(base64(Array(wide.utf8)))""#, documentByteCountMax: 60_000)), "")
        XCTAssertEqual(fault(try read(type, #","archive":"\#(base64(Array(String(repeating: "é", count: 1_000).utf8)))""#)), "/archive decode")
    }

    func test_XML_asJSON_isAsItsRulesSay() throws {
        func json(_ xml: String, lists: Set<[String]> = [], byteCountMax: Int = 1 << 20) throws -> String? {
            let document = try Array(xml.utf8).withUnsafeBytes { try XMLReader.read($0) }
            return XMLMembers.json(of: document, lists: lists, byteCountMax: byteCountMax).map { String(decoding: $0, as: UTF8.self) }
        }
        XCTAssertEqual(try json("<a/>"), #"{"a":null}"#)
        XCTAssertEqual(try json("<a> x&amp;\"y </a>"), #"{"a":"x&\"y"}"#)
        XCTAssertEqual(try json("<a b='1' c=''/>"), #"{"a":{"@b":"1","@c":""}}"#)
        XCTAssertEqual(try json("<a>x<b>1</b>y<c/><b>2</b></a>"), ##"{"a":{"b":["1","2"],"c":null,"#text":"xy"}}"##)
        XCTAssertEqual(try json("<a><b>1</b></a>", lists: [["a", "b"]]), #"{"a":{"b":["1"]}}"#)
        XCTAssertEqual(try json("<p:a xmlns:p='urn:x' p:b='1'><p:c/></p:a>"), #"{"p:a":{"@p:b":"1","p:c":null}}"#)
        XCTAssertNil(try json("<a><b>12345678901234567890</b></a>", byteCountMax: 20))
    }

    func test_decode_thatIsWrong_isRefused() {
        for decode in [
            #"{}"#, #"[{"path":"/a","as":[],"to":"/b"}]"#, #"[{"path":"/a","as":["rot13"],"to":"/b"}]"#, #"[{"path":"a","as":["hex"],"to":"/b"}]"#,
            #"[{"path":"/a/*","as":["hex"],"to":"/b"}]"#, #"[{"path":"/a","as":["hex"]}]"#, #"[{"path":"/a","as":["hex"],"to":"","x":1}]"#,
            #"[{"path":"/a","as":["hex"],"to":"/b","lists":["/c/*"]}]"#, #"[{"path":"/a","as":["hex"],"to":"/b","lists":{}}]"#,
        ] { XCTAssertThrowsError(try type(decode), decode) }
    }

    // MARK: Lists

    private func rows(_ options: String, _ list: String) throws -> [String] {
        let type = try type("[]", columns: #""l":{"path":"/l",\#(options)"columns":{"q":{"path":"/q","type":"VARCHAR"},"a":{"path":"/a","type":"VARCHAR"}}}"#)
        guard case .list(let elements)? = try values(try read(type, ",\"l\":\(list)")).first else { return [] }
        return elements.map { element in
            guard case .structure(let members) = element, case .bytes(let answer)? = members.last else { return "" }
            return String(decoding: answer, as: UTF8.self)
        }
    }

    func test_lists_areOrderedFirst_thenTheFirstOfEachStays() throws {
        let list = #"[{"q":10,"a":"x","t":3},{"q":9,"a":"y","t":1},{"q":1e1,"a":"z","t":2},{"a":"w"},{"q":9,"a":"v","t":1.0}]"#
        func answers(_ options: String) throws -> [String] { try rows(options, list) }
        XCTAssertEqual(try answers(""), ["x", "y", "z", "w", "v"])
        XCTAssertEqual(try answers(#""order_by":["/q"],"#), ["y", "v", "x", "z", "w"])
        XCTAssertEqual(try answers(#""order_by":["/q","/t"],"#), ["y", "v", "z", "x", "w"])
        XCTAssertEqual(try answers(#""distinct_by":["/q"],"#), ["x", "y", "w"])
        XCTAssertEqual(try answers(#""order_by":["/t"],"distinct_by":["/q"],"#), ["y", "z", "w"])
        XCTAssertThrowsError(try type("[]", columns: #""l":{"path":"/l","order_by":[],"columns":{"q":{"path":"/q","type":"VARCHAR"}}}"#))
    }
}
