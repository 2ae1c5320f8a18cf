/// A kind of resource, as definitions may name it.
package struct ResourceKind: Sendable {
    package enum Use: Sendable {
        /// `Resource` of a Task.
        case task
        /// `Resource` of an ItemReader: it gives items a page at a time.
        case items
    }

    package let word: String
    /// What its name is of, as `endpoint`; nil for a kind that has no names.
    package let naming: String?
    package let uses: [Use]

    package init(_ word: String, naming: String? = nil, uses: [Use] = [.task]) { (self.word, self.naming, self.uses) = (word, naming, uses) }

    /// `till:call:<endpoint>`
    var form: String { "till:" + word + (naming.map { ":<\($0)>" } ?? "") }
}

/// The resources that definitions may name: whoever carries out tasks says which.
package struct TaskVocabulary: Sendable {
    /// nil: whatever has the form of one.
    private let kinds: [ResourceKind]?

    package init(_ kinds: [ResourceKind]) { self.kinds = kinds }
    private init() { kinds = nil }

    /// For definitions that were checked when they were put.
    package static let any = TaskVocabulary()

    /// Whether a definition may name it: of a kind that does such work, with a name where the kind has names, and without one elsewhere.
    func has(_ resource: Resource, for use: ResourceKind.Use) -> Bool {
        guard let kinds else { return true }
        return kinds.contains { $0.word == resource.kind && $0.uses.contains(use) && ($0.naming == nil) == (resource.name == nil) }
    }

    /// For messages.
    func forms(for use: ResourceKind.Use) -> String {
        (kinds?.filter { $0.uses.contains(use) }.map(\.form) ?? ["till:<kind>", "till:<kind>:<name>"]).joined(separator: ", ")
    }
}
