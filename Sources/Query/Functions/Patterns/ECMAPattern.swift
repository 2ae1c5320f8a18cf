import ColumnStore

/// Writes an ECMA-262 pattern (with the `u` flag, as JSON Schema has it) in RE2's syntax.
///
/// What differs: `.` and `\s` know Unicode's line ends and blanks, `\uXXXX`, `\cX` and `\0` stand for characters, a bracket in a class
/// is a literal, `[]` and `[^]` are classes, `\b` in a class is a backspace, `(?<name>` names a group, and properties have long names.
/// `\A`, `\z` and the like mean something in RE2 but nothing in ECMA-262, and are refused.
///
/// ECMA-262, section 22.2 (RegExp). Documents' `pattern` and `patternProperties` are read by it, once for each type.
enum ECMAPattern {
    /// ECMA-262's WhiteSpace and LineTerminator, as the inside of a class.
    private static let blanks = #"\t\n\v\f\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}"#
    /// Every scalar that `blanks` leaves out: `\S` within a class, where RE2 has no negation.
    private static let nonBlanks =
        #"\x{0}-\x{8}\x{E}-\x{1F}\x{21}-\x{9F}\x{A1}-\x{167F}\x{1681}-\x{1FFF}\x{200B}-\x{2027}\x{202A}-\x{202E}\x{2030}-\x{205E}\x{2060}-\x{2FFF}\x{3001}-\x{FEFE}\x{FF00}-\x{10FFFF}"#
    private static let anything = #"[\x{0}-\x{10FFFF}]"#
    private static let nothing = #"[^\x{0}-\x{10FFFF}]"#

    /// - Throws: for look-around and back-references, which have no match in linear time, and for what is no pattern.
    static func translated(_ pattern: [UInt8]) throws(RegularExpression.Fault) -> [UInt8] {
        var translator = Translator(scalars: Array(String(decoding: pattern, as: UTF8.self).unicodeScalars))
        try translator.run()
        return Array(translator.output.utf8)
    }

    /// One walk over the pattern's scalars. `index` stands behind the scalar at hand, `isInClass` between the brackets of a class.
    private struct Translator {
        let scalars: [Unicode.Scalar]
        var index = 0
        var output = ""
        var isInClass = false

        init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

        private func peek(_ distance: Int = 0) -> Unicode.Scalar? {
            index + distance < scalars.count ? scalars[index + distance] : nil
        }

        mutating func run() throws(RegularExpression.Fault) {
            while let scalar = peek() {
                index += 1
                switch scalar {
                case "\\": try escape()
                case "[" where isInClass: output += "\\["
                case "[": openClass()
                case "]" where isInClass:
                    isInClass = false
                    output += "]"
                case "." where !isInClass: output += #"[^\n\r\x{2028}\x{2029}]"#
                // `(?<name>`, where `(?<=` and `(?<!` would look behind.
                case "(" where !isInClass && peek() == "?" && peek(1) == "<" && peek(2) != "=" && peek(2) != "!":
                    index += 2
                    output += "(?P<"
                case "(" where !isInClass && peek() == "?" && (peek(1) == "=" || peek(1) == "!" || peek(1) == "<"):
                    throw RegularExpression.Fault(reason: "look-around is not supported: it has no linear-time match")
                default: output.unicodeScalars.append(scalar)
                }
            }
        }

        /// Behind `[`: `[]` matches nothing and `[^]` anything; in RE2 the bracket would be the first of the class.
        private mutating func openClass() {
            if peek() == "]" {
                index += 1
                output += nothing
            } else if peek() == "^", peek(1) == "]" {
                index += 2
                output += anything
            } else {
                isInClass = true
                output += "["
                if peek() == "^" {
                    index += 1
                    output += "^"
                }
            }
        }

