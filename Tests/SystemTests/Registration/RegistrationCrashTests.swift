import Foundation
import Synchronization
import TestSupport
import XCTest

/// Receipts through registrars of every bad manner while the server is killed every few seconds.
///
/// At the end each receipt is COMPLETE or FAILED exactly as the registrars' books say, no registrar's effect happened twice, every
/// version of every webhook arrived, rising, and the changes tell of each receipt from its arrival to its end without a gap.
/// `TILL_REGISTRATION_RECEIPTS` sets how many receipts there are.
final class RegistrationCrashTests: XCTestCase {
    private static let posterCount = 4
    private static let receiptCount = ProcessInfo.processInfo.environment["TILL_REGISTRATION_RECEIPTS"].flatMap { Int($0) } ?? 2_500
    private static let webhookSecret = "the client's secret"

    /// What the posters know: the ticket of each receipt that was acknowledged.
    private final class Acknowledged: Sendable {
        private let tickets = Mutex<[String: String]>([:])
        private let faults = Mutex<[String]>([])
        func note(_ receipt: String, _ ticket: String) {
            let earlier = tickets.withLock { tickets in
                defer { tickets[receipt] = ticket }
                return tickets[receipt]
            }
            if let earlier, earlier != ticket { fault("\(receipt) has two tickets, \(earlier) and \(ticket)") }
        }
        func fault(_ text: String) { faults.withLock { $0.append(text) } }
        var all: [String: String] { tickets.withLock { $0 } }
        var allFaults: [String] { faults.withLock { $0 } }
    }

    private final class Place: Sendable {
        private let value: Mutex<UInt16>
        init(_ port: UInt16) { value = Mutex(port) }
        var port: UInt16 {
            get { value.withLock { $0 } }
            set { value.withLock { $0 = newValue } }
        }
    }

    /// Posts each receipt until it is acknowledged; some twice.
    private static func post(_ numbers: [Int], _ key: String, _ place: Place, _ acknowledged: Acknowledged) {
        var client = HTTPClient(port: place.port, key: key)
        for number in numbers {
            let id = "R-\(number)"
            var timesLeft = number % 10 == 0 ? 2 : 1
            while timesLeft > 0 {
                do {
                    let answer = try client.post("/v1/receipts", RegistrationTests.sale(id))
                    guard [200, 201, 202].contains(answer.status), let ticket = Receipts.member("ticket_id", of: answer.text) else {
                        // Overloaded or stopping: again. Anything else is a fault.
                        if answer.status < 500 {
                            acknowledged.fault("\(id): \(answer.status) \(answer.text)")
                            timesLeft = 0
                        }
                        usleep(50_000)
                        continue
                    }
                    // A FAILED receipt frees its identity: the same document is another receipt then.
                    if timesLeft == 2 || number % 10 != 0 { acknowledged.note(id, ticket) }
                    timesLeft -= 1
                } catch {
                    usleep(50_000)
                    client = HTTPClient(port: place.port, key: key)
                }
            }
        }
    }

    func test_kill_everyFewSeconds_eachReceiptEndsAsTheBooksSay() throws {
        let tax = RegistrarSimulator(name: "tax", secret: "tax secret")
        let stock = RegistrarSimulator(name: "warehouse", secret: "whsec_c2VjcmV0IG9mIHRoZSB3YXJlaG91c2U=")
        let receiver = WebhookReceiver(secrets: [Self.webhookSecret], refusesSome: true)
        defer { for close in [tax.close, stock.close, receiver.close] { close() } }
        let environment = RegistrationTests.environment([(tax, RegistrationTests.fast), (stock, RegistrationTests.fast)])
        let server = try TillServer(environment: environment)
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/sale", RegistrationTests.type(#"[["tax","warehouse"]]"#)).status, 201)
        let webhook = #","webhook":{"url":"http://127.0.0.1:\#(receiver.port)/hook","secret":"\#(Self.webhookSecret)"}"#
        let key = try server.key("c1", more: webhook)

        let place = Place(server.port)
        let acknowledged = Acknowledged()
        let left = Mutex(Self.posterCount)
        for poster in 0..<Self.posterCount {
            Thread.detachNewThread {
                Self.post((0..<Self.receiptCount).filter { $0 % Self.posterCount == poster }, key, place, acknowledged)
                left.withLock { $0 -= 1 }
            }
        }
        var random = SplitMix64(state: 0x5EED)
        var killCount = 0
        while left.withLock({ $0 }) > 0 || killCount < 4 {
            usleep(1_000_000 + UInt32(random.next() % 1_500_000))
            server.kill()
            killCount += 1
            try server.start(environment: environment)
            place.port = server.port
            for registrar in [tax, stock] { registrar.aim(at: server.port) }
        }
        XCTAssertEqual(acknowledged.allFaults, [])
        try waitUntilFinal(server)
        try check(server, acknowledged.all, [tax, stock], receiver)
        print("\(Self.receiptCount) receipts, \(killCount) kills; callbacks answered \(tax.callbackStatuses) \(stock.callbackStatuses)")
        let (books, deliveries) = ([tax, stock].flatMap { $0.books.values }, receiver.deliveries.values)
        print(
            "\(books.reduce(0) { $0 + $1.callCount }) calls for \(books.count) registrations, \(books.count { $0.effectCount > 1 }) effects twice; "
                + "\(deliveries.reduce(0) { $0 + $1.count }) webhooks for \(2 * deliveries.count) events")
        // Everything is at its end, so everything may leave; and says the same from there.
        let sample = Array(acknowledged.all.values.sorted().prefix(20))
        let hot = try sample.map { try server.client().get("/v1/tickets/\($0)").text }
        let moved = try server.client().post("/v1/admin/compact", "{}").text
        XCTAssertEqual(Receipts.member("files_left", of: moved), "0", moved)
        XCTAssertEqual(try sample.map { try server.client().get("/v1/tickets/\($0)").text }, hot)
        XCTAssertEqual(server.stop(), 0)
        let verified = try TillRun(["verify", "--data", server.data.path])
        XCTAssertEqual(verified.status, 0, verified.text + verified.error)
    }

