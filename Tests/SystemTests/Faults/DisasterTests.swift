import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: whatever comes together, a full disk, a clock that is set by hours and days, `kill -9`, no execution, message or receipt that was acknowledged is lost, nothing is done twice that is done once,
/// and all goes on by itself afterwards. Method: the real server with such a disk and such a clock, under callers, workers, an endpoint and a registrar that note the answers they got.
///
/// `TILL_CRASH_EXECUTIONS` says how many executions there are, `TILL_CRASH_ROUNDS` how many disasters.
final class DisasterTests: XCTestCase {
    private static let machine = """
        {"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},
        "B":{"Type":"Task","Resource":"till:call:desk","TimeoutSeconds":80000,"ResultPath":"$.b","Next":"W"},"W":{"Type":"Wait","Seconds":1,"Next":"Q"},
        "Q":{"Type":"Task","Resource":"till:queue:jobs","TimeoutSeconds":80000,"HeartbeatSeconds":70000,"ResultPath":"$.q","Next":"P"},
        "P":{"Type":"Map","ItemsPath":"$.i","MaxConcurrency":2,"ResultPath":null,"ItemProcessor":{"StartAt":"N","States":{"N":{"Type":"Pass","End":true}}},"Next":"K"},
        "K":{"Type":"Task","Resource":"till:process:child","ResultPath":"$.k","End":true}}}
        """
    private static let states = ["A", "B", "K", "N", "N", "N", "P", "Q", "W"]

    private let books = DisasterBooks()

    private static func number(_ name: String, _ usual: Int) -> Int { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual }

