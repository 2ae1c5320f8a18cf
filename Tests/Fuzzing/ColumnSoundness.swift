import ColumnStore

/// What every column that a reader hands out promises: kernels rely on it without asking.
enum ColumnSoundness {
    static func check(_ column: Column) {
        precondition(column.validity.map { $0.count == column.count } ?? true)
        precondition(column.values.count.map { $0 == column.count } ?? true)
        switch column.values {
        case .bytes(let arrays): checkOffsets(arrays.offsets, arrays.bytes.count)
        case .dictionary(let codes, let dictionary):
            for row in 0..<column.count where !column.isNull(at: row) { precondition(Int(codes[row]) < dictionary.count, "a code past the dictionary") }
            precondition(column.count == 0 || codes.allSatisfy { Int($0) < dictionary.count }, "a code past the dictionary under a NULL")
            check(dictionary.values)
        case .list(let offsets, let element):
            checkOffsets(offsets, element.count)
            for row in 0..<column.count where column.isNull(at: row) { precondition(offsets[row] == offsets[row + 1], "a NULL list with elements") }
            check(element)
        case .structure(let members): for member in members { check(member) }
        case .int64(let values): checkNumbers(column, values.map { Int128($0) })
        case .int128(let values): checkNumbers(column, values)
        default: break
        }
        if column.count > 0 { for row in [0, column.count / 2, column.count - 1] { _ = column.value(at: row) } }
    }

    private static func checkOffsets(_ offsets: [Int32], _ end: Int) {
        precondition(offsets.first == 0 && offsets.last.map { Int($0) } == end, "offsets that do not span what they divide")
        precondition(zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 }, "offsets that descend")
    }

    private static func checkNumbers(_ column: Column, _ values: [Int128]) {
        for (row, value) in values.enumerated() where !column.isNull(at: row) {
            switch column.type {
            case .decimal(let precision, _):
                let limit = (0..<precision).reduce(1 as Int128) { limit, _ in limit * 10 }
                precondition(value > -limit && value < limit, "a decimal of more digits than its type")
            case .time: precondition(value >= 0 && value <= 86_400_000_000, "a time outside of the day")
            default: break
            }
        }
    }
}
