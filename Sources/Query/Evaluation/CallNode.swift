import ColumnStore

/// An operator or function: arguments first, then the kernel that function and types choose.
final class CallNode: EvaluationNode {
    private let function: ScalarFunction
    private let arguments: [EvaluationNode]
    private let position: Int?
    private let context: EvaluationContext
    private let meter: WorkMeter
    override var prefersFewRows: Bool { !Self.isCheapAndSafe(function) || arguments.contains { $0.prefersFewRows } }

    /// Patterns compiled for the last constant seen.
    private var likePattern: (text: [UInt8], escape: [UInt8], pattern: LikePattern)?
    private var regularExpression: (text: [UInt8], ignoringCase: Bool, pattern: RegularExpression)?

    init(_ function: ScalarFunction, _ arguments: [EvaluationNode], type: ColumnType, position: Int?, context: EvaluationContext, _ meter: WorkMeter) {
        self.meter = meter
        self.function = function
        self.arguments = arguments
        self.position = position
        self.context = context
        super.init(type: type)
    }

    private static func isCheapAndSafe(_ function: ScalarFunction) -> Bool {
        switch function {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .length, .startsWith, .listCount, .greatest, .least,
            .nullIf: true
        default: false
        }
    }

    override func evaluate(_ view: RowView) throws(QueryError) -> Column {
        let mark = meter.mark
        var columns: [Column] = []
        for argument in arguments { columns.append(try argument.evaluate(view)) }
        let result = try result(of: columns, view)
        meter.settle(result, since: mark)
        return result
    }

    private func result(of columns: [Column], _ view: RowView) throws(QueryError) -> Column {
        // What is the same on every row is computed on one.
        if view.count > 1, !columns.isEmpty, columns.allSatisfy({ $0.constantValue != nil }) {
            let single = columns.map { Column.constant($0.constantValue ?? .null, type: $0.type, count: 1) }
            let result = try run(single, count: 1)
            return .constant(result.value(at: 0), type: type, count: view.count)
        }
        return try run(columns, count: view.count)
    }

    private func run(_ columns: [Column], count: Int) throws(QueryError) -> Column {
        if count == 0 { return .constant(.null, type: type, count: 0) }
        if !Self.takesNulls(function), columns.contains(where: { $0.isConstantNull }) {
            return .constant(.null, type: type, count: count)
        }
        return try located(position) { () throws(KernelError) in
            for column in columns where !(Self.readsConstantsOnce(function) && column.constantValue != nil) { try meter.admit(column) }
            return try call(columns, count: count)
        }
    }

    /// Whether a constant argument is looked at as one value and not as one a row.
    private static func readsConstantsOnce(_ function: ScalarFunction) -> Bool {
        switch function {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .like, .ilike, .matches, .matchesIgnoringCase, .regexpReplace,
            .regexpSubstring, .toChar, .concat, .concatenateAll, .trim, .trimLeading, .trimTrailing, .replace, .position, .splitPart, .startsWith:
            true
        default: false
        }
    }

    private static func takesNulls(_ function: ScalarFunction) -> Bool {
        switch function {
        case .concatenateAll, .greatest, .least, .nullIf, .makeList, .onlyRow: true
        default: false
        }
    }

