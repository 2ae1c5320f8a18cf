import ColumnStore
import XCTest

@testable import Documents
@testable import Ingest

final class HotChunkBuilderTests: XCTestCase {
    /// One client's receipts come together, and between those of others: each keeps its own, and its ticket.
    func test_append_ofClientsInTurn_givesEachRowItsOwn() throws {
        let kind = RowFormat(table: "receipts", type: "t", version: 1, contentType: "application/json", layout: RowLayout(fields: []))
        var builder = HotChunkBuilder(typeColumns: [])
        let clients = ["a", "a", "ab", "a", "b", "b", "ab", "aa"]
        let tickets = clients.indices.map { ULID(high: UInt64($0), low: .max - UInt64($0)) }
        for (place, client) in clients.enumerated() {
            let number = Int64(place + 1)
            try builder.append(
                TailRow(
                    row: number, sequence: number, ticket: tickets[place], receivedAt: 1, state: .complete, completedAt: 1, kind: kind, businessDay: 1,
                    issuedAt: 1, columns: Array((client + "a").utf8), clientByteCount: client.utf8.count, receiptByteCount: 1))
        }
        let batch = builder.chunk().batch
        XCTAssertEqual(clients.indices.map { batch.columns[HotChunk.clientIndex].value(at: $0) }, clients.map { .string($0) })
        let ticketIndex = try XCTUnwrap(StandardColumns.columnar.firstIndex { $0.name == "ticket_id" })
        XCTAssertEqual(clients.indices.map { batch.columns[ticketIndex].value(at: $0) }, tickets.map { .string($0.description) })
    }
}
