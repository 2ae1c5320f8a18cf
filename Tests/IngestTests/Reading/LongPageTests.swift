import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: pages of documents of any length come whole and in order, though few long ones are read together. Method: long ones behind short ones, of which the average
/// says nothing, with more bytes than are read at once.
final class LongPageTests: XCTestCase {
    private static let type = """
        {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
         "columns":{"name":{"path":"/name","type":"VARCHAR"}}}
        """

    private func document(_ number: Int) -> String {
        let name = number < 30 ? "short" : String(repeating: "x", count: 900_000)
        return "{\"schema\":\"licence/1\",\"id\":\"L-\(100 + number)\",\"name\":\"\(name)\"}"
    }

    func test_longDocumentsBehindShortOnes_comeAllOnce() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        for number in 0..<75 { _ = try fixture.taken(document(number)) }
        var (found, pageCount, cursor) = ([String](), 0, String?.none)
        repeat {
            var request = PageRequest(table: "licences", fields: ["receipt_id", "document"], limit: 1_000)
            request.cursor = cursor
            let page = try fixture.engine.page(request, as: .admin)
            for batch in page.batches {
                for row in 0..<batch.rowCount {
                    let (id, text) = (EngineFixture.text(batch.columns[0].value(at: row)), EngineFixture.text(batch.columns[1].value(at: row)))
                    let number = try XCTUnwrap(Int(id.dropFirst(2))) - 100
                    XCTAssertTrue(text == document(number), id)
                    found.append(id)
                }
            }
            XCTAssertGreaterThan(page.batches.reduce(0) { $0 + $1.rowCount }, 0)
            (pageCount, cursor) = (pageCount + 1, page.nextCursor)
        } while cursor != nil && pageCount < 100
        XCTAssertEqual(found.sorted(), (0..<75).map { "L-\(100 + $0)" })
        XCTAssertLessThanOrEqual(pageCount, 2, "a page has 64 MiB")
        // Memory is asked for as the page grows: little for few rows, and no more is read once there is none.
        var asked: [Int] = []
        _ = try fixture.engine.page(PageRequest(table: "licences", fields: ["receipt_id", "document"], limit: 5), as: .admin) { asked.append($0) }
        XCTAssertLessThanOrEqual(try XCTUnwrap(asked.max()), 3 << 20)
        asked = []
        let whole = PageRequest(table: "licences", fields: ["receipt_id", "document"], limit: 1_000)
        XCTAssertThrowsError(try fixture.engine.page(whole, as: .admin) { byteCount in
            asked.append(byteCount)
            if byteCount > 20 << 20 { throw Fault(.overloaded, "no room") }
        }) { XCTAssertEqual(($0 as? Fault)?.code, .overloaded, "\($0)") }
        XCTAssertFalse(asked.isEmpty)
    }

    /// Those of lines are texts as those of columns are.
    func test_longTextsInLists_endAPage_andAskForItsMemory() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        let byteCount = 950_000
        for number in 0..<75 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: String(repeating: "x", count: byteCount))) }
        var asked: [Int] = []
        let page = try fixture.engine.page(PageRequest(fields: ["lines"], limit: 1_000), as: .admin) { asked.append($0) }
        let rowCount = page.batches.reduce(0) { $0 + $1.rowCount }
        XCTAssertGreaterThan(rowCount, 0)
        XCTAssertLessThanOrEqual(rowCount * byteCount, StoreReader.pageByteCountMax)
        XCTAssertNotNil(page.nextCursor)
        XCTAssertGreaterThanOrEqual(try XCTUnwrap(asked.max()), rowCount * byteCount)
    }

    /// One document is charged to its caller before it is read, hot or cold, and then for what the receipt has.
    func test_oneLongDocument_asksForItsMemory_beforeItIsRead() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        _ = try fixture.taken(document(40))
        _ = try fixture.taken(EngineFixture.receipt("R-1", note: String(repeating: "x", count: 300_000)))
        let lookups = [(ReceiptLookup(receiptID: "R-1"), 300_000), (ReceiptLookup(receiptID: "L-140", table: "licences"), 900_000)]
        for tier in ["hot", "cold"] {
            if tier == "cold" {
                _ = try fixture.engine.compact(before: nil)
                XCTAssertEqual(try fixture.engine.files(of: nil, as: .admin).reduce(0) { $0 + $1.rowCount }, 0)
            }
            for (lookup, byteCountMin) in lookups {
                let name = "\(lookup.receiptID), \(tier)"
                var asked: [Int] = []
                guard case .found = try fixture.engine.receipt(lookup, as: .admin, hold: { asked.append($0) }) else { return XCTFail(name) }
                // The last is asked for once it is there.
                XCTAssertGreaterThanOrEqual(try XCTUnwrap(asked.dropLast().max()), byteCountMin, name)
                XCTAssertGreaterThanOrEqual(try XCTUnwrap(asked.last), byteCountMin, name)
                XCTAssertLessThan(try XCTUnwrap(asked.max()), 16 << 20, name)
                var refusedCount = 0
                XCTAssertThrowsError(try fixture.engine.receipt(lookup, as: .admin, hold: { byteCount in
                    guard byteCount >= byteCountMin else { return }
                    refusedCount += 1
                    throw Fault(.overloaded, "no room")
                })) { XCTAssertEqual(($0 as? Fault)?.code, .overloaded, "\(name): \($0)") }
                XCTAssertEqual(refusedCount, 1, "nothing goes on without room: \(name)")
                guard case .found = try fixture.engine.receipt(lookup, as: .admin) else { return XCTFail("no file is damaged for want of room: \(name)") }
            }
        }
    }

    /// It waits for the next page, and does not refuse the one at hand.
    func test_aLongRowBehindOthers_withoutRoomBesideThem_isTheNextPagesFirst() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        // As many as a page's first read takes.
        let shortCount = 256
        for number in 0...shortCount {
            let name = number < shortCount ? "short" : String(repeating: "x", count: 900_000)
            _ = try fixture.taken("{\"schema\":\"licence/1\",\"id\":\"L-\(100 + number)\",\"name\":\"\(name)\"}")
        }
        var request = PageRequest(table: "licences", fields: ["receipt_id", "document"], limit: 1_000)
        func page() throws -> Page {
            // Beside rows at hand, or none: more is asked for several rows together, before it is known how long they are.
            try fixture.engine.page(request, as: .admin) { if (900_000..<6 << 20).contains($0) { throw Fault(.overloaded, "no room") } }
        }
        let first = try page()
        XCTAssertEqual(first.batches.reduce(0) { $0 + $1.rowCount }, shortCount)
        request.cursor = try XCTUnwrap(first.nextCursor)
        XCTAssertThrowsError(try page()) { XCTAssertEqual(($0 as? Fault)?.code, .overloaded, "\($0)") }
        XCTAssertEqual(try fixture.engine.page(request, as: .admin).batches.map(\.rowCount), [1])
    }

    /// So is one row of a page by itself.
    func test_aPageOfOneLongRow_asksForItsMemory_beforeItIsRead() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        _ = try fixture.taken(document(40))
        let request = PageRequest(table: "licences", fields: ["receipt_id", "document"], limit: 1)
        for tier in ["hot", "cold"] {
            if tier == "cold" { _ = try fixture.engine.compact(before: nil) }
            var asked: [Int] = []
            let page = try fixture.engine.page(request, as: .admin) { asked.append($0) }
            XCTAssertEqual(page.batches.map(\.rowCount), [1])
            XCTAssertGreaterThanOrEqual(try XCTUnwrap(asked.max()), 900_000, tier)
            XCTAssertThrowsError(try fixture.engine.page(request, as: .admin) { if $0 >= 900_000 { throw Fault(.overloaded, "no room") } }, tier) {
                XCTAssertEqual(($0 as? Fault)?.code, .overloaded, "\(tier): \($0)")
            }
        }
    }
}
