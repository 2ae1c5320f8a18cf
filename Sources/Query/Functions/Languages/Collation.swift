import ColumnStore

/// COLLATE: a text that is ordered as a language does, the keys that do it, and the way back.
///
/// A comparison or a sort by a language is one of bytes: the binder puts `collation_key` around the operands, and `collated_text` around a key that
/// is shown.
///
/// PostgreSQL 15's documentation, section 24.2.
extension ScalarFunction {
    /// The text itself, and the name of its order: what compares and sorts looks for this call.
    static let collated = ScalarFunction(
        "collate", nulls: .first, cost: .arithmetic, failure: .never, kernel: .plain { (call) throws(KernelError) in call[0].retyped(.string) })

    /// A key whose bytes compare as the text does.
    static let collationKey = ScalarFunction(
        "collation_key", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            guard case .bytes(let name)? = call[1].constantValue, let collator = Collator.named(String(word: name)) else {
                throw .invalidArgument("there is no such collation")
            }
            let texts = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in
                let text = texts[row]
                guard text.count <= Collator.textByteCountMax else {
                    throw .invalidArgument("a text of more than \(Collator.textByteCountMax >> 20) MiB has no order of a language")
                }
                try UnicodeText.spendOnMarks(text, call.meter)
                // What ICU works with is given back at once.
                let mark = call.meter.mark
                try call.meter.charge(Collator.byteCountBound(text.count), row: row, of: call.count)
                try call.meter.step(16 * text.count + 16)
                let key = collator.key(of: text)
                call.meter.settle(since: mark)
                return key
            }
        })

    /// The text of a key.
    static let collatedText = ScalarFunction(
        "collated_text", nulls: .strict, cost: .light, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let keys = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in Array(Collator.text(of: keys[row])) }
        })
}