    func test_fullDisk_setClocks_andKills_loseAndDoubleNothing() throws {
        let (count, rounds) = (Self.number("TILL_CRASH_EXECUTIONS", 600), Self.number("TILL_CRASH_ROUNDS", 6))
        let disaster = try Disaster()
        let desk = TestHTTPServer { [books] in books.answer($0) }
        let tax = RegistrarSimulator(name: "tax", secret: "tax secret", manners: [.plain, .reject, .late, .errorsFirst, .tooMany, .dropsBefore, .dropsAfter, .unclear])
        defer { for close in [desk.close, tax.close] { close() } }
        let folder = try TemporaryDirectory()
        let config = folder.path + "/till.json"
        try """
        {"endpoints":{"desk":{"url":"http://127.0.0.1:\(desk.port)/","secret":"s","lock":"2s","max_attempts":100000,"backoff_min":"50ms","backoff_max":"300ms"},
        "tax":{"url":"http://127.0.0.1:\(tax.port)/receipts","secret":"tax secret","lock":"1s","backoff_min":"50ms","backoff_max":"400ms","max_attempts":100000,"expires":"90d","concurrency":64}},
        "outgoing":{"allow":["127.0.0.1"]},"limits":{"min_free":"1MiB"}}
        """.write(toFile: config, atomically: true, encoding: .utf8)
        let server = try TillServer(arguments: ["--config", config], environment: disaster.environment)
        defer { server.remove() }
        for (path, body) in [
            ("/v1/queues/jobs", #"{"lock":"20s","max_deliveries":1000000,"ttl":"90d"}"#), ("/v1/processes/child", #"{"StartAt":"C","States":{"C":{"Type":"Wait","Seconds":1,"End":true}}}"#),
            ("/v1/processes/many", Self.machine), ("/v1/types/sale", RegistrationTests.type(#"[["tax"]]"#)),
        ] { XCTAssertEqual(try server.client().put(path, body).status, 201, path) }
        books.receiptKey = try server.key("c1")
        books.port = server.port
        let callers = books.begin(count, pauseMicroseconds: UInt32(min(1_000_000, rounds * 12_000_000 / max(1, count))))
        var random = SystemRandomNumberGenerator()
        for round in 0..<rounds {
            usleep(UInt32.random(in: 300_000...1_000_000, using: &random))
            strike(round, disaster, &random)
            if round % 2 == 1 {
                server.kill()
                disaster.isDiskFull = false
                let verify = try TillRun(["verify", "--data", server.data.path])
                XCTAssertEqual(verify.status, 0, "round \(round): \(verify.text)\(verify.error)")
                try server.start(arguments: ["--config", config], environment: disaster.environment)
                books.port = server.port
            }
            XCTAssertTrue(server.isRunning, "round \(round): \(server.logText.suffix(3_000))")
        }
        disaster.isDiskFull = false
        XCTAssertGreaterThan(disaster.refusedCount, 0)
        callers.wait()
        try drain(server)
        books.isOver = true
        books.workers.wait()
        try check(server, count, tax)
        XCTAssertEqual(server.stop(), 0)
        let verify = try TillRun(["verify", "--data", server.data.path])
        XCTAssertEqual(verify.status, 0, verify.text + verify.error)
        print("\(count) executions, \(rounds) disasters: \(disaster.refusedCount) writes found no room; answers \(books.statuses.withLock { $0 })")
    }

    /// A full disk for a while, a clock that is set, or both. A clock that is set is looked at before the server dies: nobody could tell it from time that passed.
    private func strike(_ round: Int, _ disaster: Disaster, _ random: inout SystemRandomNumberGenerator) {
        let kind = round % 4
        if kind != 1 {
            disaster.shiftSeconds = [-6 * 3_600, 3 * 86_400, 0, -2 * 3_600, 86_400, 10 * 86_400].randomElement(using: &random) ?? 0
            usleep(2_500_000)
        }
        guard kind != 2 else { return }
        disaster.isDiskFull = true
        usleep(UInt32.random(in: 300_000...2_000_000, using: &random))
        // Every other time the server dies while it is full.
        if round % 4 != 3 { disaster.isDiskFull = false }
    }

    private func drain(_ server: TillServer) throws {
        let client = server.client()
        let areEnded = try Patience.until(pauseMilliseconds: 200) {
            let left = try JSONParser.parse(try client.get("/v1/executions?state=RUNNING&limit=1").body)
            guard left["executions"]?.array?.isEmpty == true else { return false }
            guard try client.get("/v1/queues/jobs").text.contains(#""counts":{"active":0,"locked":0,"delayed":0,"dead":0}"#) else { return false }
            return try client.post("/v1/sql", #"{"query":"SELECT count(*) FROM receipts WHERE state = 'PROCESSING'"}"#).text.contains("[[0]]")
        }
        if !areEnded { XCTFail("stuck: \(try client.get("/v1/executions?state=RUNNING&limit=3").text) \(try client.get("/v1/queues/jobs").text) \(try client.get("/metrics").text)") }
    }

    private func check(_ server: TillServer, _ count: Int, _ tax: RegistrarSimulator) throws {
        XCTAssertEqual(books.faults.withLock { $0 }, [])
        let client = server.client()
        let executions = books.executions.withLock { $0 }
        XCTAssertEqual(executions.count, count)
        for (name, id) in executions {
            let execution = try JSONParser.parse(try client.get("/v1/executions/\(id)").body)
            XCTAssertEqual(execution["state"]?.text, "SUCCEEDED", "\(name): \(execution)")
            let history = try JSONParser.parse(try client.get("/v1/executions/\(id)/history").body)
            for event in ["entered", "succeeded"] {
                let found = (history["events"]?.array ?? []).filter { $0["event"]?.text == event }
                XCTAssertEqual(found.map { $0["state"]?.text ?? "" }.sorted(), Self.states, "\(event) of \(name)")
                XCTAssertEqual(Set(found.map { "\($0["state"]?.text ?? "") \($0["visit"]?.integer ?? 0)" }).count, Self.states.count)
            }
        }
        XCTAssertEqual(books.keys.withLock { $0 }, Set(executions.values.map { "\($0):B:1" }))
        XCTAssertEqual(books.completed.withLock { $0.filter { $0.value > 1 } }, [:], "completed by two")
        let receipts = books.receipts.withLock { $0 }
        XCTAssertEqual(receipts.count, count / 4)
        XCTAssertEqual(tax.badRequests, [])
        for (id, ticket) in receipts {
            let found = try JSONParser.parse(try client.get("/v1/tickets/\(ticket)").body)
            let book = try XCTUnwrap(tax.books[ticket], id)
            XCTAssertEqual(found["state"]?.text, book.isAccepted ? "COMPLETE" : "FAILED", "\(id): \(found)")
            XCTAssertEqual(book.effectCount, 1, id)
        }
    }
}

/// Callers and workers, and the answers they got.
private final class DisasterBooks: Sendable {
    let executions = Mutex<[String: String]>([:])
    let receipts = Mutex<[String: String]>([:])
    let keys = Mutex<Set<String>>([])
    /// Acknowledged completions of messages.
    let completed = Mutex<[String: Int]>([:])
    let faults = Mutex<[String]>([])
    let statuses = Mutex<[Int: Int]>([:])
    let workers = DispatchGroup()
    private let place = Mutex<(port: UInt16, receiptKey: String, isOver: Bool)>((0, "", false))

    var port: UInt16 {
        get { place.withLock { $0.port } }
        set { place.withLock { $0.port = newValue } }
    }
    var receiptKey: String {
        get { place.withLock { $0.receiptKey } }
        set { place.withLock { $0.receiptKey = newValue } }
    }
    var isOver: Bool {
        get { place.withLock { $0.isOver } }
        set { place.withLock { $0.isOver = newValue } }
    }

    func answer(_ request: TestHTTPServer.Request) -> TestHTTPServer.Response {
        let isNew = keys.withLock { $0.insert(request.headers["idempotency-key"] ?? "").inserted }
        return isNew && Int.random(in: 0..<20) == 0 ? .init(status: 503) : .init(body: #"{"outcome":"accepted","output":1}"#)
    }

    /// - Parameter pauseMicroseconds: between two starts of one caller, so that there is work while disasters come.
    /// - Returns: those who start and post: done once all is acknowledged. Workers go on until it is over.
    func begin(_ count: Int, pauseMicroseconds: UInt32) -> DispatchGroup {
        let callers = DispatchGroup()
        for caller in 0..<4 {
            DispatchQueue.global().async(group: callers) { [self] in
                let starter = Caller(self, TillServer.adminKey)
                for number in 0..<count where number % 4 == caller {
                    usleep(pauseMicroseconds)
                    let id = starter.until("/v1/processes/many/executions", #"{"name":"\#(number)","input":{"i":[1,2,3]}}"#, [200, 201], "execution_id")
                    executions.withLock { $0["\(number)"] = id }
                }
            }
        }
        DispatchQueue.global().async(group: callers) { [self] in
            let poster = Caller(self, receiptKey)
            for number in 0..<count / 4 {
                usleep(pauseMicroseconds)
                let id = poster.until("/v1/receipts", RegistrationTests.sale("R-\(number)"), [200, 201, 202], "ticket_id")
                receipts.withLock { $0["R-\(number)"] = id }
            }
        }
        for _ in 0..<3 { DispatchQueue.global().async(group: workers) { [self] in work(Caller(self, TillServer.adminKey)) } }
        return callers
    }

    private func work(_ caller: Caller) {
        while !isOver {
            guard let (status, body) = caller.call("/v1/queues/jobs/receive", #"{"max":10,"wait":1}"#), status == 200 else { continue }
            for message in body["messages"]?.array ?? [] {
                guard let id = message["message_id"]?.text, let lock = message["lock_token"]?.text, let token = message["body"]?["task_token"]?.text else {
                    faults.withLock { $0.append("a message of nobody: \(message)") }
                    continue
                }
                // It comes again when its task could not be answered.
                guard let (answered, _) = caller.call("/v1/tasks/\(token)/success", #"{"output":2}"#, [204, 409]), [204, 409].contains(answered) else { continue }
                let end = caller.call("/v1/queues/jobs/messages/\(id)/complete", #"{"lock_token":"\#(lock)"}"#, [204, 409])
                if end?.status == 204 { completed.withLock { $0[id, default: 0] += 1 } }
            }
        }
    }

    private final class Caller {
        private let books: DisasterBooks
        private let key: String
        private var http: HTTPClient
        private var port: UInt16

        init(_ books: DisasterBooks, _ key: String) {
            (self.books, self.key, port) = (books, key, books.port)
            http = HTTPClient(port: port, key: key)
        }

        /// - Returns: nil where there was no answer. 507 and 503 may come at any time; another than those and `wanted` is a fault.
        func call(_ path: String, _ body: String, _ wanted: Set<Int> = [200]) -> (status: Int, body: JSONValue)? {
            if port != books.port {
                port = books.port
                http = HTTPClient(port: port, key: key)
            }
            guard let answer = try? http.post(path, body) else {
                usleep(50_000)
                http = HTTPClient(port: books.port, key: key)
                return nil
            }
            books.statuses.withLock { $0[answer.status, default: 0] += 1 }
            if !wanted.contains(answer.status), answer.status != 507, answer.status != 503 { books.faults.withLock { $0.append("\(path): \(answer.status) \(answer.text)") } }
            if !wanted.contains(answer.status) { usleep(50_000) }
            return (answer.status, (try? JSONParser.parse(answer.body)) ?? .null)
        }

        /// Again and again, until it is acknowledged.
        func until(_ path: String, _ body: String, _ wanted: Set<Int>, _ member: String) -> String {
            Patience.value { call(path, body, wanted).flatMap { wanted.contains($0.status) ? $0.body[member]?.text : nil } } ?? ""
        }
    }
}
