/// A definition, checked whole: nothing in it is looked up by name any more.
///
/// Made by `DefinitionReader` alone. An execution keeps places in it and no names, so that it has to go on with the very definition that it began with.
package struct Machine: Sendable, Equatable {
    /// The top level first, then each branch and each iteration where it stands in the text.
    package let scopes: [Scope]
    /// Of all scopes; names do not repeat.
    package let states: [StateDefinition]
    package let comment: String?
    /// How long an execution may take.
    package let timeoutSeconds: Int64?
    /// What starts it by itself.
    package let starts: [StartRule]
    /// Whether a state within an iteration may look at its item.
    package let readsItems: Bool

    /// States that only lead to each other.
    package struct Scope: Sendable, Equatable {
        package let startAt: Int
        package let states: Range<Int>

        package init(startAt: Int, states: Range<Int>) { (self.startAt, self.states) = (startAt, states) }
    }

    /// Of all scopes together.
    package static let stateCountMax = 10_000
    /// Of a definition, in bytes.
    package static let byteCountMax = 1 << 20
    /// Branches and iterations within each other.
    package static let scopeDepthMax = 32
    /// Characters of a state's name.
    package static let nameLengthMax = 80

    package func state(named name: String) -> StateDefinition? { states.first { $0.name.utf8.elementsEqual(name.utf8) } }
}
