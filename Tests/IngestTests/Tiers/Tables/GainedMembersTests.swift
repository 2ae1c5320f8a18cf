import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest
@testable import Query

/// Goal: rows that were stored before a list gained a member, or before there was the list, keep their elements in every question, those that read nothing but what
/// came later among them: in memory, in groups of hot files, in cold files, merged, and in sums. Method: random histories against a model of the documents.
final class GainedMembersTests: XCTestCase {
    private static let types = ["code": "VARCHAR", "ok": "BOOLEAN", "number": "INTEGER", "note": "VARCHAR"]
    /// What may be gained.
    private static let members = ["code", "note", "number", "ok"]

    private struct Basket {
        let id: String
        /// Of October 2026.
        let day: Int
        /// By list; of each element its members as a page shows them, none where it is NULL.
        let lists: [String: [[String: String]]]
        /// What the type took of them when it came, by list.
        let known: [String: [String]]

        var body: String {
            let lists = lists.map { list, elements in
                let texts = elements.map { element in
                    "{" + element.map { "\"\($0)\":" + (types[$0] == "VARCHAR" ? "\"\($1)\"" : $1) }.joined(separator: ",") + "}"
                }
                // An absent list is an empty one.
                return texts.isEmpty && day % 2 == 0 ? "" : ",\"\(list)\":[\(texts.joined(separator: ","))]"
            }
            return "{\"schema\":\"basket/1\",\"id\":\"\(id)\",\"at\":\"2026-10-0\(day)T10:00:00Z\"\(lists.joined())}"
        }

        func elements(_ list: String) -> [[String: String]] {
            guard let known = known[list] else { return [] }
            return (lists[list] ?? []).map { element in element.filter { known.contains($0.key) } }
        }

        /// As a page shows it.
        func text(_ list: String, _ members: [String]) -> String {
            "[" + elements(list).map { element in "(" + members.map { element[$0] ?? "-" }.joined(separator: ",") + ")" }.joined(separator: ",") + "]"
        }
    }

    private final class Store {
        let path: String
        var fixture: EngineFixture
        var baskets: [Basket] = []
        var version = 0
        /// Of the table, by list.
        var members: [String: [String]] = [:]
        private let queries = QueryEngine(.init(threadCount: 2))

        init(_ path: String) throws {
            self.path = path
            fixture = try Self.open(path)
        }

        private static func open(_ path: String) throws -> EngineFixture { try EngineFixture(path) { $0.compaction.rowGroupRowCount = 16 } }

        func reopen() throws {
            try fixture.engine.close()
            fixture = try Self.open(path)
        }

        /// Gives the type a member, and the list too where it is the first; and has sums that read it.
        func gain(_ member: String, of list: String) throws {
            members[list, default: []].append(member)
            version += 1
            let lists = members.map { list, members in
                let columns = members.map { #""\#($0)":{"path":"/\#($0)","type":"\#(types[$0] ?? "")"}"# }
                return #""\#(list)":{"path":"/\#(list)","columns":{\#(columns.joined(separator: ","))}}"#
            }
            let type = #"{"name":"basket","version":\#(version),"table":"baskets","format":"json","match":{"/schema":"basket/1"},"receipt_id":"/id","issued_at":"/at","#
                + #""columns":{\#(lists.joined(separator: ","))}}"#
            _ = try fixture.engine.putType(name: "basket", body: Array(type.utf8))
            let name = "\(list)_\(member)"
            let rollup = #"{"name":"\#(name)","table":"baskets","where":null,"unnest":"\#(list)","group_by":{"day":"business_day"},"#
                + #""measures":{"seen":"count(*)","present":"count(\#(member))"}}"#
            _ = try fixture.engine.putRollup(name: name, body: try JSONParser.parse(Array(rollup.utf8)))
        }

        func post(_ count: Int, _ random: inout SplitMix64) throws {
            let new = (0..<count).map { number in
                var lists: [String: [[String: String]]] = [:]
                for list in ["lines", "extras"] {
                    lists[list] = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                        let own = ["code": "c\(random.next() % 5)", "ok": random.next() % 2 == 0 ? "true" : "false", "number": "\(random.next() % 9)", "note": "n\(random.next() % 99)"]
                        return own.filter { _ in random.next() % 4 != 0 }
                    }
                }
                return Basket(id: "B-\(baskets.count + number)", day: 1 + Int(random.next() % 4), lists: lists, known: members)
            }
            let outcome = fixture.take(new.map(\.body).joined(separator: "\n"), .ndjson, as: .admin, client: "c1")
            guard case .each(let results) = outcome else { return XCTFail("no results") }
            for result in results { _ = try result.get() }
            baskets += new
        }

        /// Makes the sums of files that have none.
        func fill() throws { while try fixture.engine.compactor.exclusively({ try fixture.engine.compactor.fillSome() }) {} }

        func rows(_ text: String, rollups: Bool) throws -> [String] {
            var context = QueryContext(catalog: try fixture.engine.catalog(as: .admin, upTo: nil).catalog, now: 0)
            context.usesRollups = rollups
            let stream = try queries.execute(try queries.prepare(text, in: context))
            var rows: [String] = []
            while let batch = try stream.next() { rows += EngineFixture.texts(batch) }
            return rows.sorted()
        }