    private func call(_ columns: [Column], count: Int) throws(KernelError) -> Column {
        switch function {
        case .equal: return CompareKernels.compare(.equal, columns[0], columns[1])
        case .notEqual: return CompareKernels.compare(.notEqual, columns[0], columns[1])
        case .less: return CompareKernels.compare(.less, columns[0], columns[1])
        case .lessOrEqual: return CompareKernels.compare(.lessOrEqual, columns[0], columns[1])
        case .greater: return CompareKernels.compare(.greater, columns[0], columns[1])
        case .greaterOrEqual: return CompareKernels.compare(.greaterOrEqual, columns[0], columns[1])
        case .add: return try arithmetic(.add, columns)
        case .subtract: return try arithmetic(.subtract, columns)
        case .multiply: return try arithmetic(.multiply, columns)
        case .divide: return try arithmetic(.divide, columns)
        case .modulo: return try arithmetic(.modulo, columns)
        case .negate: return try ArithmeticKernels.negate(columns[0], type: type)
        case .abs: return try ArithmeticKernels.absolute(columns[0], type: type)
        case .sign: return try ArithmeticKernels.sign(columns[0], type: type)
        case .power: return try ArithmeticKernels.power(try real(columns[0]), try real(columns[1]))
        case .sqrt: return try ArithmeticKernels.squareRoot(try real(columns[0]))
        case .round: return try round(columns)
        case .floor: return try ArithmeticKernels.round(columns[0], .floor, type: type)
        case .ceil: return try ArithmeticKernels.round(columns[0], .ceil, type: type)
        case .greatest: return ChoiceKernels.extreme(columns, isGreatest: true, type: type)
        case .least: return ChoiceKernels.extreme(columns, isGreatest: false, type: type)
        case .nullIf: return nullIf(columns[0], columns[1])
        case .listSum: return try ListKernels.sum(columns[0], type: type)
        case .listAvg: return try ListKernels.average(columns[0], type: type)
        case .listMin: return ListKernels.extreme(columns[0], .least, type: type)
        case .listMax: return ListKernels.extreme(columns[0], .greatest, type: type)
        case .listCount: return ListKernels.count(columns[0], type: type)
        case .makeList: return try ListKernels.make(columns, type: type, count: count, meter)
        case .element: return ListKernels.element(columns[0], columns[1], type: type)
        case .series: return try SeriesKernels.lists(columns, type: type, zone: try zone(columns, at: 3), meter)
        case .onlyRow: return try onlyRow(columns[0], counts: columns[1])
        case .jsonText: return try jsonText(columns[0])
        case .extract, .dateTrunc, .atTimeZone, .makeDate, .toChar, .age: return try time(columns)
        default: return try text(columns)
        }
    }

    private func real(_ column: Column) throws(KernelError) -> Column { try CastKernels.cast(column, to: .double, zone: .utc) }

    private func round(_ columns: [Column]) throws(KernelError) -> Column {
        guard columns.count > 1 else { return try ArithmeticKernels.round(columns[0], .nearest, type: type) }
        switch columns[1].constantValue {
        case .null?: return .constant(.null, type: type, count: columns[0].count)
        case .integer(let digits)?:
            return try ArithmeticKernels.round(columns[0], .nearest, digits: Int(max(-1_000, min(1_000, digits))), type: type)
        default: return try ArithmeticKernels.round(columns[0], eachTo: columns[1], type: type)
        }
    }

    /// The zone argument, when there is one, else the session's.
    private func zone(_ columns: [Column], at index: Int) throws(KernelError) -> TimeZoneRules {
        guard columns.count > index, case .bytes(let name)? = columns[index].constantValue else { return context.timeZone }
        return try TimeFieldKernels.zone(named: name)
    }

    private func arithmetic(_ operation: ArithmeticKernels.Operation, _ columns: [Column]) throws(KernelError) -> Column {
        let (left, right) = (columns[0], columns[1])
        switch type {
        case .int32, .int64, .double, .decimal:
            // The difference of two dates is a number too.
            if left.type != .date { return try ArithmeticKernels.combine(operation, left, right, type: type) }
        default: break
        }
        return try TimeArithmeticKernels.combine(operation, left, right, type: type, zone: try zone(columns, at: 2))
    }

    private func nullIf(_ left: Column, _ right: Column) -> Column {
        let same = CompareKernels.compare(.equal, left, right).trueRows()
        if same.isNoneSet { return left.retyped(type) }
        return left.retyped(type).masked(by: ~same)
    }

    private func onlyRow(_ values: Column, counts: Column) throws(KernelError) -> Column {
        let one = Column.constant(.integer(1), type: counts.type, count: counts.count)
        guard CompareKernels.compare(.greater, counts, one).trueRows().isNoneSet else { throw .severalRows }
        return values
    }

