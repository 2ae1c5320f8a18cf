import ColumnStore

/// Bytes as text and back, their number, and digests of them.
/// PostgreSQL 15's documentation, section 9.5.
extension SQLFunction {
    static let encode = SQLFunction("encode", summary: "bytes as hex, base64 or escaped text", takes: [.binary, .string], runs: .encode)
    static let decode = SQLFunction("decode", summary: "the bytes of a text in hex, base64 or with escapes", takes: [.string, .string], gives: .binary, runs: .decode)
    /// Of a negative INTEGER eight digits, of a BIGINT sixteen.
    static let toHex = SQLFunction("to_hex", summary: "a whole number in hexadecimal digits", forms: [[.int32], [.int64]]) { (call, typing) throws(QueryError) in
        try call.count(1...1)
        let type: ColumnType = call.arguments[0].type == .int32 ? .int32 : .int64
        return call.make(.toHex, [try typing.implicit(call.arguments[0], to: type, call.name)], .string)
    }
    static let bitCount = SQLFunction("bit_count", summary: "how many bits of a BLOB are set", takes: [.binary], gives: .int64, runs: .bitCount)
    static let octetLength = counting("octet_length", summary: "bytes of a text or a BLOB", .octetLength)
    static let bitLength = counting("bit_length", summary: "bits of a text or a BLOB", .bitLength)
    static let md5 = digest("md5", summary: "the MD5 digest as a text of hexadecimal digits", .md5, .string)
    static let sha224 = digest("sha224", summary: "the SHA-224 digest of a BLOB, as bytes", .sha224, .binary)
    static let sha256 = digest("sha256", summary: "the SHA-256 digest of a BLOB, as bytes", .sha256, .binary)
    static let sha384 = digest("sha384", summary: "the SHA-384 digest of a BLOB, as bytes", .sha384, .binary)
    static let sha512 = digest("sha512", summary: "the SHA-512 digest of a BLOB, as bytes", .sha512, .binary)
    static let convertFrom = SQLFunction("convert_from", summary: "the text of bytes in UTF-8", takes: [.binary, .string], runs: .convertFrom)
    static let convertTo = SQLFunction("convert_to", summary: "a text's bytes in UTF-8", takes: [.string, .string], gives: .binary, runs: .convertTo)

    private static func counting(_ name: String, summary: String, _ function: ScalarFunction) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[.string], [.binary]]) { (call, typing) throws(QueryError) in
            try call.count(1...1)
            let type: ColumnType = call.arguments[0].type == .binary ? .binary : .string
            return call.make(function, [try typing.implicit(call.arguments[0], to: type, name)], .int32)
        }
    }

    private static func digest(_ name: String, summary: String, _ function: ScalarFunction, _ type: ColumnType) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: type == .string ? [[.string], [.binary]] : [[.binary]]) { (call, typing) throws(QueryError) in
            try call.count(1...1)
            let wanted: ColumnType = type == .binary || call.arguments[0].type == .binary ? .binary : .string
            return call.make(function, [try typing.implicit(call.arguments[0], to: wanted, name)], type)
        }
    }
}

extension ScalarFunction {
    static let octetLength = counted("octet_length", times: 1)
    static let bitLength = counted("bit_length", times: 8)

