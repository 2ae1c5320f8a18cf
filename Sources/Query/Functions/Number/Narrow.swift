import ColumnStore

/// What casts to SMALLINT and REAL do, whose values are kept as INTEGER and DOUBLE: a range is checked, digits go.
extension ScalarFunction {
    static let narrowInteger = ScalarFunction(
        "smallint", nulls: .strict, cost: .arithmetic, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let validity = call[0].rowValidity
            for (row, value) in (call[0].integers() ?? []).enumerated() where Int16(exactly: value) == nil && validity?[row] ?? true {
                throw .numericOverflow
            }
            return call[0]
        })

    /// The low 16 bits as a SMALLINT, as operators of bits leave them.
    static let wrappedInteger = ScalarFunction(
        "bits of smallint", nulls: .strict, cost: .arithmetic, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            .whole((call[0].integers() ?? []).map { Int64(Int16(truncatingIfNeeded: $0)) }, type: call.type, validity: call[0].rowValidity)
        })

    /// What a REAL is exactly, for what reckons with it as a DOUBLE: 1.1 of 32 bits is 1.100000023841858.
    static let wideReal = ScalarFunction(
        "double of real", nulls: .strict, cost: .arithmetic, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let values = call[0].doubles().map { Double(NumberText.single($0)) }
            return Column(type: .double, count: values.count, validity: call[0].rowValidity, values: .double(values))
        })

    /// The DOUBLE of the fewest digits that tell the REAL from its neighbours, so that it shows as one.
    static let narrowReal = ScalarFunction(
        "real", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let values = call[0].doubles(), validity = call[0].rowValidity
            var result = [Double](repeating: 0, count: values.count)
            for row in values.indices where validity?[row] ?? true {
                let narrow = Float(values[row])
                // Past REAL's range, or nearer to 0 than any REAL but that.
                guard narrow.isFinite || !values[row].isFinite, narrow != 0 || values[row] == 0 else { throw .numericOverflow }
                result[row] = Double(narrow.description) ?? Double(narrow)
            }
            return Column(type: .double, count: values.count, validity: validity, values: .double(result))
        })

    /// A REAL as a text, in the session's form: by itself the fewest digits that tell it from its neighbours.
    static let realText = ScalarFunction(
        "text of real", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let values = call[0].doubles()
            return try TextKernels.build(count: values.count, validity: call[0].rowValidity, call.meter) { (row, builder) throws(KernelError) in
                // A sign, nine digits and the mark, an exponent of three; or four zeros before the digits.
                try builder.write(atMost: 24) { call.context.forms.append(real: values[row], to: &$0) }
            }
        })

    /// A REAL on its way to NUMERIC, which takes six digits of it.
    static let sixDigits = ScalarFunction(
        "digits of real", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let values = call[0].doubles().map { $0.isFinite ? Double(String(decoding: NumberText.sixDigits($0), as: UTF8.self)) ?? $0 : $0 }
            return Column(type: .double, count: values.count, validity: call[0].rowValidity, values: .double(values))
        })

    /// The text of a number as the REAL next to it: by way of a DOUBLE it would be rounded twice.
    static let realOfText = ScalarFunction(
        "real of text", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0]), validity = call.strictValidity
            var result = [Double](repeating: 0, count: call.count)
            for row in 0..<call.count where validity?[row] ?? true {
                try call.meter.step(texts.range(at: row).count)
                guard let number = try NumberText.readDouble(texts[row]) else { throw .invalidText(ColumnType.double.sqlName) }
                // NaN and infinities are no digits to Swift.
                let next = number.isFinite ? Double(Float(String(decoding: NumberText.trimmed(texts[row]), as: UTF8.self)) ?? Float(number)) : number
                // Past REAL's range, or nearer to 0 than any REAL but that.
                guard next.isFinite || !number.isFinite, next != 0 || number == 0 else { throw .numericOverflow }
                result[row] = next
            }
            return Column(type: .double, count: call.count, validity: validity, values: .double(result))
        })
}
