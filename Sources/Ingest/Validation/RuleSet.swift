/// A type's rules and expressions, bound and compiled.
struct RuleSet: Sendable {
    init() {}

    func evaluate(in context: ExtractionContext, _ report: (String, String, String) -> Void) {}
}
