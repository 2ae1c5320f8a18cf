import XCTest

@testable import Documents

/// Goal: a long text costs as often as it is read. Method: documents in which each row leads to one long value, counted in steps.
final class LongTextWorkTests: XCTestCase {
    private func reader(_ json: String) throws -> DocumentReader {
        let type: DocumentType
        do throws(TypeFileError) {
            type = try DocumentType(json: Array(json.utf8))
        } catch {
            throw Fault(.invalidType, "\(error.reasons)")
        }
        let registry = TypeRegistry()
        try registry.put(type)
        return DocumentReader(registry: registry)
    }

    private func isTooMuch(_ text: String, _ type: String, documentByteCountMax: Int = 1 << 20) throws -> Bool {
        let body = Array(text.utf8)
        var options = ReadingOptions(now: SampleFiles.now, documentByteCountMax: documentByteCountMax)
        options.allowance = WorkAllowance(byteCount: body.count)
        let reader = try reader(type)
        var results: [ReceiptResult]
        do {
            results = try text.hasPrefix("<") ? reader.readXML(body, options).receipts : reader.readJSON(body, options).receipts
        } catch let fault as Fault {
            results = [.refused(fault, type: nil, document: .own([]))]
        }
        XCTAssertEqual(results.count, 1)
        guard case .refused(let fault, _, _)? = results.first else { return false }
        XCTAssertEqual(fault.errors.map(\.code), ["too-much-work"])
        return true
    }

    private func json(_ columns: String) -> String {
        #"{"name":"j","version":1,"format":"json","match":{"/id":{"exists":true}},"receipt_id":"/id","issued_at":"/at","accept_from":null,"columns":{"lines":{"path":"/lines","columns":{\#(columns)}}}}"#
    }

    private func document(_ value: String, lineCount: Int) -> String {
        #"{"id":"1","at":"2020-01-01T00:00:00Z","rate":\#(value),"lines":[\#(Array(repeating: "{}", count: lineCount).joined(separator: ","))]}"#
    }

