import ColumnStore

/// Follows a path through a document, as PostgreSQL's executor does: every item hands each value that it gives to the item behind it.
///
/// A walk is depth first: `give` does what an item does and `pass` hands each value on, so that values come in the document's order and nothing is
/// gathered between items. A walk for existence alone (`found` nil) ends at the first value.
///
/// Invariants:
/// 1. `depth` calls of `give` and `descend` are open, `depthMax` at most;
/// 2. `current`, `elementCount` and `ignoresStructure` are put back by whoever changes them;
/// 3. `.fault` is given only where `isThrowing` is false.
///
/// Of one row, on one worker. PostgreSQL 15's `jsonpath_exec.c`.
final class JSONPathWalk {
    /// Whether values came, or a fault that is not told ended the walk.
    enum Outcome { case some, none, fault }
    enum Truth { case yes, no, unknown }

    /// What a path gives; a walk without one asks only whether there is any.
    final class Found { var values: [JSONPathValue] = [] }

    /// Items within items, and levels of documents below them: a thread's stack holds as many.
    static let depthMax = 800

    let path: JSONPath
    let meter: WorkMeter
    let root: JSONPathValue
    /// An object; nil of operators, which have no variables.
    let variables: JSONPathValue?
    /// Faults that the data is to blame for are outcomes, and not errors, where this is false.
    var isThrowing: Bool
    /// Members that are not there, and the like, are no faults.
    var ignoresStructure: Bool
    /// What `@` means: the value that a filter looks at.
    var current: JSONPathValue
    /// Of the array whose subscripts are computed.
    var elementCount: Int?
    /// By which a time that has a zone compares with one that has none; nil where they do not.
    let clock: JSONPathClock?
    /// For the next document that keyvalue() makes.
    var nextBase: Int
    var depth = 0

    /// - Parameter isSilent: a fault of the data gives NULL, or ends the values.
    init(_ path: JSONPath, _ root: JSONPathValue, variables: JSONPathValue?, isSilent: Bool, clock: JSONPathClock? = nil, _ meter: WorkMeter) {
        (self.path, self.root, self.variables, self.clock, self.meter) = (path, root, variables, clock, meter)
        (isThrowing, ignoresStructure, current, nextBase) = (!isSilent, path.isLax, root, variables == nil ? 1 : 2)
    }

    // MARK: What SQL asks

    /// All values, up to a fault that is not told.
    func values() throws(KernelError) -> [JSONPathValue] {
        let found = Found()
        _ = try give(path.start, root, found)
        return found.values
    }

    /// Whether there is any; nil at a fault that is not told.
    func exists() throws(KernelError) -> Bool? {
        guard path.isLax else {
            // A fault behind the first value is one.
            let found = Found()
            return try give(path.start, root, found) == .fault ? nil : !found.values.isEmpty
        }
        return switch try give(path.start, root, nil) {
        case .some: true
        case .none: false
        case .fault: nil
        }
    }

    /// The truth that the path says; nil where it is unknown, and at a fault that is not told.
    func matches() throws(KernelError) -> Bool? {
        let found = Found()
        _ = try give(path.start, root, found)
        if found.values.count == 1 {
            switch found.values[0].kind {
            case .boolean: return found.values[0].isTrue
            case .null: return nil
            default: break
            }
        }
        if isThrowing { throw .outside(.notSingle, "a path that is asked for truth gives one value, true or false") }
        return nil
    }

    // MARK: Items

    /// Counts an item within others: whoever calls it lowers `depth` again.
    func enter() throws(KernelError) {
        depth += 1
        guard depth <= Self.depthMax else { throw .outside(.tooLong, "a path of JSON goes too deep into this document") }
        try meter.step(16)
    }

    /// A fault that the data is to blame for: an error, or an outcome.
    func fault(_ cause: QueryError.Cause, _ reason: @autoclosure () -> String) throws(KernelError) -> Outcome {
        if isThrowing { throw .outside(cause, reason()) }
        return .fault
    }

    /// What the path from `node` on gives of `value`.
    func give(_ node: JSONPath.Node, _ value: JSONPathValue, _ found: Found?) throws(KernelError) -> Outcome {
        try give(node, value, found, unwraps: path.isLax)
    }

    /// Hands a value to the item behind `node`.
    func pass(_ value: JSONPathValue, behind node: JSONPath.Node, _ found: Found?) throws(KernelError) -> Outcome {
        if let next = node.next { return try give(next, value, found) }
        return try add(value, to: found)
    }

    private func add(_ value: JSONPathValue, to found: Found?) throws(KernelError) -> Outcome {
        if let found {
            try meter.charge(2 * MemoryLayout<JSONPathValue>.stride)
            found.values.append(value)
        }
        return .some
    }

