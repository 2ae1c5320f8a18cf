import CICU
import ColumnStore

/// lower, upper, initcap and ILIKE of a text that COLLATE says an order of: ı and I are one letter in Turkish, and in the order of bytes only ASCII has cases.
///
/// Raw values are the numbers of `till_icu_cased`.
enum LanguageCase: Int32 {
    case lower = 0, upper = 1, capitals = 2

    /// Orders whose cases are those of texts without any.
    private static let usual: Set<String> = ["default", "C.UTF-8", "C.utf8"]

    /// The name by which cases are changed; nil where that is done as for texts without COLLATE.
    static func named(_ collation: String?) -> String? { collation.flatMap { usual.contains($0) ? nil : $0 } }

    /// - Parameter collation: a name that `Collator` knows.
    ///
    /// By ICU where the collation is a language's, else by ASCII.
    ///
    /// - Throws: what `UnicodeText.made` throws.
    func changed(_ text: ArraySlice<UInt8>, _ collation: String, _ meter: WorkMeter) throws(KernelError) -> [UInt8] {
        guard let tag = Collator.tag(of: collation) else { return plain(text) }
        return try UnicodeText(meter).made(of: text) { units, buffer in
            till_icu_cased(tag, rawValue, units, Int32(truncatingIfNeeded: units.count), buffer.baseAddress, Int32(truncatingIfNeeded: buffer.count))
        }
    }

    /// Letters of ASCII alone.
    ///
    /// A word is a run of letters and digits.
    private func plain(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var isInWord = false
        return text.map { byte in
            let isLower = byte >= 0x61 && byte <= 0x7A, isUpper = byte >= 0x41 && byte <= 0x5A
            let wantsUpper = self == .upper || self == .capitals && !isInWord
            isInWord = isLower || isUpper || (byte >= 0x30 && byte <= 0x39)
            if isLower, wantsUpper { return byte - 0x20 }
            return isUpper && !wantsUpper ? byte + 0x20 : byte
        }
    }
}

extension SQLFunction {
    /// A function of cases: by the text's collation where it has one.
    static func cased(_ name: String, summary: String, _ usual: ScalarFunction, _ ofLanguage: ScalarFunction) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[.string]]) { (call, typing) throws(QueryError) in
            let text = try call.typed([.string], typing)
            guard let collation = LanguageCase.named(try typing.collationName(of: text, at: call.position)) else { return call.make(usual, text, .string) }
            return call.make(ofLanguage, text + [.text(collation)], .string)
        }
    }
}

extension ScalarFunction {
    static let lowerOfLanguage = cased("lower", .lower)
    static let upperOfLanguage = cased("upper", .upper)
    static let initcapOfLanguage = cased("initcap", .capitals)

    /// Text, and the name of a collation.
    private static func cased(_ symbol: String, _ form: LanguageCase) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                guard case .bytes(let name)? = call[1].constantValue else { throw .invalidArgument("there is no such collation") }
                let collation = String(word: name), texts = TextRows(call[0])
                return try call.texts { (row) throws(KernelError) in
                    try call.meter.step(texts.range(at: row).count)
                    try call.meter.charge(texts.range(at: row).count, row: row, of: call.count)
                    return try form.changed(texts[row], collation, call.meter)
                }
            })
    }
}
