import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a cold file that is not as it was written is told of, is in nobody's way but of who needs it, and is whole again once the documents of
/// its damaged rows were sent again, or the file was put back. Method: bytes of single columns' pages are changed on the disk.
final class ColdDamageTests: XCTestCase {
    private static let count = 60
    private static func document(_ number: Int) -> String {
        EngineFixture.receipt("R-\(number)", note: " \(number) \(UInt64(number) &* 0x9E37_79B9_7F4A_7C15)")
    }
    private static let all = PageRequest(fields: ["*"], limit: 7)

    private let directory = TemporaryDirectory()
    private func open() throws -> EngineFixture { try EngineFixture(directory.path) }

    /// A store with rows in one cold file.
    private func fill() throws -> (answers: [String], file: String) {
        let fixture = try open()
        for number in 0..<Self.count { _ = try fixture.taken(Self.document(number)) }
        _ = try fixture.engine.compact(before: nil)
        let answers = try fixture.walk(Self.all)
        try fixture.engine.close()
        let root = "\(directory.path)/warehouse/receipts/data"
        let files = try XCTUnwrap(FileManager.default.enumerator(atPath: root)).compactMap { $0 as? String }.filter { $0.hasSuffix(".parquet") }
        XCTAssertEqual(files.count, 1)
        return (answers, "\(root)/\(files[0])")
    }

    /// Changes a byte of the last page of a column's chunk.
    private func damage(_ path: String, _ column: [String]) throws {
        let file = try ParquetFile(try LocalFileBytes(path: path))
        let chunk = try XCTUnwrap(file.metadata.rowGroups[0].columns.compactMap(\.metadata).first { $0.path == column })
        var bytes = try Data(contentsOf: URL(filePath: path))
        let start = min(chunk.dataPageOffset, chunk.dictionaryPageOffset ?? chunk.dataPageOffset)
        bytes[Int(start + chunk.totalCompressedByteCount - 2)] ^= 0x10
        try bytes.write(to: URL(filePath: path))
    }

    private func checkTold(_ fixture: EngineFixture, _ place: String) {
        XCTAssertThrowsError(try fixture.walk(Self.all), place) { error in
            guard let damaged = error as? DamagedColdFile else { return XCTFail("\(error), \(place)") }
            XCTAssertEqual(damaged.rowGroup, 0, place)
            let problem = damaged.fault
            XCTAssertEqual(problem.code, .internalError)
            XCTAssertEqual(problem.errors.map(\.code), ["file-damaged"])
            XCTAssertTrue(problem.detail.contains("sent again") && problem.detail.contains("backup"), problem.detail)
            for secret in [directory.path, "parquet", "2026", "c1"] { XCTAssertFalse(problem.detail.contains(secret), problem.detail) }
            XCTAssertTrue(problem.cause?.contains(".parquet") == true)
        }
        XCTAssertTrue(fixture.engine.degradations.contains { $0.contains("cold file of the table receipts is damaged") }, place)
        XCTAssertEqual(Self.damagedFiles(fixture, "cold"), 1, place)
    }

    private static func damagedFiles(_ fixture: EngineFixture, _ tier: String) -> Double? {
        fixture.engine.metrics().first { $0.name == "damaged_files" && $0.labels.contains { $0.value == tier } }?.value
    }

    /// Of receipts that count each on its own, the one alone is refused whose look-up needs the damaged page.
    func test_take_besideADamagedColdFile_refusesWhoNeedsItAlone() throws {
        let (_, file) = try fill()
        try damage(file, ["document_sha256"])
        let fixture = try open()
        let lines = [
            Self.document(3), EngineFixture.receipt("N-1", at: "2026-11-10T10:00:00+02:00"), EngineFixture.receipt("N-2", at: "2026-11-11T10:00:00+02:00"),
        ]
        guard case .each(let results) = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
        XCTAssertThrowsError(try results[0].get()) { error in
            XCTAssertEqual((error as? Fault)?.code, .internalError)
            XCTAssertEqual((error as? Fault)?.errors.map(\.code), ["file-damaged"])
        }
        XCTAssertFalse(try results[1].get().isRepeat)
        XCTAssertFalse(try results[2].get().isRepeat)
        XCTAssertEqual(fixture.refusal(Self.document(4))?.errors.map(\.code), ["file-damaged"])
        XCTAssertFalse(try fixture.taken(EngineFixture.receipt("N-3", at: "2026-11-12T10:00:00+02:00")).isRepeat)
        try fixture.engine.close()
    }
}
