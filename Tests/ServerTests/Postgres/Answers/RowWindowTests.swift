import ColumnStore
import TestSupport
import XCTest

@testable import Server

/// Goal: a cursor goes where SQL says. Method: moves by chance over rows in batches of any size, beside a model that has all rows in one array.
final class RowWindowTests: XCTestCase {
    /// Rows 1…count in batches, and where the cursor stands, by the words of PostgreSQL's FETCH.
    private struct Model {
        let count: Int
        var position = 0

        mutating func move(_ direction: FetchDirection) -> [Int] {
            switch direction {
            case .forward(let count): return count.map { $0 < 0 ? back(0 - $0) : $0 == 0 ? here() : ahead($0) } ?? ahead(self.count + 1)
            case .backward(let count): return count.map { $0 < 0 ? ahead(0 - $0) : $0 == 0 ? here() : back($0) } ?? back(self.count + 1)
            case .absolute(let place):
                position = min(max(0, place >= 0 ? place : count + 1 + place), count + 1)
                return here()
            case .relative(let distance):
                position = min(max(0, position + distance), count + 1)
                return here()
            }
        }

        private func here() -> [Int] { (1...max(1, count)).contains(position) && count > 0 ? [position] : [] }

        private mutating func ahead(_ wanted: Int) -> [Int] {
            let last = min(count, position + wanted)
            let rows = position < last ? Array(position + 1...last) : []
            position = rows.count < wanted ? count + 1 : last
            return rows
        }

        private mutating func back(_ wanted: Int) -> [Int] {
            let first = max(1, position - wanted)
            let rows = first < position ? Array((first..<position).reversed()) : []
            position = rows.count < wanted ? 0 : first
            return rows
        }
    }

    private static func batches(_ count: Int, using random: inout SplitMix64) -> [ColumnBatch] {
        var batches: [ColumnBatch] = []
        var row = 1
        while row <= count {
            let end = min(count, row + Int(random.next() % 4))
            let values = (row...end).map { Int32($0) }
            batches.append(ColumnBatch(rowCount: values.count, columns: [Column(type: .int32, count: values.count, values: .int32(values))]))
            row = end + 1
        }
        return batches
    }

    private static func rows(_ piece: RowWindow.Piece) -> [Int] {
        guard case .int32(let values) = piece.batch.columns[0].values else { return [] }
        return values[piece.range].map { Int($0) }
    }

    func test_move_randomHistories_agreesWithModel() throws {
        // Of so few rows a cursor of which nobody said so has all, too.
        for (seed, keeping) in (0..<500).map({ ($0, $0 % 5 == 0 ? RowWindow.Keeping.some : .all) }) {
            var random = SplitMix64(state: UInt64(seed))
            let count = Int(random.next() % 12)
            var waiting = Self.batches(count, using: &random)
            var window = RowWindow(keeping)
            var model = Model(count: count)
            for _ in 0..<20 {
                let number = Int(random.next() % 9) - 4
                let direction: FetchDirection =
                    switch random.next() % 6 {
                    case 0: .forward(random.next() % 3 == 0 ? nil : number)
                    case 1: .backward(random.next() % 3 == 0 ? nil : number)
                    case 2: .absolute(number * 2)
                    case 3: .relative(number)
                    default: .forward(1)
                    }
                var found: [Int] = []
                let given = try window.move(direction, pull: { waiting.isEmpty ? nil : waiting.removeFirst() }) { found += Self.rows($0) }
                let wanted = model.move(direction)
                XCTAssertEqual(found, wanted, "seed \(seed), \(direction)")
                XCTAssertEqual(given, wanted.count, "seed \(seed), \(direction)")
                XCTAssertEqual(window.position, model.position, "seed \(seed), \(direction)")
            }
        }
    }

