/// Reads a cron expression:
///
///     expression = field field field field field | "@hourly" | "@daily" | "@midnight" | "@weekly" | "@monthly" | "@yearly" | "@annually"
///     field      = part ("," part)*
///     part       = ("*" | value ["-" value]) ["/" number]
///     value      = number | name of a month or a weekday, three letters
///
/// Fields stand between blanks. `value "/" number` goes on to the end of the range.
struct CronParser {
    private var scanner: Scanner
    private static let byteCountMax = 512
    private static let words = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *",
        "@annually": "0 0 1 1 *",
    ]

    init(_ text: String) { scanner = Scanner(Self.words[text.lowercased()] ?? text) }

    mutating func fields() throws(ExpressionFault) -> [CronField] {
        guard scanner.byteCount <= Self.byteCountMax else { throw ExpressionFault(offset: Self.byteCountMax, "longer than \(Self.byteCountMax) bytes") }
        var fields: [CronField] = []
        scanner.skipBlanks()
        for unit in CronField.Unit.allCases {
            guard !scanner.isAtEnd else { throw scanner.fault("the \(unit.rawValue) is missing: minute, hour, day of the month, month, weekday") }
            fields.append(try field(unit))
            let end = scanner.position
            scanner.skipBlanks()
            guard scanner.isAtEnd || scanner.position > end else { throw scanner.fault("no sign of a cron expression") }
        }
        guard scanner.isAtEnd else { throw scanner.fault("more than five fields") }
        return fields
    }

    private mutating func field(_ unit: CronField.Unit) throws(ExpressionFault) -> CronField {
        let beginsWithStar = scanner.current == UInt8(ascii: "*")
        var allowed: UInt64 = 0
        repeat { allowed |= try part(unit) } while scanner.take(",")
        return CronField(unit: unit, allowed: allowed, beginsWithStar: beginsWithStar)
    }

    private mutating func part(_ unit: CronField.Unit) throws(ExpressionFault) -> UInt64 {
        let range = unit.range
        var (first, last) = (range.lowerBound, unit == .weekday ? 6 : range.upperBound)
        var isSingle = false
        if !scanner.take("*") {
            first = try value(unit)
            if scanner.take("-") {
                last = try value(unit)
                guard first <= last else { throw scanner.fault("a range that goes backwards") }
            } else {
                isSingle = true
            }
        }
        var step = 1
        if scanner.take("/") {
            guard let number = try scanner.integer(), (1...range.upperBound).contains(number) else { throw scanner.fault("not a step of \(unit.rawValue)s") }
            step = number
        } else if isSingle {
            last = first
        }
        var allowed: UInt64 = 0
        // Both ends are in the unit's range, below 64.
        for value in stride(from: first, through: max(first, last), by: step) { allowed |= 1 << UInt64(value) }
        return allowed
    }

    private mutating func value(_ unit: CronField.Unit) throws(ExpressionFault) -> Int {
        let start = scanner.position
        if let byte = scanner.current, byte &- 0x30 < 10 {
            guard let number = try scanner.integer(), unit.range.contains(number) else {
                throw ExpressionFault(offset: start, "not a \(unit.rawValue): \(unit.range.lowerBound) to \(unit.range.upperBound)")
            }
            return number
        }
        let word = scanner.letters().lowercased()
        guard let place = unit.names.firstIndex(of: word) else { throw ExpressionFault(offset: start, "not a \(unit.rawValue)") }
        return unit == .month ? place + 1 : place
    }
}
