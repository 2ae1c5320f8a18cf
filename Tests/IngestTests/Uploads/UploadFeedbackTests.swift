import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: feedback goes as its time is over, and what is over for long is not looked at again and again. Method: uploads of different days, and rows that tell
/// whether somebody has looked.
final class UploadFeedbackTests: XCTestCase {
    private static let day: Int64 = 86_400_000_000
    private static let start: Int64 = 1_800_000_000_000_000

    private func add(_ id: String, day: Int64, _ catalog: Catalog) throws {
        let upload = Upload(
            id: id, owner: .administrator, client: nil, name: id, type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: Self.start + day * Self.day, expiresAt: 0)
        try catalog.add(upload, openCountMax: .max)
        try addFeedback(id, catalog)
    }

    private func addFeedback(_ id: String, _ catalog: Catalog) throws {
        guard let upload = try catalog.upload(id) else { return XCTFail("no upload \(id)") }
        let rejection = UploadRejection(record: 1, receiptID: nil, violations: [.init(pointer: "", code: "c", message: "m")], columns: [])
        XCTAssertTrue(try catalog.change(upload, from: upload.state, rejections: [rejection]))
    }

    private func has(_ id: String, _ catalog: Catalog) throws -> Bool { try !catalog.rejections(of: id, after: 0, limit: 1).rejections.isEmpty }