    private func jsonText(_ column: Column) throws(KernelError) -> Column {
        let writer = CellWriter(column)
        var builder = TextBuilder(count: column.count, meter)
        var text: [UInt8] = []
        for row in 0..<column.count {
            text.removeAll(keepingCapacity: true)
            writer.appendJSON(row, to: &text)
            try builder.append(text)
            builder.endText()
        }
        return builder.finish(type: type, validity: column.rowValidity)
    }

    private func time(_ columns: [Column]) throws(KernelError) -> Column {
        switch function {
        case .extract:
            let part = try TimeFieldKernels.part(named: columns[0].constantValue)
            return try TimeFieldKernels.extract(part, from: columns[1], type: type, zone: try zone(columns, at: 2))
        case .dateTrunc:
            let part = try TimeFieldKernels.part(named: columns[0].constantValue)
            return try TimeFieldKernels.truncate(part, columns[1], type: type, zone: try zone(columns, at: 2))
        case .atTimeZone:
            return try TimeFieldKernels.atTimeZone(columns[0], columns[1], type: type, sessionZone: context.timeZone)
        case .makeDate: return try TimeFieldKernels.makeDate(columns[0], columns[1], columns[2])
        case .age: return try TimeArithmeticKernels.age(columns[0], columns[1], zone: try zone(columns, at: 2))
        default: return try FormatKernels.format(columns[0], template: columns[1], zone: try zone(columns, at: 2), meter)
        }
    }

    private func text(_ columns: [Column]) throws(KernelError) -> Column {
        let second = columns.count > 1 ? columns[1] : nil
        switch function {
        case .concat: return try TextKernels.concat(columns, type: type, skippingNulls: false, meter)
        case .concatenateAll: return try TextKernels.concat(columns, type: type, skippingNulls: true, meter)
        case .lower: return try TextKernels.lower(columns[0], meter)
        case .upper: return try TextKernels.upper(columns[0], meter)
        case .length: return TextKernels.length(columns[0], type: type)
        case .substring: return try TextKernels.substring(columns[0], columns[1], columns.count > 2 ? columns[2] : nil, meter)
        case .trim: return try TextKernels.trim(columns[0], second, .both, meter)
        case .trimLeading: return try TextKernels.trim(columns[0], second, .leading, meter)
        case .trimTrailing: return try TextKernels.trim(columns[0], second, .trailing, meter)
        case .replace: return try TextKernels.replace(columns[0], columns[1], columns[2], meter)
        case .position: return try TextKernels.position(of: columns[1], in: columns[0], type: type, meter)
        case .splitPart: return try TextKernels.splitPart(columns[0], columns[1], columns[2], meter)
        case .left: return try TextKernels.side(columns[0], columns[1], isLeft: true, meter)
        case .right: return try TextKernels.side(columns[0], columns[1], isLeft: false, meter)
        case .padLeft: return try TextKernels.pad(columns[0], columns[1], columns.count > 2 ? columns[2] : nil, atStart: true, meter)
        case .padRight: return try TextKernels.pad(columns[0], columns[1], columns.count > 2 ? columns[2] : nil, atStart: false, meter)
        case .startsWith: return TextKernels.startsWith(columns[0], columns[1])
        case .reverse: return try TextKernels.reverse(columns[0], meter)
        case .repeatText: return try TextKernels.repeatText(columns[0], columns[1], meter)
        case .like, .ilike: return try like(columns, ignoringCase: function == .ilike)
        case .matches, .matchesIgnoringCase: return try matches(columns, ignoringCase: function == .matchesIgnoringCase)
        case .regexpReplace: return try replaceMatches(columns)
        case .regexpSubstring:
            guard case .bytes(let pattern)? = columns[1].constantValue else { throw .invalidArgument("substring takes a constant pattern") }
            return try TextKernels.firstMatch(columns[0], try compiledExpression(pattern, ignoringCase: false, isLongest: true), meter)
        default: throw .invalidArgument("\(function.rawValue) cannot be run on \(columns[0].type.sqlName)")
        }
    }

    // MARK: Patterns