    func test_read_longValueOfEachRow_isChargedForEachRow() throws {
        let zeros = String(repeating: "0", count: 200_000)
        for (column, value, short) in [
            (#""path":"/rate","from_root":true,"type":"DOUBLE""#, "1.\(zeros)", "1.0"), (#""path":"/rate","from_root":true,"type":"DOUBLE""#, "\"1.\(zeros)\"", "\"1.0\""),
            (#""path":"/rate","from_root":true,"type":"DECIMAL(9,2)""#, "1.\(zeros)", "1.0"), (#""path":"/rate","from_root":true,"type":"BLOB""#, "\"\(zeros)\"", "\"0000\""),
            (#""sum":"/rate","from_root":true,"type":"DECIMAL(9,2)""#, "1.\(zeros)", "1.0"),
        ] {
            let type = json("\"n\":{\(column)}")
            XCTAssertTrue(try isTooMuch(document(value, lineCount: 1_000), type), "\(column) \(value.prefix(4))")
            // A long one that few rows lead to, and a short one, are what they were.
            XCTAssertFalse(try isTooMuch(document(value, lineCount: 10), type), "\(column) \(value.prefix(4))")
            XCTAssertFalse(try isTooMuch(document(short, lineCount: 1_000), type), "\(column) \(value.prefix(4))")
        }
    }

    func test_read_longNumberThatEachRowTests_isCharged() throws {
        let type = json(#""n":{"path":"/rate","from_root":true,"where":{"/k":2},"value":"/v","type":"VARCHAR"}"#)
        let zeros = String(repeating: "0", count: 200_000)
        XCTAssertTrue(try isTooMuch(document(#"[{"k":1.\#(zeros)}]"#, lineCount: 4_000), type))
        XCTAssertFalse(try isTooMuch(document(#"[{"k":1.\#(zeros)}]"#, lineCount: 100), type))
        XCTAssertFalse(try isTooMuch(document(#"[{"k":1.0}]"#, lineCount: 4_000), type))
    }

    func test_read_orderByOneLongValue_isChargedForEachElement() throws {
        let type = #"{"name":"x","version":1,"format":"xml","match":{"/d":{"exists":true}},"receipt_id":"@id","issued_at":"@at","accept_from":null,"columns":{"lines":{"path":"l","order_by":["../rate"],"columns":{"n":{"path":"@n","type":"VARCHAR"}}}}}"#
        func document(_ rate: String, lineCount: Int) -> String {
            #"<d id="1" at="2020-01-01T00:00:00Z"><rate>\#(rate)</rate>\#(String(repeating: "<l/>", count: lineCount))</d>"#
        }
        XCTAssertTrue(try isTooMuch(document("1." + String(repeating: "0", count: 200_000), lineCount: 1_000), type))
        XCTAssertFalse(try isTooMuch(document("1.0", lineCount: 1_000), type))
    }

    func test_read_longTextOfXMLForEachRow_isCharged_blanksToo() throws {
        let type = #"{"name":"x","version":1,"format":"xml","match":{"/d":{"exists":true}},"receipt_id":"@id","issued_at":"@at","accept_from":null,"columns":{"lines":{"path":"l","columns":{"n":{"path":"../rate","type":"DOUBLE"}}}}}"#
        func document(_ rate: String, lineCount: Int) -> String {
            #"<d id="1" at="2020-01-01T00:00:00Z"><rate>\#(rate)</rate>\#(String(repeating: "<l/>", count: lineCount))</d>"#
        }
        let zeros = String(repeating: "0", count: 200_000)
        XCTAssertTrue(try isTooMuch(document("1.\(zeros)", lineCount: 1_000), type))
        XCTAssertTrue(try isTooMuch(document(String(repeating: " ", count: 400_000), lineCount: 20_000), type))
        XCTAssertFalse(try isTooMuch(document("1.\(zeros)", lineCount: 10), type))
        XCTAssertFalse(try isTooMuch(document("1.0", lineCount: 1_000), type))
        XCTAssertFalse(try isTooMuch(document("   ", lineCount: 1_000), type))
    }

    /// Receipts of an envelope share the body's allowance.
    func test_read_longIdAndZoneOfEachReceipt_areCharged() throws {
        func type(_ members: String) -> String {
            #"{"name":"e","version":1,"format":"json","match":{"/r":{"exists":true}},"each":"/r","batch":"each",\#(members),"issued_at":"/at","accept_from":null,"columns":{"id":{"path":"/id","type":"VARCHAR"}}}"#
        }
        for members in [
            #""receipt_id":[{"path":"/id"},{"path":"/long","from_root":true,"optional":true}]"#, #""receipt_id":"/id","time_zone":{"path":"/long","from_root":true,"map":{"x":"UTC"},"default":"UTC"}"#,
        ] {
            func refusedCount(_ long: String) throws -> Int {
                let receipts = (0..<500).map { #"{"id":"\#($0)","at":"2020-01-01T00:00:00Z"}"# }.joined(separator: ",")
                let body = Array(#"{"long":"\#(long)","r":[\#(receipts)]}"#.utf8)
                var options = ReadingOptions(now: SampleFiles.now)
                options.allowance = WorkAllowance(byteCount: body.count)
                // Blanks alone are no part of an id, and no zone.
                let results = try reader(type(members)).readJSON(body, options).receipts
                XCTAssertEqual(results.count, 500)
                return results.count { if case .refused = $0 { true } else { false } }
            }
            XCTAssertEqual(try refusedCount("   "), 0, members)
            XCTAssertGreaterThan(try refusedCount(String(repeating: " ", count: 200_000)), 0, members)
        }
    }

    /// What is unescaped anew for each row has its memory until the document is done with.
    func test_read_textsThatAreMadeForEachRow_haveABound() throws {
        let type = json(#""n":{"path":"/rate","from_root":true,"type":"VARCHAR"}"#)
        let escaped = "\"" + String(repeating: #"\u0061"#, count: 500_000) + "\""
        XCTAssertTrue(try isTooMuch(document(escaped, lineCount: 25), type, documentByteCountMax: 4 << 20))
        XCTAssertFalse(try isTooMuch(document(escaped, lineCount: 5), type, documentByteCountMax: 4 << 20))
    }

    func test_arena_byteCount_isThatOfItsChunks() {
        let arena = Arena()
        XCTAssertEqual(arena.byteCount, 0)
        _ = arena.allocate(10)
        let chunk = arena.byteCount
        _ = arena.allocate(1 << 20)
        XCTAssertEqual(arena.byteCount, chunk + 1 << 20)
        arena.reset()
        XCTAssertEqual(arena.byteCount, chunk)
    }
}