    func test_sweep_takesWhatHasComeOfAge_andLooksAtItOnce() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let (uploads, catalog) = (fixture.engine.uploads, fixture.engine.catalog)
        for (id, day) in [("old", 0), ("later", 10), ("last", 20)] as [(String, Int64)] { try add(id, day: day, catalog) }
        try uploads.sweepFeedback(now: Self.start + 95 * Self.day)
        XCTAssertEqual(try ["old", "later", "last"].map { try has($0, catalog) }, [false, true, true])
        // Nobody adds to one so old: it shows that it is passed over.
        try addFeedback("old", catalog)
        try uploads.sweepFeedback(now: Self.start + 105 * Self.day)
        XCTAssertEqual(try ["old", "later", "last"].map { try has($0, catalog) }, [true, false, true])
        // A clock that was set back changes nothing.
        try uploads.sweepFeedback(now: Self.start + 50 * Self.day)
        XCTAssertTrue(try has("last", catalog))
        try uploads.sweepFeedback(now: Self.start + 111 * Self.day)
        XCTAssertFalse(try has("last", catalog))
    }

    /// As of a POST's lines: what is stored of a line is the line.
    func test_lineThatHoldsOneDocumentWithin_isNone() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        let type = #"{"name":"single","version":1,"table":"ws","format":"json","on_repeat":"replace","match":{"/single":{"exists":true}},"each":"/single/*","batch":"each","receipt_id":"/id","columns":{}}"#
        _ = try fixture.engine.putType(name: "single", body: Array(type.utf8))
        uploads.start { _ in [] }
        defer { uploads.stop() }
        var announcement = UploadAnnouncement(name: "a.ndjson")
        announcement.client = "c1"
        let file = try uploads.receive(try uploads.announce(announcement, id: "up-1", as: .admin), from: 0, isAnew: true, isKept: false)
        try Array("{\"single\":[{\"id\":\"1\"}]}\n".utf8).withUnsafeBytes { try file.append($0) }
        file.keep()
        _ = try uploads.finish(file, coding: nil)
        XCTAssertTrue(try Patience.until { try uploads.upload("up-1", as: .admin).state == .processed })
        XCTAssertEqual(try fixture.engine.catalog.rejections(of: "up-1", after: 0, limit: 2).rejections.flatMap(\.violations).map(\.code), ["not-one-document"])
    }

    /// The first of many would take the numbers of those behind it, whose feedback would stand in place of its own.
    func test_valueOfSeveralDocuments_isTakenAlone_andRefusedAmongOthers() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path) { $0.documentByteCountMax = 4 << 20 }
        let uploads = fixture.engine.uploads
        let type = #"{"name":"single","version":1,"table":"ws","format":"json","on_repeat":"replace","match":{"/single":{"exists":true}},"each":"/single/*","batch":"each","receipt_id":"/id","columns":{}}"#
        _ = try fixture.engine.putType(name: "single", body: Array(type.utf8))
        uploads.start { _ in [] }
        defer { uploads.stop() }
        func ended(_ text: String, _ id: String) throws -> Upload {
            let file = try uploads.receive(try uploads.announce(UploadAnnouncement(name: "a.json"), id: id, as: EngineFixture.own), from: 0, isAnew: true, isKept: true)
            try Array(text.utf8).withUnsafeBytes { try file.append($0) }
            _ = try uploads.finish(file, coding: nil)
            XCTAssertTrue(try Patience.until { try [Upload.State.processed, .error].contains(uploads.upload(id, as: .admin).state) })
            return try uploads.upload(id, as: .admin)
        }
        func several(_ ids: Range<Int>, pad: Int) -> String { "{\"pad\":\"\(String(repeating: "p", count: pad))\",\"single\":[\(ids.map { "{\"id\":\"\($0)\"}" }.joined(separator: ","))]}" }
        // Longer than a chunk, too, of which nothing else comes then.
        for (index, pad) in [0, 2 << 20].enumerated() {
            let first = several(index * 100..<index * 100 + 3, pad: pad)
            let alone = try ended(first, "alone-\(pad)")
            XCTAssertEqual(alone.problem?.detail, nil)
            XCTAssertEqual([alone.counts.accepted, alone.counts.rejected], [3, 0], "\(pad)")
            for (name, text) in [("values", first + "\n" + several(900..<902, pad: 0)), ("array", "[" + first + "," + several(900..<901, pad: 0) + "]")] {
                let among = try ended(text, "\(name)-\(pad)")
                XCTAssertEqual([among.counts.processed, among.counts.rejected], [2, 2], "\(name) \(pad)")
                let rejections = try fixture.engine.catalog.rejections(of: "\(name)-\(pad)", after: 0, limit: 10).rejections
                XCTAssertEqual(rejections.map(\.record), [1, 2], "\(name) \(pad)")
                XCTAssertEqual(rejections.flatMap(\.violations).map(\.code), ["not-one-document", "not-one-document"], "\(name) \(pad)")
            }
        }
    }

    /// A record that is right in itself, and another client's, is shown with what it says, but for what few may see.
    func test_recordOfAnotherClient_isShownWithItsColumns() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        let type = """
            {"name":"w","version":1,"table":"ws","format":"json","on_repeat":"replace","match":{"/k":"w"},"receipt_id":"/id","client_id":"/client",
             "columns":{"name":{"path":"/name","type":"VARCHAR"},"ssn":{"path":"/ssn","type":"VARCHAR","sensitive":true}}}
            """
        _ = try fixture.engine.putType(name: "w", body: Array(type.utf8))
        uploads.start { _ in [] }
        defer { uploads.stop() }
        var announcement = UploadAnnouncement(name: "a.ndjson")
        announcement.type = "w"
        let file = try uploads.receive(try uploads.announce(announcement, id: "up-1", as: EngineFixture.own), from: 0, isAnew: true, isKept: false)
        let lines = ["c1", "c2"].map { #"{"k":"w","id":"of \#($0)","client":"\#($0)","name":"N","ssn":"1-2"}"# + "\n" }.joined()
        try Array(lines.utf8).withUnsafeBytes { try file.append($0) }
        file.keep()
        _ = try uploads.finish(file, coding: nil)
        XCTAssertTrue(try Patience.until { try uploads.upload("up-1", as: .admin).state == .processed })
        let upload = try uploads.upload("up-1", as: EngineFixture.own)
        XCTAssertEqual(upload.counts.accepted, 1)
        let found = try uploads.rejections(of: upload, after: 0, limit: 10, as: EngineFixture.own, hold: { _ in }).rejections
        XCTAssertEqual(found.map(\.record), [2])
        XCTAssertEqual(found.map(\.receiptID), ["of c2"])
        XCTAssertEqual(found.map { String(decoding: $0.columns, as: UTF8.self) }, [#"{"name":"N"}"#])
    }

    /// Each of a file's records may be wrong in long words.
    func test_pages_endAtTheirBytes_andTellWhetherThereAreMore() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        let upload = Upload(id: "u", owner: .administrator, client: nil, name: "u", type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: Self.start, expiresAt: 0)
        try catalog.add(upload, openCountMax: .max)
        let count: Int64 = 40
        let columns = Array("{\"a\":\"\(String(repeating: "x", count: 1 << 20))\"}".utf8)
        let rejections = (1...count).map { UploadRejection(record: $0, receiptID: nil, violations: [.init(pointer: "/a", code: "c", message: "m")], columns: columns) }
        XCTAssertTrue(try catalog.change(upload, from: upload.state, rejections: rejections))
        var (records, pageCount, hasMore) = ([Int64](), 0, true)
        while hasMore {
            let page = try catalog.rejections(of: "u", after: records.last ?? 0, limit: 10_000)
            XCTAssertLessThanOrEqual(page.rejections.count, 16, "a page of a megabyte each")
            XCTAssertFalse(page.rejections.isEmpty)
            if page.rejections.isEmpty { break }
            records += page.rejections.map(\.record)
            (pageCount, hasMore) = (pageCount + 1, page.hasMore)
        }
        XCTAssertEqual(records, Array(1...count))
        XCTAssertEqual(pageCount, 3)
        let some = try catalog.rejections(of: "u", after: count - 3, limit: 3)
        XCTAssertEqual(some.rejections.map(\.record), [count - 2, count - 1, count])
        XCTAssertFalse(some.hasMore)
        XCTAssertTrue(try catalog.rejections(of: "u", after: count - 3, limit: 2).hasMore)
    }

    func test_pagesAskForTheirMemory_asTheyGrow() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        try add("short", day: 0, catalog)
        let upload = Upload(id: "long", owner: .administrator, client: nil, name: "u", type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: Self.start, expiresAt: 0)
        try catalog.add(upload, openCountMax: .max)
        let columns = Array("{\"a\":\"\(String(repeating: "x", count: 1 << 20))\"}".utf8)
        let rejections = (1...8).map { UploadRejection(record: $0, receiptID: nil, violations: [.init(pointer: "/a", code: "c", message: "m")], columns: columns) }
        XCTAssertTrue(try catalog.change(upload, from: upload.state, rejections: rejections))
        var asked: [Int] = []
        _ = try catalog.rejections(of: "short", after: 0, limit: 10_000) { asked.append($0) }
        XCTAssertLessThan(try XCTUnwrap(asked.max()), 1 << 20)
        asked = []
        _ = try catalog.rejections(of: "long", after: 0, limit: 1) { asked.append($0) }
        XCTAssertLessThan(try XCTUnwrap(asked.max()), 2 << 20, "one of them, whatever the page may have")
        asked = []
        XCTAssertEqual(try catalog.rejections(of: "long", after: 0, limit: 8) { asked.append($0) }.rejections.count, 8)
        XCTAssertGreaterThan(try XCTUnwrap(asked.max()), 8 << 20)
        XCTAssertThrowsError(try catalog.rejections(of: "long", after: 0, limit: 8) { if $0 > 4 << 20 { throw Fault(.overloaded, "no room") } }) {
            XCTAssertEqual(($0 as? Fault)?.code, .overloaded, "\($0)")
        }
    }

    func test_feedbackPastTenThousandRecords_isKeptInBrief() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        var upload = Upload(id: "u", owner: .administrator, client: nil, name: "u", type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: Self.start, expiresAt: 0)
        try catalog.add(upload, openCountMax: .max)
        let (long, short) = (String(repeating: "w", count: 900), UploadRejection(record: 3, receiptID: "R-3", violations: [.init(pointer: "/a", code: "c", message: "m")], columns: Array("{\"b\":1}".utf8)))
        let columns = Array("{\"a\":\"\(String(repeating: "x", count: 10_000))\"}".utf8)
        let rejections = (1...2).map { record in
            UploadRejection(record: Int64(record), receiptID: "R", violations: (0..<30).map { .init(pointer: "/\($0)", code: "c", message: long) }, columns: columns)
        }
        // The first is the last that is kept whole.
        upload.counts.rejected = Catalog.wholeRejectionCountMax + 2
        XCTAssertTrue(try catalog.change(upload, from: upload.state, rejections: rejections + [short]))
        let found = try catalog.rejections(of: "u", after: 0, limit: 10).rejections
        XCTAssertEqual(found.map(\.record), [1, 2, 3])
        XCTAssertEqual(found.map(\.violations.count), [30, 3, 1])
        XCTAssertEqual(found[0].columns, columns)
        XCTAssertEqual(found[1].columns, Array("{}".utf8))
        XCTAssertLessThanOrEqual(found[1].violations.reduce(0) { $0 + $1.message.utf8.count + $1.pointer.utf8.count }, 1_000)
        XCTAssertEqual(found[2].columns, short.columns, "what is short is kept as it is")
        XCTAssertEqual(found[2].violations[0].message, "m")
    }

    func test_reasonsOfARecord_haveABound() {
        let long = String(repeating: "p", count: 900)
        let fault = Fault(.invalidDocument, "wrong", errors: (0..<100).map { .init(pointer: "/\(long)/\($0)", code: "c", message: long) })
        let rejection = UploadRejection(7, fault, form: .json)
        let byteCount = rejection.violations.reduce(0) { $0 + $1.pointer.utf8.count + $1.code.utf8.count + $1.message.utf8.count }
        XCTAssertLessThanOrEqual(byteCount, UploadRejection.violationsByteCountMax)
        XCTAssertGreaterThan(rejection.violations.count, 10)
        XCTAssertEqual(UploadRejection(8, Fault(.invalidDocument, "wrong", errors: (0..<100).map { .init(pointer: "/\($0)", code: "c", message: "m") }), form: .json).violations.count, 100)
    }
}
