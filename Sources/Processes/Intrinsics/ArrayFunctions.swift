internal import ColumnStore

/// Functions of lists and objects (Amazon States Language, appendix B, "Intrinsic Functions"). Arguments are within `ValueLimits`; what is of the wrong kind is
/// `States.IntrinsicFailure`, as in the files beside this one.
enum ArrayFunctions {
    /// Elements of a range that is made.
    static let rangeCountMax = 1_000

    /// The first argument's.
    private static func elements(_ value: JSONValue, _ function: Intrinsic) throws(StateError) -> [JSONValue] {
        guard case .array(let elements) = value else { throw StateError(.intrinsicFailure, "\(function.rawValue) wants a list first, not \(value.kind)") }
        return elements
    }

    /// `States.ArrayPartition`: parts of that length, the last one maybe shorter; of an empty list none.
    static func partition(_ list: JSONValue, _ size: JSONValue) throws(StateError) -> JSONValue {
        let elements = try elements(list, .arrayPartition)
        let size = try NumberFunctions.integer(size, .arrayPartition)
        guard size >= 1 else { throw StateError(.intrinsicFailure, "States.ArrayPartition wants parts of at least 1 element, not \(size)") }
        // No part is longer than the list, so that stepping on by it cannot overflow.
        let count = min(Int(size), max(elements.count, 1))
        return .array(stride(from: 0, to: elements.count, by: count).map { .array(Array(elements[$0..<min($0 + count, elements.count)])) })
    }

    /// `States.ArrayContains`, by value.
    static func contains(_ list: JSONValue, _ value: JSONValue, _ steps: inout Steps) throws(StateError) -> JSONValue {
        for element in try elements(list, .arrayContains) where try ValueEquality.areEqual(element, value, &steps) { return .boolean(true) }
        return .boolean(false)
    }

    /// From the first number to the last, which is in it when a step meets it; downwards when the step is below zero.
    ///
    /// `States.ArrayRange`; without a number where the first is past the last already.
    static func range(_ first: JSONValue, _ last: JSONValue, _ step: JSONValue) throws(StateError) -> JSONValue {
        let first = try NumberFunctions.integer(first, .arrayRange)
        let last = try NumberFunctions.integer(last, .arrayRange)
        let step = try NumberFunctions.integer(step, .arrayRange)
        guard step != 0 else { throw StateError(.intrinsicFailure, "States.ArrayRange cannot go on by 0") }
        var numbers: [JSONValue] = []
        var next = first
        while step > 0 ? next <= last : next >= last {
            guard numbers.count < rangeCountMax else { throw StateError(.intrinsicFailure, "States.ArrayRange makes more than \(rangeCountMax) elements") }
            numbers.append(.integer(next))
            let (sum, isOver) = next.addingReportingOverflow(step)
            // The next number is past 64 bits, and so past the last.
            if isOver { break }
            next = sum
        }
        return .array(numbers)
    }

    /// `States.ArrayGetItem`, from 0.
    static func item(_ list: JSONValue, _ index: JSONValue) throws(StateError) -> JSONValue {
        let elements = try elements(list, .arrayGetItem)
        let index = try NumberFunctions.integer(index, .arrayGetItem)
        guard index >= 0, index < elements.count else {
            throw StateError(.intrinsicFailure, "States.ArrayGetItem: there is no element \(index) of \(elements.count)")
        }
        return elements[Int(index)]
    }

    /// `States.ArrayLength`
    static func length(_ list: JSONValue) throws(StateError) -> JSONValue { .integer(try elements(list, .arrayLength).count) }

    /// The first of each stays.
    /// `States.ArrayUnique`, by value.
    static func unique(_ list: JSONValue, _ steps: inout Steps) throws(StateError) -> JSONValue {
        var known: Set<[UInt8]> = []
        var kept: [JSONValue] = []
        for element in try elements(list, .arrayUnique) where known.insert(try ValueEquality.key(element, &steps)).inserted { kept.append(element) }
        return .array(kept)
    }

    /// The members of both, the second's where both have one; nothing within them is merged.
    /// `States.JsonMerge` with false.
    static func merge(_ first: JSONValue, _ second: JSONValue, _ isDeep: JSONValue, _ steps: inout Steps) throws(StateError) -> JSONValue {
        guard case .object(var members) = first, case .object(let others) = second else {
            throw StateError(.intrinsicFailure, "States.JsonMerge wants two objects, not \(first.kind) and \(second.kind)")
        }
        guard case .boolean(false) = isDeep else { throw StateError(.intrinsicFailure, "States.JsonMerge merges no deeper: its third argument is false") }
        var places: [[UInt8]: Int] = [:]
        for (place, member) in members.enumerated() { places[Array(member.name.utf8)] = place }
        try steps.charge(members.count + others.count)
        for other in others {
            if let place = places[Array(other.name.utf8)] { members[place] = other } else { members.append(other) }
        }
        return .object(members)
    }
}
