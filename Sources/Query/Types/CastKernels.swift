import ColumnStore

/// CAST between any two types that PostgreSQL casts between: told apart here once a batch.
enum CastKernels {
    /// - Parameters:
    ///   - zone: the session's, for casts between instants and local times or text.
    ///   - forms: the session's, for casts to text, and of texts to intervals.
    static func cast(
        _ column: Column, to type: ColumnType, zone: TimeZoneRules, forms: ValueForms = .plain, _ meter: WorkMeter? = nil
    ) throws(KernelError) -> Column {
        if column.type == type { return column }
        if column.isConstantNull || column.type == .null { return .constant(.null, type: type, count: column.count) }
        if column.constantValue != nil, column.count != 1 {
            let one = try cast(column.oneRow(), to: type, zone: zone, forms: forms, meter)
            return column.count == 0 ? .constant(.null, type: type, count: 0) : .constant(one.value(at: 0), type: type, count: column.count)
        }
        switch (column.type, type) {
        case (.int32, .int64), (.int64, .int32), (.date, .int32), (.int32, .date):
            return try narrowed(column.integers() ?? [], type: type, validity: column.rowValidity)
        case (.int32, .decimal), (.int64, .decimal), (.decimal, .decimal): return try decimal(column, to: type)
        case (.decimal, .int32), (.decimal, .int64): return try whole(column, to: type)
        case (.int32, .double), (.int64, .double), (.decimal, .double): return real(column)
        case (.double, .int32), (.double, .int64): return try whole(ofReal: column, to: type)
        case (.double, .decimal): return try decimal(ofReal: column, to: type)
        case (.boolean, .int32), (.boolean, .int64):
            let bits = column.bitmap()
            return .whole((0..<column.count).map { bits[$0] ? 1 : 0 }, type: type, validity: column.rowValidity)
        case (.int32, .boolean), (.int64, .boolean):
            return .boolean(.computed(column.integers() ?? []) { $0 != 0 }, validity: column.rowValidity)
        case (.json, .string): return column.retyped(type)
        case (.json, .json), (.list, .json), (.structure, .json):
            let rows = try JSONRows(column, as: type, zone: zone, forms: forms, meter ?? WorkMeter(EvaluationContext()))
            return try TextKernels.build(count: column.count, validity: column.rowValidity, type: type, meter ?? WorkMeter(EvaluationContext())) {
                (row, builder) throws(KernelError) in
                try rows.text(row, to: &builder)
            }
        case (.json, _): return try scalars(of: column, to: type, zone: zone, meter)
        case (.structure, .string): return try RowText.texts(of: column, zone: zone, forms: forms, meter ?? WorkMeter(EvaluationContext()))
        case (.list, .string): return try ArrayText.texts(of: column, zone: zone, forms: forms, meter ?? WorkMeter(EvaluationContext()))
        case (_, .string): return try TextCastKernels.text(of: column, zone: zone, forms: forms, meter)
        case (.string, .list(let to)):
            return try ArrayText.lists(of: column, as: type, element: to.type, zone: zone, forms: forms, meter ?? WorkMeter(EvaluationContext()))
        case (.string, _): return try TextCastKernels.parse(column, to: type, zone: zone, forms: forms, meter)
        case (.binary, .uuid), (.uuid, .binary): return column.retyped(type)
        case (.list(_), .list(let to)):
            let (offsets, element) = column.lists()
            let cast = try self.cast(element, to: to.type, zone: zone, forms: forms, meter)
            return Column(type: type, count: column.count, validity: column.rowValidity, values: .list(offsets: offsets, element: cast))
        case (.structure, .structure(let fields)):
            guard case .structure(let members) = column.flattened().values, members.count == fields.count else {
                throw .invalidArgument("a struct cannot be cast to one of other members")
            }
            var cast: [Column] = []
            for (member, field) in zip(members, fields) { cast.append(try self.cast(member, to: field.type, zone: zone, forms: forms, meter)) }
            return Column(type: type, count: column.count, validity: column.rowValidity, values: .structure(cast))
        default: return try TimeCastKernels.cast(column, to: type, zone: zone)
        }
    }

