import ColumnStore
import Documents
import Foundation
import TestSupport
import XCTest

/// Goal: a file gives the same records in whatever pieces it comes, whatever a record's length and faults, and goes on where it stopped.
/// Method: random files of each form, cut at random; Python's csv says what is in CSV.
final class RecordStreamTests: XCTestCase {
    /// A record as a test can hold it.
    private struct Seen: Equatable {
        var number: Int
        var endOffset: Int
        var text: String
    }

    private struct Outcome: Equatable {
        var records: [Seen] = []
        var error: String?
        var header: [UInt8]?
    }

    private func read(_ file: [UInt8], pieces: [Int], _ make: () -> RecordStream) -> Outcome {
        var stream = make()
        var outcome = Outcome()
        func take(_ record: StreamRecord) {
            switch record.content {
            case .whole(let bytes): outcome.records.append(Seen(number: record.number, endOffset: record.endOffset, text: String(decoding: bytes, as: UTF8.self)))
            case .refused(let fault): outcome.records.append(Seen(number: record.number, endOffset: record.endOffset, text: "! \(fault.code.rawValue): \(fault.detail)"))
            }
        }
        do {
            var start = 0
            for end in pieces + [file.count] {
                try stream.add(Array(file[start..<end]), take)
                start = end
            }
            try stream.finish(take)
        } catch let error as RecordFileError {
            outcome.error = "\(error.fault.code.rawValue): \(error.fault.detail)"
        } catch {
            outcome.error = "\(error)"
        }
        outcome.header = stream.csvHeader
        return outcome
    }

    private func texts(_ file: String, _ form: RecordForm, _ options: RecordStream.Options = .init()) -> [String] {
        let outcome = read(Array(file.utf8), pieces: []) { RecordStream(form, options) }
        return outcome.records.map(\.text) + (outcome.error.map { ["ERROR " + $0] } ?? [])
    }

    private static func options(recordByteCountMax: Int = 60, columns: Set<[UInt8]>? = nil, coding: StreamCoding? = nil) -> RecordStream.Options {
        var options = RecordStream.Options()
        options.recordByteCountMax = recordByteCountMax
        options.columns = columns
        options.coding = coding
        return options
    }

    // MARK: Pieces

    private static let scraps = [
        "\"", "\"\"", ",", "\n", "\r\n", "\r", "a", "bc", "{", "}", "[", "]", ":", "\\", "\\\"", " ", "1", "null", "ї", "\u{FEFF}", "\u{0}", "{\"a\":1}", "{\"a\":[1,{\"b\":\"}\"}]}", "\"x\",1\n",
        "<Item>", "</Item>", "<Item/>", "<a>", "</a>", "<!--", "-->", "<![CDATA[", "]]>", "<?x?>", "{\"r\":[", "{\"g\":[{\"i\":[1,2]},{\"k\":3,\"i\":[\"x\"]}],\"z\":{}}", "]}", "\"r\":", "x,y,z\n", String(repeating: "long", count: 20),
    ]

