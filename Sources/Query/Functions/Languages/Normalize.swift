import CICU
import ColumnStore

/// normalize(text, form), and IS NORMALIZED, which is `is_normalized(text, form)`: one spelling of texts that look the same.
/// PostgreSQL 15's documentation, section 9.4.
extension SQLFunction {
    static let normalize = SQLFunction(
        "normalize", summary: "a text in a normal form of Unicode: `normalize(name, NFKC)`; NFC where none is named",
        takes: [.string, .string], required: 1, runs: .normalize)
    static let isNormalized = SQLFunction(
        "is_normalized", summary: "whether a text is in a normal form of Unicode: `name IS NFC NORMALIZED`; NFC where none is named",
        takes: [.string, .string], required: 1, gives: .boolean, runs: .isNormalized)
}

/// Unicode's normal forms, by the numbers that the library's shim has for them.
///
/// Names are read in any case; numbers are those of `till_icu_normalized`.
private enum NormalForm: String {
    case nfc, nfd, nfkc, nfkd

    private var number: Int32 {
        switch self {
        case .nfc: 0
        case .nfd: 1
        case .nfkc: 2
        case .nfkd: 3
        }
    }

    /// - Throws: `.outside(.badValue)` for another name.
    init(_ name: ArraySlice<UInt8>) throws(KernelError) {
        guard let form = NormalForm(rawValue: String(decoding: name.prefix(8), as: UTF8.self).lowercased()) else {
            throw .outside(.badValue, "the normal forms of Unicode are NFC, NFD, NFKC and NFKD")
        }
        self = form
    }

    /// Texts of ASCII are in every form already, and are not given to ICU.
    func made(of text: ArraySlice<UInt8>, _ meter: WorkMeter) throws(KernelError) -> [UInt8] {
        if UnicodeText.isPlain(text) { return Array(text) }
        return try UnicodeText(meter).made(of: text) { units, buffer in
            till_icu_normalized(number, units, Int32(truncatingIfNeeded: units.count), buffer.baseAddress, Int32(truncatingIfNeeded: buffer.count))
        }
    }

    func isForm(of text: ArraySlice<UInt8>, _ meter: WorkMeter) throws(KernelError) -> Bool {
        if UnicodeText.isPlain(text) { return true }
        let mark = meter.mark
        let units = try UnicodeText(meter).units(text)
        defer { meter.settle(since: mark) }
        return till_icu_is_normalized(number, units, Int32(truncatingIfNeeded: units.count)) == 1
    }
}

extension ScalarFunction {
    static let normalize = ScalarFunction(
        "normalize", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0]), forms = call.optional(1).map { TextRows($0) }
            return try call.texts { (row) throws(KernelError) in
                try call.meter.step(texts.range(at: row).count)
                return try form(forms, row).made(of: texts[row], call.meter)
            }
        })

    static let isNormalized = ScalarFunction(
        "is_normalized", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0]), forms = call.optional(1).map { TextRows($0) }
            return try call.truths { (row) throws(KernelError) in
                try call.meter.step(texts.range(at: row).count)
                return try form(forms, row).isForm(of: texts[row], call.meter)
            }
        })

    /// NFC without an argument.
    private static func form(_ forms: TextRows?, _ row: Int) throws(KernelError) -> NormalForm { try forms.map { (forms) throws(KernelError) in try NormalForm(forms[row]) } ?? .nfc }
}
