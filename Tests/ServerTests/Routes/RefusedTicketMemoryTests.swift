import ColumnStore
import Documents
import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: a ticket is charged with what its reasons take, of which a refused array has many. Method: a server whose credentials may hold 256 KiB, and tickets of few and of many reasons.
final class RefusedTicketMemoryTests: XCTestCase {
    private static func ticket(_ errors: [Fault.Violation], detail: String = "") -> Ticket {
        let problem = Fault(.invalidDocument, detail, errors: errors)
        let entry = QuarantineEntry(ticketID: "T", clientID: "c1", receivedAt: 0, contentType: "application/json", type: "pos-receipt", problem: problem, document: [])
        return Ticket(refused: entry, errors: errors, history: [HistoryEvent(at: 0, event: "refused")])
    }

    private static func errors(_ count: Int) -> [Fault.Violation] {
        (0..<count).map { Fault.Violation(pointer: "/\($0)/total", code: "out-of-range", message: String(repeating: "w", count: 200)) }
    }

    func test_reasons_areChargedBeforeTheyAreRead_andWithTheirText() throws {
        var limits = DoorLimits()
        (limits.memory.all, limits.memory.bodyByteCount) = (512 << 10, 1)
        let server = try TestServer(limits: limits)
        let client = server.client()
        func status(_ errorCount: Int, asked byteCount: Int) throws -> Int? {
            let ticket = Self.ticket(Self.errors(errorCount))
            server.engine.state.withLock { state in
                state.tickets["T"] = ticket
                state.pageByteCount = byteCount
            }
            let settled: Int? = try Patience.value {
                let answer = try client.get("/v1/tickets/T")
                // What the answer before it held is given back a moment after that was read.
                return answer.status == 503 ? nil : answer.status
            }
            return settled
        }
        XCTAssertEqual(try status(10, asked: 0), 200)
        XCTAssertEqual(try status(2_000, asked: 0), 413, "they take more than may ever be held")
        XCTAssertEqual(try status(10, asked: 300_000), 413, "as they are read")
        XCTAssertEqual(try status(10, asked: 200_000), 200)
    }

    func test_textOfATicket_isNoLongerThanIsAskedFor() {
        var tickets = [Self.ticket([]), Self.ticket([], detail: String(repeating: "\u{1}", count: 5_000)), Self.ticket(Self.errors(300))]
        for text in ["\u{1}", "\"", "\\", "\n", "a", "\u{E9}", ""] {
            let long = String(repeating: text, count: 3_000)
            tickets.append(Self.ticket([.init(pointer: long, code: "c", message: long), .init(pointer: "", code: long, message: "")]))
            let step = TicketStep(name: "tax", stage: 1, state: "DEAD", attempts: 3, at: 1_795_000_000_123_456, reference: long, detail: long)
            let event = HistoryEvent(at: 1_795_000_000_123_456, event: "tax: refused", details: [(name: "status", json: "422"), (name: "detail", json: "\"\(String(repeating: "x", count: 900))\"")])
            tickets.append(Ticket(summary: FakeEngine.summary(), replacedBy: "01JDABCDEFGHJKMNPQRSTVWXYZ", steps: [step, step], history: Array(repeating: event, count: 20)))
        }
        for (place, ticket) in tickets.enumerated() {
            let body = TicketBody(ticketID: "01JDABCDEFGHJKMNPQRSTVWXYZ", ticket: ticket)
            XCTAssertGreaterThanOrEqual(body.textByteCountMax, body.json().count, "\(place)")
        }
    }
}
