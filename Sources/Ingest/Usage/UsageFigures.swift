import ColumnStore

/// What a client used.
package struct UsageFigures: Sendable, Hashable {
    /// Documents that were taken, without repeats, and their bytes; what a revert has again is none.
    package var receipts: Int64 = 0
    package var bytes: Int64 = 0
    package var calls: Int64 = 0
    package var queries: Int64 = 0
    /// Of queries.
    package var rowsScanned: Int64 = 0
    package var bytesScanned: Int64 = 0
    package var exportsBytes: Int64 = 0
    /// Events that were delivered to the client's webhook and to callback URLs. What a topic's subscription tells is its administrator's.
    package var webhooks: Int64 = 0

    package init() {}

    static let members: [any WritableKeyPath<UsageFigures, Int64> & Sendable] = [
        \.receipts, \.bytes, \.calls, \.queries, \.rowsScanned, \.bytesScanned, \.exportsBytes, \.webhooks,
    ]

    package mutating func add(_ other: UsageFigures) {
        for member in Self.members { self[keyPath: member] = self[keyPath: member].addingSaturating(other[keyPath: member]) }
    }

    package var isNothing: Bool { self == UsageFigures() }
}

/// Of whom, and of which day in UTC.
package struct UsageKey: Sendable, Hashable {
    package let client: ClientID
    /// Since 1970.
    package let day: Int32

    package init(client: ClientID, day: Int32) { (self.client, self.day) = (client, day) }
}

/// What a client used in a day, or in the days of a month.
package struct UsageSpan: Sendable, Hashable {
    package let firstDay: Int32
    package var figures: UsageFigures

    package init(firstDay: Int32, figures: UsageFigures) { (self.firstDay, self.figures) = (firstDay, figures) }
}

extension UsageSpan {
    /// Days of each client, in the order of `clients`.
    static func days(of usage: [UsageKey: UsageFigures], _ clients: [String]) -> [(clientID: String, span: UsageSpan)] {
        let byClient = Dictionary(grouping: usage) { $0.key.client }
        var found: [(clientID: String, span: UsageSpan)] = []
        for client in clients {
            let spans = (byClient[ClientID(client)] ?? []).map { UsageSpan(firstDay: $0.key.day, figures: $0.value) }
            for span in spans.sorted(by: { $0.firstDay < $1.firstDay }) { found.append((client, span)) }
        }
        return found
    }
}

extension Set<ClientID> {
    /// By their bytes, as lists of contracts are.
    var inOrder: [ClientID] { sorted { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) } }
}
