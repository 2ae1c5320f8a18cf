import ColumnStore

/// One column of a batch as cells of a workbook. What Excel cannot hold exactly is text.
///
/// `docs/decisions/0025-workbooks.md` says what is a number and what is text.
///
/// Excel's numbers are doubles, of which it shows and compares 15 digits; its days count from 1900, with a 29 February that year did not have.
struct WorkbookCells {
    /// How a number is shown.
    enum Form: Hashable {
        case general
        case integer
        case decimal(scale: Int)
        case date, time, timeWithFraction, moment, momentWithFraction
    }

    enum Cell {
        case empty
        case boolean(Bool)
        /// `width`: characters that it is shown with.
        case number(Double, Form, width: Int)
        case text(WorkbookText)
    }

    private let column: Column
    private let type: ColumnType
    /// The values as text, for those that have to be.
    private let texts: CellWriter

    init(_ column: Column, type: ColumnType) {
        self.column = column
        self.type = type
        texts = CellWriter(column)
    }

    /// 10 to the 15th: every integer below has at most 15 digits.
    private static let numberLimit: Int128 = 1_000_000_000_000_000

    /// - Parameter row: of the batch.
    func cell(_ row: Int) -> Cell {
        if texts.isNull(row) { return .empty }
        switch type {
        case .boolean, .int32, .int64, .double, .decimal, .date, .time, .timestamp, .timestampNanoseconds:
            return Self.plain(column.value(at: row), type) ?? text(row)
        case .string, .binary, .uuid, .json, .interval, .list, .structure, .null: return text(row)
        }
    }

    private func text(_ row: Int) -> Cell {
        // As they lie: JSON is kept as a text.
        if type == .string || type.isJSON, let bytes = texts.bytes(row) { return .text(WorkbookText(bytes)) }
        var bytes: [UInt8] = []
        texts.appendPlain(row, to: &bytes)
        return .text(WorkbookText(bytes))
    }

    /// Nil where the value has to be text.
    private static func plain(_ value: Value, _ type: ColumnType) -> Cell? {
        switch (value, type) {
        case (.boolean(let value), _): return .boolean(value)
        case (.double(let value), _): return value.magnitude <= doubleMax ? .number(value, .general, width: 12) : nil
        case (.decimal(let value), _): return decimal(value, scale: type.scale)
        case (.integer(let value), .date): return date(value).map { .number($0, .date, width: 10) }
        case (.integer(let value), .time): return time(value)
        case (.integer(let value), .timestamp): return moment(value)
        case (.integer(let value), .timestampNanoseconds): return moment(value.dividedDown(by: 1_000))
        case (.integer(let value), _):
            return value.magnitude < UInt64(numberLimit) ? .number(Double(value), .integer, width: digitCount(Int128(value)) + 1) : nil
        default: return nil
        }
    }

    /// A number where 15 digits say it all: noughts at the end of the fraction are the format's.
    private static func decimal(_ unscaled: Int128, scale: Int) -> Cell? {
        var (value, places) = (unscaled, scale)
        // 1.50 is 15 at one place: its nought comes of the format.
        while places > 0, value % 10 == 0 { (value, places) = (value / 10, places - 1) }
        guard value.magnitude < UInt128(numberLimit) else { return nil }
        // Past 22 places a power of ten is no double, and the quotient not the nearest one.
        guard let number = places < powersOfTen.count ? Double(Int64(value)) / powersOfTen[places] : Double("\(value)e-\(places)") else { return nil }
        return .number(number, scale == 0 ? .integer : .decimal(scale: scale), width: max(digitCount(value), places + 1) + scale - places + 2)
    }

    /// Excel's greatest number. A greater one, written with 16 digits, may be none any more to whoever reads it.
    private static let doubleMax = 9.99999999999999e307

    private static let powersOfTen: [Double] = (0...22).map { exponent in (0..<exponent).reduce(1.0) { power, _ in power * 10 } }

    private static func digitCount(_ value: Int128) -> Int {
        var (rest, count) = (value.magnitude, 1)
        while rest >= 10 { (rest, count) = (rest / 10, count + 1) }
        return count
    }

    /// 9999-12-31, the last day that Excel knows; 1 is 1900-01-01.
    private static let dayMax: Int64 = 2_958_465
    /// 1970-01-01 as Excel's number.
    private static let dayOf1970: Int64 = 25_569

    /// Excel's number of a day, counted from 1970 here; nil for one that it does not know.
    private static func date(_ day: Int64) -> Double? {
        guard day > -dayOf1970, day <= dayMax - dayOf1970 else { return nil }
        let number = day + dayOf1970
        // Days before March 1900 come before the 29 February that never was.
        let shifted = number <= 60 ? number - 1 : number
        return shifted >= 1 ? Double(shifted) : nil
    }

    private static let microsecondsOfDay: Int64 = 86_400_000_000

    /// A part of a day; nil for 24:00 and what is no time of a day.
    private static func time(_ microseconds: Int64) -> Cell? {
        guard (0..<microsecondsOfDay).contains(microseconds) else { return nil }
        let hasFraction = microseconds % 1_000_000 != 0
        return .number(Double(microseconds) / Double(microsecondsOfDay), hasFraction ? .timeWithFraction : .time, width: hasFraction ? 12 : 8)
    }

    /// The day's number and the part of the day that has passed; nil where Excel does not know the day.
    private static func moment(_ microseconds: Int64) -> Cell? {
        let day = microseconds.dividedDown(by: microsecondsOfDay)
        guard let number = date(day) else { return nil }
        // Safe: the day's own microseconds, since the day is within Excel's.
        let rest = microseconds - day * microsecondsOfDay
        // Shown in milliseconds, the end of the last day would be a day that Excel does not know.
        guard day < dayMax - dayOf1970 || rest < microsecondsOfDay - 500 else { return nil }
        let hasFraction = rest % 1_000_000 != 0
        return .number(
            number + Double(rest) / Double(microsecondsOfDay), hasFraction ? .momentWithFraction : .moment, width: hasFraction ? 23 : 19)
    }
}

extension Int64 {
    /// The quotient, rounded down: days before 1970 too.
    fileprivate func dividedDown(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
