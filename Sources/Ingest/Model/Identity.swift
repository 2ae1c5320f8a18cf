package import ColumnStore

extension String {
    /// Whether two texts are the same bytes. `==` takes canonically equivalent ones for equal: for ids that would be another's.
    package func hasSameBytes(as other: String) -> Bool { hasBytes(of: other) }
}

/// A client's id. Two are the same when their bytes are: `String`'s own equality would take two spellings of one text for one client.
package struct ClientID: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
    package let text: String

    package init(_ text: String) { self.text = text }
    package init(stringLiteral text: String) { self.text = text }

    package var bytes: [UInt8] { Array(text.utf8) }
    package var description: String { text }

    package static func == (left: ClientID, right: ClientID) -> Bool { left.text.hasSameBytes(as: right.text) }
    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}

/// Whom a credential stands for. Each is said by its own word: an id that is absent would otherwise mean everything in one place and nothing in
/// the next.
package enum Identity: Sendable, Hashable {
    /// Whoever runs the store.
    case administrator
    case contract(ClientID)
    /// Somebody who has no rows: a call without a credential, an auditor, one who watches figures.
    case nobody

    /// The client that a contract's credential is of.
    package var client: ClientID? {
        if case .contract(let client) = self { client } else { nil }
    }
}

/// Whose rows a call is about.
package enum RowScope: Sendable, Hashable {
    case all
    case client(ClientID)
    case none

    package func includes(_ client: ClientID) -> Bool {
        switch self {
        case .all: true
        case .client(let own): own == client
        case .none: false
        }
    }

    /// Of rows that may be no client's.
    package func includes(_ client: String?) -> Bool {
        guard let client else { return self == .all }
        return includes(ClientID(client))
    }

    /// What a cursor of these rows is bound to.
    var binding: [String] {
        switch self {
        case .all: ["all", ""]
        case .client(let client): ["one", client.text]
        case .none: ["none", ""]
        }
    }

    // MARK: In scans and in SQL

    package var filters: [ColumnFilter] {
        switch self {
        case .all: []
        case .client(let client): [ColumnFilter("client_id", .equal(.bytes(client.bytes)))]
        // No client has the empty id, and a value that no row has lets every file be passed over.
        case .none: [ColumnFilter("client_id", .equal(.bytes([])))]
        }
    }

    /// What follows the rest of a WHERE.
    ///
    /// - Parameter comparison: as in "r.client = ?3"; the client is to be bound there.
    func condition(_ comparison: String) -> String {
        switch self {
        case .all: ""
        case .client: " AND \(comparison)"
        case .none: " AND 0"
        }
    }
}