        /// Behind a backslash.
        ///
        /// - Throws: for back-references, letters that escape nothing, and half of a surrogate pair.
        private mutating func escape() throws(RegularExpression.Fault) {
            guard let letter = peek() else { throw RegularExpression.Fault(reason: "the pattern ends in a backslash") }
            index += 1
            switch letter {
            case "d", "D", "w", "W", "f", "n", "r", "t", "v": output += "\\\(letter)"
            case "s": output += isInClass ? blanks : "[\(blanks)]"
            case "S": output += isInClass ? nonBlanks : "[^\(blanks)]"
            case "b": output += isInClass ? #"\x{8}"# : #"\b"#
            case "B" where !isInClass: output += #"\B"#
            case "p", "P": try property(letter)
            case "u": try codePoint()
            case "x":
                guard let value = hex(digits: 2) else { throw RegularExpression.Fault(reason: #"\x needs two hex digits"#) }
                append(value)
            case "c":
                guard let control = peek(), ("a"..."z").contains(control) || ("A"..."Z").contains(control) else {
                    throw RegularExpression.Fault(reason: #"\c needs a letter"#)
                }
                // A control character is its letter's lowest five bits.
                index += 1
                append(control.value & 0x1F)
            case "0":
                if let next = peek(), ("0"..."9").contains(next) { throw RegularExpression.Fault(reason: "an octal escape") }
                append(0)
            case "1"..."9", "k":
                throw RegularExpression.Fault(reason: "back-references are not supported: they have no linear-time match")
            case "a"..."z", "A"..."Z": throw RegularExpression.Fault(reason: "\\\(letter) is no escape of ECMA-262")
            default: append(letter.value)
            }
        }

        /// A scalar by its number, which no syntax can take for a sign.
        private mutating func append(_ value: UInt32) { output += "\\x{\(String(value, radix: 16, uppercase: true))}" }

        /// So many digits; nil, and nothing passed, where they do not stand there.
        private mutating func hex(digits: Int) -> UInt32? {
            guard index + digits <= scalars.count else { return nil }
            var value: UInt32 = 0
            for place in 0..<digits {
                guard let digit = Character(scalars[index + place]).hexDigitValue else { return nil }
                value = value << 4 | UInt32(digit)
            }
            index += digits
            return value
        }

        /// `\u{1F600}`, `\u0041`, or two halves of a surrogate pair, which are one scalar.
        private mutating func codePoint() throws(RegularExpression.Fault) {
            if peek() == "{" {
                var value: UInt32 = 0
                index += 1
                while let scalar = peek(), let digit = Character(scalar).hexDigitValue, value <= 0x10FFFF {
                    value = value << 4 | UInt32(digit)
                    index += 1
                }
                guard peek() == "}", value <= 0x10FFFF else { throw RegularExpression.Fault(reason: #"\u{…} is not a code point"#) }
                index += 1
                return append(value)
            }
            guard let unit = hex(digits: 4) else { throw RegularExpression.Fault(reason: #"\u needs four hex digits"#) }
            guard SurrogatePair.isHigh(unit) else {
                if SurrogatePair.isLow(unit) { throw RegularExpression.Fault(reason: "a lone surrogate") }
                return append(unit)
            }
            guard peek() == "\\", peek(1) == "u" else { throw RegularExpression.Fault(reason: "a lone surrogate") }
            index += 2
            guard let low = hex(digits: 4), SurrogatePair.isLow(low) else { throw RegularExpression.Fault(reason: "a lone surrogate") }
            append(SurrogatePair.codePoint(unit, low))
        }

        /// `\p{L}`, `\p{Letter}`, `\p{Script=Greek}`: RE2 has the short names of categories, and scripts without `Script=`.
        private mutating func property(_ letter: Unicode.Scalar) throws(RegularExpression.Fault) {
            guard peek() == "{" else { throw RegularExpression.Fault(reason: #"\p needs a property in braces"#) }
            var name = ""
            index += 1
            while let scalar = peek(), scalar != "}" {
                name.unicodeScalars.append(scalar)
                index += 1
            }
            guard peek() == "}" else { throw RegularExpression.Fault(reason: #"\p needs a property in braces"#) }
            index += 1
            for prefix in ["Script=", "sc=", "Script_Extensions=", "scx=", "General_Category=", "gc="] where name.hasPrefix(prefix) {
                name.removeFirst(prefix.count)
            }
            output += "\\\(letter){\(ECMAPattern.categories[name] ?? name)}"
        }
    }

    /// Long names of the general categories; RE2 knows the short ones and the scripts.
    private static let categories: [String: String] = [
        "Letter": "L", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm",
        "Other_Letter": "Lo", "Mark": "M", "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N",
        "Decimal_Number": "Nd", "digit": "Nd", "Letter_Number": "Nl", "Other_Number": "No", "Punctuation": "P", "punct": "P",
        "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps", "Close_Punctuation": "Pe",
        "Initial_Punctuation": "Pi", "Final_Punctuation": "Pf", "Other_Punctuation": "Po", "Symbol": "S", "Math_Symbol": "Sm",
        "Currency_Symbol": "Sc", "Modifier_Symbol": "Sk", "Other_Symbol": "So", "Separator": "Z", "Space_Separator": "Zs",
        "Line_Separator": "Zl", "Paragraph_Separator": "Zp", "Other": "C", "Control": "Cc", "cntrl": "Cc", "Format": "Cf",
        "Surrogate": "Cs", "Private_Use": "Co",
    ]
}
