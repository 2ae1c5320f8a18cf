import ColumnStore
import XCTest

@testable import Query

/// Goal: what a recursion's round keeps is charged, and no more is kept than its rows need. Method: rows of large dictionaries, one each, and many, within a budget that has room for neither's whole.
final class RecursionRoundTests: XCTestCase {
    /// As a batch of one row group, whose dictionary goes with it.
    private func batch(_ codes: [UInt32]) -> ColumnBatch {
        var builder = ColumnBuilder(type: .string)
        for number in 0..<1_000 { builder.append(.string(String(repeating: "x", count: 996) + "\(1_000 + number)")) }
        let dictionary = DictionaryValues(values: builder.finish(), isPassing: true)
        return ColumnBatch(rowCount: codes.count, columns: [Column(type: .string, count: codes.count, values: .dictionary(codes: codes, dictionary))])
    }

    func test_oneRowOfEachDictionary_keepsItsOwnTextAlone() throws {
        let memory = MemoryBudget(byteCountMax: 4 << 20)
        do {
            let round = RecursionRound(memory)
            for code in 0..<20 as Range<UInt32> { try round.append(batch([code])) }
            XCTAssertLessThan(memory.usedByteCount, 100_000)
            XCTAssertEqual(
                round.taken().map { $0.columns[0].value(at: 0) }, (0..<20).map { .string(String(repeating: "x", count: 996) + "\(1_000 + $0)") })
        }
        XCTAssertEqual(memory.usedByteCount, 0)
    }

    func test_allRowsOfDictionaries_areRefused_whereTheyDoNotFit() throws {
        let memory = MemoryBudget(byteCountMax: 4 << 20), round = RecursionRound(memory)
        try round.append(batch(Array(0..<1_000)))
        XCTAssertGreaterThan(memory.usedByteCount, 1_000_000)
        XCTAssertThrowsError(try (0..<4).forEach { _ in try round.append(batch(Array(0..<1_000))) })
    }
}
