import Foundation
import TestSupport
import XCTest

/// Goal: what GET gives of a definition can be put again, as it is and with a member changed, and changes nothing else. Method: the real binary, and each kind of definition.
final class PutAgainTests: XCTestCase {
    private struct Definition {
        let path: String
        let body: String
        /// A member, and another text for it; nil where nothing can be changed.
        let change: (name: String, text: String)?
    }

    private static let definitions = [
        Definition(
            path: "contracts/c", body: #"{"access":"read","scope":"own","webhook":{"url":"https://example.org/","secret":"s"},"digest":"15m"}"#, change: ("name", "Shop")),
        Definition(path: "queues/q", body: #"{"ttl":"7d"}"#, change: ("lock", "1m")),
        Definition(path: "topics/t", body: "{}", change: nil),
        Definition(
            path: "topics/t/subscriptions/s", body: #"{"where":"type = 'a'","target":{"webhook":"https://example.org/","secret":"s"}}"#, change: ("where", "type = 'b'")),
        Definition(
            path: "processes/p", body: #"{ "StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"n": 17}, "End": true}}, "on": [{"schedule": "0 3 * * *"}] }"#,
            change: ("Comment", "changed")),
        Definition(
            path: "rollups/r", body: #"{"table":"receipts","group_by":{"day":"business_day"},"measures":{"n":"count(*)"}}"#, change: ("where", "state = 'COMPLETE'")),
        Definition(path: "views/v", body: #"{"query":"SELECT receipt_id FROM receipts"}"#, change: ("description", "changed")),
    ]

    /// Times, and work that goes on.
    private static let moving: Set<String> = ["put_at", "next_at", "progress"]

    private func object(_ answer: HTTPClient.Answer) throws -> [String: Any] {
        try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any], answer.text)
    }

    private func put(_ object: [String: Any], _ path: String, _ client: HTTPClient) throws -> HTTPClient.Answer {
        try client.put(path, String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self))
    }

    func test_whatGETGives_isPutAgain_andChangesNothingButWhatWasChanged() throws {
        let server = try TillServer()
        defer { server.remove() }
        let client = server.client()
        for definition in Self.definitions {
            let path = "/v1/" + definition.path
            XCTAssertEqual(try client.put(path, definition.body).status, 201, path)
            let given = try client.get(path)
            var shown = try object(given)
            let again = try client.put(path, given.text)
            XCTAssertEqual(again.status, 200, "\(path): \(again.text)")
            let same = try object(try client.get(path))
            func lasting(_ object: [String: Any]) -> NSDictionary { NSDictionary(dictionary: object.filter { !Self.moving.contains($0.key) }) }
            XCTAssertEqual(lasting(same), lasting(shown), path)
            guard let change = definition.change else { continue }
            shown[change.name] = change.text
            let changed = try put(shown, path, client)
            XCTAssertEqual(changed.status, 200, "\(path): \(changed.text)")
            XCTAssertEqual(try object(try client.get(path))[change.name] as? String, change.text, path)
        }
        let process = try object(try client.get("/v1/processes/p"))
        XCTAssertEqual(process["version"] as? Int, 2, "the same is no version of its own")
    }

    func test_membersThatNobodyKnows_andAnothersName_areRefusedStill() throws {
        let server = try TillServer()
        defer { server.remove() }
        let client = server.client()
        for definition in Self.definitions {
            let path = "/v1/" + definition.path
            XCTAssertEqual(try client.put(path, definition.body).status, 201, path)
            var shown = try object(try client.get(path))
            shown["colour"] = "red"
            let unknown = try put(shown, path, client)
            XCTAssertTrue([400, 422].contains(unknown.status), "\(path): \(unknown.text)")
            XCTAssertTrue(unknown.text.contains("/colour"), "\(path): \(unknown.text)")
            // A contract's `name` is what people call it.
            if definition.path.hasPrefix("contracts") { continue }
            shown["colour"] = nil
            shown["name"] = "another"
            let mistaken = try put(shown, path, client)
            XCTAssertEqual(mistaken.status, 422, "\(path): \(mistaken.text)")
            XCTAssertTrue(mistaken.text.contains("/name"), "\(path): \(mistaken.text)")
        }
    }
}
