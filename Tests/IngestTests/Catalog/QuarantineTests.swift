import ColumnStore
import Foundation
import Synchronization
import XCTest

@testable import Documents
@testable import Ingest

/// What the quarantine takes on the disk, and that it outlives the catalog's changes.
final class QuarantineTests: XCTestCase {
    private func refused(_ number: Int, client: String? = "c") -> Quarantine.Refused {
        let head = Array("\(number) ".utf8)
        let document = head + (head.count..<1_850).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ number) }
        return Quarantine.Refused(client: client, contentType: "application/json", type: "t", problem: Fault(.unknownType, "no type \(number)"), document: document)
    }

    /// `quarantine_max_bytes` counts documents: the file that holds them must not be many times as large.
    func test_add_takesLittleMoreThanTheDocuments() throws {
        let directory = TemporaryDirectory()
        let path = try DataDirectory(path: directory.path).catalogPath
        let count = 3_000
        do {
            let quarantine = Quarantine(catalog: try Catalog(path: path), limits: Quarantine.Limits())
            XCTAssertEqual(Set(try quarantine.add((0..<count).map { refused($0) })).count, count)
            XCTAssertEqual(try quarantine.byteCount, Int64(count * 1_850))
        }
        let byteCount = try XCTUnwrap(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        XCTAssertLessThan(Double(byteCount), 1.5 * Double(count * 1_850))
    }

    func test_add_withoutAThread_isKept() throws {
        let directory = TemporaryDirectory()
        let quarantine = Quarantine(catalog: try Catalog(path: DataDirectory(path: directory.path).catalogPath), limits: Quarantine.Limits())
        let tickets = try WorkerThread.$areRefused.withValue(true) { try quarantine.add([refused(1), refused(2)]) }
        XCTAssertEqual(tickets.compactMap { $0 }.count, 2)
        XCTAssertEqual(try quarantine.add([refused(3)]).compactMap { $0 }.count, 1)
        XCTAssertEqual(try quarantine.counts().entries, 3)
    }

    /// By its own instant what came under a clock that was ahead is over in a hundred years, and held up all behind it: it goes with what came after it.
    func test_trim_ofEntriesThatCameUnderAClockAhead_goesOn() throws {
        let directory = TemporaryDirectory()
        let (start, day): (Int64, Int64) = (1_796_400_000_000_000, Clock.microsecondsPerDay)
        let now = Atomic<Int64>(start + 36_500 * day)
        let catalog = try Catalog(path: DataDirectory(path: directory.path).catalogPath, clock: Clock { now.load(ordering: .relaxed) })
        let quarantine = Quarantine(catalog: catalog, limits: Quarantine.Limits())
        _ = try quarantine.add([refused(1), refused(2)])
        now.store(start, ordering: .relaxed)
        try quarantine.trim()
        XCTAssertEqual(try quarantine.counts().entries, 2, "nothing right has come behind them")
        _ = try quarantine.add([refused(3)])
        for (days, count) in [(29, 3), (31, 0)] as [(Int64, Int64)] {
            now.store(start + days * day, ordering: .relaxed)
            try quarantine.trim()
            XCTAssertEqual(try quarantine.counts().entries, count, "after \(days) days")
        }
        XCTAssertEqual(try quarantine.byteCount, 0)
    }

    /// A page of the list is memory: it ends at a number of bytes, whatever was asked for.
    func test_entries_ofLargeDocuments_endAtTheBound_andGoOnBehind() throws {
        let directory = TemporaryDirectory()
        let quarantine = Quarantine(catalog: try Catalog(path: DataDirectory(path: directory.path).catalogPath), limits: Quarantine.Limits())
        let byteCount = 3 << 20
        let tickets = try quarantine.add((0..<8).map { number in
            Quarantine.Refused(
                client: "c", contentType: "application/json", type: nil, problem: Fault(.unknownType, "no type"), document: [UInt8](repeating: UInt8(number), count: byteCount))
        })
        var (below, seen, pages): (ULID?, [String], Int) = (nil, [], 0)
        while true {
            let page = try quarantine.entries(of: .all, below: below, limit: 1_000)
            XCTAssertLessThanOrEqual(page.entries.reduce(0) { $0 + $1.document.count }, Int(Quarantine.listByteCountMax))
            seen += page.entries.map(\.ticketID)
            pages += 1
            guard page.hasMore, let last = seen.last else { break }
            below = ULID(last)
        }
        XCTAssertEqual(pages, 2)
        XCTAssertEqual(seen, tickets.compactMap { $0 }.reversed())
        // Without documents they are small.
        XCTAssertEqual(try quarantine.entries(of: .all, below: nil, limit: 1_000, withDocuments: false).entries.count, 8)
    }

    /// The first of a page may be as long as any document, and ends it by itself: it is asked for, and not read where there is no room.
    func test_entries_askForTheirBytes_beforeEachIsRead() throws {
        let directory = TemporaryDirectory()
        let path = try DataDirectory(path: directory.path).catalogPath
        let quarantine = Quarantine(catalog: try Catalog(path: path), limits: Quarantine.Limits())
        _ = try quarantine.add((0..<3).map { refused($0) })
        var asked: [Int] = []
        XCTAssertEqual(try quarantine.entries(of: .all, below: nil, limit: 2, hold: { asked.append($0) }).entries.count, 2)
        XCTAssertEqual(asked.count, 2, "one for each that is shown")
        XCTAssertGreaterThan(try XCTUnwrap(asked.first), 1_850, "and its reasons")
        XCTAssertEqual(asked.last, asked.first.map { 2 * $0 })
        // What cannot be read as an entry is not come to.
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        try connection.execute("UPDATE quarantine SET problem = 'x'")
        XCTAssertThrowsError(try quarantine.entries(of: .all, below: nil, limit: 2, hold: { _ in throw Fault(.overloaded, "no room") })) {
            XCTAssertEqual(($0 as? Fault)?.code, .overloaded, "\($0)")
        }
        asked = []
        XCTAssertThrowsError(try quarantine.entries(of: .all, below: nil, limit: 2, hold: { asked.append($0) }))
        XCTAssertEqual(asked.count, 1)
    }

    /// One entry may be as long as any document.
    func test_entry_asksForItsBytes_ofWhoeverMaySeeIt() throws {
        let directory = TemporaryDirectory()
        let quarantine = Quarantine(catalog: try Catalog(path: DataDirectory(path: directory.path).catalogPath), limits: Quarantine.Limits())
        let ticket = try XCTUnwrap(ULID(XCTUnwrap(quarantine.add([refused(1)])[0])))
        var asked: [Int] = []
        XCTAssertEqual(try quarantine.entry(ticket, hold: { asked.append($0) })?.document.count, 1_850)
        XCTAssertEqual(asked.count, 1)
        XCTAssertGreaterThan(try XCTUnwrap(asked.first), 1_850, "and its reasons")
        asked = []
        XCTAssertEqual(try quarantine.entry(ticket, withDocument: false, hold: { asked.append($0) })?.document.count, 0)
        XCTAssertLessThan(try XCTUnwrap(asked.first), 1_850)
        // Nobody learns how long another's is.
        asked = []
        XCTAssertNil(try quarantine.entry(ticket, isSeen: { $0 != "c" }, hold: { asked.append($0) }))
        XCTAssertEqual(asked, [])
        XCTAssertThrowsError(try quarantine.entry(ticket, hold: { _ in throw Fault(.overloaded, "no room") })) { XCTAssertEqual(($0 as? Fault)?.code, .overloaded, "\($0)") }
        XCTAssertNotNil(try quarantine.entry(ticket))
    }

    /// What is refused again begins its days anew, and is not the first to go.
    func test_bound_dropsWhatWasRefusedLongestAgo_notTheOldestTicket() throws {
        let directory = TemporaryDirectory()
        var limits = Quarantine.Limits()
        limits.byteCountMax = 3 * 1_850
        let quarantine = Quarantine(catalog: try Catalog(path: DataDirectory(path: directory.path).catalogPath), limits: limits)
        let tickets = try (0..<3).map { try quarantine.add([refused($0)])[0] }
        XCTAssertEqual(try quarantine.add([refused(0)])[0], tickets[0])
        _ = try quarantine.add([refused(3)])
        func isThere(_ place: Int) throws -> Bool { try quarantine.entry(XCTUnwrap(ULID(XCTUnwrap(tickets[place])))) != nil }
        XCTAssertTrue(try isThere(0))
        XCTAssertFalse(try isThere(1))
        XCTAssertTrue(try isThere(2))
        XCTAssertEqual(try quarantine.byteCount, 3 * 1_850)
    }

    /// Tickets of a client, the oldest first.
    private func tickets(_ quarantine: Quarantine, of client: ClientID) throws -> [String] {
        try quarantine.entries(of: .client(client), below: nil, limit: 10_000, withDocuments: false).entries.map(\.ticketID).reversed()
    }

    /// Nobody drives out what is another's, and of one's own what was refused longest ago goes first.
    func test_bound_dropsOfWhoeverHasMost() throws {
        let directory = TemporaryDirectory()
        var limits = Quarantine.Limits()
        limits.byteCountMax = 10 * 1_850
        let catalog = try Catalog(path: DataDirectory(path: directory.path).catalogPath)
        let quarantine = Quarantine(catalog: catalog, limits: limits)
        let own = try quarantine.add((0..<3).map { refused($0, client: "own") }).compactMap { $0 }
        let nobodys = try XCTUnwrap(ULID(XCTUnwrap(quarantine.add([refused(3, client: nil)])[0])))
        var flood: [String] = []
        for start in stride(from: 10, to: 60, by: 5) { flood += try quarantine.add((start..<start + 5).map { refused($0, client: "flood") }).compactMap { $0 } }
        XCTAssertEqual(try tickets(quarantine, of: "own"), own)
        XCTAssertNotNil(try quarantine.entry(nobodys))
        XCTAssertEqual(try tickets(quarantine, of: "flood"), Array(flood.suffix(6)))
        XCTAssertEqual(try quarantine.byteCount, limits.byteCountMax)
        // The oldest ticket of them is refused again, and is not the first to go.
        XCTAssertEqual(try quarantine.add([refused(54, client: "flood")])[0], flood[44])
        flood.append(try XCTUnwrap(quarantine.add([refused(60, client: "flood")])[0]))
        XCTAssertEqual(try tickets(quarantine, of: "flood"), [flood[44]] + flood.suffix(5))
        // Numbers of the last entries come again: what has them then is somebody else's.
        XCTAssertTrue(try quarantine.delete(XCTUnwrap(ULID(flood[50]))))
        XCTAssertEqual(try quarantine.delete(DeletionFilter(client: "flood", before: nil)).count, 5)
        let further = try quarantine.add((100..<112).map { refused($0, client: "own") }).compactMap { $0 }
        XCTAssertEqual(try tickets(quarantine, of: "own"), Array(further.suffix(9)))
        XCTAssertNotNil(try quarantine.entry(nobodys))
        // Another start finds it as it is.
        let again = Quarantine(catalog: catalog, limits: limits)
        _ = try again.add([refused(200, client: "flood")])
        XCTAssertEqual(try tickets(again, of: "own"), Array(further.suffix(8)))
        XCTAssertNotNil(try again.entry(nobodys))
        XCTAssertEqual(try again.byteCount, limits.byteCountMax)
    }

    /// What a transaction counted that failed is nobody's.
    func test_bound_afterATransactionThatFailed_dropsOfWhoeverHasMost() throws {
        let directory = TemporaryDirectory()
        var limits = Quarantine.Limits()
        limits.byteCountMax = 30 * 1_850
        let quarantine = Quarantine(catalog: try Catalog(path: DataDirectory(path: directory.path).catalogPath), limits: limits) { group, _ in
            if group.count == 15 { throw Fault(.overloaded, "no fifteen") }
        }
        func add(_ numbers: Range<Int>, _ client: String) throws -> [String] { try quarantine.add(numbers.map { refused($0, client: client) }).compactMap { $0 } }
        let few = try add(0..<1, "few")
        let most = try add(1..<10, "own")
        XCTAssertThrowsError(try add(10..<25, "few"))
        XCTAssertEqual(try tickets(quarantine, of: "few"), few)
        let more = try add(30..<40, "more") + most
        let last = try add(40..<51, "last")
        XCTAssertEqual(try tickets(quarantine, of: "few"), few, "for what it does not have")
        XCTAssertEqual(try tickets(quarantine, of: "more") + tickets(quarantine, of: "own"), more)
        XCTAssertEqual(try tickets(quarantine, of: "last"), last)
        XCTAssertEqual(last.count, 10, "what is dropped as it comes has no ticket")
    }

    /// Who sends for others names whom they like: it is the sender's all the same, under whatever names.
    func test_bound_ofWhatIsSentForOthers_dropsOfTheSender() throws {
        let directory = TemporaryDirectory()
        var limits = Quarantine.Limits()
        limits.byteCountMax = 10 * 1_850
        let catalog = try Catalog(path: DataDirectory(path: directory.path).catalogPath)
        let quarantine = Quarantine(catalog: catalog, limits: limits)
        func sent(_ number: Int, for client: String) -> Quarantine.Refused {
            var refused = refused(number, client: client)
            refused.sender = QuarantineShares.Sender(client: "gateway")
            return refused
        }
        let own = try quarantine.add((0..<4).map { refused($0, client: "own") }).compactMap { $0 }
        var flood = try (10..<16).map { try quarantine.add([sent($0, for: "x\($0)")])[0] }
        flood += try (20..<30).map { try quarantine.add([sent($0, for: "own")])[0] }
        XCTAssertEqual(try tickets(quarantine, of: "own"), own + flood.suffix(6).compactMap { $0 })
        // What is refused again is whose it was.
        XCTAssertEqual(try quarantine.add([sent(29, for: "own")])[0], flood[15])
        _ = try quarantine.add([refused(40, client: "third")])
        XCTAssertEqual(try tickets(quarantine, of: "own"), own + flood.suffix(5).compactMap { $0 })
        XCTAssertEqual(try quarantine.byteCount, limits.byteCountMax)
    }

    /// One document of one client has one entry, also where no more senders can be known: what has one keeps it, and what has none is the sender's own.
    func test_add_ofWhatIsSentForOthers_pastTheSendersThatAreKnown_keepsItsEntry() throws {
        let directory = TemporaryDirectory()
        let quarantine = Quarantine(catalog: try Catalog(path: DataDirectory(path: directory.path).catalogPath), limits: Quarantine.Limits(), senderCountMax: 2)
        func sent(_ number: Int, for client: String) throws -> String? {
            var refused = refused(number, client: client)
            refused.sender = QuarantineShares.Sender(client: "gateway")
            return try quarantine.add([refused])[0]
        }
        let known = try (1...2).map { try sent($0, for: "x\($0)") }
        XCTAssertEqual(try (1...2).map { try sent($0, for: "x\($0)") }, known)
        let own = try XCTUnwrap(sent(3, for: "x3"))
        XCTAssertEqual(try sent(3, for: "x3"), own)
        XCTAssertEqual(try sent(1, for: "x1"), known[0])
        XCTAssertEqual(try tickets(quarantine, of: "gateway"), [own])
        XCTAssertEqual(try tickets(quarantine, of: "x1"), known.prefix(1).compactMap { $0 })
        XCTAssertEqual(try quarantine.counts().entries, 3)
        XCTAssertEqual(try quarantine.byteCount, 3 * 1_850)
    }

    /// Of what is counted first nobody is the one with most.
    func test_bound_afterAStart_untilAllAreCounted_dropsTheOldest() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: DataDirectory(path: directory.path).catalogPath)
        let before = Quarantine(catalog: catalog, limits: Quarantine.Limits())
        _ = try before.add([refused(0, client: "few")])
        _ = try before.add((1..<4_100).map { refused($0, client: "own") })
        var limits = Quarantine.Limits()
        limits.byteCountMax = try before.byteCount
        let quarantine = Quarantine(catalog: catalog, limits: limits)
        _ = try quarantine.add([refused(5_000, client: "flood")])
        XCTAssertEqual(try tickets(quarantine, of: "few"), [])
        XCTAssertEqual(try tickets(quarantine, of: "own").count, 4_099)
    }

    /// More entries than the transactions of a trim and of one more count by themselves.
    func test_bound_afterAStart_isByAllEntries_onceTheyAreCounted() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: DataDirectory(path: directory.path).catalogPath)
        let before = Quarantine(catalog: catalog, limits: Quarantine.Limits())
        _ = try before.add((0..<4_100).map { refused($0, client: "own") })
        let flood = try before.add((0..<8).map { number in
            Quarantine.Refused(
                client: "flood", contentType: "application/json", type: nil, problem: Fault(.unknownType, "no type"), document: [UInt8](repeating: UInt8(number), count: 1 << 20))
        }).compactMap { $0 }
        var limits = Quarantine.Limits()
        limits.byteCountMax = try before.byteCount
        let quarantine = Quarantine(catalog: catalog, limits: limits)
        try quarantine.trim()
        _ = try quarantine.add([refused(5_000, client: "own")])
        XCTAssertEqual(try tickets(quarantine, of: "own").count, 4_101)
        XCTAssertEqual(try tickets(quarantine, of: "flood"), Array(flood.dropFirst()))
    }

    func test_delete_keepsTheSumOfBytes() throws {
        let directory = TemporaryDirectory()
        let quarantine = Quarantine(catalog: try Catalog(path: DataDirectory(path: directory.path).catalogPath), limits: Quarantine.Limits())
        let tickets = try quarantine.add((0..<2_345).map { refused($0, client: $0 % 3 == 0 ? nil : "c\($0 % 3)") }).compactMap { $0 }
        XCTAssertTrue(try quarantine.delete(XCTUnwrap(ULID(tickets[0]))))
        XCTAssertFalse(try quarantine.delete(XCTUnwrap(ULID(tickets[0]))))
        XCTAssertEqual(try quarantine.byteCount, 2_344 * 1_850)
        XCTAssertEqual(try quarantine.delete(DeletionFilter(client: "c1", before: nil)), DeletionSummary(count: 782, hasMore: false))
        XCTAssertEqual(try quarantine.delete(DeletionFilter(client: nil, before: 0)), DeletionSummary(count: 0, hasMore: false))
        XCTAssertEqual(try quarantine.delete(DeletionFilter(client: nil, before: .max)), DeletionSummary(count: 1_562, hasMore: false))
        XCTAssertEqual(try quarantine.byteCount, 0)
        XCTAssertEqual(try quarantine.counts().entries, 0)
    }

    /// Entries that stood in a catalog of the third version are there, in order, found by each way.
    func test_migration_keepsEntries() throws {
        let directory = TemporaryDirectory()
        let path = try DataDirectory(path: directory.path).catalogPath
        let tickets = ULIDGenerator()
        let names = (0..<5).map { tickets.next(milliseconds: Int64($0)) }
        do {
            let connection = try SQLiteConnection(path: path, mode: .create)
            for step in 0..<3 { try connection.execute(CatalogSchema.migrations[step]) }
            try connection.execute("PRAGMA user_version = 3")
            for (number, ticket) in names.enumerated().reversed() {
                let refused = refused(number, client: number == 2 ? nil : "c\(number % 2)")
                let insert = try connection.statement("""
                    INSERT INTO quarantine(ticket, client_id, received_at, content_type, type, sha256, problem, byte_count, document)
                    VALUES(?1, ?2, ?3, 'application/json', 't', ?4, ?5, 1850, ?6)
                    """)
                try insert.bind(1, ticket.bytes)
                try insert.bind(2, refused.client)
                insert.bind(3, Clock.system.now())
                try insert.bind(4, SHA256.hash(refused.document))
                try insert.bind(5, FaultText.text(refused.problem))
                try insert.bind(6, refused.document)
                try insert.run()
            }
        }
        let quarantine = Quarantine(catalog: try Catalog(path: path), limits: Quarantine.Limits())
        XCTAssertEqual(try quarantine.entries(of: .all, below: nil, limit: 10).entries.map(\.ticketID), names.reversed().map(\.description))
        XCTAssertEqual(try quarantine.entries(of: .client("c1"), below: names[3], limit: 10).entries.map(\.ticketID), [names[1].description])
        let entry = try XCTUnwrap(quarantine.entry(names[2]))
        XCTAssertEqual(entry.document, refused(2).document)
        XCTAssertEqual(entry.problem.detail, "no type 2")
        // The same bytes of the same client are the entry that is there.
        XCTAssertEqual(try quarantine.add([refused(1, client: "c1")]), [names[1].description])
    }

    func test_faultText_ofEveryCodeAndAdvice_isReadBack() {
        for code in Fault.Code.allCases {
            for advice in Fault.Advice.allCases.map({ $0 }) + [nil] {
                let fault = Fault(code, "what is wrong", advice: advice, errors: [.init(pointer: "/a", code: "c", message: "m")])
                let read = FaultText.problem(FaultText.text(fault))
                XCTAssertEqual(read?.code, code)
                XCTAssertEqual(read?.detail, fault.detail)
                XCTAssertEqual(read?.advice, advice)
                XCTAssertEqual(read?.errors, fault.errors)
            }
        }
    }

    /// The thread that brings a document does not wait for the catalog, nor for a sync: whoever is served after it comes at once.
    func test_take_refusedDocument_isAnsweredByAnotherThread() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        let isHeld = Monitor(false)
        let isReleased = Monitor(false)
        let holder = WorkerThread(name: "holder") {
            _ = try? fixture.engine.catalog.read { _ in
                isHeld.broadcast { $0 = true }
                isReleased.wait { $0 ? () : nil }
            }
        }
        isHeld.wait { $0 ? () : nil }
        let answers = Monitor<[IntakeOutcome]>([])
        let bodies: [(IntakeRequest.Form, String)] = [(.json, "{}"), (.json, "{"), (.ndjson, "{}\n{\n"), (.json, "[{},{}]")]
        for (form, body) in bodies {
            let request = IntakeRequest(form: form, body: Array(body.utf8), contentType: "application/json", principal: EngineFixture.own)
            fixture.engine.accept(request) { outcome in answers.broadcast { $0.append(outcome) } }
        }
        XCTAssertEqual(answers.withLock { $0.count }, 0, "an answer before the catalog could be written")
        isReleased.broadcast { $0 = true }
        holder.join()
        for outcome in answers.wait({ $0.count == bodies.count ? $0 : nil }) {
            switch outcome {
            case .refused(let problem): XCTAssertNotNil(problem.ticketID, "\(problem)")
            case .each(let results):
                for result in results { XCTAssertThrowsError(try result.get()) { XCTAssertNotNil(($0 as? Fault)?.ticketID) } }
            default: XCTFail("\(outcome)")
            }
        }
        XCTAssertEqual(try fixture.engine.quarantine.counts().entries, 3, "{} and { came twice, as bodies and as lines")
        try fixture.engine.close()
    }
}
