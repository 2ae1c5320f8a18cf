/// One thing that is wrong with a definition.
package struct DefinitionFault: Error, Sendable, Equatable {
    /// Also the violation's code in an answer: do not rename.
    package enum Code: String, Sendable, CaseIterable {
        case unknownMember = "unknown-member", missingMember = "missing-member", wrongType = "wrong-type", badValue = "bad-value", badExpression = "bad-expression"
        case unknownState = "unknown-state", duplicateState = "duplicate-state", notSupported = "not-supported", tooLarge = "too-large"
    }

    /// A JSON Pointer into the definition.
    package let pointer: String
    package let code: Code
    package let message: String
}

/// All that is wrong with a definition, in its order.
package struct InvalidDefinition: Error, Sendable, Equatable {
    package let faults: [DefinitionFault]
}

/// What is wrong so far while a definition is read, and what its paths look at.
final class FaultList {
    /// Nobody mends more at once, and a name in a pointer may be as long as the definition.
    private static let countMax = 1_000, byteCountMax = 1 << 20
    private(set) var faults: [DefinitionFault] = []
    private var byteCount = 0

    func add(_ code: DefinitionFault.Code, _ pointer: String, _ message: String) {
        guard faults.count < Self.countMax, byteCount < Self.byteCountMax else { return }
        byteCount += pointer.utf8.count + message.utf8.count
        faults.append(DefinitionFault(pointer: pointer, code: code, message: message))
    }

    /// A state reads `$$.Map`, so that its iteration has to keep its item.
    private(set) var readsItems = false

    func note(_ paths: [Path]) {
        for path in paths where path.root == .context {
            if case .member(let name)? = path.steps.first, name != Array("Map".utf8) { continue }
            readsItems = true
        }
    }
}
