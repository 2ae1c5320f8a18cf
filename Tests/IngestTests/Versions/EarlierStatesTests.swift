import Dispatch
import Query
import XCTest

@testable import Ingest

/// Goal: whoever holds a moment finds how rows were at it, or gets the error that it is too old; what nobody holds any more goes, and is charged as long as it is there. Method: moments of
/// a chain of commits, a chain too long for a stack, a room for few of them, and readers beside a writer.
final class EarlierStatesTests: XCTestCase {
    private func row(_ row: Int64, _ state: ReceiptState, endedAt: Int64? = nil) -> EarlierStates.Row {
        EarlierStates.Row(row: row, sequence: 100 + row, state: state, completedAt: endedAt)
    }

    private func texts(_ rows: [Int64: EarlierStates.Row]) -> [String] {
        rows.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.state.rawValue) \($0.value.completedAt ?? 0)" }
    }

    func test_rows_areAsTheyWereAtTheMoment_whateverCameAfter() throws {
        let first = EarlierStates()
        let second = first.adding([row(1, .processing), row(2, .processing)], of: "a")
        let third = second.adding([row(1, .failed, endedAt: 7)], of: "a").adding([row(1, .complete, endedAt: 9)], of: "b")
        XCTAssertEqual(try texts(first.rows(of: "a")), ["1 PROCESSING 0", "2 PROCESSING 0"])
        XCTAssertEqual(try texts(second.rows(of: "a")), ["1 FAILED 7"])
        XCTAssertEqual(try texts(second.rows(of: "b")), ["1 COMPLETE 9"])
        XCTAssertEqual(try texts(first.rows(withSequences: [101, 102, 103])), ["101 PROCESSING 0", "102 PROCESSING 0"])
        XCTAssertEqual(try texts(first.rows(withSequences: [102])), ["102 PROCESSING 0"])
        var takenCount = 0
        let byFile = try first.rowsByFile { takenCount += $0 }
        XCTAssertEqual(byFile.keys.sorted(), ["a", "b"])
        XCTAssertEqual(texts(byFile["a"] ?? [:]), ["1 PROCESSING 0", "2 PROCESSING 0"])
        XCTAssertEqual(texts(byFile["b"] ?? [:]), ["1 COMPLETE 9"])
        XCTAssertEqual(takenCount, 4, "asked for before it is known which of them count")
        XCTAssertTrue(try third.rows(of: "a").isEmpty && third.rows(of: "b").isEmpty && third.rows(withSequences: [101, 102]).isEmpty)
        XCTAssertTrue(third.isLast)
        XCTAssertFalse(first.isLast)
    }

    /// Of several changes the first counts, whichever call found it; a row that was there is not lost.
    func test_reader_hasWhatTheMomentHas_howeverOftenItGoesOn() throws {
        let first = EarlierStates()
        var reader = EarlierStates.Reader(first)
        try reader.goOn()
        XCTAssertTrue(reader.bySequence.isEmpty)
        var last = first.adding([row(1, .processing)], of: "a")
        try reader.goOn()
        XCTAssertEqual(texts(reader.bySequence), ["101 PROCESSING 0"])
        last = last.adding([row(1, .failed, endedAt: 7), row(2, .processing)], of: "a")
        last = last.adding([row(2, .complete, endedAt: 9)], of: "a")
        for _ in 0..<2 {
            try reader.goOn()
            XCTAssertEqual(texts(reader.bySequence), ["101 PROCESSING 0", "102 PROCESSING 0"])
            XCTAssertEqual(try texts(first.rows(withSequences: [101, 102])), texts(reader.bySequence))
        }
    }

    /// What a reader has gone through is not kept for it.
    func test_reader_keepsNoMomentThatIsBehindIt() throws {
        var reader = EarlierStates.Reader(EarlierStates())
        weak var passed: EarlierStates?
        do {
            let first = EarlierStates()
            reader = EarlierStates.Reader(first)
            let second = first.adding([row(1, .processing)], of: "a")
            passed = second
            _ = second.adding([row(2, .processing)], of: "a")
            try reader.goOn()
        }
        XCTAssertNil(passed)
        XCTAssertEqual(reader.bySequence.count, 2)
    }

    /// Each by the one before it would be a call within a call.
    func test_longChain_isLetGoOfWithoutAStackAsLong() throws {
        var first: EarlierStates? = EarlierStates()
        var last = try XCTUnwrap(first)
        weak var middle: EarlierStates?
        for number in 0..<300_000 {
            last = last.adding([row(Int64(number), .processing)], of: "a")
            if number == 150_000 { middle = last }
        }
        XCTAssertEqual(try first?.rows(of: "a").count, 300_000)
        XCTAssertNotNil(middle)
        first = nil
        XCTAssertNil(middle, "what came before the last moment is nobody's any more")
        XCTAssertTrue(try last.rows(of: "a").isEmpty)
    }

    // MARK: What it takes

    /// Of a commit of one row.
    private func linkByteCount() -> Int {
        let room = StatesRoom()
        let first = EarlierStates(room)
        return withExtendedLifetime(first.adding([row(1, .processing)], of: "a")) { withExtendedLifetime(first) { room.byteCount } }
    }

    func test_whatMomentsHold_isChargedToAll_andGivenBackWithTheOldest() throws {
        let one = linkByteCount()
        XCTAssertGreaterThan(one, 100)
        let all = MemoryBudget(byteCountMax: 1)
        let room = StatesRoom(MemoryBudget(byteCountMax: 1 << 20, parent: all))
        var first: EarlierStates? = EarlierStates(room)
        var last = try XCTUnwrap(first)
        var middle: EarlierStates?
        for number in Int64(1)...10 {
            last = last.adding([row(number, .processing)], of: "a")
            if number == 4 { middle = last }
        }
        XCTAssertEqual(room.byteCount, 10 * one)
        XCTAssertEqual(all.usedByteCount, 10 * one, "it is there, whatever others may hold")
        XCTAssertEqual(try first?.rows(of: "a").count, 10)
        first = nil
        XCTAssertEqual(room.byteCount, 6 * one)
        XCTAssertEqual(try middle?.rows(of: "a").count, 6)
        middle = nil
        XCTAssertEqual(room.byteCount, 0)
        XCTAssertEqual(all.usedByteCount, 0)
        XCTAssertTrue(last.isLast)
    }

    func test_oldestMoment_givesWay_whereThereIsNoRoom_andTheNextOneAfterIt() throws {
        let one = linkByteCount()
        let room = StatesRoom(MemoryBudget(byteCountMax: 100 * one))
        let first = EarlierStates(room)
        var last = first
        var number: Int64 = 0
        func add(_ count: Int) {
            for _ in 0..<count {
                number += 1
                last = last.adding([row(number, .processing)], of: "a")
            }
        }
        func isTooOld(_ moment: EarlierStates) -> Bool { (try? moment.rows(of: "a")) == nil }
        add(50)
        var reader = EarlierStates.Reader(first)
        try reader.goOn()
        let second = last
        add(50)
        XCTAssertEqual(try first.rows(of: "a").count, 100)
        add(1)
        XCTAssertTrue(isTooOld(first))
        XCTAssertThrowsError(try first.rows(withSequences: [101]))
        XCTAssertThrowsError(try first.rowsByFile { _ in })
        XCTAssertFalse(first.isLast)
        XCTAssertEqual(room.byteCount, 51 * one, "what came before the second is nobody's")
        XCTAssertEqual(try second.rows(of: "a").count, 51)
        // It stands where the second does.
        try reader.goOn()
        XCTAssertEqual(reader.bySequence.count, 101)
        add(50)
        XCTAssertTrue(isTooOld(second))
        XCTAssertEqual(room.byteCount, 50 * one, "the reader's moment is the oldest, with all of these behind it")
        add(49)
        XCTAssertNoThrow(try reader.goOn())
        XCTAssertEqual(reader.bySequence.count, 200)
        XCTAssertEqual(room.byteCount, 0, "the reader stands behind all of them, and nobody else asks for any")
    }

    /// Readers of the moment before it get its states; readers of earlier ones get an error.
    func test_commitOfMoreThanAll_isLinkedIn() throws {
        let room = StatesRoom(MemoryBudget(byteCountMax: 10_000))
        let first = EarlierStates(room)
        let second = first.adding([row(1, .processing)], of: "a")
        let third = second.adding((2...1_001).map { row($0, .processing) }, of: "a")
        XCTAssertGreaterThan(room.byteCount, 10_000)
        XCTAssertThrowsError(try first.rows(of: "a"))
        XCTAssertEqual(try second.rows(of: "a").count, 1_000)
        let fourth = third.adding([row(2_000, .processing)], of: "a")
        XCTAssertThrowsError(try second.rows(of: "a"))
        XCTAssertEqual(room.byteCount, linkByteCount())
        XCTAssertEqual(try third.rows(of: "a").count, 1)
        XCTAssertTrue(fourth.isLast)
    }

    /// Each finds all that came since, in order, or gets an error; nothing is charged for good.
    func test_readersBesideTheWriter_areToldOrFindAll() {
        let room = StatesRoom(MemoryBudget(byteCountMax: 64 * linkByteCount()))
        var initial = TierBoundary.Snapshot()
        initial.states = EarlierStates(room)
        let boundary = TierBoundary(initial)
        DispatchQueue.concurrentPerform(iterations: 4) { worker in
            for round in 1...4_000 {
                if worker == 0 {
                    boundary.announce([EarlierStates.Row(row: Int64(round), sequence: 100, state: .processing, completedAt: nil)], of: "a")
                    boundary.publish(sequence: Int64(round))
                    continue
                }
                let snapshot = boundary.snapshot()
                for _ in 0..<(round % 7) {
                    guard let found = try? snapshot.states.rows(of: "a") else { break }
                    // All that came since, without a gap.
                    let rows = found.keys.sorted()
                    if let first = rows.first, let last = rows.last { XCTAssertEqual(rows.count, Int(last - first) + 1) }
                    if let first = rows.first { XCTAssertGreaterThan(first, snapshot.sequence) }
                }
            }
        }
        XCTAssertEqual(room.byteCount, 0)
        XCTAssertTrue(boundary.snapshot().states.isLast)
    }
}
