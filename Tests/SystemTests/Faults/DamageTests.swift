import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: a query for what a damaged Parquet file had gets an error that says so, operators see it, and the very documents, sent again, make the file whole. Method: the
/// real binary, a byte of whose file is changed while it serves.
final class DamageTests: XCTestCase {
    private static let count = 40
    private static func document(_ number: Int) -> String { Receipts.pos("R-\(number)", name: "Хліб \(UInt64(number) &* 0x9E37_79B9_7F4A_7C15)") }

    /// Changes a byte of the last page of a column's chunk, where the server has the file open.
    private func flip(_ file: URL, _ column: [String]) throws {
        let parquet = try ParquetFile(try LocalFileBytes(path: file.path))
        let chunk = try XCTUnwrap(parquet.metadata.rowGroups[0].columns.compactMap(\.metadata).first { $0.path == column })
        let place = min(chunk.dataPageOffset, chunk.dictionaryPageOffset ?? chunk.dataPageOffset) + chunk.totalCompressedByteCount - 2
        let handle = try FileHandle(forUpdating: file)
        defer { try? handle.close() }
        try handle.seek(toOffset: UInt64(place))
        let byte = try XCTUnwrap(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: UInt64(place))
        try handle.write(contentsOf: Data([byte ^ 0x10]))
    }

    private func parquet(_ server: TillServer) throws -> URL {
        let files = FileManager.default.enumerator(at: server.data.appendingPathComponent("warehouse/receipts"), includingPropertiesForKeys: nil)
        let found = files?.compactMap { $0 as? URL }.filter { $0.pathExtension == "parquet" } ?? []
        XCTAssertEqual(found.count, 1)
        return try XCTUnwrap(found.first)
    }

    private func damagedFiles(_ server: TillServer) throws -> String? {
        try server.client().get("/metrics").text.split(separator: "\n").first { $0.hasPrefix("till_damaged_files") && $0.contains("cold") }
            .flatMap { $0.split(separator: " ").last.map(String.init) }
    }

    func test_flippedByte_isTold_andHealedByRepeats() throws {
        let server = try TillServer()
        defer { server.remove() }
        _ = try server.key("shop")
        let client = server.client()
        for number in 0..<Self.count { XCTAssertEqual(try client.post("/v1/receipts?client=shop", Self.document(number)).status, 201) }
        XCTAssertEqual(try client.post("/v1/admin/compact", "{}").status, 200)
        let page = "/v1/receipts?client=shop&fields=receipt_id,state,document&limit=100"
        let whole = try client.get(page)
        XCTAssertEqual(whole.status, 200, whole.text)
        let file = try parquet(server)
        try flip(file, ["document"])
        let question = #"{"query":"SELECT count(document) FROM receipts WHERE length(document) > 3"}"#
        for answer in [try client.get(page), try client.post("/v1/sql", question)] {
            XCTAssertEqual(answer.status, 500, answer.text)
            for text in [#""code":"file-damaged""#, file.lastPathComponent, "sent again", "from a backup"] { XCTAssertTrue(answer.text.contains(text), answer.text) }
            XCTAssertFalse(answer.text.contains(server.data.path) || answer.text.contains("warehouse"), answer.text)
        }
        // What does not need the page is answered, and what operators look at says so.
        XCTAssertEqual(try client.get("/v1/receipts?client=shop&fields=receipt_id,state&limit=100").status, 200)
        let ready = try client.get("/readyz")
        XCTAssertEqual(ready.status, 200)
        XCTAssertTrue(ready.text.contains("cold file of the table receipts is damaged"), ready.text)
        XCTAssertEqual(try damagedFiles(server), "1")
        let log = server.logText
        XCTAssertTrue(log.contains("found a damaged cold file") && log.contains(file.lastPathComponent), log)
        // Other bytes are no healing.
        XCTAssertEqual(try client.post("/v1/receipts?client=shop", Receipts.pos("R-1", name: "other")).status, 409)
        for number in 0..<Self.count { XCTAssertEqual(try client.post("/v1/receipts?client=shop", Self.document(number)).status, 200) }
        XCTAssertEqual(try client.post("/v1/admin/compact", "{}").status, 200)
        let healed = try client.get(page)
        XCTAssertEqual(healed.status, 200, healed.text)
        XCTAssertEqual(healed.text, whole.text)
        XCTAssertEqual(try damagedFiles(server), "0")
        XCTAssertFalse(try client.get("/readyz").text.contains("damaged"))
        let run = try TillRun(["verify", "--data", server.data.path])
        XCTAssertEqual(run.status, 0, run.text + run.error)
    }
}
