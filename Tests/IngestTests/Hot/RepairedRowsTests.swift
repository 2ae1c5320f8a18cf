import ColumnStore
import Glibc
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
}
