import ColumnStore
@testable import Query
import TestSupport
import XCTest

/// The table behind a hash join against a dictionary of the standard library.
final class KeyIndexTests: XCTestCase {
    private func run(threads: Int) -> QueryRun { QueryRun(pool: WorkerPool(threadCount: threads)) }

    private func check(_ columns: [Column], probes: [Column], threads: Int, line: UInt = #line) throws {
        let count = columns[0].count
        var facts = columns.map { KeyPacking.Facts($0.type) }
        for index in facts.indices { facts[index].note(columns[index]) }
        let packing = try XCTUnwrap(KeyPacking(facts), line: line)
        let (keys, present) = packing.pack(columns, count: count)
        let index = try KeyIndex.make(keys, present, packing, run(threads: threads))
        func key(_ columns: [Column], _ row: Int) -> [Value]? {
            let values = columns.map { $0.value(at: row) }
            return values.contains(.null) ? nil : values
        }
        var expected: [[Value]: [Int32]] = [:]
        for row in 0..<count { if let key = key(columns, row) { expected[key, default: []].append(Int32(row)) } }
        XCTAssertEqual(index.hasRepeats, expected.values.contains { $0.count > 1 }, line: line)
        let (wanted, valid) = packing.pack(probes, count: probes[0].count)
        let found = index.find(wanted, valid)
        for row in found.indices {
            var chain: [Int32] = []
            var next = found[row]
            while next >= 0 {
                chain.append(next)
                next = index.following[Int(next)]
            }
            let rows = key(probes, row).flatMap { expected[$0] } ?? []
            if chain != rows { return XCTFail("probe \(row): \(chain.prefix(5)) instead of \(rows.prefix(5))", line: line) }
        }
    }

    private func column(_ values: [Int64], nullEvery: Int = 0) -> Column {
        let validity: Bitmap? = nullEvery == 0 ? nil : {
            var bits = Bitmap(repeating: true, count: values.count)
            for row in stride(from: 0, to: values.count, by: nullEvery) { bits[row] = false }
            return bits
        }()
        return Column(type: .int64, count: values.count, validity: validity, values: .int64(values))
    }

    func test_keysCloseTogether_andFarApart_oneWorkerAndTwo() throws {
        var random = SplitMix64(state: 5)
        for (count, span) in [(1, 1), (50, 10), (3_000, 4_000), (3_000, Int64.max / 2), (90_000, 60_000), (90_000, Int64.max / 2)] as [(Int, Int64)] {
            func draw() -> Int64 { Int64(bitPattern: random.next() >> 1) % span - span / 2 }
            let values = (0..<count).map { _ in draw() }
            let repeated = values.indices.map { $0 % 3 == 0 ? values[$0 / 3] : values[$0] }
            let probes = (0..<2_000).map { $0 % 2 == 0 ? values[$0 % count] : draw() }
            for threads in [1, 2] {
                try check([column(repeated)], probes: [column(probes)], threads: threads)
                try check([column(repeated, nullEvery: 5)], probes: [column(probes, nullEvery: 7)], threads: threads)
            }
        }
    }

    func test_keysAtTheEndsOfTheRange() throws {
        let ends = [Int64.min, -1, 0, 1, Int64.max, Int64.min, Int64.max]
        try check([column(ends)], probes: [column(ends + [7, -7])], threads: 1)
    }

    func test_severalColumns_arePackedTogether() throws {
        var random = SplitMix64(state: 6)
        func draw(_ span: UInt64, _ count: Int) -> [Int64] { (0..<count).map { _ in Int64(random.next() % span) - 20 } }
        let columns = [column(draw(40, 5_000)), column(draw(1_000_000_000, 5_000).map { $0 % 30 }, nullEvery: 9), column(draw(3, 5_000))]
        let probes = [column(draw(60, 3_000)), column(draw(45, 3_000)), column(draw(5, 3_000), nullEvery: 4)]
        try check(columns, probes: probes, threads: 2)
    }

    func test_columnsOfTooManyBits_areNotPacked() {
        var wide = KeyPacking.Facts(.int64)
        wide.note(column([Int64.min, Int64.max]))
        var narrow = KeyPacking.Facts(.int64)
        narrow.note(column([0, 100]))
        XCTAssertNil(KeyPacking([wide, narrow]))
        XCTAssertNotNil(KeyPacking([wide]))
        XCTAssertNil(KeyPacking([KeyPacking.Facts(.string)]))
    }

    /// Keys whose hashes all begin alike would fill one worker's part of the table and leave the other empty.
    func test_keysThatCrowdIntoOnePart() throws {
        var keys: [Int64] = []
        var candidate: Int64 = 0
        while keys.count < 1 << 17 {
            candidate += 1_000_003
            if HashKernels.hash(candidate) >> 63 == 0 { keys.append(candidate) }
        }
        try check([column(keys)], probes: [column(Array(keys.prefix(500)) + [1, 2, 3])], threads: 2)
    }

    func test_runtimeFilterKeys_passEveryKey_andLeaveOutNearlyAllOthers() {
        var random = SplitMix64(state: 9)
        let spread = (0..<20_000).map { _ in Int64(bitPattern: random.next()) }
        let close = (0..<20_000).map { _ in Int64(random.next() % 1_000_000) }
        for values in [spread, close] {
            let set = RuntimeFilterKeys(values, least: values.min() ?? 0, greatest: values.max() ?? 0, isDense: true)
            XCTAssertTrue(set.select(column(values)).isAllSet)
            let others = (0..<20_000).map { _ in Int64(bitPattern: random.next()) }
            XCTAssertLessThan(set.select(column(others)).setCount, 400)
            XCTAssertEqual(set.select(column(values, nullEvery: 2)).setCount, 10_000)
        }
        var texts = ByteArrays(), others = ByteArrays()
        for index in 0..<5_000 {
            texts.append(Array("key \(index)".utf8))
            others.append(Array("other \(index)".utf8))
        }
        let set = RuntimeFilterKeys(texts)
        XCTAssertTrue(set.select(Column(type: .string, count: 5_000, values: .bytes(texts))).isAllSet)
        XCTAssertLessThan(set.select(Column(type: .string, count: 5_000, values: .bytes(others))).setCount, 100)
    }
}
