internal import ColumnStore
internal import Documents
internal import Query

/// Tickets, and what happened to them, as views over the tables: scopes, snapshots and what may not be shown are those of the tables beneath.
enum TicketViews {
    static let names = ["tickets", "steps", "attempts"]
    /// Under this name, which nobody types, stand the tickets of what was not refused.
    static let takenName = "tickets taken"
    /// And here is what they are, when they came and when they were final: `state`, `received_at`, `completed_at`.
    static let timesName = "times of tickets"

    /// - Throws: what the catalog throws.
    static func query(_ name: String, over catalog: any QueryCatalog) throws -> String {
        let tables = try ticketTables(catalog)
        switch name {
        case "steps": return each(tables, steps) ?? steps(none)
        case "attempts": return each(tables, attempts) ?? attempts(none)
        case takenName: return each(tables, tickets) ?? "SELECT * FROM (\(refused)) AS t WHERE false"
        case timesName: return each(tables, times) ?? times("(SELECT NULL::text AS state, NULL::timestamptz AS received_at, NULL::timestamptz AS completed_at WHERE false) AS t")
        default: return ([each(tables, tickets)].compactMap { $0 } + [refused]).joined(separator: " UNION ALL ")
        }
    }

    /// What is said of them to people.
    static let comments: [String: RelationComments] = {
        let own = [
            "ticket_id": "The handle that its sender got; unique.", "client_id": "Whose document it is: the contract's id.", "receipt_id": "The document's own id; NULL of one that was refused.",
        ]
        func said(_ relation: String, _ columns: [String: String]) -> RelationComments { RelationComments(relation: relation, columns: own.merging(columns) { $1 }) }
        return [
            "tickets": said(
                "Every ticket: of stored documents and of refused ones.",
                [
                    "type": "The document type that recognised it.", "business_day": "The local date of issue.", "state": "PROCESSING, COMPLETE, FAILED or REFUSED.",
                    "sequence": "The order of commits over the whole store; NULL of one that was refused.", "received_at": "When it was durable.",
                ]),
            "steps": said(
                "What became of each registration of each document.",
                [
                    "name": "The registrar.", "stage": "Its place in the process: those of one stage go side by side.", "state": "How far it is.", "attempts": "How often it was tried.",
                    "at": "Of the last change.", "reference": "What the registrar calls it.", "detail": "What the registrar said, or why it failed.",
                ]),
            "attempts": said(
                "What happened to each document on the way to its registrations.",
                [
                    "at": "When it happened.", "event": "What happened.", "name": "The registrar, or whoever it was about.", "attempt": "Which attempt it was, from 1.",
                    "details": "All that is known of it.",
                ]),
        ]
    }()

    /// Where there is no table yet.
    private static let none =
        "(SELECT NULL::text AS ticket_id, NULL::text AS client_id, NULL::text AS receipt_id, NULL::text AS history WHERE false)"

    /// Whatever has tickets: each of its rows has its own. Of a table that is stored under another name all that came is there.
    private static func ticketTables(_ catalog: any QueryCatalog) throws -> [String] {
        let names = Set(catalog.entryNames)
        return try catalog.entryNames.filter { name in
            if name.hasSuffix("_accepted") && names.contains(String(name.dropLast("_accepted".count))) { return false }
            if TableKind.all.contains(where: { names.contains($0.storedName(of: name)) && $0.storedName(of: name) != name }) { return false }
            guard case .table(let source, _)? = try catalog.entry(named: name) else { return false }
            return needed.allSatisfy { column in source.schema.fields.contains { $0.name == column } }
        }
    }

    private static let needed = ["ticket_id", "client_id", "receipt_id", "type", "business_day", "state", "sequence", "received_at", "history", "document"]

    private static func each(_ tables: [String], _ query: (String) -> String) -> String? {
        tables.isEmpty ? nil : tables.map { query("\"" + $0.replacing("\"", with: "\"\"") + "\"") }.joined(separator: " UNION ALL ")
    }

    private static func tickets(_ table: String) -> String {
        "SELECT ticket_id, client_id, receipt_id, type, business_day, state, sequence, received_at FROM \(table)"
    }

    private static func times(_ table: String) -> String { "SELECT state, received_at, completed_at FROM \(table)" }

    /// Tickets of what was refused.
    private static let refused = """
        SELECT ticket_id, client_id, NULL::text AS receipt_id, type, NULL::date AS business_day, 'REFUSED' AS state, NULL::bigint AS sequence, received_at FROM till.quarantine
        """

    private static func steps(_ table: String) -> String {
        """
        SELECT t.ticket_id, t.client_id, t.receipt_id, s.value ->> 'name' AS name, (s.value ->> 'stage')::bigint AS stage, s.value ->> 'state' AS state,
        (s.value ->> 'attempts')::bigint AS attempts, (s.value ->> 'at')::timestamptz AS at, s.value ->> 'reference' AS reference, s.value ->> 'detail' AS detail
        FROM \(table) AS t, jsonb_array_elements(t.history::jsonb -> 'steps') AS s
        """
    }

    private static func attempts(_ table: String) -> String {
        """
        SELECT t.ticket_id, t.client_id, t.receipt_id, (s.value ->> 'at')::timestamptz AS at, s.value ->> 'event' AS event,
        s.value ->> 'name' AS name, (s.value ->> 'attempt')::bigint AS attempt, s.value AS details
        FROM \(table) AS t, jsonb_array_elements(t.history::jsonb -> 'history') AS s
        """
    }
}
