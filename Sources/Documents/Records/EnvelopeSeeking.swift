/// Names of elements, each with the path that has it, that would lead into other records or what stands around those.
package struct EnvelopeSeeking: Sendable, Equatable {
    /// Looked for at any depth: none may be in a record, nor in one of several elements that hold records.
    package var anywhere: [String: String] = [:]
    /// None may be one of several elements that hold records.
    package var holders: [String: String] = [:]

    mutating func formUnion(_ other: EnvelopeSeeking) {
        anywhere.merge(other.anywhere) { first, _ in first }
        holders.merge(other.holders) { first, _ in first }
    }
}
