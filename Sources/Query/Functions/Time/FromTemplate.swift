import ColumnStore

/// to_date and to_timestamp by a template, to_timestamp of seconds since 1970, and to_number.
extension SQLFunction {
    static let toDate = SQLFunction("to_date", takes: [.string, .string], gives: .date, runs: .toDate)
    static let toTimestamp = SQLFunction("to_timestamp", forms: [[.double], [.string, .string]]) { (call, typing) throws(QueryError) in
        try call.count(1...2)
        if call.arguments.count == 1 {
            return call.make(.toInstant, [try typing.cast(call.arguments[0], to: .double, isExplicit: false)], .timestampTZ)
        }
        let local = call.make(.toTimestamp, try call.typed([.string, .string], typing), .timestamp(isUTC: false))
        return .cast(local, to: .timestampTZ, position: call.position)
    }
    /// Its digits behind the mark are those of the template.
    static let toNumber = SQLFunction("to_number", forms: [[.string, .string]]) { (call, typing) throws(QueryError) in
        let arguments = try call.typed([.string, .string], typing)
        var scale = TypeRules.divisionScaleMin
        if case .literal(.bytes(let template), _) = arguments[1] { scale = NumberTemplate.scale(template) }
        return call.make(.toNumber, arguments, .decimal38(scale: scale))
    }
}

extension ScalarFunction {
    static let toDate = reading("to_date") { (fields) throws(KernelError) in Int64(try fields.days()) }
    static let toTimestamp = reading("to_timestamp") { (fields) throws(KernelError) in
        let days = Int64(try fields.days())
        guard let midnight = days.multipliedOrNil(by: Calendar.microsecondsPerDay), let moment = midnight.addingOrNil(try fields.time()) else {
            throw .timeOutOfRange
        }
        return try TimeCastKernels.checked(moment)
    }

    private static func reading(_ symbol: String, _ value: @escaping @Sendable (TimeTemplate.Fields) throws(KernelError) -> Int64) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let texts = TextRows(call[0]), templates = TextRows(call[1])
                let only = templates.isConstant && call.count > 0 ? TimeTemplate(templates[0]) : nil
                return try call.numbers { (row) throws(KernelError) in
                    try call.meter.step(8 * (templates.range(at: row).count + texts.range(at: row).count))
                    return try value(try (only ?? TimeTemplate(templates[row])).read(texts[row]))
                }
            })
    }

    static let toInstant = ScalarFunction(
        "to_timestamp seconds", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let seconds = call[0].doubles()
            return try call.numbers { (row) throws(KernelError) in
                guard let moment = Int64(exactly: (seconds[row] * 1_000_000).rounded(.toNearestOrEven)) else { throw .timeOutOfRange }
                return try TimeCastKernels.checked(moment)
            }
        })

    static let toNumber = ScalarFunction(
        "to_number", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0]), templates = TextRows(call[1]), validity = call.strictValidity
            var values = [Int128](repeating: 0, count: call.count)
            for row in 0..<call.count where validity?[row] ?? true {
                try call.meter.step(templates.range(at: row).count + texts.range(at: row).count)
                switch NumberText.readDecimal(NumberTemplate.digits(of: texts[row], by: templates[row]), scale: call.type.scale) {
                case .value(let value):
                    guard DecimalMath.fits(value) else { throw .numericOverflow }
                    values[row] = value
                case .overflow: throw .numericOverflow
                case .invalid: throw .invalidText("NUMERIC")
                }
            }
            return .decimals(values, type: call.type, validity: validity)
        })
}

/// A template of to_date and to_timestamp, cut into its fields.
struct TimeTemplate {
    enum Field: String, CaseIterable {
        case year4 = "YYYY", year3 = "YYY", year2 = "YY", year1 = "Y", month = "MM", monthName = "MONTH", monthShort = "MON", day = "DD", dayOfYear = "DDD"
        case hour24 = "HH24", hour12 = "HH12", hour = "HH", minute = "MI", second = "SS", milliseconds = "MS", microseconds = "US", secondsOfDay = "SSSS"
        case morning = "AM", afternoon = "PM", morningDotted = "A.M.", afternoonDotted = "P.M.", dayName = "DAY", dayShort = "DY", julian = "J"

