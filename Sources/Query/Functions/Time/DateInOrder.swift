import ColumnStore

extension DateTimeText {
    /// Whether texts of that type may name a day.
    static func isOfDay(_ type: ColumnType) -> Bool { type == .date || type == .time || TypeRules.isTimestamp(type) }
}

/// A text as a date or timestamp where the session's DateStyle is not the usual MDY.
extension ScalarFunction {
    static let dateInOrder = ScalarFunction(
        "date_in_order", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0])
            var session = DateTimeText.Session.plain
            if case .bytes(let name)? = call[1].constantValue { session.order = DateOrder(rawValue: String(decoding: name, as: UTF8.self)) ?? .mdy }
            let zone = try call.zone(at: 2)
            return try call.numbers { (row) throws(KernelError) in
                try call.meter.step(texts.range(at: row).count)
                guard let moment = DateTimeText.read(texts[row], session) else { throw TextCastKernels.fault(of: texts[row], call.type, session) }
                let value = call.type == .date ? moment.date : call.type == .timestampTZ ? moment.instant(inSession: zone) : moment.local
                guard let value else { throw .timeOutOfRange }
                return value
            }
        })
}