    /// - Parameter unwraps: whether the elements of an array stand for it.
    func give(_ node: JSONPath.Node, _ value: JSONPathValue, _ found: Found?, unwraps: Bool) throws(KernelError) -> Outcome {
        try enter()
        defer { depth -= 1 }
        switch node.item {
        case .and, .or, .not, .isUnknown, .comparison, .startsWith, .matches, .exists:
            let truth = try test(node, value)
            if node.next == nil, found == nil { return .some }
            return try pass(truth == .unknown ? .null : .boolean(truth == .yes), behind: node, found)
        case .member(let name): return try member(name, node, value, found, unwraps: unwraps)
        case .root: return try pass(root, behind: node, found)
        case .current: return try pass(current, behind: node, found)
        case .anyElement: return try anyElement(node, value, found)
        case .elements(let places): return try elements(places, node, value, found)
        case .last:
            // Safe: `last` stands within subscripts only, which the parser sees to.
            return try pass(.number(JSONPathNumber((elementCount ?? 0) - 1)), behind: node, found)
        case .anyMember: return try anyMember(node, value, found, unwraps: unwraps)
        case .anyDepth(let first, let last): return try anyDepth(first, last, node, value, found)
        case .filter(let condition):
            if unwraps, value.isArray { return try eachElement(of: value, node, found, unwraps: false) }
            return try testNested(condition, value) == .yes ? try pass(value, behind: node, found) : .none
        case .arithmetic(let operation, let left, let right): return try arithmetic(operation, left, right, node, value, found)
        case .sign(let isNegative, let operand): return try sign(isNegative, operand, node, value, found)
        case .method(let method): return try call(method, node, value, found, unwraps: unwraps)
        case .moment(let template):
            if unwraps, value.isArray { return try eachElement(of: value, node, found, unwraps: false) }
            return try moment(template, node, value, found)
        case .null, .boolean, .number, .string, .variable: return try constant(node, found)
        }
    }

    /// Constants and variables, whatever the value at hand.
    private func constant(_ node: JSONPath.Node, _ found: Found?) throws(KernelError) -> Outcome {
        switch node.item {
        case .boolean(let truth): return try pass(.boolean(truth), behind: node, found)
        case .number(let digits): return try pass(JSONPathValue(digits[...]), behind: node, found)
        case .string(let text):
            try meter.charge(2 * text.count)
            return try pass(.string(text), behind: node, found)
        case .variable(let name):
            guard let variables else { return try pass(.null, behind: node, found) }
            try meter.step(variables.byteCount)
            // Told always: the path and its variables are the question's, and not the data's.
            guard let value = variables.member(name) else { throw .outside(.undefinedObject, "a path of JSON has a variable that is not given") }
            return try pass(value, behind: node, found)
        default: return try pass(.null, behind: node, found)
        }
    }

    // MARK: Members and elements

    /// `.name`: of an object its member, of an array in a lax path each element's.
    private func member(_ name: [UInt8], _ node: JSONPath.Node, _ value: JSONPathValue, _ found: Found?, unwraps: Bool) throws(KernelError) -> Outcome {
        switch value.kind {
        case .object:
            try meter.step(value.byteCount)
            if let member = value.member(name) { return try pass(member, behind: node, found) }
            return ignoresStructure ? .none : try fault(.noMember, "a JSON object lacks a member that a path names")
        case .array where unwraps: return try eachElement(of: value, node, found, unwraps: false)
        default: return ignoresStructure ? .none : try fault(.noMember, "a path names a member of what is no JSON object")
        }
    }

    private func anyMember(_ node: JSONPath.Node, _ value: JSONPathValue, _ found: Found?, unwraps: Bool) throws(KernelError) -> Outcome {
        switch value.kind {
        case .object: return try descend(into: value, node.next, found, levels: 1...1, unwraps: path.isLax)
        case .array where unwraps: return try eachElement(of: value, node, found, unwraps: false)
        default: return ignoresStructure ? .none : try fault(.noObject, "a path asks for all members of what is no JSON object")
        }
    }

    /// `[*]`; in a lax path any other value stands for an array of it.
    private func anyElement(_ node: JSONPath.Node, _ value: JSONPathValue, _ found: Found?) throws(KernelError) -> Outcome {
        if value.isArray { return try eachElement(of: value, node.next, found, unwraps: path.isLax) }
        if path.isLax { return try pass(value, behind: node, found) }
        return ignoresStructure ? .none : try fault(.noArray, "a path asks for all elements of what is no JSON array")
    }

    /// `node` of each element of an array, or each element itself where there is none.
    func eachElement(of array: JSONPathValue, _ node: JSONPath.Node?, _ found: Found?, unwraps: Bool) throws(KernelError) -> Outcome {
        try descend(into: array, node, found, levels: 1...1, unwraps: unwraps)
    }

