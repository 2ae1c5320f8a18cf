import ColumnStore

/// ascii, chr, initcap and translate: texts character by character.
/// PostgreSQL 15's documentation, section 9.4.
extension SQLFunction {
    static let ascii = SQLFunction("ascii", summary: "the number of a text's first character", takes: [.string], gives: .int32, runs: .ascii)
    static let chr = SQLFunction("chr", summary: "the character of a number", takes: [.int32], runs: .chr)
    static let initcap = cased("initcap", summary: "a text with capitals at the start of its words, and small letters elsewhere", .initcap, .initcapOfLanguage)
    static let translate = SQLFunction(
        "translate", summary: "a text with characters replaced by other ones, each by the one at its place",
        takes: [.string, .string, .string], runs: .translate)
}

extension ScalarFunction {
    /// The number of the first character; 0 of an empty text.
    static let ascii = ScalarFunction(
        "ascii", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0])
            return try call.numbers { (row) throws(KernelError) in
                Int64(String(decoding: texts[row].prefix(4), as: UTF8.self).unicodeScalars.first?.value ?? 0)
            }
        })

    /// - Throws: for 0, which no text holds, and for numbers of no character.
    static let chr = ScalarFunction(
        "chr", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let numbers = call[0].integers() ?? []
            return try call.texts { (row) throws(KernelError) in
                guard numbers[row] > 0, let code = UInt32(exactly: numbers[row]), let scalar = Unicode.Scalar(code) else {
                    throw .outside(numbers[row] < 0 ? .badValue : .tooLong, "chr: there is no such character")
                }
                return Array(String(Character(scalar)).utf8)
            }
        })

    static let initcap = ScalarFunction(
        "initcap", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in
                try call.meter.charge(4 * texts.range(at: row).count)
                var isInWord = false
                var result: [UInt8] = []
                for scalar in String(decoding: texts[row], as: UTF8.self).unicodeScalars {
                    try call.meter.step(8)
                    let mapped = isInWord ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
                    // One character for one, as the simple mappings have it.
                    let only = mapped.unicodeScalars.first.flatMap { mapped.unicodeScalars.count == 1 ? $0 : nil } ?? scalar
                    result += String(Character(only)).utf8
                    isInWord = isOfWord(scalar)
                }
                return result
            }
        })

    /// What goes on with a word: letters and digits, as a database in UTF-8 with the locale `C.UTF-8` has them. `²` and `½` are signs there.
    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isAlphabetic || scalar.properties.generalCategory == .decimalNumber }

    /// Each character that stands in the second text becomes the one at its place in the third, or nothing.
    static let translate = ScalarFunction(
        "translate", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let (texts, from, to) = (TextRows(call[0]), TextRows(call[1]), TextRows(call[2]))
            var fixed: [Unicode.Scalar: Unicode.Scalar?]?
            if from.isConstant, to.isConstant, call.count > 0 { fixed = mapping(from[0], to[0]) }
            return try call.texts { (row) throws(KernelError) in
                try call.meter.step(from.range(at: row).count)
                try call.meter.charge(4 * texts.range(at: row).count)
                let map = fixed ?? mapping(from[row], to[row])
                var result: [UInt8] = []
                for scalar in String(decoding: texts[row], as: UTF8.self).unicodeScalars {
                    try call.meter.step(8)
                    // Nil twice: not among the characters, or among them as one that goes.
                    if let changed = map[scalar] {
                        if let changed { result += String(Character(changed)).utf8 }
                    } else {
                        result += String(Character(scalar)).utf8
                    }
                }
                return result
            }
        })

    /// What each character becomes; nil for one that goes. The first of repeated ones counts.
    private static func mapping(_ from: ArraySlice<UInt8>, _ to: ArraySlice<UInt8>) -> [Unicode.Scalar: Unicode.Scalar?] {
        let targets = Array(String(decoding: to, as: UTF8.self).unicodeScalars)
        var map: [Unicode.Scalar: Unicode.Scalar?] = [:]
        for (place, scalar) in String(decoding: from, as: UTF8.self).unicodeScalars.enumerated() where map[scalar] == nil {
            map.updateValue(place < targets.count ? targets[place] : nil, forKey: scalar)
        }
        return map
    }
}
