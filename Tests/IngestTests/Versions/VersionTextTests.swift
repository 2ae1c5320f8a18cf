import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a page of versions is charged with its text, and ends by it, where that is many times as long as the columns. Method: versions whose one column is of control characters.
final class VersionTextTests: XCTestCase {
    private static let type = """
        {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
         "columns":{"name":{"path":"/name","type":"VARCHAR"}}}
        """

    func test_versionsOfControlCharacters_areChargedByTheirText_andEndThePage() throws {
        let directory = TemporaryDirectory()
        let time = Atomic<Int64>(1_795_000_000_000_000)
        let fixture = try EngineFixture(directory.path, clock: Clock { time.add(1_000, ordering: .relaxed).newValue })
        defer { try? fixture.engine.close() }
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        let (versionCount, characterCount): (Int32, Int) = (20, 100_000)
        let controls = String(repeating: "\\u0001", count: characterCount)
        for number in 1...versionCount { _ = try fixture.taken("{\"schema\":\"licence/1\",\"id\":\"L-1\",\"name\":\"\(controls)\(number)\"}") }
        let lookup = ReceiptLookup(receiptID: "L-1", client: "c1", table: "licences")
        var (found, pageCount, cursor) = ([Int32](), 0, String?.none)
        repeat {
            var asked: [Int] = []
            guard case .found(let page) = try fixture.engine.versions(lookup, limit: 1_000, cursor: cursor, as: .admin, hold: { asked.append($0) }) else { return XCTFail("several have it") }
            // Each of the page's versions but the first of all has its name and the one before it, and each character is six.
            let changeCount = page.versions.reduce(0) { $0 + $1.changes.count }
            XCTAssertEqual(changeCount, page.versions.filter { $0.version > 1 }.count)
            let textByteCount = page.versions.reduce(0) { sum, version in
                version.changes.reduce(sum) { $0 + JSONForm.text($1.from, $1.field.type).utf8.count + JSONForm.text($1.to, $1.field.type).utf8.count }
            }
            XCTAssertGreaterThanOrEqual(textByteCount, changeCount * 12 * characterCount)
            XCTAssertLessThanOrEqual(textByteCount, 16 << 20)
            XCTAssertGreaterThan(try XCTUnwrap(asked.max()), textByteCount, "the text, and what it is made of")
            found += page.versions.map(\.version)
            pageCount += 1
            cursor = page.nextCursor
        } while cursor != nil && pageCount < 50
        XCTAssertEqual(found, (1...versionCount).reversed())
        XCTAssertEqual(pageCount, 2, "their columns have 2 MB, their text 23")
        // What has no room for its text is not shown, though its columns have.
        XCTAssertThrowsError(try fixture.engine.versions(lookup, limit: 1_000, cursor: nil, as: .admin, hold: { if $0 > 12 << 20 { throw Fault(.overloaded, "no room") } })) {
            XCTAssertEqual(($0 as? Fault)?.code, .overloaded, "\($0)")
        }
    }
}
