import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: nothing of a file is lost without a word, whether its type is named or found by its header. Method: files whose headers types know in part, files that are none, and files in other
/// encodings.
final class UploadHeaderTests: XCTestCase {
    private static func type(_ name: String, _ match: String, _ columns: String, _ more: String = "") -> String {
        #"{"name":"\#(name)","version":1,"table":"\#(name)s","format":"csv","match":\#(match),"receipt_id":"Order","issued_at":"Paid","time_zone":"UTC","columns":{\#(columns)}\#(more)}"#
    }
    private static let sale = type("sale", #"{"Order":{"exists":true},"Paid":{"exists":true}}"#, #""v":{"path":"Total","type":"INTEGER"},"note":{"path":"Note","type":"VARCHAR"}"#)

    private func engine(_ path: String, _ types: String...) throws -> EngineFixture {
        let fixture = try EngineFixture(path)
        for type in types {
            let name = try XCTUnwrap(type.split(separator: "\"").dropFirst(3).first)
            _ = try fixture.engine.putType(name: String(name), body: Array(type.utf8))
        }
        fixture.engine.uploads.start { _ in [] }
        return fixture
    }

    private func ended(
        _ bytes: [UInt8], _ id: String, name: String = "a.csv", type: String? = nil, contentType: String? = nil, as principal: Principal = EngineFixture.own, _ fixture: EngineFixture
    ) throws -> Upload {
        let uploads = fixture.engine.uploads
        var announcement = UploadAnnouncement(name: name)
        (announcement.type, announcement.contentType) = (type, contentType)
        let file = try uploads.receive(try uploads.announce(announcement, id: id, as: principal), from: 0, isAnew: true, isKept: true)
        try bytes.withUnsafeBytes { try file.append($0) }
        _ = try uploads.finish(file, coding: nil)
        XCTAssertTrue(try Patience.until { try [Upload.State.processed, .error].contains(uploads.upload(id, as: .admin).state) })
        return try uploads.upload(id, as: .admin)
    }

    private func faults(_ id: String, _ fixture: EngineFixture) throws -> [String] {
        try fixture.engine.catalog.rejections(of: id, after: 0, limit: 100).rejections.flatMap(\.violations).map { "\($0.pointer) \($0.code)" }
    }

    func test_headerWithAnUnknownColumn_isAFaultOfTheFile_whereTheTypeIsFound() throws {
        let folder = TemporaryDirectory()
        let fixture = try engine(folder.path, Self.sale)
        defer { fixture.engine.uploads.stop() }
        let file = Array("Order,Paid,total,Note\nX1,2024-01-02T03:04:05Z,5,n\n".utf8)
        for (id, type) in [("found", nil), ("named", "sale")] as [(String, String?)] {
            let upload = try ended(file, id, type: type, fixture)
            XCTAssertEqual(upload.state, .error, id)
            XCTAssertEqual(upload.problem?.errors.map { "\($0.pointer) \($0.code)" }, ["/0/total unknown-column"], id)
            let detail = upload.problem?.detail ?? ""
            XCTAssertTrue(detail.contains(#"does not know: "total"; it knows "Note", "Order", "Paid", "Total""#), detail)
            XCTAssertEqual(upload.counts.processed, 0, id)
        }
        // A column that may be missing may be missing.
        let lacking = try ended(Array("Paid,Order\n2024-01-02T03:04:05Z,X2\n".utf8), "lacking", fixture)
        XCTAssertEqual([lacking.counts.accepted, lacking.counts.processed], [1, 1])
        // Who may not know the type is told nothing of its columns.
        _ = try fixture.engine.putContract(Contract(clientID: "c1", access: .readWrite, scope: .own, types: ["pos-receipt"]))
        let hidden = try ended(file, "hidden", as: Principal(clientID: "c1", access: .readWrite, scope: .own, types: ["pos-receipt"]), fixture)
        XCTAssertEqual(hidden.state, .processed)
        XCTAssertEqual(try faults("hidden", fixture), ["/1 type-not-allowed"])
    }

    func test_headerOfAnotherDelimiter_isFound_andItsRowsAreCutByIt() throws {
        let folder = TemporaryDirectory()
        let fixture = try engine(folder.path, Self.sale.replacingOccurrences(of: #""format":"csv""#, with: #""format":"csv","delimiter":";""#))
        defer { fixture.engine.uploads.stop() }
        let upload = try ended(Array("Order;Paid;Note\nX1;2024-01-02T03:04:05Z;a,\"b\n".utf8) + [0x58, 0x3B, 0xE9, 0x3B, 0x0A] + Array("X2;2024-01-02T03:04:05Z;a,b\n".utf8), "a", fixture)
        XCTAssertEqual(upload.state, .processed)
        XCTAssertEqual(upload.counts.accepted, 1)
        let messages = try fixture.engine.catalog.rejections(of: "a", after: 0, limit: 9).rejections.flatMap(\.violations).map(\.message)
        XCTAssertEqual(
            messages,
            ["a quote within a field that does not begin with one (line 2)", #"not UTF-8: of CSV in another charset the media type says so, as in "text/csv; charset=windows-1252" (line 3)"#])
        XCTAssertEqual(try fixture.walk(PageRequest(table: "sales", fields: ["receipt_id", "note"])), ["X2|a,b"])
    }

    /// zstd gives nothing out before a block of 128 KiB is whole: the header is looked at all the same.
    func test_headerOfALongFileInZstd_isFound() throws {
        let folder = TemporaryDirectory()
        let fixture = try engine(folder.path, Self.sale.replacingOccurrences(of: #""format":"csv""#, with: #""format":"csv","delimiter":";""#))
        defer { fixture.engine.uploads.stop() }
        // Of notes that are hard to pack, so that the first block is longer than a few KiB.
        var state: UInt64 = 1
        func noise() -> String {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return String(state >> 8, radix: 36)
        }
        let rows = (0..<3_000).map { "X\($0);2024-01-02T03:04:05Z;\(noise())\(String(repeating: "a,b ", count: 20))\n" }.joined()
        let good = StreamCompressor(.zstd).compress(Array(("Order;Paid;Note\n" + rows).utf8), isLast: true)
        let upload = try ended(good, "good", name: "a.csv.zst", fixture)
        XCTAssertEqual(upload.problem?.detail, nil)
        XCTAssertEqual([upload.counts.accepted, upload.counts.rejected], [3_000, 0])
        let bad = StreamCompressor(.zstd).compress(Array(("Order;Paid;note\n" + rows).utf8), isLast: true)
        XCTAssertEqual(try ended(bad, "bad", name: "a.csv.zst", fixture).problem?.errors.map(\.pointer), ["/0/note"])
    }

    /// Its type is told by columns that stand behind the first 64 KiB.
    func test_headerThatIsLong_isFound_andOneWhoseEndIsNotSeenIsRefused() throws {
        let folder = TemporaryDirectory()
        let fixture = try engine(
            folder.path, Self.type("wide", #"{"Order":{"exists":true},"Paid":{"exists":true}}"#, #""v":{"path":"Total","type":"INTEGER"}"#, #","extra_columns":"ignore","delimiter":";""#))
        defer { fixture.engine.uploads.stop() }
        func file(nameByteCount: Int) -> [UInt8] {
            let others = (0..<300).map { "c\($0)" + String(repeating: "x", count: nameByteCount) }
            return Array(((others + ["Order", "Paid"]).joined(separator: ";") + "\n" + String(repeating: ";", count: 300) + "X1;2024-01-02T03:04:05Z\n").utf8)
        }
        let upload = try ended(file(nameByteCount: 300), "long", fixture)
        XCTAssertEqual(upload.problem?.detail, nil)
        XCTAssertEqual([upload.counts.accepted, upload.counts.rejected], [1, 0])
        let refused = try ended(file(nameByteCount: 4_000), "longer", fixture)
        XCTAssertEqual(refused.state, .error)
        XCTAssertEqual(refused.problem?.code, .tooLarge)
        XCTAssertEqual(refused.problem?.detail.contains("name the type"), true, refused.problem?.detail ?? "taken")
    }

    /// Each row is read with it: of a thousand rows at once those behind 64 MiB would be refused, though each is right.
    func test_rowsUnderALongHeader_areReadFewAtATime() throws {
        var stream = RecordStream(.csv)
        let header = String(repeating: "h", count: 200_000)
        var (chunk, count, made) = (UploadChunk(), 0, [Int]())
        func take(_ record: StreamRecord) {
            chunk.add(record)
            count += 1
            guard chunk.isFull else { return }
            made.append(count * (header.utf8.count + 2))
            (chunk, count) = (UploadChunk(), 0)
        }
        try stream.add(Array((header + "\n" + String(repeating: "1\n", count: 1_000)).utf8), take)
        try stream.finish(take)
        XCTAssertGreaterThan(made.count, 1)
        XCTAssertLessThan(try XCTUnwrap(made.max()), ReadingOptions(now: 0).madeByteCountMax)
    }

    /// A version that is put while a file is read may know fewer columns than its header has.
    func test_headerThatWasHeldAgainstTheVersionBefore_refusesNoRecords() throws {
        let folder = TemporaryDirectory()
        let fixture = try engine(folder.path, Self.sale)
        defer { fixture.engine.uploads.stop() }
        let request = IntakeRequest(form: .csv, body: [], contentType: "text/csv", principal: EngineFixture.own, type: "sale")
        let reader = UploadReader(intake: Intake(parts: fixture.engine.intakeParts, request: request), form: .csv, holding: .document)
        var chunk = UploadChunk()
        var stream = RecordStream(.csv)
        try stream.add(Array("Order,Paid,Gone\nX1,2024-01-02,\nX2,2024-01-02,x\n".utf8)) { chunk.add($0) }
        try stream.finish { chunk.add($0) }
        let told = try reader.items(chunk).map { item -> String in
            switch item {
            case .row(let number, _): "\(number)"
            case .rejected(let rejection): rejection.violations.map { "\($0.pointer) \($0.code)" }.joined(separator: ", ")
            }
        }
        XCTAssertEqual(told, ["1", "/2/Gone unknown-column"])
    }

    /// Of a file with records of several types each type knows its own columns.
    func test_recordsOfSeveralTypes_haveValuesInTheirOwnColumnsAlone() throws {
        let folder = TemporaryDirectory()
        let fixture = try engine(
            folder.path, Self.type("cash", #"{"Kind":"cash"}"#, #""v":{"path":"Total","type":"INTEGER"}"#), Self.type("card", #"{"Kind":"card"}"#, #""number":{"path":"Card","type":"VARCHAR"}"#))
        defer { fixture.engine.uploads.stop() }
        let upload = try ended(
            Array("Order,Paid,Kind,Total,Card\nA,2024-01-02,cash,5,\nB,2024-01-02,card,,1234\nC,2024-01-02,cash,5,1234\nD,2024-01-02,other,,\n".utf8), "a", fixture)
        XCTAssertEqual(upload.state, .processed)
        XCTAssertEqual([upload.counts.accepted, upload.counts.rejected], [2, 2])
        XCTAssertEqual(try faults("a", fixture), ["/3/Card unknown-column", "/4 unknown-type"])
        let unknown = try ended(Array("Order,Paid,Kind,Total,Cart\nA,2024-01-02,cash,5,\n".utf8), "b", fixture)
        XCTAssertEqual(unknown.problem?.errors.map(\.pointer), ["/0/Cart"])
    }

    /// A blank id is not another type.
    func test_recordWithoutWhatItsTypeWants_isToldSo() throws {
        let folder = TemporaryDirectory()
        let fixture = try engine(folder.path, Self.sale)
        defer { fixture.engine.uploads.stop() }
        let upload = try ended(Array("Order,Paid,Total\nX1,2024-01-02,5\n ,2024-01-02,6\n,,7\n".utf8), "a", fixture)
        XCTAssertEqual([upload.counts.accepted, upload.counts.rejected], [1, 2])
        XCTAssertEqual(try faults("a", fixture), ["/2/Order required", "/3/Order required", "/3/Paid required"])
        // A blank where one of some values is wanted is no other value.
        let (other, kind) = (TemporaryDirectory(), Self.type("cash", #"{"Kind":["cash","card"]}"#, #""v":{"path":"Total","type":"INTEGER"}"#))
        let second = try engine(other.path, kind)
        defer { second.engine.uploads.stop() }
        _ = try ended(Array("Order,Paid,Kind,Total\nA,2024-01-02,,5\nB,2024-01-02,other,5\nC,2024-01-02,cash,5\n".utf8), "k", second)
        XCTAssertEqual(try faults("k", second), ["/1/Kind required", "/2 unknown-type"])
    }

    func test_filesThatAreNoRecords_areErrors_evenOfOneLine() throws {
        let folder = TemporaryDirectory()
        let fixture = try engine(folder.path, Self.sale, Self.type("loose", #"{"Loose":{"exists":true}}"#, #""v":{"path":"Total","type":"INTEGER"}"#, #","extra_columns":"ignore""#))
        defer { fixture.engine.uploads.stop() }
        for (id, bytes, type, code, word) in [
            ("zip", Array("PK\u{3}\u{4}\u{14}\"x\",\n".utf8), nil, Fault.Code.badEncoding, "ZIP"), ("named", Array("PK\u{3}\u{4}\u{14}\n".utf8), "sale", .badEncoding, ".xlsx"),
            ("line", Array("no header of anything".utf8), nil, .unknownType, "one row"), ("loose", Array("no header of anything\n".utf8), "loose", .invalidDocument, "is the header missing"),
        ] as [(String, [UInt8], String?, Fault.Code, String)] {
            let upload = try ended(bytes, id, name: "a.dat", type: type, fixture)
            XCTAssertEqual(upload.state, .error, id)
            XCTAssertEqual(upload.problem?.code, code, id)
            XCTAssertTrue(upload.problem?.detail.contains(word) ?? false, "\(upload.problem?.detail ?? id)")
        }
        // A header alone is a file of no records.
        for (id, type) in [("alone", nil), ("alone-named", "sale")] as [(String, String?)] {
            XCTAssertEqual(try ended(Array("Order,Paid\n".utf8), id, type: type, fixture).state, .processed, id)
        }
    }

    func test_charset_isReadOrRefused() throws {
        let folder = TemporaryDirectory()
        let fixture = try engine(folder.path, Self.sale)
        defer { fixture.engine.uploads.stop() }
        let text = "Order,Paid,Note\nX1,2024-01-02T03:04:05Z,Käse 5 €\n"
        let files: [(String, String, [UInt8])] = [
            ("x", "text/csv; charset=windows-1252", text.unicodeScalars.map { $0 == "€" ? 0x80 : UInt8(truncatingIfNeeded: $0.value) }),
            ("y", "text/csv;charset=\"UTF-16\"", [0xFF, 0xFE] + text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }),
            ("z", "text/csv; charset=utf-8", Array(text.utf8)),
        ]
        for (place, (id, contentType, bytes)) in files.enumerated() {
            let upload = try ended(bytes, id, contentType: contentType, fixture)
            XCTAssertEqual(upload.problem?.detail, nil, contentType)
            // The same record in the same document: UTF-8.
            XCTAssertEqual([upload.counts.accepted, upload.counts.repeated], place == 0 ? [1, 0] : [0, 1], contentType)
        }
        XCTAssertEqual(try fixture.walk(PageRequest(table: "sales", fields: ["receipt_id", "note"])), ["X1|Käse 5 €"])
        // An empty one is none, and UTF-8's mark says more.
        for (id, contentType, bytes) in [("e", "text/csv; charset=", Array(text.utf8)), ("m", "text/csv; charset=iso-8859-1", [0xEF, 0xBB, 0xBF] + Array(text.utf8))] as [(String, String, [UInt8])] {
            XCTAssertEqual(try ended(bytes, id, contentType: contentType, fixture).counts.repeated, 1, contentType)
        }
        let unknown = try ended(Array(text.utf8), "u", contentType: "text/csv; charset=klingon", fixture)
        XCTAssertEqual(unknown.problem?.code, .badEncoding)
        XCTAssertTrue(unknown.problem?.detail.contains(#"the charset "klingon" is unknown"#) ?? false)
        // A record with what is no character of it is refused, and no other.
        let broken = try ended(Array("Order,Paid,Note\nX3,2024-01-02,".utf8) + [0x81, 0x0A] + Array("X4,2024-01-02,n\n".utf8), "b", contentType: "text/csv; charset=windows-1252", fixture)
        XCTAssertEqual([broken.counts.accepted, broken.counts.rejected], [1, 1])
        XCTAssertEqual(try fixture.engine.catalog.rejections(of: "b", after: 0, limit: 9).rejections.flatMap(\.violations).map(\.message), ["not CP1252 (line 2)"])
    }

    /// As a post says it: a line that ends with the delimiter has a last name that is empty.
    func test_valueUnderAnEmptyName_hasThePointerOfThatName() throws {
        let folder = TemporaryDirectory()
        let fixture = try engine(folder.path, Self.sale)
        defer { fixture.engine.uploads.stop() }
        let upload = try ended(Array("Order,Paid,\nX1,2024-01-02,\nX2,2024-01-02,y\n".utf8), "a", fixture)
        XCTAssertEqual([upload.counts.accepted, upload.counts.rejected], [1, 1])
        let violations = try fixture.engine.catalog.rejections(of: "a", after: 0, limit: 9).rejections.flatMap(\.violations)
        XCTAssertEqual(violations.map { "\($0.pointer) \($0.code)" }, ["/2/ unknown-column"])
        XCTAssertEqual(violations.map(\.message), ["the header's name of column 3 is empty, and there is a value in it"])
    }

    /// As an upload: the header's fault is the body's.
    func test_posts_areHeldAgainstTheirHeaders() throws {
        let folder = TemporaryDirectory()
        let fixture = try engine(folder.path, Self.sale)
        defer { fixture.engine.uploads.stop() }
        func refusal(_ text: String, type: String? = nil, contentType: String = "text/csv", _ bytes: [UInt8]? = nil) -> Fault? {
            let done = Monitor<IntakeOutcome?>(nil)
            fixture.engine.accept(IntakeRequest(form: .csv, body: bytes ?? Array(text.utf8), contentType: contentType, principal: EngineFixture.own, type: type)) { outcome in done.broadcast { $0 = outcome } }
            switch done.wait({ $0 }) {
            case .refused(let fault): return fault
            case .each(let results):
                for case .failure(let fault) in results { return fault }
                return nil
            default: return Fault(.internalError, "not each")
            }
        }
        for type in [nil, "sale"] {
            let fault = refusal("Order,Paid,total\nX1,2024-01-02,5\n", type: type)
            XCTAssertEqual(fault?.code, .invalidDocument)
            XCTAssertEqual(fault?.errors.map { "\($0.pointer) \($0.code)" }, ["/0/total unknown-column"])
            XCTAssertNotNil(fault?.ticketID, "it is kept")
        }
        XCTAssertEqual(refusal("X1,2024-01-02,5\n", type: "sale")?.errors.map(\.pointer), ["/0"])
        XCTAssertNil(refusal("Order,Paid\nX1,2024-01-02\n"))
        XCTAssertNil(refusal("", contentType: "text/csv; charset=iso-8859-1", Array("Order,Paid,Note\nX2,2024-01-02,".utf8) + [0xE9, 0x0A]))
        XCTAssertEqual(refusal("Order,Paid\nX1,2024-01-02\n", contentType: "text/csv; charset=klingon")?.code, .badEncoding)
        let foreign = Array("Order,Paid,Note\nX3,2024-01-02,".utf8) + [0xE9, 0x0A]
        XCTAssertTrue(refusal("", foreign)?.detail.contains("charset=windows-1252") ?? false, "of what was not said it may be told")
        XCTAssertEqual(refusal("", contentType: "text/csv; charset=utf-8", foreign)?.detail, "not UTF-8 (byte 30)")
        XCTAssertEqual(try fixture.walk(PageRequest(table: "sales", fields: ["receipt_id", "note"])), ["X1|-", "X2|é"])
    }
}
