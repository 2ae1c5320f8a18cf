internal import ColumnStore

extension ChoiceRule {
    /// Whether the rule holds of the state's data.
    ///
    /// - Throws: `.runtime` where a path finds nothing, unless that is what is asked (`IsPresent`).
    func holds(_ evaluation: inout Evaluation) throws(StateError) -> Bool {
        try evaluation.steps.charge()
        switch self {
        // From left to right, and no further than need be: what stands behind may find nothing.
        case .and(let rules):
            for rule in rules where try !rule.holds(&evaluation) { return false }
            return true
        case .or(let rules):
            for rule in rules where try rule.holds(&evaluation) { return true }
            return false
        case .not(let rule): return try !rule.holds(&evaluation)
        // The one test for which a path that finds nothing is no error.
        case .test(let variable, .is(.present, let isWanted)):
            let root = variable.root == .data ? evaluation.data : evaluation.context
            return try (variable.find(in: root, &evaluation.steps) != nil) == isWanted
        case .test(let variable, let test):
            return try test.holds(try evaluation.value(of: variable), &evaluation)
        }
    }
}

/// Tests of one value that is there.
extension ChoiceTest {
    fileprivate func holds(_ value: JSONValue, _ evaluation: inout Evaluation) throws(StateError) -> Bool {
        switch self {
        case .is(let nature, let isWanted): return nature.holds(value) == isWanted
        case .matches(let pattern):
            guard case .string(let text) = value else { return false }
            return try TextSearch.matches(text, pattern, &evaluation.steps)
        // Values of another kind than the operator's are not compared: no rule holds of them, and no error is made.
        case .compare(let kind, let order, let operand):
            let other: JSONValue
            switch operand {
            case .value(let constant): other = constant
            case .path(let path): other = try evaluation.value(of: path)
            }
            return try kind.compare(value, other, &evaluation.steps).map(order.holds) ?? false
        }
    }
}

extension ChoiceTest.Nature {
    fileprivate func holds(_ value: JSONValue) -> Bool {
        switch (self, value) {
        case (.null, .null), (.numeric, .number), (.string, .string), (.boolean, .boolean), (.present, _): true
        case (.timestamp, .string(let text)): Timestamp.parse(text) != nil
        default: false
        }
    }
}

extension ChoiceTest.Kind {
    /// -1, 0 or 1; nil where one of them is not of this kind: then nothing holds.
    fileprivate func compare(_ left: JSONValue, _ right: JSONValue, _ steps: inout Steps) throws(StateError) -> Int? {
        switch (self, left, right) {
        case (.string, .string(let a), .string(let b)):
            try steps.charge(a.utf8.count / 16 + b.utf8.count / 16)
            return TextSearch.order(a, b)
        case (.numeric, .number(let a), .number(let b)):
            try steps.charge(a.utf8.count / 16 + b.utf8.count / 16)
            return ExactNumber.compare(ExactNumber(a), ExactNumber(b))
        // Booleans have no order, and no operator but equality: 1 stands for "not equal".
        case (.boolean, .boolean(let a), .boolean(let b)): return a == b ? 0 : 1
        case (.timestamp, .string(let a), .string(let b)):
            guard let one = Timestamp.parse(a), let other = Timestamp.parse(b) else { return nil }
            return one == other ? 0 : (one < other ? -1 : 1)
        default: return nil
        }
    }
}
