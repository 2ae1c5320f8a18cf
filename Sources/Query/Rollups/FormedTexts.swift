import ColumnStore

/// Looks in a plan for texts whose form the session decides: those that rollups keep were made, and read, in the plain ones.
///
/// What reads `EvaluationContext.forms` is found by its types: casts, functions that give JSON, the text of a REAL. To functions of texts that take any value (`concat`, `format`, `||`, `array_to_string`)
/// the binder gives texts, by casts.
struct FormedTexts {
    private let forms: ValueForms
    /// Shared tables whose definitions make none.
    private var seen: Set<Int> = []

    init(_ forms: ValueForms) { self.forms = forms }

    /// Whether any expression of the plan makes a text of a value that has another one in the plain forms, or reads one that says something else in them.
    ///
    /// - Precondition: no subquery is left in it.
    mutating func areMade(by plan: LogicalPlan) -> Bool {
        if forms == .plain { return false }
        if case .shared(let id, _, _) = plan, !seen.insert(id).inserted { return false }
        if plan.expressions.contains(where: { $0.contains(makesText) }) { return true }
        for input in plan.inputs {
            if areMade(by: input) { return true }
        }
        return false
    }

    /// Whether this node of an expression makes one, or reads one.
    func makesText(_ expression: Expression) -> Bool {
        switch expression {
        case .cast(let operand, let type, _): Self.holdsText(type) && decides(operand.type) || Self.holdsText(operand.type) && reads(type)
        case .call(let function, let arguments, let type, _): (type.isJSON || function == .realText) && arguments.contains { decides($0.type) }
        default: false
        }
    }

    /// Whether the session's forms say what texts are as values of the type: those of SQL's standard do, of intervals.
    private func reads(_ type: ColumnType) -> Bool {
        switch type {
        case .interval: forms.intervals == .sqlStandard
        case .list(let element): reads(element.type)
        case .structure(let fields): fields.contains { reads($0.type) }
        default: false
        }
    }

    private static func holdsText(_ type: ColumnType) -> Bool {
        switch type {
        case .string, .json: true
        case .list(let element): holdsText(element.type)
        case .structure(let fields): fields.contains { holdsText($0.type) }
        default: false
        }
    }

    /// Whether the session's forms give values of the type, or some within them, another text.
    private func decides(_ type: ColumnType) -> Bool {
        switch type {
        case .interval: forms.intervals != ValueForms.plain.intervals
        case .binary: forms.escapesBytes != ValueForms.plain.escapesBytes
        case .double: forms.extraFloatDigits != ValueForms.plain.extraFloatDigits
        case .date, .timestamp, .timestampNanoseconds: forms.dates != ValueForms.plain.dates
        case .list(let element): decides(element.type)
        case .structure(let fields): fields.contains { decides($0.type) }
        default: false
        }
    }
}
