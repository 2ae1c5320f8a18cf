/// Who does a task: `till:<kind>`, or `till:<kind>:<name>`. Which kinds there are says a `TaskVocabulary`.
package struct Resource: Sendable, Hashable {
    /// As `sql`.
    package let kind: String
    /// Of an endpoint, a queue, a process; nil of a kind that is one alone.
    package let name: String?

    package init(kind: String, name: String? = nil) { (self.kind, self.name) = (kind, name) }

    package var text: String { "till:" + kind + (name.map { ":" + $0 } ?? "") }

    /// - Returns: nil for what does not have the form. Whether somebody carries it out is for `TaskVocabulary` to say.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, parts[0] == "till", parts.dropFirst().allSatisfy(Self.isName) else { return nil }
        self.init(kind: parts[1], name: parts.count == 3 ? parts[2] : nil)
    }

    /// Whether an endpoint, a queue or a process may have a name.
    package static func isName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
            default: false
            }
        }
    }

    // MARK: What machines and callbacks know of by themselves

    /// Children: how deep they may be, and that they end with their parent, is the machine's own business.
    package static let childKind = "process"
    /// Endpoints, whose callbacks answer their own tasks alone.
    package static let endpointKind = "call"
    /// Queues, whose tasks end with them.
    package static let queueKind = "queue"

    package static func process(_ name: String) -> Resource { Resource(kind: childKind, name: name) }
    package static func call(_ endpoint: String) -> Resource { Resource(kind: endpointKind, name: endpoint) }
    package static func queue(_ name: String) -> Resource { Resource(kind: queueKind, name: name) }
}
