import ColumnStore

/// pg_size_bytes: how many bytes a size such as `1.5 GB` is.
/// PostgreSQL 15's documentation, section 9.27.7.
extension SQLFunction {
    static let sizeBytes = SQLFunction("pg_size_bytes", summary: "a size as bytes: `1.5 GB`, in powers of 1024", takes: [.string], gives: .int64, runs: .sizeBytes)
}

extension ScalarFunction {
    static let sizeBytes = ScalarFunction(
        "pg_size_bytes", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0])
            return try call.numbers { (row) throws(KernelError) in
                try call.meter.step(texts.range(at: row).count)
                return try SizeText.byteCount(of: texts[row])
            }
        })
}

/// Blanks, a number, blanks and a unit in any case; units are powers of 1024.
private enum SizeText {
    /// Longer ones are no size, blanks around it or not.
    private static let byteCountMax = 1 << 16
    private static let units = ["bytes", "kb", "mb", "gb", "tb", "pb"]

    static func byteCount(of text: ArraySlice<UInt8>) throws(KernelError) -> Int64 {
        let fault = KernelError.outside(.badValue, "this is no size: write a number and one of the units bytes, kB, MB, GB, TB and PB")
        guard text.count <= byteCountMax else { throw fault }
        let size = NumberText.trimmed(text)
        let end = endOfNumber(size)
        guard let number = ValueText.decimal(size[..<end]) else { throw fault }
        let unit = String(word: NumberText.trimmed(size[end...])).lowercased()
        guard let power = unit.isEmpty ? 0 : units.firstIndex(of: unit) else { throw fault }
        // A unit is 2^(10 × power) bytes.
        guard !number.overflows, number.scale.magnitude <= DecimalMath.digitCountMax,
            let product = number.digits.multipliedOrNil(by: Int128(1) << (10 * power)),
            let whole = DecimalMath.rescale(product, from: max(number.scale, 0), to: max(-number.scale, 0)), let byteCount = Int64(exactly: whole)
        else { throw .numericOverflow }
        return byteCount
    }

    /// A sign, digits with a mark among them, and an exponent where digits follow its letter.
    private static func endOfNumber(_ text: ArraySlice<UInt8>) -> Int {
        func isSign(_ place: Int) -> Bool { place < text.endIndex && (text[place] == 0x2B || text[place] == 0x2D) }
        func behindDigits(_ place: Int) -> Int { text[place...].firstIndex { $0 < 0x30 || $0 > 0x39 } ?? text.endIndex }
        var end = behindDigits(text.startIndex + (isSign(text.startIndex) ? 1 : 0))
        if end < text.endIndex, text[end] == 0x2E { end = behindDigits(end + 1) }
        guard end < text.endIndex, text[end] | 0x20 == UInt8(ascii: "e") else { return end }
        let digits = end + 1 + (isSign(end + 1) ? 1 : 0)
        let behind = behindDigits(min(digits, text.endIndex))
        return behind > digits ? behind : end
    }
}
