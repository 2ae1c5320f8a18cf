internal import ColumnStore

/// Filters as Jayway's library decides them: a number and a text that spells it are equal, what cannot be ordered is neither less nor greater.
///
/// Filters are of the user's making: every look at a value is charged, and nothing here fails but by that.
///
///     ==  !=                     by `isEqual`
///     <  <=  >  >=               of two numbers or two texts; else false
///     in  nin                    whether the list on the right has the left; nin is the opposite, also of what is no list
///     contains                   whether the list on the left has the right, or the text on the left has it as a part
///     size  empty                by the length of the left: that it is the right; that it is 0, or with false that it is not
///     subsetof  anyof  noneof    whether all, some, none of the left list's elements are in the right one
enum FilterEvaluation {
    /// - Parameters:
    ///   - element: what `@` is.
    ///   - root: what `$` is: the whole value that the path was asked of.
    static func passes(_ filter: PathFilter, _ element: JSONValue, root: JSONValue, _ steps: inout Steps) throws(StateError) -> Bool {
        try steps.charge()
        switch filter {
        case .and(let parts):
            for part in parts where try !passes(part, element, root: root, &steps) { return false }
            return true
        case .or(let parts):
            for part in parts where try passes(part, element, root: root, &steps) { return true }
            return false
        case .not(let part): return try !passes(part, element, root: root, &steps)
        case .exists(let path, let isFromElement):
            guard let value = try path.find(in: isFromElement ? element : root, &steps) else { return false }
            // A list that a path made, not one that it found.
            return path.isDefinite || value.array?.isEmpty == false
        case .compare(let left, let sign, let right):
            let a = try value(left, element, root, &steps)
            let b = try value(right, element, root, &steps)
            return try compare(a, sign, b, &steps)
        }
    }

    /// - Returns: nil where a path finds nothing.
    private static func value(
        _ operand: PathFilter.Operand, _ element: JSONValue, _ root: JSONValue, _ steps: inout Steps
    ) throws(StateError) -> JSONValue? {
        switch operand {
        case .literal(let value): value
        case .path(let path, let isFromElement): try path.find(in: isFromElement ? element : root, &steps)
        }
    }

    /// - Parameter left: nil where its path finds nothing.
    private static func compare(
        _ left: JSONValue?, _ sign: PathFilter.Operator, _ right: JSONValue?, _ steps: inout Steps
    ) throws(StateError) -> Bool {
        switch sign {
        case .equal: return try isEqual(left, right, &steps)
        case .notEqual: return try !isEqual(left, right, &steps)
        case .less: return try order(left, right, &steps).map { $0 < 0 } ?? false
        case .lessOrEqual: return try order(left, right, &steps).map { $0 <= 0 } ?? false
        case .greater: return try order(left, right, &steps).map { $0 > 0 } ?? false
        case .greaterOrEqual: return try order(left, right, &steps).map { $0 >= 0 } ?? false
        // Lists hold a value by `isEqual`; what is no list holds nothing.
        case .in: return try contains(right, left, &steps)
        case .nin: return try !contains(right, left, &steps)
        case .contains:
            if case .string(let text)? = left, case .string(let part)? = right {
                try steps.charge(text.utf8.count + part.utf8.count)
                return TextSearch.contains(Array(text.utf8), Array(part.utf8))
            }
            return try contains(left, right, &steps)
        // The length of a text, a list or an object; anything else has none.
        case .size: return try isEqual(length(left, &steps).map { JSONValue.integer($0) }, right, &steps)
        case .empty: return try length(left, &steps).map { ($0 == 0) == (right?.boolean ?? true) } ?? false
        case .subsetof: return try all(left, right, &steps, areIn: true)
        case .noneof: return try all(left, right, &steps, areIn: false)
        case .anyof:
            for element in left?.array ?? [] where try contains(right, element, &steps) { return true }
            return false
        }
    }

    /// Whether all elements of one list are in another, or none is; false where either is no list.
    private static func all(_ left: JSONValue?, _ right: JSONValue?, _ steps: inout Steps, areIn: Bool) throws(StateError) -> Bool {
        guard let elements = left?.array, right?.array != nil else { return false }
        for element in elements where try contains(right, element, &steps) != areIn { return false }
        return true
    }

    /// Two paths that find nothing are equal; one that finds nothing equals no value, null neither.
    private static func isEqual(_ left: JSONValue?, _ right: JSONValue?, _ steps: inout Steps) throws(StateError) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        switch (left, right) {
        case (.number(let number), .string(let text)), (.string(let text), .number(let number)):
            try steps.charge(text.utf8.count / 16 + number.utf8.count / 16)
            // A text that is some other value is not read to its end for each element.
            guard text.utf8.allSatisfy(isOfNumber), case .number(let other)? = try? JSONParser.parse(Array(text.utf8)) else { return false }
            return ExactNumber.compare(ExactNumber(number), ExactNumber(other)) == 0
        default: return try ValueEquality.areEqual(left, right, &steps)
        }
    }

    /// Of two numbers or two texts; nil for anything else.
    private static func order(_ left: JSONValue?, _ right: JSONValue?, _ steps: inout Steps) throws(StateError) -> Int? {
        switch (left, right) {
        case (.number(let a)?, .number(let b)?):
            try steps.charge(a.utf8.count / 16 + b.utf8.count / 16)
            return ExactNumber.compare(ExactNumber(a), ExactNumber(b))
        case (.string(let a)?, .string(let b)?):
            try steps.charge(a.utf8.count / 16 + b.utf8.count / 16)
            return TextSearch.order(a, b)
        default: return nil
        }
    }

    private static func contains(_ list: JSONValue?, _ value: JSONValue?, _ steps: inout Steps) throws(StateError) -> Bool {
        guard let value else { return false }
        for element in list?.array ?? [] where try isEqual(element, value, &steps) { return true }
        return false
    }

    /// A byte of a number in JSON, or a blank beside one.
    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), 0x20, 0x09, 0x0A, 0x0D: true
        default: false
        }
    }

    /// Code points, elements or members. A text is gone through for them.
    private static func length(_ value: JSONValue?, _ steps: inout Steps) throws(StateError) -> Int? {
        switch value {
        case .string(let text)?:
            try steps.charge(text.utf8.count / 16)
            return text.unicodeScalars.count
        case .array(let elements)?: return elements.count
        case .object(let members)?: return members.count
        default: return nil
        }
    }
}