    /// `.**{first to last}`: the value itself is level 0. Structural faults are none meanwhile.
    private func anyDepth(_ first: Int, _ last: Int, _ node: JSONPath.Node, _ value: JSONPathValue, _ found: Found?) throws(KernelError) -> Outcome {
        let ignored = ignoresStructure
        var outcome = Outcome.none
        if first == 0 {
            ignoresStructure = true
            defer { ignoresStructure = ignored }
            outcome = try pass(value, behind: node, found)
            if outcome == .some, found == nil { return outcome }
        }
        guard value.isContainer else { return outcome }
        guard last >= 1 else { return .none }
        return try descend(into: value, node.next, found, levels: min(first, last)...last, isOfLeaves: first == JSONPath.Levels.leaf && last == first, isEmpty: first > last, ignoring: true, unwraps: path.isLax)
    }

    /// `node` of each value in a container, and of those in them.
    ///
    /// - Parameters:
    ///   - levels: of containers below this one, whose own values are of level 1.
    ///   - isOfLeaves: values of any level that hold no others.
    ///   - ignoring: whether structural faults are none meanwhile.
    private func descend(
        into container: JSONPathValue, _ node: JSONPath.Node?, _ found: Found?, level: Int = 1, levels: ClosedRange<Int>, isOfLeaves: Bool = false, isEmpty: Bool = false,
        ignoring: Bool = false, unwraps: Bool
    ) throws(KernelError) -> Outcome {
        guard level <= levels.upperBound else { return .none }
        try enter()
        defer { depth -= 1 }
        try meter.step(container.byteCount)
        let children = try container.children(meter)
        defer { meter.uncharge(JSONPathValue.childByteCount * children.count) }
        var outcome = Outcome.none
        for child in children {
            let value = container.part(child)
            if !isEmpty, level >= levels.lowerBound || isOfLeaves && !value.isContainer {
                if let node {
                    let ignored = ignoresStructure
                    if ignoring { ignoresStructure = true }
                    defer { ignoresStructure = ignored }
                    outcome = try give(node, value, found, unwraps: unwraps)
                } else {
                    outcome = try add(value, to: found)
                }
                if outcome == .fault || outcome == .some && found == nil { return outcome }
            }
            if level < levels.upperBound, value.isContainer {
                outcome = try descend(into: value, node, found, level: level + 1, levels: levels, isOfLeaves: isOfLeaves, isEmpty: isEmpty, ignoring: ignoring, unwraps: unwraps)
                if outcome == .fault || outcome == .some && found == nil { return outcome }
            }
        }
        return outcome
    }

    // MARK: Subscripts

    /// `[a, b to c]`: each subscript in its turn, so that an element may come twice. Out of bounds is a fault in a strict path, and nothing in a lax
    /// one.
    private func elements(_ places: [JSONPath.Subscript], _ node: JSONPath.Node, _ value: JSONPathValue, _ found: Found?) throws(KernelError) -> Outcome {
        guard value.isArray || path.isLax else {
            return ignoresStructure ? .none : try fault(.noArray, "a path asks for elements of what is no JSON array")
        }
        let outer = elementCount
        defer { elementCount = outer }
        try meter.step(value.byteCount)
        let all = value.isArray ? try value.children(meter) : [value.range]
        defer { if value.isArray { meter.uncharge(JSONPathValue.childByteCount * all.count) } }
        elementCount = all.count
        var outcome = Outcome.none
        for place in places {
            guard let first = try index(place.first, value) else { return .fault }
            var last = first
            if let end = place.last {
                guard let found = try index(end, value) else { return .fault }
                last = found
            }
            if !ignoresStructure, first < 0 || first > last || last >= all.count { return try fault(.badElement, "a subscript of a path is out of bounds") }
            outcome = .none
            let (start, end) = (max(first, 0), min(last, all.count - 1))
            guard start <= end else { continue }
            for element in all[start...end] {
                // A single value, which stands for an array of itself, may be a moment, which no document holds.
                outcome = try pass(value.isArray ? value.part(element) : value, behind: node, found)
                if outcome == .fault || outcome == .some && found == nil { return outcome }
            }
        }
        return outcome
    }

    /// Nil at a fault that is not told.
    ///
    /// A subscript's number: cut to a whole one.
    private func index(_ node: JSONPath.Node, _ value: JSONPathValue) throws(KernelError) -> Int? {
        let found = Found()
        if try give(node, value, found) == .fault { return nil }
        guard found.values.count == 1, found.values[0].kind == .number else {
            _ = try fault(.badElement, "a subscript of a path is no single number")
            return nil
        }
        guard let index = (try? JSONPathNumber(found.values[0].text))?.index else {
            _ = try fault(.badElement, "a subscript of a path is no INTEGER")
            return nil
        }
        return index
    }
}
