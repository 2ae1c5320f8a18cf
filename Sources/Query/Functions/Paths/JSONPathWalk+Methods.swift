import ColumnStore

/// What a path computes: arithmetic, and the methods of its items.
///
/// Arithmetic takes single numbers: in a lax path the one element of an array stands for it. A fault gives `.fault` where faults are not told.
extension JSONPathWalk {
    func arithmetic(
        _ operation: JSONPath.Arithmetic, _ left: JSONPath.Node, _ right: JSONPath.Node, _ node: JSONPath.Node, _ value: JSONPathValue, _ found: Found?
    ) throws(KernelError) -> Outcome {
        guard let ones = try values(of: left, value, unwraps: true), let others = try values(of: right, value, unwraps: true) else { return .fault }
        guard ones.count == 1, ones[0].kind == .number else { return try fault(.notSingle, "what stands left of \(operation.rawValue) in a path is no single number") }
        guard others.count == 1, others[0].kind == .number else { return try fault(.notSingle, "what stands right of \(operation.rawValue) in a path is no single number") }
        let result: JSONPathNumber
        do throws(KernelError) {
            result = try JSONPathNumber(ones[0].text).combined(operation, try JSONPathNumber(others[0].text))
        } catch {
            if isThrowing { throw error }
            return .fault
        }
        return try pass(.number(result), behind: node, found)
    }

    /// `-x` and `+x` of every value of x. Where only existence is asked, the first number settles it.
    func sign(_ isNegative: Bool, _ operand: JSONPath.Node, _ node: JSONPath.Node, _ value: JSONPathValue, _ found: Found?) throws(KernelError) -> Outcome {
        guard let operands = try values(of: operand, value, unwraps: true) else { return .fault }
        var outcome = Outcome.none
        for operand in operands {
            let isAsked = found == nil && node.next == nil
            guard operand.kind == .number else {
                if isAsked { continue }
                return try fault(.noNumber, "what stands behind a sign in a path is no number")
            }
            if isAsked { return .some }
            let digits = isNegative ? JSONPathNumber.negated(Array(operand.text)) : Array(operand.text)
            let step = try pass(JSONPathValue(digits[...]), behind: node, found)
            if step == .fault || step == .some && found == nil { return step }
            if step == .some { outcome = .some }
        }
        return outcome
    }

    /// A method of a value; of an array in a lax path the method of each element, but for type() and size(), which ask the array itself.
    func call(_ method: JSONPath.Method, _ node: JSONPath.Node, _ value: JSONPathValue, _ found: Found?, unwraps: Bool) throws(KernelError) -> Outcome {
        switch method {
        case .type: return try pass(.string(Array(value.typeName.utf8)), behind: node, found)
        case .size:
            try meter.step(value.byteCount)
            if value.isArray { return try pass(.number(JSONPathNumber(value.elementCount)), behind: node, found) }
            guard path.isLax else { return ignoresStructure ? .none : try fault(.noArray, "size() in a path is asked of what is no array") }
            return try pass(.number(JSONPathNumber(1)), behind: node, found)
        default: break
        }
        // Each element is asked; an array among them is not opened again.
        if unwraps, value.isArray { return try eachElement(of: value, node, found, unwraps: false) }
        switch method {
        case .double: return try double(node, value, found)
        case .datetime:
            guard value.kind == .string else { return try fault(.badMoment, "datetime() in a path is asked of what is no string") }
            guard let moment = JSONPathMoment(value.characters) else { return try fault(.badMoment, "a string is no date or time that datetime() reads") }
            return try pass(JSONPathValue(moment), behind: node, found)
        case .keyvalue: return try pairs(node, value, found)
        default:
            guard value.kind == .number else { return try fault(.notNumeric, "\(method.rawValue)() in a path is asked of what is no number") }
            let result: JSONPathValue
            do throws(KernelError) {
                result = try number(method, value.text)
            } catch {
                if isThrowing { throw error }
                return .fault
            }
            return try pass(result, behind: node, found)
        }
    }

