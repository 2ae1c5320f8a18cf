import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what one body may cost, and what it may learn and mint. Method: bodies past each bound, on an engine.
final class BodyBoundsTests: XCTestCase {
    /// 2026-11-20T12:00:00Z
    private static let now: Int64 = 1_795_176_000_000_000
    private let folder = TemporaryDirectory()

    private func fixture() throws -> EngineFixture { try EngineFixture(folder.path) }

    private func put(_ fixture: EngineFixture, _ json: String) throws {
        let name = try XCTUnwrap(json.split(separator: "\"").dropFirst(3).first)
        _ = try fixture.engine.putType(name: String(name), body: Array(json.utf8))
    }

    private static func type(_ name: String, version: Int = 1, table: String = "things", match: String = "/k", more: String = "") -> String {
        #"{"name":"\#(name)","version":\#(version),"table":"\#(table)","format":"json","match":{"\#(match)":"\#(name)"},"receipt_id":"/id","issued_at":"/at","columns":{"n":{"path":"/n","type":"BIGINT"}}\#(more)}"#
    }

    private static func thing(_ type: String, _ id: String, n: String = "1") -> String {
        #"{"k":"\#(type)","id":"\#(id)","at":"2026-11-18T14:03:07Z","n":\#(n)}"#
    }

    // MARK: Lines past the limit

    func test_take_linesPastTheLimit_areCountedAndNotHeld() throws {
        let fixture = try fixture()
        let body = String(repeating: "1\n", count: Intake.lineCountMax + 200_000) + "\n\n 1 \r\n"
        guard case .eachOfMore(let results, let beyondCount, let lines) = fixture.take(body, .ndjson) else { return XCTFail("not counted") }
        XCTAssertEqual(results.count, Intake.lineCountMax)
        XCTAssertEqual(beyondCount, 200_001)
        let first = Intake.lineCountMax
        XCTAssertEqual(lines?.results.last, first)
        XCTAssertEqual(lines?.beyond.next(after: 0), first + 1)
        XCTAssertEqual(lines?.beyond.next(after: first + 199_999), first + 200_000)
        XCTAssertEqual(lines?.beyond.next(after: first + 200_000), first + 200_003, "two lines of blanks have numbers")
        XCTAssertNil(lines?.beyond.next(after: first + 200_003))
        try fixture.engine.close()
    }

    func test_take_linesOfBlanks_haveANumberAndNoResult() throws {
        let fixture = try fixture()
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        try put(fixture, Self.type("t"))
        // In one thread's turn, and by parts.
        for padding in ["", String(repeating: " ", count: Intake.inlineByteCountMax)] {
            let body = "\n \t\r\n" + Self.thing("t", "1") + "\n\n{}" + padding + "\n"
            guard case .eachOfMore(let results, 0, let lines) = fixture.take(body, .ndjson) else { return XCTFail("no numbers") }
            XCTAssertEqual(results.count, 2)
            XCTAssertEqual(lines?.results, [3, 5])
        }
        guard case .each = fixture.take(Self.thing("t", "1") + "\n\n\n", .ndjson) else { return XCTFail("lines after the last change no number") }
    }