    private static func counted(_ symbol: String, times factor: Int64) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .light, failure: .never,
            kernel: .plain { (call) throws(KernelError) in
                let texts = TextRows(call[0])
                return try call.numbers { (row) throws(KernelError) in factor * Int64(texts.range(at: row).count) }
            })
    }

    /// A kernel over bytes and, where the function has one, the name of a form.
    private static func mapped(
        _ symbol: String, _ map: @escaping @Sendable (ArraySlice<UInt8>, _ form: ArraySlice<UInt8>) throws(KernelError) -> [UInt8]
    ) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let texts = TextRows(call[0]), forms = call.optional(1).map { TextRows($0) }
                return try call.texts { (row) throws(KernelError) in
                    try call.meter.step(4 * texts.range(at: row).count)
                    try call.meter.charge(4 * texts.range(at: row).count)
                    return try map(texts[row], forms?[row] ?? [])
                }
            })
    }

    static let md5 = mapped("md5") { (bytes, _) throws(KernelError) in
        hex(digest(bytes, .md5)[...])
    }
    static let sha256 = mapped("sha256") { (bytes, _) throws(KernelError) in digest(bytes, .sha256) }

    static let sha224 = mapped("sha224") { (bytes, _) throws(KernelError) in Digest.sha224(Array(bytes)) }
    static let sha384 = mapped("sha384") { (bytes, _) throws(KernelError) in Digest.sha384.hash(Array(bytes)) }
    static let sha512 = mapped("sha512") { (bytes, _) throws(KernelError) in Digest.sha512.hash(Array(bytes)) }

    private static func digest(_ bytes: ArraySlice<UInt8>, _ algorithm: RunningDigest.Algorithm) -> [UInt8] {
        var digest = RunningDigest(algorithm)
        bytes.withUnsafeBytes { digest.update($0) }
        return digest.finalize()
    }

    static let toHex = ScalarFunction(
        "to_hex", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let numbers = call[0].integers() ?? []
            let isNarrow = call[0].type == .int32
            return try call.texts { (row) throws(KernelError) in
                let number = numbers[row]
                return Array(String(isNarrow ? UInt64(UInt32(truncatingIfNeeded: number)) : UInt64(bitPattern: number), radix: 16).utf8)
            }
        })

    static let bitCount = ScalarFunction(
        "bit_count", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0])
            return try call.numbers { (row) throws(KernelError) in texts[row].reduce(0) { $0 + Int64($1.nonzeroBitCount) } }
        })

    static let encode = mapped("encode") { (bytes, form) throws(KernelError) in
        switch String(word: form).lowercased() {
        case "hex": return hex(bytes)
        case "base64":
            var text: [UInt8] = []
            JSONText.appendBase64(bytes, to: &text)
            // Lines of 76 characters, as PostgreSQL has them.
            var lines: [UInt8] = []
            for start in stride(from: 0, to: text.count, by: 76) {
                if start > 0 { lines.append(UInt8(ascii: "\n")) }
                lines += text[start..<min(start + 76, text.count)]
            }
            return lines
        case "escape": return escaped(bytes)
        default: throw .invalidArgument("encode knows hex, base64 and escape")
        }
    }

    static let decode = mapped("decode") { (text, form) throws(KernelError) in
        let plain = text.filter { !NumberText.isBlank($0) }
        switch String(word: form).lowercased() {
        case "hex":
            guard let bytes = TextCastKernels.hex(plain[...]) else { throw .invalidArgument("this is no hexadecimal text") }
            return bytes
        case "base64":
            guard let bytes = Base64Text.decode(plain) else { throw .invalidArgument("this is no text in base64") }
            return bytes
        case "escape":
            guard let bytes = ValueText.escaped(text) else { throw .invalidText("BLOB") }
            return bytes
        default: throw .invalidArgument("decode knows hex, base64 and escape")
        }
    }

    static let convertFrom = mapped("convert_from") { (bytes, form) throws(KernelError) in
        try checkUTF8(form)
        guard bytes.withUnsafeBufferPointer({ UTF8Check.firstFault(in: $0) }) == nil, !bytes.contains(0) else {
            throw .outside(.badEncoding, "these bytes are no text in UTF-8")
        }
        return Array(bytes)
    }
    static let convertTo = mapped("convert_to") { (text, form) throws(KernelError) in
        try checkUTF8(form)
        return Array(text)
    }

    private static func checkUTF8(_ form: ArraySlice<UInt8>) throws(KernelError) {
        guard ["UTF8", "UTF-8", "UNICODE"].contains(String(word: form).uppercased()) else { throw .invalidArgument("UTF8 is the one encoding here") }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func hex(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }

    /// Bytes that are no ASCII, and zero, by three octal digits.
    private static func escaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        for byte in bytes {
            if byte == 0 || byte >= 0x80 {
                text += [UInt8(ascii: "\\"), 0x30 + (byte >> 6), 0x30 + (byte >> 3 & 7), 0x30 + (byte & 7)]
            } else {
                if byte == UInt8(ascii: "\\") { text.append(byte) }
                text.append(byte)
            }
        }
        return text
    }
}

/// Base64 as RFC 4648 has it.
private enum Base64Text {
    /// Nil for any other character, and for a length that is no multiple of four.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0, count = 0
        let padding = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        for character in text.dropLast(padding) {
            let value: UInt8
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            // The lowest `count` bits are not given out yet.
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
