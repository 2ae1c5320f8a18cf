/// Tests of `match` and `where` from a node.
///
/// - Complexity: the nodes of each path until one passes.
struct PathMatcher<Source: DocumentSource> {
    let source: Source
    /// The format tells numbers from texts.
    let isTyped: Bool

    init(source: Source, isTyped: Bool) {
        self.source = source
        self.isTyped = isTyped
    }

    /// All of them.
    func passes(_ tests: [TestPlan], from node: Int) -> Bool {
        for test in tests where !passes(test, from: node) { return false }
        return true
    }

    /// Of several nodes one is enough.
    private func passes(_ test: TestPlan, from node: Int) -> Bool {
        var isFound = false
        switch test.condition {
        case .exists(let isWanted):
            source.forEach(test.path, from: node) { found in
                isFound = source.exists(found)
                return !isFound
            }
            return isFound == isWanted
        case .anyOf(let constants):
            source.forEach(test.path, from: node) { found in
                let text = source.text(found)
                // Each number that it is compared with asks for all of a long one.
                guard text.kind == .container || source.work.charge(text.count >> 4, times: constants.count, .paths) else { return false }
                for constant in constants where constant.matches(text, isTyped: isTyped) {
                    isFound = true
                    break
                }
                return !isFound
            }
            return isFound
        }
    }
}