    /// A cursor of which nobody said which way it goes goes back while its rows are few, and from then on forward alone.
    func test_move_openCursor_letsGoOfManyRows() throws {
        var waiting = (0..<3).map { (number: Int) in
            var builder = ColumnBuilder(type: .string)
            builder.append(.bytes([UInt8](repeating: UInt8(0x61 + number), count: 600_000)))
            return ColumnBatch(rowCount: 1, columns: [builder.finish()])
        }
        var window = RowWindow(.some)
        func move(_ direction: FetchDirection) throws -> Int { try window.move(direction, pull: { waiting.isEmpty ? nil : waiting.removeFirst() }) { _ in } }
        XCTAssertEqual(try move(.forward(1)), 1)
        XCTAssertGreaterThanOrEqual(window.heldByteCount, 600_000)
        XCTAssertEqual(try move(.backward(1)), 0)
        XCTAssertEqual(try move(.forward(2)), 2)
        XCTAssertEqual(window.heldByteCount, 0)
        for direction in [FetchDirection.backward(1), .backward(nil), .relative(-1), .absolute(1)] {
            XCTAssertThrowsError(try move(direction), "\(direction)") { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, "55000") }
            XCTAssertEqual(window.position, 2, "\(direction)")
        }
        XCTAssertEqual(try move(.forward(0)), 1)
        XCTAssertEqual(try move(.forward(nil)), 1)
        XCTAssertThrowsError(try move(.backward(1))) { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, "55000") }
        XCTAssertEqual(window.heldByteCount, 0)
    }

    /// Its memory may be refused while it stands far behind what it has pulled: it goes on from where it stands.
    func test_keepLast_farBehindWhatWasPulled_losesNoRow() throws {
        for seed in 0..<50 {
            var random = SplitMix64(state: UInt64(seed))
            var waiting = Self.batches(30, using: &random)
            var window = RowWindow(.some)
            func move(_ direction: FetchDirection) throws -> [Int] {
                var found: [Int] = []
                _ = try window.move(direction, pull: { waiting.isEmpty ? nil : waiting.removeFirst() }) { found += Self.rows($0) }
                return found
            }
            XCTAssertEqual(try move(.absolute(20)), [20])
            let place = Int(random.next() % 19) + 1
            XCTAssertEqual(try move(.absolute(place)), [place])
            window.keepLast()
            XCTAssertEqual(try move(.forward(0)), [place], "seed \(seed)")
            XCTAssertEqual(try move(.forward(10)), Array(place + 1...min(30, place + 10)), "seed \(seed)")
            XCTAssertEqual(try move(.forward(nil)), place + 11 > 30 ? [] : Array(place + 11...30), "seed \(seed)")
        }
    }

    func test_move_forwardOnly_holdsOneBatch() throws {
        var random = SplitMix64(state: 1)
        var waiting = Self.batches(100, using: &random)
        var window = RowWindow(.last)
        var found: [Int] = []
        for _ in 0..<40 { _ = try window.move(.forward(3), pull: { waiting.isEmpty ? nil : waiting.removeFirst() }) { found += Self.rows($0) } }
        XCTAssertEqual(found, Array(1...100))
        XCTAssertEqual(window.heldByteCount, 0)
        XCTAssertEqual(try window.move(.forward(.max), pull: { nil }) { _ in XCTFail("a row behind the last") }, 0)
        XCTAssertThrowsError(try window.move(.relative(.min), pull: { nil }) { _ in XCTFail("a row before the first") }) { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, "55000") }
    }

    /// The question is over then, and its memory with it: a hundred cursors behind their last rows would hold a hundred batches that nobody counts.
    func test_move_forwardOnly_behindTheLastRow_holdsNothing() throws {
        let text = [UInt8](repeating: 0x78, count: 1_000)
        func column() -> Column {
            var builder = ColumnBuilder(type: .string)
            for _ in 0..<3 { builder.append(.bytes(text)) }
            return builder.finish()
        }
        for (direction, wanted, isHeld) in [(FetchDirection.forward(nil), 3, false), (.absolute(-1), 1, true), (.forward(4), 3, false), (.absolute(9), 0, false), (.forward(3), 3, false)] {
            var waiting = [ColumnBatch(rowCount: 3, columns: [column()])]
            var window = RowWindow(.last)
            XCTAssertEqual(try window.move(direction, pull: { waiting.popLast() }) { _ in }, wanted, "\(direction)")
            // A row that it stands on may be asked for again, by FETCH 0.
            XCTAssertEqual(window.heldByteCount >= 3_000, isHeld, "\(direction)")
            XCTAssertEqual(try window.move(.forward(0), pull: { waiting.popLast() }) { _ in }, isHeld || direction == .forward(3) ? 1 : 0, "\(direction)")
            XCTAssertEqual(try window.move(.forward(nil), pull: { waiting.popLast() }) { _ in XCTFail("a row behind the last") }, 0, "\(direction)")
            XCTAssertEqual(window.heldByteCount, 0, "\(direction)")
        }
    }

    func test_move_forwardOnly_goesToPlacesAhead() throws {
        var random = SplitMix64(state: 2)
        var waiting = Self.batches(20, using: &random)
        var window = RowWindow(.last)
        func move(_ direction: FetchDirection) throws -> [Int] {
            var found: [Int] = []
            _ = try window.move(direction, pull: { waiting.isEmpty ? nil : waiting.removeFirst() }) { found += Self.rows($0) }
            return found
        }
        XCTAssertEqual(try move(.absolute(1)), [1])
        XCTAssertEqual(try move(.absolute(6)), [6])
        XCTAssertEqual(try move(.relative(3)), [9])
        XCTAssertEqual(try move(.forward(1)), [10])
        XCTAssertThrowsError(try move(.absolute(3))) { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, "55000") }
        XCTAssertEqual(try move(.absolute(20)), [20])
        XCTAssertEqual(try move(.absolute(30)), [])
    }
}
