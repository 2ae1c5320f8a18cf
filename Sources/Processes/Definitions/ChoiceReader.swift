internal import ColumnStore

/// Reads the rules of a Choice.
///
///     rule     = { "And" | "Or": [rule, …] } | { "Not": rule } | { "Variable": path, operator: operand }        with "Next" at the top alone
///     operator = "StringMatches" | "Is…" | ("String" | "Numeric" | "Timestamp") order ["Path"] | "BooleanEquals" ["Path"]
///
/// Amazon States Language, "Choice State". Exactly one operator stands in a rule. A rule with a fault is left out: the definition is refused by its fault.
struct ChoiceReader {
    /// Of the state's scope, by name.
    let states: [String: Int]
    let faults: FaultList

    /// `Choices`, in the order in which they are asked.
    func branches(_ object: ObjectReader) -> [ChoiceBranch] {
        guard let elements = object.array("Choices", isRequired: true) else { return [] }
        if elements.isEmpty { object.add(.badValue, "Choices", "Choices has at least one rule") }
        return elements.enumerated().compactMap { index, element in
            guard let reader = ObjectReader(element, at: "\(object.place("Choices"))/\(index)", faults) else { return nil }
            let next = NextReader(object: reader, states: states).target("Next", isRequired: true)
            guard let rule = rule(reader, depth: 0) else { return nil }
            return ChoiceBranch(rule: rule, next: next ?? 0)
        }
    }

    /// - Returns: nil, with a fault, for what is no rule. Members of it are then asked for all the same, so that only the first fault is reported.
    private func rule(_ reader: ObjectReader, depth: Int) -> ChoiceRule? {
        guard depth < ChoiceRule.depthMax else {
            faults.add(.tooLarge, reader.pointer, "rules nested deeper than \(ChoiceRule.depthMax)")
            return nil
        }
        defer { reader.finish("a choice rule") }
        _ = reader.value("Comment")
        let operators = reader.names.filter { $0 == "And" || $0 == "Or" || $0 == "Not" || isTest($0) }
        guard operators.count == 1, let name = operators.first else {
            for name in operators { _ = reader.value(name) }
            _ = reader.value("Variable")
            faults.add(.badValue, reader.pointer, operators.isEmpty ? "a choice rule has an operator" : "a choice rule has one operator, not \(operators.joined(separator: ", "))")
            return nil
        }
        switch name {
        case "And": return rules(reader, "And", depth).map(ChoiceRule.and)
        case "Or": return rules(reader, "Or", depth).map(ChoiceRule.or)
        case "Not": return reader.object("Not").flatMap { rule($0, depth: depth + 1) }.map(ChoiceRule.not)
        default:
            if !reader.has("Variable") { reader.add(.missingMember, "Variable", "Variable is missing") }
            let variable = reader.path("Variable")
            guard let test = test(reader, name), let variable else { return nil }
            return .test(variable: variable, test)
        }
    }

    private func rules(_ reader: ObjectReader, _ name: String, _ depth: Int) -> [ChoiceRule]? {
        guard let elements = reader.array(name) else { return nil }
        if elements.isEmpty { reader.add(.badValue, name, "\(name) has at least one rule") }
        return elements.enumerated().compactMap { index, element in
            ObjectReader(element, at: "\(reader.place(name))/\(index)", faults).flatMap { rule($0, depth: depth + 1) }
        }
    }

    /// Whether a member is an operator that compares or tests.
    private func isTest(_ name: String) -> Bool {
        let base = name.hasSuffix("Path") ? String(name.dropLast(4)) : name
        return name == "StringMatches" || ChoiceTest.Nature(rawValue: name) != nil || ChoiceTest.names[base] != nil
    }

    /// One operator and its operand. A constant has to be of the operator's own kind; what a path finds is looked at when the rule is asked.
    private func test(_ reader: ObjectReader, _ name: String) -> ChoiceTest? {
        if let nature = ChoiceTest.Nature(rawValue: name) { return reader.boolean(name).map { .is(nature, $0) } }
        if name == "StringMatches" {
            guard let text = reader.text(name) else { return nil }
            guard let pattern = GlobPattern(text) else {
                reader.add(.badValue, name, #"in StringMatches a backslash stands before * or \"#)
                return nil
            }
            return .matches(pattern)
        }
        let isPath = name.hasSuffix("Path")
        guard let (kind, order) = ChoiceTest.names[isPath ? String(name.dropLast(4)) : name] else { return nil }
        // Found when the rule is asked: it may be of any kind, and then nothing holds.
        if isPath { return reader.path(name).map { .compare(kind, order, .path($0)) } }
        guard let value = reader.value(name) else { return nil }
        let fits: Bool
        switch (kind, value) {
        case (.string, .string), (.numeric, .number), (.boolean, .boolean): fits = true
        case (.timestamp, .string(let text)): fits = Timestamp.parse(text) != nil
        default: fits = false
        }
        if !fits { reader.add(.wrongType, name, "\(name) compares with a \(kind.rawValue.lowercased()), not \(value.kind)") }
        return .compare(kind, order, .value(value))
    }
}
