import ColumnStore

/// What every column that a reader hands out promises: kernels rely on it without asking.
enum ColumnSoundness {
    static func check(_ column: Column) {
        if let fault = column.fault { preconditionFailure(fault) }
        checkValues(column)
    }

    private static func checkValues(_ column: Column) {
        switch column.values {
        case .dictionary(_, let dictionary): checkValues(dictionary.values)
        case .list(_, let element): checkValues(element)
        case .structure(let members): for member in members { checkValues(member) }
        case .int64(let values): checkNumbers(column, values.map { Int128($0) })
        case .int128(let values): checkNumbers(column, values)
        case .bits, .int32, .double, .interval, .bytes, .constant: break
        }
        if column.count > 0 { for row in [0, column.count / 2, column.count - 1] { _ = column.value(at: row) } }
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
