import ColumnStore
@testable import Query
import TestSupport
import XCTest

/// Goal: sort keys are charged before they are laid down, and never too few bytes of them.
///
/// Method: the bound beside the keys themselves, over columns of every kind; keys that a memory has no room for.
final class HeldKeysTests: XCTestCase {
    private func run(_ byteCount: Int) -> QueryRun {
        QueryRun(pool: WorkerPool(threadCount: 1), memory: MemoryBudget(byteCountMax: byteCount))
    }

    private func column(_ type: ColumnType, _ values: [Value]) -> Column {
        var builder = ColumnBuilder(type: type)
        for value in values { builder.append(value) }
        return builder.finish()
    }

    func test_byteCountBound_columnsOfEveryKind_isNoLessThanTheKeys() {
        var random = SplitMix64(state: 0x5EED)
        func bytes(_ most: UInt64) -> [UInt8] { (0..<random.next() % (most + 1)).map { _ in UInt8(random.next() % 3) } }
        let number = Field("n", .int32), text = Field("x", .binary)
        let kinds: [(ColumnType, () -> Value)] = [
            (.boolean, { .boolean(random.next() % 2 == 0) }), (.int32, { .integer(Int64(random.next() % 9)) }), (.int64, { .integer(-1) }),
            (.double, { .double(0.5) }), (.decimal(precision: 18, scale: 2), { .decimal(7) }), (.decimal(precision: 38, scale: 2), { .decimal(7) }),
            (.binary, { .bytes(bytes(9)) }), (.list(element: number), { .list((0..<random.next() % 4).map { _ in .integer(3) }) }),
            (.list(element: text), { .list((0..<random.next() % 4).map { _ in .bytes(bytes(4)) }) }),
            (.structure([number, text]), { .structure([.integer(1), .bytes(bytes(5))]) }),
            (.list(element: Field("s", .structure([number, text]))), { .list((0..<random.next() % 3).map { _ in .structure([.null, .bytes(bytes(2))]) }) }),
        ]
        for rowCount in [0, 1, 2, 7, 65] {
            for (type, value) in kinds {
                let values = (0..<rowCount).map { _ in random.next() % 4 == 0 ? Value.null : value() }
                for isDescending in [false, true] {
                    let columns = [SortColumn(column(type, values), isDescending: isDescending).flattened, SortColumn(column(.int64, values.map { _ in .null })).flattened]
                    let keys = SortKeys.encode(columns, count: rowCount)
                    let needed = keys.bytes.count + keys.offsets.count * 4
                    for countsZeros in [false, true] {
                        let bound = SortKeys.byteCountBound(columns, count: rowCount, countsZeros: countsZeros)
                        XCTAssertGreaterThanOrEqual(bound, needed, "\(type.sqlName), \(rowCount) rows")
                    }
                }
            }
        }
    }

    /// Beside a list, keys are laid down value by value; else column by column.
    func test_keys_laidDownByColumn_areThoseLaidDownByValue() {
        var random = SplitMix64(state: 0xC01)
        func bytes(_ most: UInt64, _ values: UInt64) -> [UInt8] { (0..<random.next() % (most + 1)).map { _ in UInt8(random.next() % values) } }
        let kinds: [(ColumnType, () -> Value)] = [
            (.boolean, { .boolean(random.next() % 2 == 0) }), (.int32, { .integer(Int64(random.next() % 9) - 4) }), (.int64, { .integer(Int64(bitPattern: random.next())) }), (.date, { .integer(-3) }),
            (.double, { .double(Double(random.next() % 5) - 2) }), (.decimal(precision: 18, scale: 2), { .decimal(Int128(random.next() % 99) - 50) }), (.decimal(precision: 38, scale: 2), { .decimal(-7) }),
            (.binary, { .bytes(bytes(9, 3)) }), (.string, { .bytes(bytes(9, 20).map { $0 + 97 }) }),
        ]
        for rowCount in [0, 1, 2, 70] {
            for (type, value) in kinds {
                for (isDescending, nullsFirst) in [(false, false), (false, true), (true, false), (true, true)] {
                    let values = (0..<rowCount).map { _ in random.next() % 4 == 0 ? Value.null : value() }, texts = (0..<rowCount).map { _ in Value.bytes(bytes(5, 200)) }
                    let plain = [
                        SortColumn(column(.binary, texts)), SortColumn(column(type, values), isDescending: isDescending, nullsFirst: nullsFirst), SortColumn(column(.string, values.map { _ in .null })),
                        SortColumn(column(.binary, texts), isDescending: true),
                    ]
                    let list = SortColumn(column(.list(element: Field("n", .int32)), values.map { _ in .list([]) }))
                    let (byColumn, byValue) = (SortKeys.encode(plain, count: rowCount), SortKeys.encode(plain + [list], count: rowCount))
                    // An empty list is its mark and its end.
                    for row in 0..<rowCount { XCTAssertEqual(Array(byColumn[row]), Array(byValue[row].dropLast(2)), "\(type.sqlName), row \(row)") }
                }
            }
        }
    }

    func test_byteCountBound_longTexts_countsTheirZerosOnly() {
        let long = [UInt8](repeating: 1, count: 100_000) + [UInt8](repeating: 0, count: 50_000)
        let columns = [SortColumn(column(.binary, [.bytes(long)]))]
        XCTAssertEqual(SortKeys.encode(columns, count: 1).bytes.count, 1 + 200_000 + 2)
        XCTAssertEqual(SortKeys.byteCountBound(columns, count: 1, countsZeros: true), 8 + 1 + 200_000 + 2)
        XCTAssertEqual(SortKeys.byteCountBound(columns, count: 1, countsZeros: false), 8 + 1 + 300_000 + 2)
    }

    func test_make_whatFits_isChargedWhileItIsHeld() throws {
        let run = run(64 << 20)
        let columns = [SortColumn(column(.int64, (0..<1_000).map { .integer($0) }))]
        var keys: HeldKeys? = try HeldKeys.make(columns, count: 1_000, of: "rows", run)
        withExtendedLifetime(keys) {
            XCTAssertEqual(keys?.keys.count, 1_000)
            XCTAssertEqual(run.memory.usedByteCount, SortKeys.byteCountBound(columns, count: 1_000, countsZeros: false))
        }
        keys = nil
        XCTAssertEqual(run.memory.usedByteCount, 0)
    }

    func test_make_whatDoesNotFit_isRefusedBeforeItIsTaken() throws {
        let run = run(4 << 20)
        let text = column(.string, (0..<8).map { _ in .bytes([UInt8](repeating: 65, count: 1 << 20)) })
        XCTAssertThrowsError(try HeldKeys.make([SortColumn(text)], count: 8, of: "rows", run)) { error in
            XCTAssertEqual((error as? QueryError)?.slug, .spillFull)
            XCTAssertEqual((error as? QueryError)?.needsMemory, true)
            XCTAssertEqual((error as? QueryError)?.fittingRowCount, 4)
        }
        XCTAssertEqual(run.memory.usedByteCount, 0)
    }

    /// One text of 2,048 rows: flat, past 32-bit offsets.
    func test_make_oneTextOfManyRows_isRefusedBeforeItIsLaidOut() throws {
        let run = run(1 << 40)
        let text = Column.constant(.bytes([UInt8](repeating: 65, count: 1 << 20)), type: .string, count: 2_048)
        XCTAssertThrowsError(try HeldKeys.make([SortColumn(text)], count: 2_048, of: "rows", run)) { error in
            XCTAssertEqual((error as? QueryError)?.fittingRowCount, 1_024)
        }
        XCTAssertEqual(run.memory.peakByteCount, 0)
    }
}