    /// What is stored of a line is the line: an array or an envelope with one document in it would be stored as another text.
    func test_take_linesThatHoldOneDocumentWithin_areNoDocuments() throws {
        let fixture = try fixture()
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        try put(fixture, Self.type("t"))
        for (name, more) in [("whole", ""), ("single", #","batch":"each""#)] {
            try put(
                fixture,
                #"{"name":"\#(name)","version":1,"table":"things","format":"json","match":{"/\#(name)":{"exists":true}},"each":"/\#(name)/*","receipt_id":"/id","issued_at":"/at","columns":{"n":{"path":"/n","type":"BIGINT"}}\#(more)}"#)
        }
        let (one, two) = (Self.thing("t", "1"), Self.thing("t", "2"))
        let lines = [#"{"whole":[\#(one)]}"#, #"{"single":[\#(one)]}"#, "[\(one)]", "\r[\(one)]", " \t[\(one)]", "\u{FEFF}[\(one)]", "[\(one),\(two)]", "\t" + one]
        guard case .each(let results) = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
        XCTAssertEqual(results.count, lines.count)
        for (line, result) in zip(lines, results).dropLast() {
            guard case .failure(let problem) = result else {
                XCTFail("taken: \(line)")
                continue
            }
            XCTAssertEqual(problem.errors.map(\.code), ["not-one-document"], line)
        }
        guard case .success(let taken)? = results.last else { return XCTFail("refused") }
        XCTAssertFalse(taken.isRepeat)
    }

    // MARK: Places of faults

    func test_take_callbackURLThatMayNotBe_isPointedToWhereItIsSaid() throws {
        let fixture = try fixture()
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        try put(fixture, Self.type("t", more: #","callback_url":"/cb""#))
        let document = String(Self.thing("t", "1").dropLast()) + #","cb":"http://x.example/"}"#
        XCTAssertEqual(fixture.refusal(document)?.errors.map(\.pointer), ["/cb"])
        XCTAssertEqual(fixture.refusal("[\(Self.thing("t", "2")),\(document)]")?.errors.map(\.pointer), ["/1/cb"])
        // What the request says is of no element.
        let done = Monitor<IntakeOutcome?>(nil)
        var request = IntakeRequest(form: .json, body: Array("[\(Self.thing("t", "2"))]".utf8), contentType: "application/json", principal: EngineFixture.own)
        request.callbackURL = "http://x.example/"
        fixture.engine.accept(request) { outcome in done.broadcast { $0 = outcome } }
        guard case .refused(let fault) = done.wait({ $0 }) else { return XCTFail("taken") }
        XCTAssertEqual(fault.code, .callbackHostNotAllowed)
        XCTAssertEqual(fault.errors.map(\.pointer), ["/callback_url"])
    }

    func test_take_arrayWithAnElementOfAnother_saysWhich() throws {
        let fixture = try fixture()
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        try put(fixture, Self.type("t", more: #","client_id":"/who""#))
        func thing(_ id: String, _ client: String) -> String { String(Self.thing("t", id).dropLast()) + #","who":"\#(client)"}"# }
        let fault = fixture.refusal("[\(thing("1", "c1")),\(thing("2", "c2"))]")
        XCTAssertEqual(fault?.code, .wrongClient)
        XCTAssertEqual(fault?.errors.map(\.pointer), ["/1"])
        try put(fixture, Self.type("u"))
        let limited = Principal(clientID: "c1", access: .readWrite, scope: .own, types: ["t"])
        let other = fixture.refusal("[\(thing("1", "c1")),\(Self.thing("u", "2"))]", as: limited)
        XCTAssertEqual(other?.code, .typeNotAllowed)
        XCTAssertEqual(other?.errors.map(\.pointer), ["/1"])
    }

    func test_readCSV_recordsPastTheLimit_areCountedAndNotHeld() throws {
        let registry = TypeRegistry()
        try registry.put(
            try DocumentType(
                json: Array(
                    #"{"name":"c","version":1,"format":"csv","receipt_id":"id","issued_at":"at","accept_from":null,"extra_columns":"ignore","columns":{"n":{"path":"n","type":"VARCHAR"}}}"#.utf8)))
        var options = ReadingOptions(type: "c", now: Self.now, eachCountMax: 3)
        let text = "id,at,n\n" + (1...10).map { "r\($0),2020-01-01T00:00:00Z,\"a \"\"b\"\"\"\n" }.joined() + "r,\"broken\"x\n"
        let reading = try DocumentReader(registry: registry).readCSV(Array(text.utf8), options)
        XCTAssertEqual(reading.receipts.count, 3)
        XCTAssertEqual(reading.beyondCount, 8)
        guard case .accepted(let receipt)? = reading.receipts.first else { return XCTFail("refused") }
        XCTAssertEqual(try receipt.type.layout.values(of: receipt.row), [.string("a \"b\"")])
        // Each record keeps the header with it: a long one is not copied ten thousand times.
        options = ReadingOptions(type: "c", now: Self.now)
        options.madeByteCountMax = 100_000
        let wide = "id,at,\(String(repeating: "n", count: 20_000))\n" + (1...100).map { "r\($0),2020-01-01T00:00:00Z,1\n" }.joined()
        let results = try DocumentReader(registry: registry).readCSV(Array(wide.utf8), options).receipts
        XCTAssertEqual(results.count, 100)
        var held = 0
        for result in results {
            let document: ReceiptDocument
            switch result {
            case .accepted(let receipt): document = receipt.document
            case .refused(_, _, let refused): document = refused
            }
            if case .own(let bytes) = document { held += bytes.count }
        }
        XCTAssertLessThan(held, 150_000)
    }

    func test_read_arrayOfMoreThanABatch_isRefusedBeforeItIsRead() throws {
        let registry = TypeRegistry()
        try registry.put(try DocumentType(json: Array(try Data(contentsOf: Project.root.appendingPathComponent("types/pos-receipt.json")))))
        let reader = DocumentReader(registry: registry)
        let long = "[" + String(repeating: "{},", count: 200_000) + "{}]"
        XCTAssertThrowsError(try reader.readJSON(Array(long.utf8), ReadingOptions(now: Self.now))) { XCTAssertEqual(($0 as? Fault)?.code, .tooLarge) }
        let deep = String(repeating: "[", count: 600_000)
        XCTAssertThrowsError(try reader.readJSON(Array(deep.utf8), ReadingOptions(now: Self.now))) { error in
            XCTAssertEqual((error as? Fault)?.code, .badJSON)
            XCTAssertTrue((error as? Fault)?.detail.contains("byte 128") ?? false, "\(error)")
        }
        XCTAssertEqual(ParsingRoom.shared.usedByteCount, 0)
    }

    func test_outline_countsWhatTheReaderFinds() throws {
        for text in [
            #"[1,2,3]"#, #"{"a":[1,2,{"b":"c,[{"}],"d":null}"#, "[]", "[ ]", #"["\"",[],{}]"#, "1", #""a""#, #"[ 1 , [2,3] ]"#, "\u{FEFF}[1,2]",
            #"["\\"]"#, #"["\\\"", 2]"#,
        ] {
            let bytes = Array(text.utf8)
            let outline = bytes.withUnsafeBytes { JSONOutline($0) }
            try bytes.withUnsafeBytes { bytes in
                try JSONReader().read(bytes) { tape in
                    XCTAssertLessThanOrEqual(tape.count, outline.tokenCount / 2 + 2, text)
                    XCTAssertEqual(tape[0].kind == .array ? Int(tape[0].childCount) : 0, outline.elementCount, text)
                }
            }
        }
    }

    // MARK: Kinds

    func test_contentType_whateverIsWritten_isOneOfAFew() {
        var random = SplitMix64(state: 15)
        var seen: Set<String> = []
        for name in ["utf-8", "UTF-8", "\"utf-8\"", "windows-1251", "iso-8859-1", "koi8-u", "windows-125x", "iso-8859-{}", "iso-8859-99", ""] {
            seen.insert(StoredContentType.text(.xml, "text/xml; charset=\(name)"))
        }
        for _ in 0..<20_000 {
            let letters = (0..<Int(random.next() % 4)).map { _ in Character(Unicode.Scalar(UInt8(0x20 + random.next() % 95))) }
            for prefix in ["iso-8859-", "windows-125", "koi8-", "utf-", ""] {
                seen.insert(StoredContentType.text(.xml, "application/xml;charset=\(prefix)\(String(letters))"))
            }
            XCTAssertEqual(StoredContentType.text(.json, "application/vnd.\(String(letters))+json"), "application/json")
        }
        XCTAssertLessThanOrEqual(seen.count, StoredContentType.countMax)
        XCTAssertEqual(StoredContentType.text(.xml, "text/xml; charset=\"Windows-1251\""), "text/xml; charset=windows-1251")
    }

    // MARK: What a contract may know

    func test_take_documentOfATypeThatTheContractLeavesOut_saysNothingOfIt() throws {
        let fixture = try fixture()
        try put(fixture, Self.type("secret", more: #","rules":[{"name":"hush","check":"n < 5","message":"confidential"}]"#))
        try put(fixture, Self.type("open", match: "/o"))
        let limited = Principal(clientID: "c1", access: .readWrite, scope: .own, types: ["open"])
        for body in [Self.thing("secret", "1", n: "9"), Self.thing("secret", "1"), "[\(Self.thing("secret", "1", n: "\"x\""))]"] {
            let problem = try XCTUnwrap(fixture.refusal(body, as: limited), body)
            XCTAssertEqual(problem.code, .typeNotAllowed)
            XCTAssertFalse("\(problem)".contains("secret") || "\(problem)".contains("hush") || "\(problem)".contains("confidential"), "\(problem)")
        }
        guard case .each(let results) = fixture.take(Self.thing("secret", "1", n: "9"), .ndjson, as: limited), case .failure(let problem)? = results.first else {
            return XCTFail("taken")
        }
        XCTAssertEqual(problem.code, .typeNotAllowed)
        XCTAssertFalse("\(problem)".contains("secret"))
        XCTAssertEqual(try fixture.engine.quarantine(client: nil, cursor: nil, limit: 10, as: .admin).entries.count, 0)
        // To others all is said as ever.
        XCTAssertEqual(fixture.refusal(Self.thing("secret", "1", n: "9"))?.errors.map(\.code), ["hush"])
        try fixture.engine.close()
    }

    // MARK: A type that moves to another table

    func test_take_documentOfAnEarlierVersionInAnotherTable_isARepeat() throws {
        let fixture = try fixture()
        try put(fixture, Self.type("t", table: "old"))
        let first = try fixture.taken(Self.thing("t", "1"))
        try put(fixture, Self.type("t", version: 2, table: "new"))
        let again = try fixture.taken(Self.thing("t", "1"))
        XCTAssertTrue(again.isRepeat)
        XCTAssertEqual(again.summary.ticketID, first.summary.ticketID)
        // Another document under that id is another receipt, in the table of now.
        let other = try fixture.taken(Self.thing("t", "1", n: "2"))
        XCTAssertFalse(other.isRepeat)
        XCTAssertTrue(try fixture.taken(Self.thing("t", "1", n: "2")).isRepeat)
        // From cold, too, and after a restart.
        _ = try fixture.engine.compact(before: nil)
        XCTAssertEqual(try fixture.taken(Self.thing("t", "1")).summary.ticketID, first.summary.ticketID)
        try fixture.engine.close()
        let reopened = try self.fixture()
        XCTAssertEqual(try reopened.taken(Self.thing("t", "1")).summary.ticketID, first.summary.ticketID)
        try reopened.engine.close()
    }

    private func intake(_ fixture: EngineFixture, _ body: String) -> Intake {
        Intake(
            parts: fixture.engine.intakeParts,
            request: IntakeRequest(form: .json, body: Array(body.utf8), contentType: "application/json", principal: EngineFixture.own))
    }

    /// As a body that waits in the pool is, while the next version is put and the document comes once more.
    func test_finish_readByTheVersionBefore_isARepeatOfWhatTheNextOneStored() throws {
        let fixture = try fixture()
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        try put(fixture, Self.type("t", table: "old"))
        let early = intake(fixture, Self.thing("t", "1"))
        let read = early.read(WorkAllowance(steps: Intake.inlineStepCount))
        try put(fixture, Self.type("t", version: 2, table: "new"))
        let first = try fixture.taken(Self.thing("t", "1"))
        XCTAssertFalse(first.isRepeat)
        let done = Monitor<IntakeOutcome?>(nil)
        try early.finish(read) { outcome in done.broadcast { $0 = outcome } }
        guard case .one(let late) = done.wait({ $0 }) else { return XCTFail("not taken") }
        XCTAssertTrue(late.isRepeat)
        XCTAssertEqual(late.summary.ticketID, first.summary.ticketID)
    }

    /// Each of two requests has looked before the other one's document was stored: the writer looks, wherever that is by now.
    func test_submit_lookedUpBeforeTheNextVersionStoredIt_isARepeat() throws {
        let fixture = try fixture()
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        func row(_ id: String) throws -> HotRow {
            let request = intake(fixture, Self.thing("t", id))
            guard case .document(let result) = request.read(WorkAllowance(steps: Intake.inlineStepCount)),
                case .accepted(let receipt)? = try result.get().receipts.first
            else { throw Fault(.internalError, "not read") }
            return try request.row(receipt, in: request.request.body)
        }
        try put(fixture, Self.type("t", table: "old"))
        let early = try (1...4).map { try row("\($0)") }
        let tier = fixture.engine.tier
        let generation = tier.boundary.generation
        func outcomes(_ rows: [HotRow]) throws -> [Submission.Outcome] {
            let done = Monitor<Submission.Answer?>(nil)
            tier.writer.submit(
                Submission(rows: rows, earlier: rows.map { _ in nil }, generation: generation, isAtomic: false) { answer in done.broadcast { $0 = answer } })
            guard case .done(let outcomes) = done.wait({ $0 }) else { throw Fault(.internalError, "not stored") }
            return outcomes
        }
        try put(fixture, Self.type("t", version: 2, table: "new"))
        // It stays in the open file, is in a sealed one, and is in cold.
        let moves: [() throws -> Void] = [{}, { try tier.seal() }, { _ = try fixture.engine.compact(before: nil) }]
        for (place, move) in moves.enumerated() {
            let first = try fixture.taken(Self.thing("t", "\(place + 1)"))
            XCTAssertFalse(first.isRepeat)
            try move()
            let late = try outcomes([early[place]])
            XCTAssertEqual(late.map(\.isRepeat), [true], "move \(place)")
            XCTAssertEqual(late.map(\.receipt.summary.ticketID), [first.summary.ticketID], "move \(place)")
        }
        // Both come with one commit.
        let both = try outcomes([early[3], row("4")])
        XCTAssertEqual(both.map(\.isRepeat), [false, true])
        XCTAssertEqual(Set(both.map(\.receipt.summary.ticketID)).count, 1)
    }

    /// Nobody can put such a type any more; a store that has one goes on with it.
    func test_take_documentOfAVersionThatKeptVersions_isARepeat_hotAndCold() throws {
        let fixture = try fixture()
        try put(fixture, Self.type("t", table: "old", more: #","on_repeat":"replace""#))
        let first = try fixture.taken(Self.thing("t", "1"))
        let file = Array(Self.type("t", version: 2, table: "new").utf8)
        let type = try DocumentType(json: file)
        let columns = VersionColumns.fields(of: "new") + type.layout.fields
        try fixture.engine.catalog.put([NewType(name: "t", version: 2, json: file, isBuiltIn: false, table: "new", columns: columns, place: fixture.engine.types.place + 1)])
        try fixture.engine.close()
        let reopened = try self.fixture()
        defer { XCTAssertNoThrow(try reopened.engine.close()) }
        for place in ["hot", "cold"] {
            let again = try reopened.taken(Self.thing("t", "1"))
            XCTAssertTrue(again.isRepeat, place)
            XCTAssertEqual(again.summary.ticketID, first.summary.ticketID, place)
            _ = try reopened.engine.compact(before: nil)
        }
        // Another document is a receipt of the table of now, in which further versions of the type stay.
        XCTAssertFalse(try reopened.taken(Self.thing("t", "1", n: "2")).isRepeat)
        try put(reopened, Self.type("t", version: 3, table: "new", more: #","priority":1"#))
        XCTAssertTrue(try reopened.taken(Self.thing("t", "1", n: "2")).isRepeat)
    }

    /// A version of a record is known by its values, and a receipt by its bytes: by those its row in cold is found.
    func test_take_recordOfAVersionThatKeptVersions_isARepeat_fromCold() throws {
        func records(_ version: Int, _ table: String, _ more: String) -> String {
            #"{"name":"t","version":\#(version),"table":"\#(table)","format":"csv","receipt_id":"id","issued_at":"at","extra_columns":"ignore","columns":{"n":{"path":"n","type":"BIGINT"}}\#(more)}"#
        }
        func taken(_ fixture: EngineFixture, _ n: Int) throws -> Accepted {
            guard case .each(let results) = fixture.take("id,at,n\n1,2026-11-18T14:03:07Z,\(n)\n", .csv, type: "t"), results.count == 1 else { throw Fault(.internalError, "not one record") }
            return try results[0].get()
        }
        let fixture = try fixture()
        try put(fixture, records(1, "old", #","on_repeat":"replace""#))
        let first = try taken(fixture, 1)
        _ = try fixture.engine.compact(before: nil)
        let file = Array(records(2, "new", "").utf8)
        let type = try DocumentType(json: file)
        let columns = VersionColumns.fields(of: "new") + type.layout.fields
        try fixture.engine.catalog.put([NewType(name: "t", version: 2, json: file, isBuiltIn: false, table: "new", columns: columns, place: fixture.engine.types.place + 1)])
        try fixture.engine.close()
        let reopened = try self.fixture()
        defer { XCTAssertNoThrow(try reopened.engine.close()) }
        let again = try taken(reopened, 1)
        XCTAssertTrue(again.isRepeat)
        XCTAssertEqual(again.summary.ticketID, first.summary.ticketID)
        XCTAssertFalse(try taken(reopened, 2).isRepeat)
    }

    // MARK: Inline and in the pool

    func test_take_documentPastTheInlineSteps_hasTheSameAnswer() throws {
        let fixture = try fixture()
        try put(fixture, Self.type("t", more: #","schema":{"properties":{"l":{"items":{"anyOf":[{"type":"string"},{"minimum":5},{"type":"number"}]}}}}"#))
        func body(_ id: String, _ count: Int) -> String {
            String(Self.thing("t", id).dropLast()) + #","l":[\#(String(repeating: "1,", count: count))1]}"#
        }
        for count in [10, 20_000, 200_000] {
            let first = try fixture.taken(body("r\(count)", count))
            XCTAssertFalse(first.isRepeat)
            XCTAssertTrue(try fixture.taken(body("r\(count)", count)).isRepeat)
        }
        guard case .each(let results) = fixture.take((0..<30).map { body("n\($0)", 900) }.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
        XCTAssertEqual(results.count { if case .success = $0 { true } else { false } }, 30)
        try fixture.engine.close()
    }

    func test_violations_ofLongPointers_areBoundedInBytes() throws {
        let type = try DocumentType(
            json: Array(
                #"{"name":"j","version":1,"format":"json","match":{"/id":{"exists":true}},"receipt_id":"/id","issued_at":"/at","accept_from":null,"schema":{"additionalProperties":{"additionalProperties":{"type":"string"}}},"columns":{"a":{"path":"/a","type":"VARCHAR"}}}"#.utf8))
        let registry = TypeRegistry()
        try registry.put(type)
        let name = String(repeating: "x", count: 100_000)
        let members = (0..<900).map { #""m\#($0)":1"# }.joined(separator: ",")
        let body = Array(#"{"id":{"a":1},"\#(name)":{\#(members)}}"#.utf8)
        guard case .refused(let problem, _, _)? = try DocumentReader(registry: registry).readJSON(body, ReadingOptions(now: Self.now)).receipts.first else {
            return XCTFail("accepted")
        }
        XCTAssertGreaterThan(problem.errors.count, 1)
        XCTAssertLessThan(problem.errors.reduce(0) { $0 + $1.pointer.utf8.count }, 1 << 20)
    }
}