    private func like(_ columns: [Column], ignoringCase: Bool) throws(KernelError) -> Column {
        var escape = Array("\\".utf8)
        if columns.count > 2 {
            guard case .bytes(let given)? = columns[2].constantValue else { throw .invalidArgument("ESCAPE takes a constant") }
            guard TextKernels.scalarCount(given[...]) <= 1 else { throw .invalidArgument("ESCAPE takes one character or none") }
            escape = given
        }
        if case .bytes(let text)? = columns[1].constantValue {
            return try TextKernels.like(columns[0], try compiledLike(text, escape: escape, ignoringCase: ignoringCase), meter)
        }
        return try eachRow(columns) { (row, pattern) throws(KernelError) in
            let compiled = try self.compiledLike(pattern, escape: escape, ignoringCase: ignoringCase)
            return try TextKernels.like(row, compiled, self.meter)
        }
    }

    private func compiledLike(_ text: [UInt8], escape: [UInt8], ignoringCase: Bool) throws(KernelError) -> LikePattern {
        if let known = likePattern, known.text == text, known.escape == escape { return known.pattern }
        // Its characters as items, and its parts as bytes.
        try meter.charge(8 * text.count)
        let pattern = try LikePattern(text, escape: escape, ignoringCase: ignoringCase)
        likePattern = (text, escape, pattern)
        return pattern
    }

    private func matches(_ columns: [Column], ignoringCase: Bool) throws(KernelError) -> Column {
        if case .bytes(let text)? = columns[1].constantValue {
            return try TextKernels.matches(columns[0], try compiledExpression(text, ignoringCase: ignoringCase), meter)
        }
        return try eachRow(columns) { (row, pattern) throws(KernelError) in
            try TextKernels.matches(row, try self.compiledExpression(pattern, ignoringCase: ignoringCase), self.meter)
        }
    }

    private func compiledExpression(_ text: [UInt8], ignoringCase: Bool, isLongest: Bool = false) throws(KernelError) -> RegularExpression {
        if let known = regularExpression, known.text == text, known.ignoringCase == ignoringCase { return known.pattern }
        do {
            let pattern = try RegularExpression(text, ignoringCase: ignoringCase, syntax: isLongest ? .re2Longest : .re2)
            regularExpression = (text, ignoringCase, pattern)
            return pattern
        } catch {
            throw .invalidArgument("the pattern is not one of RE2's: \(error.reason)")
        }
    }

    private func replaceMatches(_ columns: [Column]) throws(KernelError) -> Column {
        guard case .bytes(let pattern)? = columns[1].constantValue, case .bytes(let replacement)? = columns[2].constantValue else {
            throw .invalidArgument("regexp_replace takes a constant pattern and replacement")
        }
        var flags = ""
        if columns.count > 3 {
            guard case .bytes(let given)? = columns[3].constantValue else { throw .invalidArgument("regexp_replace takes constant flags") }
            flags = String(decoding: given, as: UTF8.self)
        }
        guard flags.allSatisfy({ "gi".contains($0) }) else { throw .invalidArgument("regexp_replace knows the flags g and i") }
        let compiled = try compiledExpression(pattern, ignoringCase: flags.contains("i"), isLongest: true)
        return try TextKernels.replaceMatches(columns[0], compiled, with: replacement, everywhere: flags.contains("g"), meter)
    }

    /// A pattern of its own for each row.
    private func eachRow(
        _ columns: [Column], _ test: (Column, [UInt8]) throws(KernelError) -> Column
    ) throws(KernelError) -> Column {
        let validity = TextKernels.validity(Array(columns.prefix(2)))
        let (texts, patterns) = (TextRows(columns[0]), TextRows(columns[1]))
        var bits = Bitmap(repeating: false, count: columns[0].count)
        for row in 0..<columns[0].count where validity?[row] ?? true {
            try meter.step(patterns.range(at: row).count + texts.range(at: row).count)
            let text = Column.constant(.bytes(Array(texts[row])), type: .string, count: 1).flattened()
            if try test(text, Array(patterns[row])).bitmap()[0] { bits[row] = true }
        }
        return .boolean(bits, validity: validity)
    }
}
