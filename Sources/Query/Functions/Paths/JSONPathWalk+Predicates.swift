import ColumnStore

/// Conditions of a path: true, false, or unknown where the data is no such thing as they compare. No fault of the data leaves one.
///
/// | | yes | no | unknown |
/// | --- | --- | --- | --- |
/// | `&&` | both | one is no | else |
/// | `||` | one is yes | both are no | else |
/// | a comparison of sequences, lax | some pair holds | none does | none holds, and some pair does not compare |
/// | the same, strict | some pair holds, and all compare | none does | some pair does not compare |
extension JSONPathWalk {
    /// - Parameter value: what `$` paths are followed from, and the value at hand.
    func test(_ node: JSONPath.Node, _ value: JSONPathValue) throws(KernelError) -> Truth {
        try enter()
        defer { depth -= 1 }
        switch node.item {
        case .and(let left, let right):
            let one = try test(left, value)
            if one == .no { return .no }
            let other = try test(right, value)
            // `one` is yes or unknown: it stands beside yes, and gives way to no and unknown.
            return other == .yes ? one : other
        case .or(let left, let right):
            let one = try test(left, value)
            if one == .yes { return .yes }
            let other = try test(right, value)
            // `one` is no or unknown: it stands beside no, and gives way to yes and unknown.
            return other == .no ? one : other
        case .not(let operand):
            return switch try test(operand, value) {
            case .yes: .no
            case .no: .yes
            case .unknown: .unknown
            }
        case .isUnknown(let operand): return try test(operand, value) == .unknown ? .yes : .no
        case .exists(let operand): return try exists(operand, value)
        case .comparison(let operation, let left, let right):
            return try each(of: left, and: right, value, unwrapsRight: true) { (one, other) throws(KernelError) in try self.compare(one, other, operation) }
        case .startsWith(let left, let right):
            return try each(of: left, and: right, value, unwrapsRight: false) { (one, other) throws(KernelError) in
                guard let other, one.kind == .string, other.kind == .string else { return .unknown }
                try self.meter.step(one.byteCount + other.byteCount)
                return one.characters.starts(with: other.characters) ? .yes : .no
            }
        case .matches(let left, let pattern):
            return try each(of: left, and: nil, value, unwrapsRight: false) { (one, _) throws(KernelError) in
                guard one.kind == .string else { return .unknown }
                guard let metered = pattern.metered else { preconditionFailure("a path that was only looked at") }
                return try self.matches(one.characters, metered.expression) ? .yes : .no
            }
        default: return .unknown
        }
    }

    /// A filter's condition of `value`, which is `@` in it.
    func testNested(_ node: JSONPath.Node, _ value: JSONPathValue) throws(KernelError) -> Truth {
        let outer = current
        defer { current = outer }
        current = value
        return try test(node, value)
    }

    /// A fault of the data is unknown.
    private func exists(_ node: JSONPath.Node, _ value: JSONPathValue) throws(KernelError) -> Truth {
        let told = isThrowing
        isThrowing = false
        defer { isThrowing = told }
        // A fault behind the first value counts where the path is strict.
        let found = path.isLax ? nil : Found()
        return switch try give(node, value, found) {
        case .fault: .unknown
        case .some: .yes
        case .none: found?.values.isEmpty == false ? .yes : .no
        }
    }

    /// What holds of any value on the left and any on the right.
    ///
    /// - Complexity: the product of both numbers of values.
    private func each(
        of left: JSONPath.Node, and right: JSONPath.Node?, _ value: JSONPathValue, unwrapsRight: Bool,
        _ test: (JSONPathValue, JSONPathValue?) throws(KernelError) -> Truth
    ) throws(KernelError) -> Truth {
        let told = isThrowing
        isThrowing = false
        // What both sides give is gone with the answer.
        let mark = meter.mark
        defer {
            isThrowing = told
            meter.settle(since: mark)
        }
        guard let ones = try values(of: left, value, unwraps: true) else { return .unknown }
        var others: [JSONPathValue?] = [nil]
        if let right {
            guard let found = try values(of: right, value, unwraps: unwrapsRight) else { return .unknown }
            others = found
        }
        var isFound = false, isUnknown = false
        for one in ones {
            for other in others {
                try meter.step(16)
                switch try test(one, other) {
                case .yes:
                    if path.isLax { return .yes }
                    isFound = true
                case .unknown:
                    if !path.isLax { return .unknown }
                    isUnknown = true
                case .no: break
                }
            }
        }
        return isFound ? .yes : isUnknown ? .unknown : .no
    }

    /// - Parameter unwraps: whether a lax path takes the elements of arrays in their place.
    /// - Returns: nil at a fault that is not told.
    func values(of node: JSONPath.Node, _ value: JSONPathValue, unwraps: Bool) throws(KernelError) -> [JSONPathValue]? {
        let found = Found()
        guard try give(node, value, found) != .fault else { return nil }
        guard unwraps, path.isLax else { return found.values }
        let flat = Found()
        for value in found.values {
            if value.isArray { _ = try eachElement(of: value, nil, flat, unwraps: false) } else { flat.values.append(value) }
        }
        return flat.values
    }

    /// - Throws: for a text that is too long for the pattern.
    private func matches(_ text: [UInt8], _ pattern: RegularExpression) throws(KernelError) -> Bool {
        try text.withUnsafeBufferPointer { (bytes) throws(KernelError) in
            try TextKernels.admit(bytes, pattern, meter)
            return pattern.matches(bytes)
        }
    }

    // MARK: Comparison

    /// Values of one kind compare; arrays and objects do not.
    private func compare(_ one: JSONPathValue, _ other: JSONPathValue?, _ operation: Comparison) throws(KernelError) -> Truth {
        guard let other else { return .unknown }
        let (kind, otherKind) = (one.kind, other.kind)
        guard kind == otherKind else {
            // null is none of the others, and that is known; of the others nothing is.
            if kind == .null || otherKind == .null { return operation == .notEqual ? .yes : .no }
            return .unknown
        }
        try meter.step(one.byteCount + other.byteCount)
        let order: Int
        switch kind {
        case .null: order = 0
        case .boolean: order = (one.isTrue ? 1 : 0) - (other.isTrue ? 1 : 0)
        // Keys of documents sort as their numbers do, however many digits those have.
        case .number: order = Self.order(DocumentOrder.key(one.text), DocumentOrder.key(other.text))
        case .string: order = Self.order(one.characters, other.characters)
        case .moment:
            guard let moment = one.moment, let another = other.moment else { return .unknown }
            guard let found = try moment.order(another, clock) else { return .unknown }
            order = found
        case .array, .object: return .unknown
        }
        return operation.holds(order: order) ? .yes : .no
    }

    private static func order(_ one: [UInt8], _ other: [UInt8]) -> Int {
        one == other ? 0 : one.lexicographicallyPrecedes(other) ? -1 : 1
    }
}
