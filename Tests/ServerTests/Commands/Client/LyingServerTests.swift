import ColumnStore
import TestSupport
import XCTest

@testable import Server

/// Goal: whatever pages a server gives in circles or empty, a command ends, in memory that is named. Method: servers of a few lines that give pages without end, answers without measure, and jobs that are asked about at once.
final class LyingServerTests: XCTestCase {
    private let listing = Listing(path: "/v1/things", member: "things", columns: [])

    /// - Parameter page: of each request, by its number from 1.
    /// - Returns: what the walk ended with, and how many pages were asked for.
    private func walk(_ page: @escaping @Sendable (Int) -> String) throws -> (fault: String?, count: Int) {
        let count = Monitor(0)
        let server = TestHTTPServer { _ in
            let number = count.withLock { count -> Int in
                count += 1
                return count
            }
            return .init(headers: [("Content-Type", "application/json")], body: page(number))
        }
        defer { server.close() }
        let client = try APIClient(url: "http://127.0.0.1:\(server.port)", key: nil)
        var fault: String?
        do {
            let found = try listing.first(where: "id", is: "x", in: client)
            XCTAssertNil(found)
        } catch {
            fault = "\(error)"
        }
        return (fault, count.withLock { $0 })
    }

    func test_pagesThatLeadBack_endTheWalk() throws {
        let same = try walk { _ in #"{"things":[{"id":"a"}],"next_cursor":"c"}"# }
        XCTAssertTrue(same.fault?.contains("back to one before it") ?? false, "\(same)")
        XCTAssertEqual(same.count, 2)
        for length in 2...9 {
            let circle = try walk { #"{"things":[{"id":"a"}],"next_cursor":"c\#($0 % length)"}"# }
            XCTAssertTrue(circle.fault?.contains("back to one before it") ?? false, "\(length): \(circle)")
        }
    }

    func test_emptyPages_areBounded_andSomeAreNoFault() throws {
        let endless = try walk { #"{"things":[],"next_cursor":"c\#($0)"}"# }
        XCTAssertTrue(endless.fault?.contains("nothing in them") ?? false, "\(endless)")
        XCTAssertLessThanOrEqual(endless.count, 1_000)
        let some = try walk { $0 < 50 ? #"{"things":[],"next_cursor":"c\#($0)"}"# : #"{"things":[{"id":"a"}]}"# }
        XCTAssertNil(some.fault)
        XCTAssertEqual(some.count, 50)
    }

    func test_pageWithoutItsItems_isAFault_andWhoHasFoundAsksNoFurther() throws {
        XCTAssertTrue(try walk { _ in #"{"others":[]}"# }.fault?.contains("has no things") ?? false)
        var cursors: [String?] = []
        try CursorWalk.each("things", page: { cursor in
            cursors.append(cursor)
            return try JSONParser.parse(Array(#"{"things":[\#(cursors.count)],"next_cursor":"c\#(cursors.count)"}"#.utf8))
        }) { items in items.first?.integer != 3 }
        XCTAssertEqual(cursors, [nil, "c1", "c2"])
    }

    func test_answerWithoutMeasure_isNotHeld() throws {
        for status in [200, 500] {
            let server = TestHTTPServer { _ in .init(status: status, body: String(repeating: "x", count: 1_001)) }
            defer { server.close() }
            let client = try APIClient(url: "http://127.0.0.1:\(server.port)", key: nil)
            client.answerByteCountMax = 1_001
            XCTAssertEqual(try client.call("GET", "/").body.count, 1_001, "\(status)")
            client.answerByteCountMax = 1_000
            XCTAssertThrowsError(try client.call("GET", "/"), "\(status)") { XCTAssertTrue("\($0)".contains("over 1000 bytes"), "\($0)") }
        }
    }

    func test_jobThatIsAnsweredAtOnce_isNotAskedAboutWithoutAPause() throws {
        let count = Monitor(0)
        let server = TestHTTPServer { _ in
            let number = count.withLock { count -> Int in
                count += 1
                return count
            }
            return .init(body: number < 3 ? #"{"id":"j","state":"running"}"# : #"{"id":"j","state":"done","result":{"a":1}}"#)
        }
        defer { server.close() }
        let begin = SteadyClock.seconds()
        let result = try JobRun(client: try APIClient(url: "http://127.0.0.1:\(server.port)", key: nil)).run("/v1/admin/verify") { _ in "" }
        XCTAssertEqual(result["a"]?.integer, 1)
        XCTAssertEqual(count.withLock { $0 }, 3)
        XCTAssertGreaterThan(begin.distance(to: SteadyClock.seconds()), 0.9)
    }
}