    private static func file(_ random: inout SplitMix64) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let scrap = Array((scraps.randomElement(using: &random) ?? "").utf8)
            // Half a character, now and then.
            bytes += Int.random(in: 0..<20, using: &random) == 0 ? scrap.dropLast() : scrap[...]
        }
        return bytes
    }

    private static func jsonEnvelope(_ path: String) throws -> RecordEnvelope {
        let json = #"{"name":"e","version":1,"format":"json","match":{"/x":"y"},"each":"\#(path)","receipt_id":"/id","issued_at":"/at","columns":{}}"#
        return try XCTUnwrap(RecordEnvelope(try DocumentType(json: Array(json.utf8)).file))
    }

    private static func makers() throws -> [(String, () -> RecordStream)] {
        let (all, groups) = (try jsonEnvelope("/r"), try jsonEnvelope("/g/*/i/*"))
        let items = try XCTUnwrap(try xmlEnvelope("//Item"))
        return [
            ("lines", { RecordStream(.lines, options()) }), ("json", { RecordStream(.json, options()) }), ("csv", { RecordStream(.csv, options()) }),
            ("csv columns", { RecordStream(.csv, options(columns: [Array("x".utf8), Array("a".utf8)])) }), ("xml", { RecordStream(.xml, options()) }),
            ("envelope", { RecordStream(all, options()) }), ("envelope of groups", { RecordStream(groups, options()) }),
            ("xml envelope", { RecordStream(items, options()) }),
        ]
    }

    func test_everySplit_givesTheSameRecords() throws {
        let seed = SourceSeed.of("Sources/Documents/Records")
        var random = SplitMix64(state: seed)
        for (name, make) in try Self.makers() {
            for _ in 0..<1_500 {
                let file = Self.file(&random)
                let whole = read(file, pieces: [], make)
                let single = read(file, pieces: Array(1...max(1, file.count)).dropLast(), make)
                XCTAssertEqual(single, whole, "\(name), seed \(seed), byte by byte: \(String(decoding: file, as: UTF8.self).debugDescription)")
                let cuts = (0..<3).map { _ in Int.random(in: 0...file.count, using: &random) }.sorted()
                XCTAssertEqual(read(file, pieces: cuts, make), whole, "\(name), seed \(seed), \(cuts): \(String(decoding: file, as: UTF8.self).debugDescription)")
                XCTAssertEqual(whole.records.map(\.number), Array(1..<whole.records.count + 1), name)
                XCTAssertTrue(zip(whole.records, whole.records.dropFirst()).allSatisfy { $0.endOffset <= $1.endOffset }, name)
                XCTAssertLessThanOrEqual(whole.records.last?.endOffset ?? 0, file.count)
            }
        }
    }

    func test_codings_giveTheSameRecords_andBrokenOnesAreTheFilesFault() throws {
        let file = Array((1...2_000).map { "{\"n\":\($0)}\n" }.joined().utf8)
        let plain = read(file, pieces: []) { RecordStream(.lines, Self.options()) }
        XCTAssertEqual(plain.records.count, 2_000)
        for coding in StreamCoding.allCases {
            let coded = StreamCompressor(coding).compress(file, isLast: true)
            XCTAssertEqual(read(coded, pieces: [1, 5, 100]) { RecordStream(.lines, Self.options(coding: coding)) }, plain)
            XCTAssertEqual(StreamCoding.of(first: coded), coding)
            let cut = read(Array(coded.dropLast(9)), pieces: [7]) { RecordStream(.lines, Self.options(coding: coding)) }
            XCTAssertTrue(cut.error?.contains("cut short") ?? false, "\(coding): \(cut.error ?? "")")
            // Behind the last member or frame stands another, or nothing.
            let behind = read(coded + [1, 2, 3, 4, 5, 6], pieces: []) { RecordStream(.lines, Self.options(coding: coding)) }
            XCTAssertEqual(behind.error?.hasPrefix("bad-encoding: the compressed file is broken"), true, "\(coding): \(behind.error ?? "")")
            XCTAssertEqual(behind.records.count, 2_000)
        }
    }

    /// As pzstd puts them out: a frame to skip stands before each frame of data.
    func test_zstd_behindFramesToSkip_isKnown_andGivesTheSameRecords() {
        let file = Array((1...2_000).map { "{\"n\":\($0)}\n" }.joined().utf8)
        let plain = read(file, pieces: []) { RecordStream(.lines, Self.options()) }
        let frame = StreamCompressor(.zstd).compress(file, isLast: true)
        for first in UInt8(0x50)...0x5F {
            let skipped: [UInt8] = [first, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]
            let coded = skipped + frame
            XCTAssertEqual(StreamCoding.of(first: coded), .zstd, "\(first)")
            XCTAssertEqual(read(coded, pieces: [1, 5, 100]) { RecordStream(.lines, Self.options(coding: .zstd)) }, plain, "\(first)")
        }
        let others: [[UInt8]] = [[0x4F, 0x2A, 0x4D, 0x18], [0x60, 0x2A, 0x4D, 0x18], [0x50, 0x2A, 0x4D], []]
        for other in others { XCTAssertNil(StreamCoding.of(first: other), "\(other)") }
    }

    func test_bomb_endsAtTheBound_inLittleMemory() {
        let zeros = [UInt8](repeating: 0x20, count: 8 << 20)
        var options = Self.options(coding: .zstd)
        options.byteCountMax = 1 << 20
        let outcome = read(StreamCompressor(.zstd).compress(zeros, isLast: true), pieces: []) { RecordStream(.csv, options) }
        XCTAssertEqual(outcome.error.map { $0.hasPrefix("too-large: the file is longer than 1048576 bytes once it is decoded") }, true, outcome.error ?? "")
    }

    /// A megabyte around twenty thousand small records is no twenty gigabytes: the file ends where its records, each with what stands around it, are past their bound.
    func test_muchAroundManyRecords_endsAtTheBound() throws {
        func given(_ file: String, _ envelope: RecordEnvelope, passed: Int = 0) throws -> (last: Int, byteCount: Int, fault: Fault.Code?) {
            var options = RecordStream.Options()
            options.recordCountPassed = passed
            var stream = RecordStream(envelope, options)
            var (last, byteCount) = (0, 0)
            func take(_ record: StreamRecord) {
                last = record.number
                if case .whole(let bytes) = record.content { byteCount += bytes.count }
            }
            do {
                try stream.add(Array(file.utf8), take)
                try stream.finish(take)
            } catch let error as RecordFileError {
                return (last, byteCount, error.fault.code)
            }
            return (last, byteCount, nil)
        }
        func json(pad: Int) -> String {
            #"{"pad":""# + String(repeating: "p", count: pad) + #"","r":["# + Array(repeating: #"{"i":1}"#, count: 20_000).joined(separator: ",") + "]}"
        }
        func xml(pad: Int) -> String {
            "<Batch xmlns='urn:b'><Pad>" + String(repeating: "p", count: pad) + "</Pad>" + String(repeating: "<Item>1</Item>", count: 20_000) + "</Batch>"
        }
        let items = try XCTUnwrap(try Self.xmlEnvelope("/b:Batch/b:Item"))
        for (make, envelope) in [(json, try Self.jsonEnvelope("/r")), (xml, items)] as [((Int) -> String, RecordEnvelope)] {
            let file = make(1_000_000)
            let whole = try given(file, envelope)
            XCTAssertEqual(whole.fault, .tooLarge)
            XCTAssertGreaterThan(whole.last, 1_000)
            XCTAssertLessThanOrEqual(whole.byteCount, (1 << 30) + 64 * file.utf8.count)
            let rest = try given(file, envelope, passed: 500)
            XCTAssertEqual(rest.last, whole.last, "it ends at the same record wherever its reading goes on")
            XCTAssertEqual(rest.fault, .tooLarge)
            // Less around as many is no fault.
            let small = try given(make(10_000), envelope)
            XCTAssertEqual(small.last, 20_000)
            XCTAssertNil(small.fault)
        }
    }

    func test_goingOn_givesTheRestAlone() throws {
        let file = Array("a,b\n1,2\n3\n\"x\ny\",4\n5,6".utf8)
        let whole = read(file, pieces: []) { RecordStream(.csv) }
        XCTAssertEqual(whole.records.count, 4)
        for passed in 0...5 {
            var options = RecordStream.Options()
            options.recordCountPassed = passed
            let rest = read(file, pieces: [3, 9]) { RecordStream(.csv, options) }
            XCTAssertEqual(rest.records, Array(whole.records.dropFirst(passed)))
            XCTAssertEqual(rest.header, Array("a,b".utf8))
        }
    }

    // MARK: CSV

    private struct Case: Decodable {
        var file: Data
        var delimiter: String
        var rows: [[String]]
    }

    func test_csv_isReadAsPythonReadsIt() throws {
        let seed = SourceSeed.of("Sources/Documents/Records")
        let result = try PythonReader.run("DocumentsTests/Readers/csv_cases.py", ["3000", "\(seed)"])
        XCTAssertEqual(result.exitCode, 0, result.output)
        var random = SplitMix64(state: seed)
        var rowCount = 0
        for line in result.output.split(separator: "\n") {
            let wanted = try JSONDecoder().decode(Case.self, from: Data(line.utf8))
            let file = Array(wanted.file)
            var options = RecordStream.Options()
            options.delimiter = try XCTUnwrap(wanted.delimiter.utf8.first)
            let outcome = read(file, pieces: [Int.random(in: 0...file.count, using: &random)]) { RecordStream(.csv, options) }
            XCTAssertNil(outcome.error, "\(line)")
            let rows = try outcome.records.map { try fields($0.text, header: outcome.header ?? [], options.delimiter) }
            let width = wanted.rows[0].count
            XCTAssertEqual(rows, wanted.rows.dropFirst().map { $0.count == width ? $0 : nil }, "\(line)")
            rowCount += rows.count
        }
        XCTAssertGreaterThan(rowCount, 10_000)
    }

    /// As the reader of a chunk sees the row behind its header; nil for one that was refused.
    private func fields(_ row: String, header: [UInt8], _ delimiter: UInt8) throws -> [String]? {
        if row.hasPrefix("! invalid-document: ") { return nil }
        let body = header + [0x0A] + Array(row.utf8)
        return try body.withUnsafeBytes { bytes in
            var reader = try CSVReader(bytes, delimiter: delimiter)
            let record = try XCTUnwrap(try reader.nextRecord())
            XCTAssertNil(try reader.nextRecord())
            return record.fields.map { String(decoding: reader.text(of: $0), as: UTF8.self) }
        }
    }

    func test_csv_faultsOfARow_areThatRowsAlone() {
        XCTAssertEqual(
            texts("a,b\n1,2\n3\n4,5,6\nx\"y,7\n\"z\"w,8\n9,10\n", .csv),
            [
                "1,2", "! invalid-document: 1 fields where the header has 2 (line 3)", "! invalid-document: 3 fields where the header has 2 (line 4)",
                "! invalid-document: a quote within a field that does not begin with one (line 5)", "! invalid-document: something follows the closing quote of a field (line 6)", "9,10",
            ])
        XCTAssertEqual(texts("a\n\u{0}\nok", .csv), ["! invalid-document: a NUL within the row (line 2)", "ok"])
        let bad = read(Array("a\n".utf8) + [0xC3, 0x28, 0x0A] + Array("ok\n".utf8), pieces: []) { RecordStream(.csv) }
        XCTAssertEqual(bad.records.map(\.text), [#"! bad-encoding: not UTF-8: of CSV in another charset the media type says so, as in "text/csv; charset=windows-1252" (line 2)"#, "ok"])
        // A row past the limit, whatever is in it, is one refused record.
        XCTAssertEqual(
            texts("a\n\"" + String(repeating: "x\n", count: 100) + "\"\nok\n", .csv, Self.options()), ["! too-large: a record of 202 bytes; 60 are allowed", "ok"])
    }

    func test_csv_faultsOfTheFile() {
        XCTAssertEqual(texts("", .csv), ["ERROR invalid-document: no header (byte 0)"])
        XCTAssertEqual(texts("\u{FEFF}\r\n", .csv), ["ERROR invalid-document: no header (byte 0)"])
        XCTAssertEqual(texts("a,b", .csv), [])
        XCTAssertEqual(texts("a,a\n1,2\n", .csv), ["ERROR invalid-document: the header has one name twice, of the columns 1 and 2 (line 1)"])
        XCTAssertEqual(texts("a\n1\n\"2\n3\n", .csv), ["1", "ERROR invalid-document: a quoted field is not closed; it begins in the row of line 3 (byte 4)"])
        // All of a file whose lines end with CR alone is its first row: no value of it is shown as a column's name, and it is not taken for a header without records.
        for columns: Set<[UInt8]>? in [nil, [[0x61], [0x62]]] {
            XCTAssertEqual(
                texts("a,b\r1,078-05-1120\r2,3\r", .csv, Self.options(columns: columns)),
                ["ERROR invalid-document: a carriage return within the header: do lines end with CR alone? LF or CRLF is wanted (line 1)"])
        }
        XCTAssertEqual(
            texts("a,c,d\n1,2,3\n", .csv, Self.options(columns: [[0x61]])), ["ERROR invalid-document: the header has columns that the type does not know: \"c\", \"d\"; it knows \"a\""])
        XCTAssertEqual(
            texts("1,2\n3,4\n", .csv, Self.options(columns: [[0x61], [0x62]])),
            ["ERROR invalid-document: the first row has none of the type's columns: is the header missing? They are \"a\", \"b\""])
        let wide = read([0xFF, 0xFE, 0x61, 0x00, 0x0A, 0x00], pieces: [1]) { RecordStream(.csv) }
        XCTAssertEqual(wide.error, "bad-encoding: the file is in UTF-16 or UTF-32; UTF-8 is wanted (byte 0)")
    }

    /// Wherever its pieces end, and by its mark where it has one.
    func test_csv_ofAnotherCharset_isReadInIt() {
        func records(_ file: [UInt8], _ charset: String, columns: Set<[UInt8]>? = nil) -> [String] {
            var options = Self.options(columns: columns)
            options.charset = charset
            let whole = read(file, pieces: []) { RecordStream(.csv, options) }
            for place in 0...file.count { XCTAssertEqual(read(file, pieces: [place]) { RecordStream(.csv, options) }, whole, "\(charset), cut at \(place)") }
            return whole.records.map(\.text) + (whole.error.map { ["ERROR " + $0] } ?? [])
        }
        let wide = "a,b\né,😀\n".utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        let other = wide.indices.map { wide[$0 ^ 1] }
        for (file, charset) in [(wide, "utf-16le"), ([0xFF, 0xFE] + wide, "utf-16"), (wide, "UTF-16"), (other, "utf-16"), ([0xFE, 0xFF] + other, "utf-16be")] {
            XCTAssertEqual(records(file, charset, columns: [[0x61], [0x62]]), ["é,😀"], charset)
        }
        XCTAssertEqual(records([0x61, 0x0A, 0xE9, 0x0A, 0x62, 0x0A], "iso-8859-2"), ["é", "b"])
        XCTAssertEqual(records([0x61, 0x0A, 0x81, 0x0A, 0x62, 0x0A], "windows-1252"), ["! bad-encoding: not CP1252 (line 2)", "b"])
        XCTAssertEqual(records([0x61, 0x0A, 0x98, 0x0A], "windows-1251"), ["! bad-encoding: not CP1251 (line 2)"])
        XCTAssertEqual(records([0x61, 0x98, 0x0A, 0x62, 0x0A], "windows-1251"), ["ERROR bad-encoding: not CP1251 (byte 1)"])
        XCTAssertEqual(records([0x61, 0x0A, 0xE9, 0x0A], "utf-8"), ["! bad-encoding: not UTF-8 (line 2)"])
        XCTAssertEqual(records([0xEF, 0xBB, 0xBF, 0x61, 0x0A, 0x62, 0x0A], "utf-8"), ["b"])
        XCTAssertEqual(records([0xEF, 0xBB, 0xBF, 0x61, 0x0A, 0xC3, 0xA9, 0x0A], "windows-1252"), ["é"])
        XCTAssertEqual(records([0xFF, 0xFE, 0x61, 0x00, 0x0A, 0x00], "windows-1252"), ["ERROR bad-encoding: its charset is windows-1252, but its first bytes are UTF-16LE (byte 0)"])
        XCTAssertEqual(records([0x61, 0x2C, 0x0A, 0x62, 0x2C, 0x0A], "utf-8", columns: [[0x61]]), ["b,"])
        for charset in ["utf-8-sig", "binary", "ANSI_X3.4-1968"] { XCTAssertEqual(records([0x61, 0x0A, 0xC3, 0xA9, 0x0A], charset), ["é"], charset) }
        XCTAssertEqual(records([0x61, 0x0A, 0xE9, 0x0A], "latin-1"), ["é"])
        // The last record need not end in a line's end.
        for charset in ["windows-1258", "windows-1255", "windows-1252"] { XCTAssertEqual(records(Array("a\nx\nabc".utf8), charset), ["x", "abc"], charset) }
    }

    // MARK: JSON

    func test_lines() {
        XCTAssertEqual(texts("\u{FEFF}{\"a\":1}\r\n\n  \t\r\n2\n\n[3]", .lines), ["{\"a\":1}", "2", "[3]"])
        XCTAssertEqual(texts(String(repeating: "x", count: 61) + "\nok", .lines, Self.options()), ["! too-large: a record of 61 bytes; 60 are allowed", "ok"])
    }

    func test_json_arraysAndValues() {
        XCTAssertEqual(texts(" [1, \"a,]\" ,{\"b\":[2,3]} , null]  \n", .json), ["1", "\"a,]\"", "{\"b\":[2,3]}", "null"])
        XCTAssertEqual(texts("{\"a\":1}{\"b\":2}\n3 \"x\"", .json), ["{\"a\":1}", "{\"b\":2}", "3", "\"x\""])
        XCTAssertEqual(texts("[]", .json), [])
        XCTAssertEqual(texts("", .json), [])
        XCTAssertEqual(texts("[1,,2]", .json), ["1", "! bad-json: a value is missing before a comma (byte 3 of the file)", "2"])
        XCTAssertEqual(texts("[1,]", .json), ["1", "! bad-json: a value is missing before the end of the array (byte 3 of the file)"])
        XCTAssertEqual(texts("[1,2", .json), ["1", "ERROR bad-json: the array does not end: the file is cut short (byte 4)"])
        XCTAssertEqual(texts("[{} {}]", .json), ["{} {}"])
        XCTAssertEqual(texts("[1] 2", .json), ["1", "ERROR bad-json: something follows the array (byte 4)"])
        XCTAssertEqual(texts("{\"a\":1", .json), ["{\"a\":1"])
        XCTAssertEqual(
            texts("[\"" + String(repeating: "x", count: 80) + "\",1]", .json, Self.options()), ["! too-large: a record of 82 bytes; 60 are allowed", "1"])
    }

    func test_envelope_givesADocumentOfEachElement() throws {
        let (_, all) = try Self.makers()[5]
        let (_, groups) = try Self.makers()[6]
        func texts(_ file: String, _ make: () -> RecordStream) -> [String] {
            let outcome = read(Array(file.utf8), pieces: []) { make() }
            return outcome.records.map(\.text) + (outcome.error.map { ["ERROR " + $0] } ?? [])
        }
        XCTAssertEqual(
            texts(#" { "x" : "y" , "h" : [1, {"r":2}], "r" : [ {"id": 1} , {"id":2,"s":"]"} ] , "t" : 9 } "#, all),
            [#"{"x":"y","h":[1,{"r":2}],"r":[{"id": 1}]}"#, #"{"x":"y","h":[1,{"r":2}],"r":[{"id":2,"s":"]"}]}"#])
        XCTAssertEqual(texts(#"{"r":{"id":1},"z":0}"#, all), [#"{"r":{"id":1}}"#])
        XCTAssertEqual(texts(#"{"\u0072":[1,2]}"#, all), [#"{"\u0072":[1]}"#, #"{"\u0072":[2]}"#])
        XCTAssertEqual(
            texts(#"{"g":[{"k":1,"i":[1,2]},{"k":2},{"k":3,"i":["x"]}],"z":[]}"#, groups),
            [#"{"g":[{"k":1,"i":[1]}]}"#, #"{"g":[{"k":1,"i":[2]}]}"#, #"{"g":[{"k":3,"i":["x"]}]}"#])
        XCTAssertEqual(texts(#"{"r":[]}"#, all), [])
        XCTAssertEqual(texts(#"{"q":[1]}"#, all), ["ERROR invalid-document: no record in this file: nothing in it is what the type takes one from"])
        XCTAssertEqual(texts(#"{"r":[1,2"#, all), [#"{"r":[1]}"#, "ERROR bad-json: the document does not end: the file is cut short (byte 9)"])
        XCTAssertEqual(texts(#"{"r":[1],"z":tru}"#, all).last?.hasPrefix("ERROR bad-json: what stands around the records is no JSON"), true)
        XCTAssertEqual(texts(#"{"r":[1],}"#, all).last?.hasPrefix("ERROR bad-json: what stands around the records is no JSON"), true)
    }

    private static func xmlEnvelope(_ path: String) throws -> RecordEnvelope? {
        let json = ##"{"name":"e","version":1,"format":"xml","namespaces":{"b":"urn:b"},"match":{"root":"{urn:b}Batch"},"each":"\##(path)","receipt_id":"b:Id","issued_at":"b:At","columns":{}}"##
        return RecordEnvelope(try DocumentType(json: Array(json.utf8)).file)
    }

    func test_xmlEnvelope_givesADocumentOfEachElement() throws {
        let envelope = try XCTUnwrap(try Self.xmlEnvelope("/b:Batch/b:Group/b:Item"))
        func texts(_ file: String) -> [String] {
            let outcome = read(Array(file.utf8), pieces: []) { RecordStream(envelope, Self.options(recordByteCountMax: 300)) }
            return outcome.records.map(\.text) + (outcome.error.map { ["ERROR " + $0] } ?? [])
        }
        let open = "<p:Batch xmlns:p='urn:b' n=\"a>b\">"
        XCTAssertEqual(
            texts("\u{FEFF}<?xml version='1.0' encoding='UTF-8'?>\n<!-- <p:Item/> -->" + open + "\n <p:Head>x &amp; y</p:Head>\n <p:Group no='1'>\n  <p:Item><p:Item>1</p:Item><!--</p:Item>--><![CDATA[</p:Item>]]></p:Item>\n"
                + "  <p:Item z='/>'/>\n </p:Group><Group xmlns='urn:b'><Item>3</Item><Other/></Group><p:Foot/></p:Batch>\n"),
            [
                open + "<p:Head>x &amp; y</p:Head><p:Group no='1'><p:Item><p:Item>1</p:Item><!--</p:Item>--><![CDATA[</p:Item>]]></p:Item></p:Group></p:Batch>",
                open + "<p:Head>x &amp; y</p:Head><p:Group no='1'><p:Item z='/>'/></p:Group></p:Batch>",
                open + "<p:Head>x &amp; y</p:Head><Group xmlns='urn:b'><Item>3</Item></Group></p:Batch>",
            ])
        XCTAssertEqual(texts("<Batch xmlns='urn:c'><Group><Item/></Group></Batch>").last?.hasPrefix("ERROR invalid-document: no record in this file"), true)
        XCTAssertEqual(texts("<!DOCTYPE a><a/>").last?.hasPrefix("ERROR bad-xml: a DOCTYPE is not allowed"), true)
        XCTAssertEqual(texts(open + "<p:Group><p:Item>").last?.contains("cut short"), true)
        XCTAssertEqual(texts(open + "</p:Group>").last?.contains("an end tag that ends nothing"), true)
        XCTAssertEqual(texts("<?xml version='1.0' encoding='x-none'?><a/>").last?.hasPrefix("ERROR bad-encoding"), true)
        XCTAssertEqual(texts("\n<?xml version='1.0' encoding='windows-1251'?><a/>").last?.hasPrefix("ERROR bad-encoding"), true)
        XCTAssertEqual(
            texts(open + "<p:Group><p:Item>" + String(repeating: "long ", count: 100) + "</p:Item><p:Item>2</p:Item></p:Group></p:Batch>"),
            ["! too-large: a record of 517 bytes; 300 are allowed", open + "<p:Group><p:Item>2</p:Item></p:Group></p:Batch>"])
        XCTAssertNotNil(try Self.xmlEnvelope("//b:Item"))
        XCTAssertNil(try Self.xmlEnvelope("//b:Item[b:Kind='sale']"))
    }

    /// In whatever encoding an envelope is, its records are those of the same text in UTF-8; what is no character is the fault of the record it stands in.
    func test_xmlEnvelope_inOtherEncodings_givesTheSameRecords() throws {
        let envelope = try XCTUnwrap(try Self.xmlEnvelope("/b:Batch/b:Item"))
        func text(_ encoding: String?) -> String {
            (encoding.map { "<?xml version='1.0' encoding=\"\($0)\"?>" } ?? "") + "<Batch xmlns='urn:b'>" + (0..<40).map { "<Item n='\($0)'>Хліб і сіль №\($0)</Item>" }.joined() + "</Batch>"
        }
        let wanted = read(Array(text(nil).utf8), pieces: []) { RecordStream(envelope) }
        XCTAssertEqual(wanted.records.count, 40)
        var random = SplitMix64(state: 17)
        for (name, encoding) in [("windows-1251", String.Encoding.windowsCP1251), ("UTF-16", .utf16), ("UTF-16", .utf16LittleEndian), ("UTF-16BE", .utf16BigEndian)] {
            var file = Array(try XCTUnwrap(text(name).data(using: encoding)))
            if encoding == .utf16LittleEndian { file = [0xFF, 0xFE] + file }
            for pieces in [[], Array(1..<file.count), (0..<20).map { _ in Int.random(in: 1..<file.count, using: &random) }.sorted()] {
                let found = read(file, pieces: pieces) { RecordStream(envelope) }
                XCTAssertEqual(found.records.map(\.text), wanted.records.map(\.text), name)
                XCTAssertNil(found.error, name)
            }
        }
        // 0x98 is no character of windows-1251, and half a character ends the other file.
        let broken = Array(text("windows-1251").data(using: .windowsCP1251) ?? Data()).map { $0 == UInt8(ascii: "7") ? 0x98 : $0 }
        let found = read(broken, pieces: [600]) { RecordStream(envelope) }
        XCTAssertEqual(found.records.enumerated().filter { $1.text.contains("\u{FFFD}") }.map(\.offset), [7, 17, 27, 37])
        XCTAssertEqual(found.records.count, 40)
        let half = Array(text("UTF-16").data(using: .utf16) ?? Data()).dropLast(1)
        XCTAssertNotNil(read(Array(half), pieces: [5]) { RecordStream(envelope) }.error)
    }

    // MARK: Bounds

    /// Nothing of a record that goes on and on is held, nor of blanks between records.
    func test_recordWithoutEnd_isRefusedInOne_andBlanksAreNoRecord() throws {
        let piece = [UInt8](repeating: 0x78, count: 64 << 10)
        for (name, form, before, after) in [("lines", RecordForm.lines, "", "\nok"), ("json", .json, "[\"", "\",ok]"), ("csv", .csv, "a\n\"", "\"\nok"), ("xml", .xml, "", "")] {
            var stream = RecordStream(form, Self.options(recordByteCountMax: 1 << 20))
            var records: [String] = []
            let take: (StreamRecord) -> Void = { record in
                switch record.content {
                case .whole(let bytes): records.append(String(decoding: bytes, as: UTF8.self))
                case .refused(let fault): records.append(fault.code.rawValue)
                }
            }
            try stream.add(Array(before.utf8), take)
            for _ in 0..<400 { try stream.add(piece, take) }
            try stream.add(Array(after.utf8), take)
            try stream.finish(take)
            XCTAssertEqual(records, form == .xml ? ["too-large"] : ["too-large", "ok"], name)
        }
        let blanks = String(repeating: " ", count: 3 << 20)
        for form in [RecordForm.lines, .json] {
            let outcome = read(Array(("{\"a\":1}\n" + blanks + "\n" + blanks + "{\"b\":2}").utf8), pieces: [1 << 20, 2 << 20, 5 << 20]) { RecordStream(form, Self.options(recordByteCountMax: 4 << 20)) }
            XCTAssertEqual(outcome.records.map { $0.text.trimmingCharacters(in: .whitespaces) }, ["{\"a\":1}", "{\"b\":2}"])
        }
    }

    /// Blanks that a line begins with are of its record, or not, however the file is cut into pieces.
    func test_blanksThatALineBeginsWith_areTheSameInAnyPieces() {
        let text = String(repeating: " ", count: 70_000) + "ab\n" + String(repeating: " ", count: 20_000) + "\n  c\n" + String(repeating: " ", count: 70_000)
        let file = Array(text.utf8)
        for size in [1 << 20, 7, 65_536, 65_537, 70_001] {
            let outcome = read(file, pieces: Array(stride(from: size, to: file.count, by: size))) { RecordStream(.lines, Self.options(recordByteCountMax: 8 << 10)) }
            XCTAssertEqual(outcome.records.map(\.text), ["ab", "  c"], "\(size)")
        }
    }

    // MARK: Forms

    func test_formByNameTypeAndFirstBytes() {
        func form(_ name: String, _ first: String = "") -> String { "\(RecordForm.of(name: name, first: Array(first.utf8)))" }
        XCTAssertEqual(["a.CSV", "a.csv.gz", "b.ndjson.zst", "c.jsonl", "d.json", "e.xml"].map { form($0) }, ["csv", "csv", "lines", "lines", "json", "xml"])
        XCTAssertEqual(["", "<a/>", " [1]", "{\"a\":1}\n", "{\n\"a\":1}", "a,b\n"].map { form("x", $0) }, ["csv", "xml", "json", "lines", "json", "csv"])
        XCTAssertEqual(RecordForm.of(contentType: "Text/CSV").map { "\($0)" }, "csv")
        XCTAssertNil(RecordForm.of(contentType: "application/octet-stream"))
        XCTAssertEqual(StreamCoding.of(name: "a.csv.GZ"), .gzip)
        XCTAssertNil(StreamCoding.of(name: "a.csv"))
    }
}
