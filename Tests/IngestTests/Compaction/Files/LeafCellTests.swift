import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: rows are told on a page as SQLite has put them there, and whatever stands on a page ends nothing. Method: a table with values of all lengths about those at which a payload goes on
/// elsewhere, read as bytes; pages of chance.
final class LeafCellTests: XCTestCase {
    func test_all_ofATable_areItsRows_withWhatOfThemStandsOnThePage() throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let path = directory.path + "/table.sqlite"
        var random = SplitMix64(state: 0x1EAF)
        var values: [Int64: [UInt8]] = [:]
        let lengths = [0, 1, 100, 400, 480, 490, 500, 2_000, 4_030] + Array(4_035...4_060) + Array(8_100...8_200) + [20_000, 20_001, 70_000]
        for (index, length) in lengths.enumerated() { values[Int64(index * index + 1)] = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) } }
        do {
            let connection = try SQLiteConnection(path: path, mode: .create)
            try connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)")
            let insert = try connection.statement("INSERT INTO t(id, bytes) VALUES(?1, ?2)")
            for (id, value) in values.sorted(by: { $0.key < $1.key }) {
                insert.bind(1, id)
                try insert.bind(2, value)
                try insert.run()
            }
        }
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        var found: Set<Int64> = []
        for start in stride(from: 4_096, to: bytes.count, by: 4_096) {
            let page = Array(bytes[start..<start + 4_096])
            for cell in LeafCell.all(on: page) {
                guard let value = values[cell.id], cell.byteCount >= value.count, cell.byteCount - value.count < 10, found.insert(cell.id).inserted else { continue }
                let own = cell.local.lowerBound + cell.byteCount - value.count
                XCTAssertEqual(Array(page[own..<cell.local.upperBound]), Array(value.prefix(cell.local.upperBound - own)), "\\(value.count) bytes")
            }
        }
        XCTAssertEqual(found, Set(values.keys))
    }

    func test_all_ofPagesOfChance_endNothing() {
        var random = SplitMix64(state: 0xC4A9)
        for round in 0..<2_000 {
            var page = (0..<[512, 4_096][round % 2]).map { _ in UInt8.random(in: 0...255, using: &random) }
            page[0] = 13
            for cell in LeafCell.all(on: page) {
                XCTAssertGreaterThan(cell.byteCount, 0)
                XCTAssertLessThanOrEqual(cell.local.upperBound, page.count - 8)
            }
        }
        XCTAssertEqual(LeafCell.all(on: []).count, 0)
        XCTAssertEqual(LeafCell.all(on: [13]).count, 0)
        XCTAssertEqual(LeafCell.all(on: [UInt8](repeating: 5, count: 512)).count, 0)
    }
}
