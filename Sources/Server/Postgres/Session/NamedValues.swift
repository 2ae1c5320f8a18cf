internal import ColumnStore

/// What a session keeps by names, which are compared by their bytes, as in PostgreSQL: as texts, two that are spelled otherwise would be one, and one of many combining marks would take
/// seconds to compare.
struct NamedValues<Value>: Sequence, ExpressibleByDictionaryLiteral {
    private var stored: [ByteName: Value] = [:]

    /// - Parameter elements: of one name the last counts.
    init(dictionaryLiteral elements: (String, Value)...) {
        for (name, value) in elements { self[name] = value }
    }

    var count: Int { stored.count }
    /// In no order, as what is iterated.
    var keys: [String] { stored.keys.map { $0.text } }
    var values: [Value] { Array(stored.values) }

    subscript(name: String) -> Value? {
        get { stored[ByteName(text: name)] }
        set { stored[ByteName(text: name)] = newValue }
    }

    mutating func removeValue(forKey name: String) -> Value? { stored.removeValue(forKey: ByteName(text: name)) }

    struct Iterator: IteratorProtocol {
        fileprivate var inner: Dictionary<ByteName, Value>.Iterator

        mutating func next() -> (key: String, value: Value)? {
            guard let (name, value) = inner.next() else { return nil }
            return (key: name.text, value: value)
        }
    }

    func makeIterator() -> Iterator { Iterator(inner: stored.makeIterator()) }
}

extension NamedValues: Sendable where Value: Sendable {}

private struct ByteName: Hashable, Sendable {
    let text: String

    static func == (one: ByteName, other: ByteName) -> Bool { one.text.hasBytes(of: other.text) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