    /// abs, floor or ceiling. The digits of an absolute and a number that is whole already are taken as they stand: they may be more than 38.
    private func number(_ method: JSONPath.Method, _ text: ArraySlice<UInt8>) throws(KernelError) -> JSONPathValue {
        if method == .abs { return JSONPathValue(text.first == UInt8(ascii: "-") ? text.dropFirst() : text) }
        guard text.contains(UInt8(ascii: ".")) else { return JSONPathValue(text) }
        return .number(try JSONPathNumber(text).rounded(up: method == .ceiling))
    }

    /// datetime(template).
    ///
    /// - Throws: for a template that is none, also where faults of the data are not told.
    func moment(_ template: [UInt8], _ node: JSONPath.Node, _ value: JSONPathValue, _ found: Found?) throws(KernelError) -> Outcome {
        guard value.kind == .string else { return try fault(.badMoment, "datetime() in a path is asked of what is no string") }
        let text = value.characters
        try meter.step(8 * (template.count + text.count))
        // A template that is none is the question's fault, and not the data's.
        let standard = try TimeTemplate(standard: template)
        let moment: JSONPathMoment
        do throws(KernelError) {
            moment = try JSONPathMoment(text, by: standard)
        } catch {
            if isThrowing { throw error }
            return .fault
        }
        return try pass(JSONPathValue(moment), behind: node, found)
    }

    /// double(): numbers pass as they are, texts are read as one; what a DOUBLE cannot hold is a fault, and so is a number that becomes 0 by being
    /// too small.
    private func double(_ node: JSONPath.Node, _ value: JSONPathValue, _ found: Found?) throws(KernelError) -> Outcome {
        switch value.kind {
        case .number:
            guard let number = ValueText.double(value.text), number.isFinite, number != 0 || NumberText.isZero(value.text) else { return try fault(.notNumeric, "a number is out of the range of double()") }
            return try pass(value, behind: node, found)
        case .string:
            guard let number = ValueText.double(value.characters[...]), number.isFinite, number != 0 || NumberText.isZero(value.characters) else { return try fault(.notNumeric, "a string is no number that double() reads") }
            // As PostgreSQL makes a NUMERIC of a DOUBLE: 15 digits that count, and zeros behind them as far as it goes.
            var text: [UInt8] = []
            try JSONDocument.appendNumber(NumberText.fifteenDigits(number), to: &text)
            return try pass(JSONPathValue(text[...]), behind: node, found)
        default: return try fault(.notNumeric, "double() in a path is asked of what is neither string nor number")
        }
    }

    /// An object of `id`, `key` and `value` for each member.
    private func pairs(_ node: JSONPath.Node, _ value: JSONPathValue, _ found: Found?) throws(KernelError) -> Outcome {
        guard value.kind == .object else { return try fault(.noObject, "keyvalue() in a path is asked of what is no object") }
        try meter.step(2 * value.byteCount)
        let members = try value.members(meter)
        defer { meter.uncharge(2 * JSONPathValue.childByteCount * members.count) }
        if members.isEmpty { return .none }
        // That there is a pair is known without making one.
        if found == nil, node.next == nil { return .some }
        // As PostgreSQL numbers objects: which document, and where in its bytes.
        let number = try JSONPathOffsets.offset(of: value, meter) + value.base * 10_000_000_000
        var outcome = Outcome.none
        for member in members {
            try meter.charge(2 * (member.name.count + member.value.count) + 64)
            var text = Array("{\"id\": \(number), \"key\": ".utf8)
            JSONString.append(value.scan.string(member.name), to: &text)
            text += ", \"value\": ".utf8
            text += value.scan.text[member.value]
            text.append(UInt8(ascii: "}"))
            let pair = JSONPathValue(text[...], base: nextBase)
            nextBase += 1
            outcome = try pass(pair, behind: node, found)
            if outcome == .fault || outcome == .some && found == nil { return outcome }
        }
        return outcome
    }
}
