import XCTest

@testable import Ingest

/// Goal: records of however many tables lie apart in an import's runs. Method: keys of tables, days and ranks at their ends, against their order as tuples.
final class ImportOrderTests: XCTestCase {
    func test_keys_areInTheOrderOfTablesDaysAndRanks() {
        let tables = [0, 1, 254, 255, 256, 257, 40_000, ImportOrder.tableCountMax - 1]
        let days: [Int32] = [-719_162, -1, 0, 1, 20_000, 2_932_896]
        let ranks: [UInt32] = [0, 1, 1 << 23, 1 << 24 - 1]
        var keys: [UInt64] = []
        for table in tables {
            for day in days {
                let dayKey = ImportOrder.dayKey(table: table, day: day)
                XCTAssertEqual(ImportOrder.table(ofDayKey: dayKey), table)
                XCTAssertEqual(ImportOrder.day(ofDayKey: dayKey), day)
                for rank in ranks {
                    let key = ImportOrder.key(table: table, day: day, rank: rank)
                    XCTAssertEqual(key >> 24, dayKey)
                    keys.append(key)
                }
            }
        }
        XCTAssertEqual(keys, keys.sorted())
        XCTAssertEqual(Set(keys).count, keys.count)
    }

    func test_daysBeyondAll_areTheNearest() {
        XCTAssertLessThan(ImportOrder.dayKey(table: 3, day: .min), ImportOrder.dayKey(table: 3, day: -719_162))
        XCTAssertGreaterThan(ImportOrder.dayKey(table: 3, day: .max), ImportOrder.dayKey(table: 3, day: 2_932_896))
        XCTAssertEqual(ImportOrder.table(ofDayKey: ImportOrder.dayKey(table: 3, day: .max)), 3)
        XCTAssertEqual(ImportOrder.table(ofDayKey: ImportOrder.dayKey(table: 3, day: .min)), 3)
    }
}