        private func ask(_ text: String, _ expected: [String], _ context: String) throws {
            for rollups in [true, false] { XCTAssertEqual(try rows(text, rollups: rollups), expected.sorted(), "\(context), sums \(rollups): \(text)") }
        }

        func check(_ context: String) throws {
            for (list, members) in members.sorted(by: { $0.key < $1.key }) {
                let elements = baskets.flatMap { $0.elements(list) }
                let from = "FROM baskets r CROSS JOIN UNNEST(r.\(list)) AS l"
                try ask("SELECT count(*) \(from)", ["\(elements.count)"], context)
                try ask("SELECT sum(cardinality(\(list))), count(*) FILTER (WHERE \(list) IS NULL) FROM baskets", ["\(elements.count)|0"], context)
                let padded = baskets.reduce(0) { $0 + max(1, $1.elements(list).count) }
                try ask("SELECT count(*) FROM baskets r LEFT JOIN UNNEST(r.\(list)) AS l ON TRUE", ["\(padded)"], context)
                for member in members {
                    let valueCount = elements.filter { $0[member] != nil }.count
                    try ask("SELECT count(*), count(l.\(member)) \(from)", ["\(elements.count)|\(valueCount)"], context)
                    try ask("SELECT count(*) \(from) WHERE l.\(member) IS NULL", ["\(elements.count - valueCount)"], context)
                }
                guard let last = members.last else { continue }
                let byDay = Dictionary(grouping: baskets.flatMap { basket in basket.elements(list).map { (basket.day, $0[last]) } }) { $0.0 }
                try ask(
                    "SELECT business_day - DATE '2026-10-01', count(*), count(l.\(last)) \(from) GROUP BY 1",
                    byDay.map { day, elements in "\(day - 1)|\(elements.count)|\(elements.filter { $0.1 != nil }.count)" }, context)
            }
            try checkRows(context)
        }

        /// Pages, and a look-up of each row.
        private func checkRows(_ context: String) throws {
            let lists = members.keys.sorted()
            let texts = baskets.map { basket in ([basket.id] + lists.map { basket.text($0, members[$0] ?? []) }).joined(separator: "|") }
            XCTAssertEqual(try fixture.walk(PageRequest(table: "baskets", fields: ["receipt_id"] + lists)).sorted(), texts.sorted(), "\(context), pages")
            for basket in [baskets.first, baskets.last].compactMap({ $0 }) {
                guard case .found(let schema, let row) = try fixture.engine.receipt(ReceiptLookup(receiptID: basket.id, client: "c1", table: "baskets"), as: .admin)
                else { return XCTFail("\(context): \(basket.id) is not found") }
                for list in lists {
                    let place = try XCTUnwrap(schema.index(of: list))
                    XCTAssertEqual(EngineFixture.text(row.columns[place].value(at: 0)), basket.text(list, members[list] ?? []), "\(context): look-up of \(basket.id)")
                }
            }
        }
    }

    private func run(seed: UInt64) throws {
        let directory = TemporaryDirectory()
        var random = SplitMix64(state: seed)
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        try store.gain("code", of: "lines")
        try store.post(5, &random)
        for step in 0..<14 {
            switch Int(random.next() % 100) {
            case ..<35: try store.post(1 + Int(random.next() % 30), &random)
            case ..<55: _ = try store.fixture.engine.compact(before: nil)
            case ..<75:
                let list = random.next() % 3 == 0 ? "extras" : "lines"
                let left = Self.members.filter { !(store.members[list] ?? []).contains($0) }
                if let member = left.randomElement(using: &random) { try store.gain(member, of: list) }
            case ..<85:
                try store.fixture.engine.tier.seal()
                try store.fixture.engine.tier.flush()
            case ..<92: try store.fill()
            default: try store.reopen()
            }
            try store.check("seed \(seed), step \(step)")
        }
        try store.fill()
        try store.check("seed \(seed), all sums are made")
        _ = try store.fixture.engine.compact(before: nil)
        try store.check("seed \(seed), all cold")
        try store.fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [], "seed \(seed)")
        store.fixture = try EngineFixture(directory.path)
    }

    func test_randomHistories_listsKeepTheirElements() throws {
        for seed in SourceSeed.histories("Sources/ColumnStore", "Sources/Documents", "Sources/Ingest") { try run(seed: seed) }
    }

    /// A member of one bit is what is read where elements are only counted: here none of what is stored has it.
    func test_cheapestMember_isGained_byRowsOfEachPlace() throws {
        let directory = TemporaryDirectory()
        var random = SplitMix64(state: 77)
        let store = try Store(directory.path)
        defer { try? store.fixture.engine.close() }
        try store.gain("code", of: "lines")
        try store.post(40, &random)
        _ = try store.fixture.engine.compact(before: nil)
        try store.post(40, &random)
        try store.fixture.engine.tier.seal()
        try store.fixture.engine.tier.flush()
        try store.post(40, &random)
        try store.gain("ok", of: "lines")
        try store.gain("number", of: "extras")
        try store.check("cold, a group, memory")
        try store.fill()
        try store.check("with sums")
        try store.post(40, &random)
        try store.check("beside rows that have it")
        _ = try store.fixture.engine.compact(before: nil)
        try store.fill()
        try store.check("merged")
        try store.fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
        store.fixture = try EngineFixture(directory.path)
    }
}
