import ColumnStore
import Glibc
import Query
import Synchronization
import XCTest

@testable import Ingest

/// Goal: a piece of a file is read with care exactly where one of its rows has a mark, and a mark stays. Method: every choice of damaged and of repaired rows among four, and every range;
/// threads that mark at once.
final class RepairedRowsTests: XCTestCase {
    func test_containsAndTouches_ofEveryChoice_areThoseOfTheRows() {
        for choice in 0..<256 {
            let repaired = (Int64(1)...4).filter { choice >> ($0 - 1) & 1 == 1 }
            let damaged = (Int64(1)...4).filter { choice >> ($0 + 3) & 1 == 1 }
            var marks = RowMarks(repaired: RepairedRows(ids: repaired))
            for row in damaged { marks.damaged[row] = DamagedDocument(path: "hot", row: row, ticket: ULID(high: 0, low: UInt64(row)), reason: "test") }
            XCTAssertEqual(marks.isEmpty, choice == 0)
            for row in Int64(0)...5 {
                XCTAssertEqual(marks.repaired.contains(row), repaired.contains(row))
                for end in row...5 { XCTAssertEqual(marks.touches(row...end), (row...end).contains { repaired.contains($0) || damaged.contains($0) }, "\(choice): \(row)...\(end)") }
            }
        }
    }

    /// Who has read fewer of these rows does not mark them behind one who has read more. Each reading gives one that none before it has given.
    func test_markRepairs_byManyAtOnce_leavesWhatWasReadLast() {
        let file = HotFile(
            directory: "/nowhere", day: 20_000, part: 1, dictionaries: DocumentDictionaries(known: []) { _, _ in 2 }, tables: TableColumns(),
            values: DocumentValues { _, _ in nil })
        let last = Mutex<Int64>(0)
        let behind = Mutex<[Int64]>([])
        let threads = (0..<4).map { _ in
            WorkerThread(name: "marker") {
                for _ in 0..<200 {
                    var own: Int64 = 0
                    try? file.markRepairs {
                        own = last.withLock { last in
                            last += 1
                            return last
                        }
                        sched_yield()
                        return RepairedRows(ids: [own])
                    }
                    sched_yield()
                    if let marked = file.marks.repaired.ids.last, marked < own { behind.withLock { $0.append(own) } }
                }
            }
        }
        for thread in threads { thread.join() }
        XCTAssertEqual(behind.withLock { $0 }, [])
        XCTAssertEqual(file.marks.repaired.ids, [800])
    }

    /// All at once would be columns of any length.
    func test_repairs_ofLongRows_areSeveralChunks_andEachRowIsThereOnce() throws {
        let directory = TemporaryDirectory()
        let store = try HotTierFixture.Store(directory.path)
        defer { store.close() }
        let padding = String(repeating: "x", count: 1 << 20)
        _ = try store.stored(try (0..<18).map { try HotTierFixture.row("\($0)-\(padding)") })
        let file = try XCTUnwrap(store.tier.boundary.snapshot().files.last)
        let encoded = HotTierFixture.encoded(currency: "UAH", total: 1, lines: [])
        try store.tier.writer.perform(on: file) { writer in
            try writer.perform { connection in
                let insert = try connection.statement("INSERT INTO repaired(id, coding, document_bytes, document, encoded) SELECT id, 0, 0, x'', ?1 FROM rows")
                try insert.bind(1, encoded)
                try insert.run()
            }
        }
        try file.reloadRepairs()
        let chunks = file.marks.repaired.chunks["receipts"] ?? []
        XCTAssertGreaterThan(chunks.count, 1)
        for chunk in chunks { XCTAssertLessThan(chunk.byteCount, ColumnTail.chunkByteCountMax + 2 << 20) }
        let scan = try TieredTable(name: "receipts", boundary: store.tier.boundary, tables: store.tier.tables).scan(ScanRequest(projection: ["sequence"]))
        var sequences: [String] = []
        while let morsel = try scan.nextMorsel() { while let batch = try morsel.next() { sequences += EngineFixture.texts(batch) } }
        XCTAssertEqual(sequences.count, 18)
        XCTAssertEqual(Set(sequences).count, 18)
    }
}