    /// A number or a truth value that is a document by itself.
    private static func scalars(of column: Column, to type: ColumnType, zone: TimeZoneRules, _ meter: WorkMeter?) throws(KernelError) -> Column {
        let texts = column.byteArrays(), validity = column.rowValidity
        for row in 0..<column.count where validity?[row] ?? true {
            let isTruth = texts[row].first == UInt8(ascii: "t") || texts[row].first == UInt8(ascii: "f")
            let isNumber = texts[row].first.map { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) } ?? false
            guard type == .boolean ? isTruth : isNumber else { throw .invalidArgument("what is no \(type == .boolean ? "boolean" : "number") in JSON cannot be cast to \(type.sqlName)") }
        }
        if type.isWhole {
            // Rounded, as NUMERIC is.
            let decimals = try TextCastKernels.parse(column.retyped(.string), to: .decimal38(scale: 0), zone: zone, forms: .plain, meter)
            return try cast(decimals, to: type, zone: zone, meter)
        }
        return try TextCastKernels.parse(column.retyped(.string), to: type, zone: zone, forms: .plain, meter)
    }

    static func narrowed(_ values: [Int64], type: ColumnType, validity: Bitmap?) throws(KernelError) -> Column {
        if type == .int32 || type == .date {
            for row in values.indices where Int32(exactly: values[row]) == nil && (validity?[row] ?? true) { throw .numericOverflow }
        }
        return .whole(values, type: type, validity: validity)
    }

    private static func decimal(_ column: Column, to type: ColumnType) throws(KernelError) -> Column {
        guard case .decimal(let precision, let scale) = type else { preconditionFailure("not a decimal") }
        let from = column.type.scale
        let limit = DecimalMath.powers[precision]
        if scale >= from, scale - from <= 18, let values = column.integers() {
            let scaled = IntegerKernels.multiply(values, by: DecimalMath.narrowPowers[scale - from])
            let bound = precision <= 18 ? DecimalMath.narrowPowers[precision] : nil
            var fits = !scaled.overflowed
            if fits, let bound { fits = scaled.values.allSatisfy { $0 < bound && $0 > -bound } }
            if fits { return Column(type: type, count: column.count, validity: column.rowValidity, values: .int64(scaled.values)) }
        }
        let validity = column.rowValidity
        let values = try IntegerKernels.mappedWide(column.wideIntegers(), validity: validity) { (value) throws(KernelError) in
            guard let scaled = DecimalMath.rescale(value, from: from, to: scale), scaled < limit, scaled > -limit else {
                throw .numericOverflow
            }
            return scaled
        }
        return .decimals(values, type: type, validity: validity)
    }

    private static func whole(_ column: Column, to type: ColumnType) throws(KernelError) -> Column {
        let from = column.type.scale
        let validity = column.rowValidity
        let wide = column.wideIntegers()
        var values = [Int64](repeating: 0, count: wide.count)
        for row in wide.indices where validity?[row] ?? true {
            guard let value = DecimalMath.rescale(wide[row], from: from, to: 0).flatMap({ Int64(exactly: $0) }) else {
                throw .numericOverflow
            }
            values[row] = value
        }
        return try narrowed(values, type: type, validity: validity)
    }

    private static func real(_ column: Column) -> Column {
        let scale = column.type.scale
        let values: [Double]
        if let narrow = column.integers() {
            values = scale == 0 ? narrow.map { Double($0) } : narrow.map { DecimalMath.double(Int128($0), scale: scale) }
        } else {
            values = column.wideIntegers().map { DecimalMath.double($0, scale: scale) }
        }
        return Column(type: .double, count: column.count, validity: column.rowValidity, values: .double(values))
    }

    private static func whole(ofReal column: Column, to type: ColumnType) throws(KernelError) -> Column {
        let validity = column.rowValidity
        let doubles = column.doubles()
        var values = [Int64](repeating: 0, count: doubles.count)
        for row in doubles.indices where validity?[row] ?? true {
            guard let value = Int64(exactly: doubles[row].rounded(.toNearestOrEven)) else { throw .numericOverflow }
            values[row] = value
        }
        return try narrowed(values, type: type, validity: validity)
    }

    private static func decimal(ofReal column: Column, to type: ColumnType) throws(KernelError) -> Column {
        guard case .decimal(let precision, let scale) = type else { preconditionFailure("not a decimal") }
        let validity = column.rowValidity
        let doubles = column.doubles()
        var values = [Int128](repeating: 0, count: doubles.count)
        for row in doubles.indices where validity?[row] ?? true {
            guard doubles[row].isFinite else {
                // Past what digits were asked for is an infinity in PostgreSQL, too.
                throw doubles[row].isNaN || precision == DecimalMath.digitCountMax ? .outside(.notSupported, ValueText.noDecimal) : .numericOverflow
            }
            guard
                case .value(let value) = NumberText.readDecimal(NumberText.fifteenDigits(doubles[row]), scale: scale),
                value.magnitude < DecimalMath.powers[precision].magnitude
            else { throw .numericOverflow }
            values[row] = value
        }
        return .decimals(values, type: type, validity: validity)
    }
}
