import ColumnStore

/// A to_char template of a number: `9`, `0`, mark, groups, sign, `FM`. What PostgreSQL knows beyond that is refused.
struct NumberFormat {
    private enum Slot { case digit, zero, group, literal(UInt8) }
    private enum SignStyle { case leading, trailingS, leadingS, minus, angle, plus }

    private var whole: [Slot] = []
    private var fraction: [Slot] = []
    private var hasMark = false
    private var fills = true
    private var sign = SignStyle.leading

    init(_ template: [UInt8]) throws(KernelError) {
        var rest = template[...]
        func take(_ word: String) -> Bool {
            guard rest.count >= word.utf8.count, zip(rest, word.utf8).allSatisfy({ $0 == $1 || ($0 >= 0x61 && $0 - 32 == $1) }) else {
                return false
            }
            rest = rest.dropFirst(word.utf8.count)
            return true
        }
        while let first = rest.first {
            if take("FM") {
                fills = false
            } else if take("MI") {
                sign = .minus
            } else if take("PR") {
                sign = .angle
            } else if take("SG") || take("PL") {
                sign = .plus
            } else if take("S") {
                sign = whole.isEmpty && !hasMark ? .leadingS : .trailingS
            } else if take("9") {
                append(.digit)
            } else if take("0") {
                append(.zero)
            } else if take(",") || take("G") {
                append(.group)
            } else if take(".") || take("D") {
                guard !hasMark else { throw .invalidArgument("to_char: a template has one decimal mark") }
                hasMark = true
            } else if first == 0x20 || first == UInt8(ascii: "$") || first == UInt8(ascii: "%") || first == UInt8(ascii: "-") {
                append(.literal(first))
                rest = rest.dropFirst()
            } else {
                throw .invalidArgument("to_char: the template of a number may hold 9 0 . , D G S MI PR PL SG FM only")
            }
        }
    }

    private mutating func append(_ slot: Slot) {
        if hasMark { fraction.append(slot) } else { whole.append(slot) }
    }

    private static func digitCount(_ slots: [Slot]) -> Int {
        slots.count {
            switch $0 {
            case .digit, .zero: true
            default: false
            }
        }
    }

    func append(_ value: Value, type: ColumnType, to text: inout [UInt8]) throws(KernelError) {
        let scale = Self.digitCount(fraction)
        let scaled: Int128
        switch value {
        case .integer(let value): scaled = DecimalMath.rescale(Int128(value), from: 0, to: scale) ?? 0
        case .decimal(let value): scaled = DecimalMath.rescale(value, from: type.scale, to: scale) ?? 0
        case .double(let value):
            guard case .value(let read) = NumberText.readDecimal(NumberText.fifteenDigits(value), scale: scale) else {
                throw .numericOverflow
            }
            scaled = read
        default: return
        }
        var digits: [UInt8] = []
        NumberText.appendDecimal(Int128(scaled.magnitude), scale: 0, to: &digits)
        while digits.count < scale { digits.insert(0x30, at: 0) }
        var wholeDigits = Array(digits[..<(digits.count - scale)])
        if wholeDigits == [0x30] { wholeDigits = [] }
        layOut(wholeDigits, Array(digits[(digits.count - scale)...]), isNegative: scaled < 0, to: &text)
    }

    private func layOut(_ wholeDigits: [UInt8], _ fractionDigits: [UInt8], isNegative: Bool, to text: inout [UInt8]) {
        let slots = Self.digitCount(whole)
        let overflows = wholeDigits.count > slots
        var body: [UInt8] = []
        var started = false
        var index = slots
        for slot in whole {
            switch slot {
            case .digit, .zero:
                let place = wholeDigits.count - index
                index -= 1
                if overflows {
                    body.append(UInt8(ascii: "#"))
                    started = true
                } else if place >= 0 {
                    body.append(wholeDigits[place])
                    started = true
                } else if case .zero = slot {
                    body.append(0x30)
                    started = true
                } else if started {
                    body.append(0x30)
                } else if index == 0, !hasMark || fraction.isEmpty {
                    body.append(0x30)
                    started = true
                } else if fills {
                    body.append(0x20)
                }
            case .group: if started { body.append(UInt8(ascii: ",")) } else if fills { body.append(0x20) }
            case .literal(let byte): body.append(byte)
            }
        }
        if hasMark {
            body.append(UInt8(ascii: "."))
            var place = 0
            for slot in fraction {
                switch slot {
                case .digit, .zero:
                    body.append(overflows ? UInt8(ascii: "#") : fractionDigits[place])
                    place += 1
                case .group: body.append(UInt8(ascii: ","))
                case .literal(let byte): body.append(byte)
                }
            }
            if !fills { trimZeros(&body) }
        }
        appendSigned(body, isNegative: isNegative, to: &text)
    }

    /// FM drops zeros behind the mark that no `0` asks for.
    private func trimZeros(_ body: inout [UInt8]) {
        var slots = fraction[...]
        while case .digit? = slots.last, body.last == 0x30 {
            body.removeLast()
            slots = slots.dropLast()
        }
    }

    private func appendSigned(_ body: [UInt8], isNegative: Bool, to text: inout [UInt8]) {
        let lead = body.prefix { $0 == 0x20 }.count
        switch sign {
        case .leading, .leadingS:
            text.append(contentsOf: body[..<lead])
            if isNegative {
                text.append(UInt8(ascii: "-"))
            } else if sign == .leadingS {
                text.append(UInt8(ascii: "+"))
            } else if fills {
                text.append(0x20)
            }
            text.append(contentsOf: body[lead...])
        case .plus:
            text.append(UInt8(ascii: isNegative ? "-" : "+"))
            text.append(contentsOf: body)
        case .trailingS:
            text.append(contentsOf: body)
            text.append(UInt8(ascii: isNegative ? "-" : "+"))
        case .minus:
            text.append(contentsOf: body)
            if isNegative { text.append(UInt8(ascii: "-")) } else if fills { text.append(0x20) }
        case .angle:
            text.append(contentsOf: body[..<lead])
            if isNegative { text.append(UInt8(ascii: "<")) } else if fills { text.append(0x20) }
            text.append(contentsOf: body[lead...])
            if isNegative { text.append(UInt8(ascii: ">")) } else if fills { text.append(0x20) }
        }
    }
}