        static let byLength = allCases.sorted { $0.rawValue.utf8.count > $1.rawValue.utf8.count }

        /// The most digits that a number has, when something is said right behind it.
        var digitCountMax: Int {
            switch self {
            case .year4: 4
            case .year3, .dayOfYear, .milliseconds: 3
            case .microseconds: 6
            case .secondsOfDay: 5
            case .julian: 7
            case .year1: 1
            default: 2
            }
        }
    }

    private enum Piece {
        case field(Field, isFollowedByDigits: Bool)
        case separator
        case letter(UInt8)
    }

    /// What a text has said.
    struct Fields {
        var year: Int?, month = 1, day = 1, dayOfYear: Int?, julian: Int?
        var hour = 0, minute = 0, second = 0, microseconds = 0, secondsOfDay: Int?
        var isAfternoon: Bool?, isTwelve = false

        func days() throws(KernelError) -> Int {
            if let julian { return julian - 2_440_588 }
            // Year 1 before Christ where none is said, as in PostgreSQL.
            let year = self.year ?? 0
            if let dayOfYear {
                guard let first = Calendar.validDays(year: year, month: 1, day: 1), (1...(Calendar.isLeap(year) ? 366 : 365)).contains(dayOfYear) else {
                    throw .timeOutOfRange
                }
                return first + dayOfYear - 1
            }
            guard let days = Calendar.validDays(year: year, month: month, day: day) else { throw .timeOutOfRange }
            return days
        }

        func time() throws(KernelError) -> Int64 {
            var hour = hour
            if isTwelve || isAfternoon != nil {
                guard (1...12).contains(hour) || (hour == 0 && !isTwelve) else { throw .invalidArgument("hour \(hour) is not on a clock of twelve hours") }
                hour = hour % 12 + (isAfternoon == true ? 12 : 0)
            }
            guard (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second) else { throw .timeOutOfRange }
            let seconds = secondsOfDay ?? (hour * 3_600 + minute * 60 + second)
            return Int64(seconds) * Calendar.microsecondsPerSecond + Int64(microseconds)
        }
    }

    private var pieces: [Piece] = []

    init(_ template: ArraySlice<UInt8>) {
        var rest = template
        var found: [Piece] = []
        while let byte = rest.first {
            if rest.starts(with: "FM".utf8) || rest.starts(with: "fm".utf8) || rest.starts(with: "FX".utf8) || rest.starts(with: "TM".utf8) {
                rest = rest.dropFirst(2)
                continue
            }
            if byte == UInt8(ascii: "\"") {
                for letter in FormatTemplate.quoted(&rest) { found.append(.letter(letter)) }
                continue
            }
            let upper = String(decoding: rest.prefix(5), as: UTF8.self).uppercased()
            if let field = Field.byLength.first(where: { upper.hasPrefix($0.rawValue) }) {
                found.append(.field(field, isFollowedByDigits: false))
                rest = rest.dropFirst(field.rawValue.utf8.count)
            } else {
                rest.removeFirst()
                let isLetter = (0x41...0x5A).contains(byte & 0xDF) || (0x30...0x39).contains(byte) || byte >= 0x80
                found.append(isLetter ? .letter(byte) : .separator)
            }
        }
        for (index, piece) in found.enumerated() {
            guard case .field(let field, _) = piece else {
                pieces.append(piece)
                continue
            }
            var isFollowed = false
            if index + 1 < found.count, case .field(let next, _) = found[index + 1] {
                isFollowed = ![.monthName, .monthShort, .dayName, .dayShort, .morning, .afternoon, .morningDotted, .afternoonDotted].contains(next)
            }
            pieces.append(.field(field, isFollowedByDigits: isFollowed))
        }
    }

    /// - Throws: `.invalidArgument` where the text does not fit.
    func read(_ text: ArraySlice<UInt8>) throws(KernelError) -> Fields {
        var fields = Fields(), rest = text
        for piece in pieces {
            switch piece {
            case .letter: rest = rest.dropFirst()
            case .separator:
                // Any that stands there, or none.
                if let byte = rest.first, !DateTimeTokens.isDigit(byte), byte < 0x80, !(0x41...0x5A).contains(byte & 0xDF) { rest = rest.dropFirst() }
            case .field(let field, let isFollowedByDigits):
                rest = rest.drop { NumberText.isBlank($0) }
                if rest.isEmpty { return fields }
                try take(field, isFollowedByDigits, &rest, &fields)
            }
        }
        return fields
    }

