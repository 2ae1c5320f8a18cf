import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest
@testable import Query

/// Goal: sums of values that somebody may not see do not exist for him. Method: rollups that read a sensitive column as a key, in a condition, in a
/// measure, in its FILTER, and inside a list, beside one that reads none; asked as every kind of contract.
final class RollupSensitiveTests: XCTestCase {
    private let engine = QueryEngine(.init(threadCount: 1))
    private static let type = #"{"name":"person","version":1,"format":"json","table":"people","match":{"/schema":"person/1"},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"city":{"path":"/city","type":"VARCHAR"},"ssn":{"path":"/ssn","type":"VARCHAR","sensitive":true},"age":{"path":"/age","type":"BIGINT","sensitive":true},"owned":{"path":"/owned","columns":{"what":{"path":"/what","type":"VARCHAR"},"worth":{"path":"/worth","type":"BIGINT","sensitive":true}}}}}"#
    private static let rollups: [(name: String, isHidden: Bool, body: String)] = [
        ("open", false, #""group_by":{"city":"city","client":"client_id"},"measures":{"n":"count(*)"}"#),
        ("by_key", true, #""group_by":{"ssn":"ssn","client":"client_id"},"measures":{"n":"count(*)"}"#),
        ("by_expression", true, #""group_by":{"city":"city","old":"age > 60","client":"client_id"},"measures":{"n":"count(*)"}"#),
        ("of_some", true, #""where":"ssn IS NOT NULL","group_by":{"city":"city","client":"client_id"},"measures":{"n":"count(*)"}"#),
        ("of_values", true, #""group_by":{"city":"city","client":"client_id"},"measures":{"n":"count(*)","ages":"sum(age)"}"#),
        ("filtered", true, #""group_by":{"city":"city","client":"client_id"},"measures":{"n":"count(*) FILTER (WHERE age > 60)"}"#),
        ("sketched", true, #""group_by":{"city":"city","client":"client_id"},"measures":{"n":"approx_count_distinct(ssn)"}"#),
        ("of_elements", true, #""unnest":"owned","group_by":{"what":"what","client":"client_id"},"measures":{"n":"count(*)","worth":"sum(worth)"}"#),
        ("open_elements", false, #""unnest":"owned","group_by":{"what":"what","client":"client_id"},"measures":{"n":"count(*)"}"#),
    ]

    private func rows(_ text: String, _ store: Engine, as principal: Principal, rollups: Bool = true) throws -> [String] {
        var context = QueryContext(catalog: try store.catalog(as: principal, upTo: nil).catalog, now: 0)
        context.usesRollups = rollups
        let stream = try engine.execute(try engine.prepare(text, in: context))
        var rows: [String] = []
        while let batch = try stream.next() { rows += EngineFixture.texts(batch) }
        return rows.sorted()
    }

    func test_rollupsOverSensitiveColumns_doNotExistWithoutTheRight() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        _ = try fixture.engine.putType(name: "person", body: Array(Self.type.utf8))
        for number in 0..<30 {
            let body = #"{"schema":"person/1","id":"P-\#(number)","at":"2026-11-1\#(number % 9)T10:00:00Z","city":"city\#(number % 3)","ssn":"\#(number)-55","age":\#(number * 3),"owned":[{"what":"boat","worth":\#(number)},{"what":"car","worth":1}]}"#
            _ = try fixture.taken(body)
        }
        _ = try fixture.engine.compact(before: nil)
        for rollup in Self.rollups {
            let text = #"{"name":"\#(rollup.name)","table":"people",\#(rollup.body)}"#
            _ = try fixture.engine.putRollup(name: rollup.name, body: try JSONParser.parse(Array(text.utf8)))
        }
        while try fixture.engine.compactor.exclusively({ try fixture.engine.compactor.fillSome() }) {}
        let blind = [Principal(clientID: "c1", access: .read, scope: .own), Principal(clientID: "c1", access: .read, scope: .all)]
        let seeing = [.admin, Principal(clientID: "c1", access: .read, scope: .own, seesSensitive: true), Principal(clientID: "c1", access: .read, scope: .all, seesSensitive: true)]
        let questions = [
            "SELECT city, count(*) FROM people GROUP BY 1", "SELECT ssn, count(*) FROM people GROUP BY 1", "SELECT sum(age) FROM people", "SELECT age > 60, count(*) FROM people GROUP BY 1",
            "SELECT count(*) FILTER (WHERE age > 60) FROM people", "SELECT count(*) FROM people WHERE ssn IS NOT NULL", "SELECT approx_count_distinct(ssn) FROM people",
            "SELECT l.what, sum(l.worth) FROM people p, UNNEST(p.owned) AS l GROUP BY 1", "SELECT l.what, count(*) FROM people_accepted p, UNNEST(p.owned) AS l GROUP BY 1",
        ]
        for (principals, sees) in [(blind, false), (seeing, true)] {
            for principal in principals {
                let catalog = try fixture.engine.catalog(as: principal, upTo: nil).catalog
                let offered = Set(catalog.rollups(of: "people").map(\.name))
                let listed = Set(try fixture.engine.rollups(after: nil, limit: 100, as: principal).map(\.definition.name))
                for rollup in Self.rollups {
                    let isThere = sees || !rollup.isHidden
                    XCTAssertEqual(offered.contains(rollup.name), isThere, rollup.name)
                    XCTAssertEqual(listed.contains(rollup.name), isThere, rollup.name)
                    XCTAssertEqual(try catalog.entry(named: "rollup_\(rollup.name)") != nil, isThere, rollup.name)
                    XCTAssertEqual(catalog.entryNames.contains("rollup_\(rollup.name)"), isThere, rollup.name)
                }
                for question in questions {
                    XCTAssertEqual(try rows(question, fixture.engine, as: principal), try rows(question, fixture.engine, as: principal, rollups: false), question)
                    let plan = try rows("EXPLAIN \(question)", fixture.engine, as: principal).joined(separator: "\n")
                    for rollup in Self.rollups where rollup.isHidden && !sees { XCTAssertFalse(plan.contains(rollup.name), "\(question): \(plan)") }
                }
            }
        }
        // Values that they may not see are NULL to them, not sums of them.
        XCTAssertEqual(try rows("SELECT sum(age) FROM people", fixture.engine, as: blind[1]), ["-"])
        XCTAssertEqual(try rows("SELECT sum(age) FROM people", fixture.engine, as: seeing[2]), ["\((0..<30).reduce(0) { $0 + $1 * 3 })"])
    }
}
