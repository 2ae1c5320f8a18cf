/// Who does a task.
package enum Resource: Sendable, Hashable {
    /// A configured endpoint.
    case call(String)
    /// A worker behind a queue.
    case queue(String)
    case sql, post, export, publish
    /// A child execution.
    case process(String)
    /// The records of an upload; for `ItemReader` alone.
    case upload

    package var text: String {
        switch self {
        case .call(let name): "till:call:" + name
        case .queue(let name): "till:queue:" + name
        case .sql: "till:sql"
        case .post: "till:post"
        case .export: "till:export"
        case .publish: "till:publish"
        case .process(let name): "till:process:" + name
        case .upload: "till:upload"
        }
    }

    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, parts[0] == "till" else { return nil }
        switch (parts[1], parts.count) {
        case ("call", 3) where Self.isName(parts[2]): self = .call(parts[2])
        case ("queue", 3) where Self.isName(parts[2]): self = .queue(parts[2])
        case ("process", 3) where Self.isName(parts[2]): self = .process(parts[2])
        case ("sql", 2): self = .sql
        case ("post", 2): self = .post
        case ("export", 2): self = .export
        case ("publish", 2): self = .publish
        case ("upload", 2): self = .upload
        default: return nil
        }
    }

    private static func isName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
            default: false
            }
        }
    }

    package static let known = "till:call:<endpoint>, till:queue:<queue>, till:sql, till:post, till:export, till:publish, till:process:<name>"
}