    private func take(_ field: Field, _ isFollowed: Bool, _ rest: inout ArraySlice<UInt8>, _ fields: inout Fields) throws(KernelError) {
        func number(_ most: Int) throws(KernelError) -> (value: Int, count: Int) {
            // Without another number behind it one may be longer, and have a sign.
            let isNegative = rest.first == UInt8(ascii: "-")
            if isNegative { rest = rest.dropFirst() }
            let digits = rest.prefix { DateTimeTokens.isDigit($0) }.prefix(isFollowed ? most : field == .year4 ? 6 : most)
            guard let value = Int(String(decoding: digits, as: UTF8.self)) else { throw .invalidArgument("the text does not fit “\(field.rawValue)” of the template") }
            rest = rest.dropFirst(digits.count)
            return (isNegative ? -value : value, digits.count)
        }
        func word(_ names: [String]) throws(KernelError) -> Int {
            let text = String(decoding: rest.prefix(12), as: UTF8.self).lowercased()
            guard let place = names.firstIndex(where: { text.hasPrefix($0) }) else { throw .invalidArgument("the text does not fit “\(field.rawValue)” of the template") }
            rest = rest.dropFirst(names[place].utf8.count)
            return place
        }
        switch field {
        case .year4: fields.year = try number(4).value
        case .year3, .year2, .year1:
            let (value, count) = try number(field.digitCountMax)
            // Two digits are of the years 1970 to 2069.
            fields.year = count > 2 ? (count == 3 ? value + (value >= 100 ? 1_000 : 2_000) : value) : value < 70 ? 2_000 + value : 1_900 + value
        case .month: fields.month = try number(2).value
        case .monthName: fields.month = try word(Self.months) + 1
        case .monthShort: fields.month = try word(Self.months.map { String($0.prefix(3)) }) + 1
        case .day: fields.day = try number(2).value
        case .dayOfYear: fields.dayOfYear = try number(3).value
        case .hour24: fields.hour = try number(2).value
        case .hour12, .hour: (fields.hour, fields.isTwelve) = (try number(2).value, true)
        case .minute: fields.minute = try number(2).value
        case .second: fields.second = try number(2).value
        case .milliseconds, .microseconds:
            let most = field.digitCountMax
            let (value, count) = try number(most)
            fields.microseconds += value * (0..<(6 - min(count, 6))).reduce(1) { step, _ in step * 10 }
        case .secondsOfDay: fields.secondsOfDay = try number(5).value
        case .morning, .afternoon: fields.isAfternoon = try word(["am", "pm"]) == 1
        case .morningDotted, .afternoonDotted: fields.isAfternoon = try word(["a.m.", "p.m."]) == 1
        case .dayName: _ = try word(Self.days)
        case .dayShort: _ = try word(Self.days.map { String($0.prefix(3)) })
        case .julian: fields.julian = try number(7).value
        }
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ]
    private static let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
}

/// A template of to_number.
enum NumberTemplate {
    /// How many digits it has behind the mark.
    static func scale(_ template: [UInt8]) -> Int {
        guard let mark = template.firstIndex(where: { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "d") }) else { return 0 }
        return min(TypeRules.digitCountMax, template[mark...].filter { $0 == UInt8(ascii: "9") || $0 == UInt8(ascii: "0") }.count)
    }

    /// The text's digits, mark and sign, without what the template has between them.
    static func digits(of text: ArraySlice<UInt8>, by template: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        let isNegative = text.contains(UInt8(ascii: "-")) || (text.contains(UInt8(ascii: "<")) && String(decoding: template, as: UTF8.self).uppercased().hasSuffix("PR"))
        if isNegative { result.append(UInt8(ascii: "-")) }
        var hasMark = false
        for byte in text {
            if DateTimeTokens.isDigit(byte) { result.append(byte) }
            if byte == UInt8(ascii: "."), !hasMark {
                result.append(byte)
                hasMark = true
            }
        }
        if result.last == UInt8(ascii: ".") { result.removeLast() }
        return result
    }
}
