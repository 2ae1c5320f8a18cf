import XCTest

@testable import Documents

/// Goal: an XML envelope gives the records that it has when it is read whole, with the texts that it has then, and takes no more work than its bytes are worth. Method: envelopes that are read in both ways, and
/// small files of many declarations.
final class XMLEnvelopeScannerTests: XCTestCase {
    private func type(each: String, match: String = "{}", _ columns: [String: String] = [:]) throws -> DocumentType {
        let columns = columns.sorted { $0.key < $1.key }.map { "\"\($0.key)\":{\"path\":\"\($0.value)\",\"type\":\"VARCHAR\"}" }.joined(separator: ",")
        return try DocumentType(json: Array(#"""
            {"name":"e","version":1,"format":"xml","match":\#(match),"each":{"path":"\#(each)"},"batch":"each","receipt_id":"id","issued_at":"at","time_zone":"UTC","columns":{\#(columns)}}
            """#.utf8))
    }

    private static func record(_ number: Int) -> String { "<o><id>\(number)</id><at>2026-01-01</at></o>" }

    private struct Outcome {
        var documents: [[UInt8]] = []
        var fault: Fault?
    }

    /// As an upload reads it.
    ///
    /// - Parameter pieces: the places at which the file is cut.
    private func recordByRecord(_ file: String, _ type: DocumentType, pieces: [Int] = []) throws -> Outcome {
        let facts = RecordFacts(type)
        let envelope = try XCTUnwrap(facts.envelope)
        let bytes = Array(file.utf8)
        var outcome = Outcome()
        func take(_ record: StreamRecord) {
            if case .whole(let bytes) = record.content { outcome.documents.append(Array(bytes)) }
        }
        do {
            var found: EnvelopeSurroundings?
            if case .surroundings(let sought) = facts.reach {
                var first = RecordStream(surroundingsOf: envelope, seeking: sought)
                try first.add(bytes) { _ in }
                try first.finish { _ in }
                found = try XCTUnwrap(first.surroundings)
                XCTAssertNil(found?.strayPath)
            }
            var stream = RecordStream(envelope, RecordStream.Options(), found)
            for (start, end) in zip([0] + pieces, pieces + [bytes.count]) { try stream.add(Array(bytes[start..<end]), take) }
            try stream.finish(take)
        } catch let error as RecordFileError {
            outcome.fault = error.fault
        }
        return outcome
    }

    /// As a POST reads it: of each receipt its id and its columns.
    private func values(_ document: [UInt8], _ type: DocumentType) throws -> [String] {
        let registry = TypeRegistry()
        try registry.put(type)
        let reading = try DocumentReader(registry: registry).readXML(document, ReadingOptions(type: "e", now: SampleFiles.now))
        return try reading.receipts.map { result in
            switch result {
            case .accepted(let receipt): return "\(String(decoding: receipt.receiptID, as: UTF8.self)) \(try receipt.type.layout.values(of: receipt.row))"
            case .refused(let fault, _, _): return fault.detail
            }
        }
    }

    /// - Returns: the documents of the records.
    @discardableResult
    private func assertSame(_ file: String, _ type: DocumentType, count: Int, line: UInt = #line) throws -> [String] {
        let outcome = try recordByRecord(file, type)
        XCTAssertNil(outcome.fault?.detail, file, line: line)
        XCTAssertEqual(outcome.documents.count, count, file, line: line)
        XCTAssertEqual(try outcome.documents.flatMap { try values($0, type) }, try values(Array(file.utf8), type), file, line: line)
        return outcome.documents.map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: Relative paths

    func test_relativePaths_leadToTheRecordsOfTheWholeDocument() throws {
        let records = (1...4).map { Self.record($0) }
        let root = #"{"root":"a"}"#
        try assertSame("<a n='1'><h>7</h>\(records[0])\(records[1])<t>x</t></a>", try type(each: "o", match: root, ["c": "../h", "d": "../t", "n": "../@n"]), count: 2)
        let groups = "<x><g><h>1</h>\(records[0])</g><g>\(records[1])\(records[2])<h>2</h></g></x>"
        try assertSame(groups, try type(each: "g/o", match: #"{"root":"x"}"#, ["c": "../h"]), count: 3)
        let below = try type(each: "g/o", ["c": "id"])
        try assertSame(groups, below, count: 3)
        // From the document itself it leads somewhere, too.
        try assertSame("<g><h>1</h>\(records[0])\(records[1])</g>", below, count: 2)
        try assertSame(records[0], try type(each: "o"), count: 1)
        // Where it does, nothing is looked for from its element.
        let nested = try type(each: "a/o", match: root)
        try assertSame("<a>\(records[0])<a>\(records[1])</a>\(records[2])</a>", nested, count: 2)
        try assertSame("<a><x/><a>\(records[0])</a><a><a>\(records[1])</a></a></a>", nested, count: 1)
        // That it leads somewhere from the document may be seen too late.
        let late = try recordByRecord("<a><a>\(records[0])</a>\(records[1])</a>", nested)
        XCTAssertEqual(late.documents.count, 1)
        XCTAssertEqual(late.fault?.detail.contains("from the document's element"), true, late.fault?.detail ?? "taken")
    }

    func test_relativePaths_withoutRecords_areNoFaultInTheTypesElement() throws {
        let type = try type(each: "o", match: #"{"root":"{urn:a}a"}"#)
        for file in ["<a xmlns='urn:a'/>", "<p:a xmlns:p='urn:a'><p:x/></p:a>"] { XCTAssertNil(try recordByRecord(file, type).fault?.detail, file) }
        for file in ["<a/>", "<b xmlns='urn:a'/>"] { XCTAssertEqual(try recordByRecord(file, type).fault?.detail.hasPrefix("no record in this file"), true, file) }
    }

    /// Where nobody knows what stands around the records the file is read as one document.
    func test_relativePaths_whoseSurroundingsAreUnknown_areNotStreamed() throws {
        func isStreamed(_ each: String, _ path: String, match: String = "{}") throws -> Bool { RecordFacts(try type(each: each, match: match, ["c": path])).envelope != nil }
        for path in ["../h", "/a/h", "//h", "h[../t = '1']", "ancestor::a/@n", "h[/a/t]", "concat(h, /a/t)", "id('x')/h", "parent::*/h"] {
            XCTAssertFalse(try isStreamed("o", path), path)
            XCTAssertTrue(try isStreamed("/a/o", path), path)
            XCTAssertTrue(try isStreamed("o", path, match: #"{"root":"a"}"#), path)
        }
        for path in ["h", "h/t", ".//h", "h[t = 'a/b']/@n", "descendant::h", "text()", "h/text()", "(h | t)/x", "*//x", "."] { XCTAssertTrue(try isStreamed("o", path), path) }
        // One that begins with the document's element leads there from the document.
        XCTAssertTrue(try isStreamed("a/o", "../h", match: #"{"root":"a"}"#))
        let documents = try assertSame("<a><h>1</h>\(Self.record(1))\(Self.record(2))</a>", try type(each: "a/o", match: #"{"root":"a"}"#, ["h": "../h"]), count: 2)
        XCTAssertTrue(documents.allSatisfy { $0.contains("<h>1</h>") })
        for (each, match) in [("*/o", #"{"root":"a"}"#), ("o", #"{"root":["a","b"]}"#)] {
            XCTAssertFalse(try isStreamed(each, "../h", match: match), each)
            XCTAssertEqual(RecordFacts(try type(each: each, match: match, ["c": "../h"])).wholeEach, each)
        }
    }

    // MARK: Blanks

    func test_blanksBesideRecords_areText_andThoseBetweenRecordsAreNothing() throws {
        let (shop, foot) = ("<shop><b>Till</b> <i>GmbH</i> \n&amp; <b>Co</b></shop>", "<foot><b>x</b>\n<i>y</i><!-- z --> z</foot>")
        let file = "<r>\n \(shop)\n \(Self.record(1))\n\n\(Self.record(2))\n \(foot)\n</r>"
        for (each, match) in [("/r/o", "{}"), ("//o", "{}"), ("o", #"{"root":"r"}"#)] {
            let documents = try assertSame(file, try type(each: each, match: match, ["shop": "../shop", "foot": "../foot", "part": "../shop/b[2]"]), count: 2)
            for document in documents { XCTAssertTrue(document.contains("<b>Till</b> <i>GmbH</i> \n&amp; <b>Co</b>"), document) }
            XCTAssertEqual(Set(documents.map(\.utf8.count)).count, 1, "what stands between records is in none of them: \(documents)")
            if each != "//o" { XCTAssertEqual(documents.first, "<r>\(shop)\(Self.record(1))<foot><b>x</b>\n<i>y</i> z</foot></r>", each) }
        }
    }

    // MARK: Long markup

    func test_longMarkupWithinARecord_isThatRecordsAlone() throws {
        let type = try type(each: "/r/o")
        let long = String(repeating: "v>", count: 20_000)
        for markup in ["<x a='\(long)'/>", "<x a=\"\(long)\"></x>", "<?x \(long)?>", "<!-- \(long) -->"] {
            let own = "<o><id>2</id><at>2026-01-01</at>\(markup)</o>"
            let outcome = try recordByRecord("<r>\(Self.record(1))\(own)\(Self.record(3))</r>", type)
            XCTAssertNil(outcome.fault?.detail, String(markup.prefix(4)))
            XCTAssertEqual(outcome.documents.map(\.count), [Self.record(1), own, Self.record(3)].map { "<r>\($0)</r>".utf8.count }, String(markup.prefix(4)))
        }
        // What a path looks for is seen by its name all the same.
        let facts = RecordFacts(try self.type(each: "/r/o", ["c": "//x"]))
        guard case .surroundings(let sought) = facts.reach else { return XCTFail("\(facts.reach)") }
        var stream = RecordStream(surroundingsOf: try XCTUnwrap(facts.envelope), seeking: sought)
        try stream.add(Array("<r><o><x a='\(long)'/></o></r>".utf8)) { _ in }
        try stream.finish { _ in }
        XCTAssertNotNil(stream.surroundings?.strayPath)
    }

    /// What is held of long markup is cut at 8,192 bytes: wherever that falls, also between the bytes that its end is told by, and whatever piece they come in.
    func test_longMarkup_endsWhereItEnds_whereverItIsCut() throws {
        let type = try type(each: "/r/o")
        let (first, last) = (Self.record(1), Self.record(3))
        for length in [8_180, 8_185, 8_186, 8_187, 8_188, 8_189, 8_190, 8_191, 8_192] {
            let long = String(repeating: "v", count: length)
            let all = [
                "<x a='\(long)'/>", "<x a=\"\(long)\"></x>", "<x a='\(long)' b='/>'></x>", "<x a='\(long)' />", "<?x \(long)?>", "<?x \(long)??>", "<!-- \(long) -->", "<!-- \(long)>- -->",
                "<x>v<![CDATA[\(long)]>]]></x>",
            ]
            for markup in all {
                let own = "<o><id>2</id><at>2026-01-01</at>\(markup)</o>"
                let file = "<r>\(first)\(own)\(last)</r>"
                // Bytes one by one around the cut, and where the markup ends.
                let end = "<r>\(first)\(own)".utf8.count
                for pieces in [[], Array(end - 60...end + 8)] as [[Int]] {
                    let outcome = try recordByRecord(file, type, pieces: pieces)
                    let said = "\(length) \(markup.prefix(5)) \(markup.suffix(8)) \(pieces.count)"
                    XCTAssertNil(outcome.fault?.detail, said)
                    XCTAssertEqual(outcome.documents, [first, own, last].map { Array("<r>\($0)</r>".utf8) }, said)
                }
            }
        }
    }

    // MARK: Work

    /// Each element around or behind records is read with all that is declared around it.
    func test_longNamespacesAroundManyElements_endAtTheBound() throws {
        func fault(_ file: String) throws -> Fault? {
            let path = try XCTUnwrap(XMLEnvelopePath(try XMLPath("/r/g/o", namespaces: [:]), roots: []))
            var scanner = XMLEnvelopeScanner(path, recordByteCountMax: 1 << 20, .collected(EnvelopeSurroundings()))
            scanner.checkedByteCountMin = 1 << 20
            do {
                try Array(file.utf8).withUnsafeBytes { try scanner.scan($0, at: 0) { _ in } }
                try scanner.finish(at: file.utf8.count) { _ in }
            } catch let error as RecordFileError {
                return error.fault
            }
            return nil
        }
        func open(_ byteCount: Int) -> String { "<r xmlns:a='urn:" + String(repeating: "a", count: byteCount) + "'>" }
        let groups = String(repeating: "<g><o/></g>", count: 2_000), others = "<g><o/>" + String(repeating: "<x/>", count: 2_000) + "</g>"
        for content in [groups, others] {
            let found = try fault(open(20_000) + content + "</r>")
            XCTAssertEqual(found?.code, .tooLarge, found?.detail ?? "taken")
            XCTAssertEqual(found?.detail.contains("what stands around the records"), true)
            // The bound grows with the file: what is declared in any file is none too much for as many groups as there may be.
            XCTAssertNil(try fault(open(100) + content + "</r>")?.detail)
        }
    }

    /// A namespace is looked for among all that are declared around: no more than a document may have.
    func test_manyNamespacesAroundElements_areRefusedAtTheFirst() throws {
        let type = try type(each: "/r/o")
        let many = String(repeating: " xmlns:a=''", count: 23_000)
        let crowded = try recordByRecord("<r\(many)><s\(many)>" + String(repeating: "<x/>", count: 130_000) + "</s></r>", type)
        XCTAssertEqual(crowded.fault?.errors.first?.code, "too-much-work", crowded.fault?.detail ?? "taken")
        func declared(_ range: Range<Int>) -> String { range.map { " xmlns:p\($0)='urn:\($0)'" }.joined() }
        let deep = try recordByRecord("<r\(declared(0..<150))><s\(declared(150..<257))/>\(Self.record(1))</r>", type)
        XCTAssertEqual(deep.fault?.errors.first?.code, "too-much-work", deep.fault?.detail ?? "taken")
        XCTAssertEqual(deep.documents.count, 0)
        // As many as may be; and a record with more is that record's fault alone.
        let full = try recordByRecord("<r\(declared(0..<150))><s\(declared(150..<256))/>\(Self.record(1))<o\(declared(150..<257))/>\(Self.record(2))</r>", type)
        XCTAssertNil(full.fault?.detail)
        XCTAssertEqual(full.documents.count, 3)
    }
}