    private func waitUntilFinal(_ server: TillServer) throws {
        let query = #"{"query":"SELECT count(*) FROM receipts WHERE state = 'PROCESSING'"}"#
        let areFinal = try Patience.until(pauseMilliseconds: 200) {
            let open = try server.client().post("/v1/sql", query).text
            let metrics = try server.client().get("/metrics").text
            let queued = metrics.split(separator: "\n").filter { $0.hasPrefix("till_queue_items{queue=\"webhook\"") && !$0.hasSuffix(" 0") }
            return open.contains("[[0]]") && queued.isEmpty
        }
        if !areFinal { XCTFail("not final: \(try server.client().post("/v1/sql", query).text) \(try server.client().get("/metrics").text)") }
    }

    private func check(
        _ server: TillServer, _ acknowledged: [String: String], _ registrars: [RegistrarSimulator], _ receiver: WebhookReceiver
    ) throws {
        XCTAssertEqual(acknowledged.count, Self.receiptCount)
        var states: [String: String] = [:]
        var path = "/v1/receipts?limit=1000&fields=ticket_id,state"
        while true {
            let page = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(server.client().get(path).body)) as? [String: Any])
            for receipt in page["receipts"] as? [[String: String]] ?? [] {
                states[receipt["ticket_id"] ?? ""] = receipt["state"]
            }
            guard let cursor = page["next_cursor"] as? String else { break }
            path = "/v1/receipts?limit=1000&fields=ticket_id,state&cursor=\(cursor.replacingOccurrences(of: "+", with: "%2B"))"
        }
        XCTAssertEqual(Set(acknowledged.values).subtracting(states.keys), [], "acknowledged and gone")
        let books = registrars.map(\.books)
        var completeCount = 0
        for (ticket, state) in states {
            let own = books.map { $0[ticket] }
            XCTAssertTrue(own.allSatisfy { ($0?.effectCount ?? 0) <= 1 }, "\(ticket): an effect twice")
            let isComplete = own.allSatisfy { $0?.isAccepted == true && $0?.effectCount == 1 }
            let isRejected = own.contains { $0?.isAccepted == false && $0?.effectCount == 1 }
            completeCount += isComplete ? 1 : 0
            if state != (isComplete ? "COMPLETE" : "FAILED") || isComplete == isRejected {
                XCTFail("\(ticket) is \(state), the books say \(own): \(try server.client().get("/v1/tickets/\(ticket)").text)")
            }
            checkDeliveries(ticket, state, receiver.deliveries[ticket] ?? [])
        }
        // A receipt that is COMPLETE was registered under one key, whatever came between.
        let complete = states.filter { $0.value == "COMPLETE" }.keys
        for registrar in books {
            XCTAssertEqual(Set(complete.compactMap { registrar[$0]?.receiptID }).count, complete.count)
            XCTAssertEqual(Set(registrar.keys).subtracting(states.keys), [], "registered, but not there")
        }
        print("\(completeCount) COMPLETE, \(states.count - completeCount) FAILED")
        XCTAssertGreaterThan(completeCount, states.count / 2)
        XCTAssertLessThan(completeCount, states.count)
        XCTAssertEqual(registrars.flatMap(\.badRequests) + receiver.badRequests, [])
        try checkChanges(server, states)
    }

    private func checkDeliveries(_ ticket: String, _ state: String, _ deliveries: [WebhookReceiver.Delivery]) {
        let versions = deliveries.map(\.version)
        XCTAssertEqual(versions, versions.sorted(), "\(ticket): versions out of order")
        XCTAssertEqual(Set(versions), [1, 2], "\(ticket): versions that arrived")
        XCTAssertEqual(deliveries.last?.state, state, ticket)
        XCTAssertEqual(deliveries.first?.state, "PROCESSING", ticket)
    }

    private func checkChanges(_ server: TillServer, _ states: [String: String]) throws {
        var after: Int64 = 0
        var sequences: [Int64] = []
        var events: [String: [String]] = [:]
        while true {
            let answer = try server.client().get("/v1/changes?after=\(after)&limit=700")
            let page = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
            let changes = page["changes"] as? [[String: Any]] ?? []
            for change in changes {
                sequences.append((change["sequence"] as? NSNumber)?.int64Value ?? 0)
                let receipt = change["receipt"] as? [String: Any]
                events[receipt?["ticket_id"] as? String ?? "", default: []].append(change["event"] as? String ?? "")
            }
            after = (page["next_after"] as? NSNumber)?.int64Value ?? 0
            if changes.count < 700 { break }
        }
        XCTAssertEqual(sequences, sequences.sorted())
        XCTAssertEqual(Set(sequences).count, sequences.count)
        for (ticket, state) in states {
            XCTAssertEqual(events[ticket], ["receipt.processing", "receipt.\(state.lowercased())"], ticket)
        }
    }
}
